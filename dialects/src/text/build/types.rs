//! The parser's actions for types.

use super::{Builder, MOST_NESTING, Signature};
use crate::ir::{Attr, DYNAMIC, F64, FloatKind, QuantStorage, Shape, Signedness, Type, TypeKind};
use crate::text::float::write_float;

/// The storage of a quantised type: its name, the first byte, and the range with the first bytes of its bounds.
#[derive(Clone, Copy)]
pub struct Storage<'s> {
    /// `i8`, `u8`
    pub name: &'s str,
    /// First byte of the name.
    pub start: usize,
    /// Smallest and largest stored integer.
    pub range: Option<((i64, usize), (i64, usize))>,
}

impl<'s> Builder<'_, 's> {
    /// `i8`, `si8`, `ui8`
    pub fn integer_type(&mut self, text: &str, start: usize, end: usize) -> Type {
        let (signedness, digits) = match text.as_bytes()[0] {
            b's' => (Signedness::Signed, &text[2..]),
            b'u' => (Signedness::Unsigned, &text[2..]),
            _ => (Signedness::Signless, &text[1..]),
        };
        const WIDEST: u32 = (1 << 24) - 1;
        let width = digits.parse().ok().filter(|width| *width <= WIDEST);
        let width = width.unwrap_or_else(|| {
            self.error(
                start,
                end,
                format!("integer bitwidth is limited to {WIDEST} bits"),
            );
            64
        });
        self.ctx.ty(TypeKind::Integer { width, signedness })
    }

    /// `f32`, ...
    pub fn float_type(&mut self, text: &str) -> Type {
        let kind = match text {
            "f16" => FloatKind::F16,
            "bf16" => FloatKind::BF16,
            "f64" => FloatKind::F64,
            "f8E4M3FN" => FloatKind::F8E4M3FN,
            "f8E5M2" => FloatKind::F8E5M2,
            _ => FloatKind::F32,
        };
        self.ctx.ty(TypeKind::Float(kind))
    }

    /// `tensor<1x?xf32, encoding>`, `tensor<*xf32>`
    pub fn tensor_type(
        &mut self,
        dims: &str,
        element: Type,
        encoding: Option<Attr>,
        start: usize,
        at: usize,
        end: usize,
    ) -> Type {
        let ty = self.new_tensor_type(dims, element, encoding, start, at, end);
        if self.errors.is_empty() {
            self.known.add_type(self.slice(start, end), ty);
        }
        ty
    }

    /// `start` is the first byte, `at` the first of the element type, `end` one past the last.
    fn new_tensor_type(
        &mut self,
        dims: &str,
        element: Type,
        encoding: Option<Attr>,
        start: usize,
        at: usize,
        end: usize,
    ) -> Type {
        match self.ctx.type_kind(element) {
            TypeKind::Integer { .. }
            | TypeKind::Index
            | TypeKind::Float(_)
            | TypeKind::Calibrated { .. }
            | TypeKind::Uniform { .. }
            | TypeKind::UniformPerAxis { .. }
            | TypeKind::Opaque { .. } => {}
            _ => self.error(at, end, "invalid tensor element type"),
        }
        if dims == "*x" {
            if encoding.is_some() {
                self.error(end, end, "cannot apply encoding to unranked tensor");
            }
            return self.ctx.ty(TypeKind::UnrankedTensor { element });
        }
        let mut shape = Shape::new();
        for dim in dims.split_terminator('x') {
            match dim {
                "?" => shape.push(DYNAMIC),
                _ => match dim.parse() {
                    Ok(dim) => shape.push(dim),
                    Err(_) => {
                        let first = start + self.slice(start, end).find('<').map_or(0, |bracket| bracket + 1);
                        self.error(first, at, "invalid dimension");
                        shape.push(0);
                    }
                },
            }
        }
        if shape.len() > MOST_NESTING as usize {
            self.error(start, end, "tensors of so many dimensions are not supported");
        }
        self.ctx.ty(TypeKind::Tensor {
            shape,
            element,
            encoding,
        })
    }

    /// `tensor<0xf32>`, whose `0xf32` looks like a number.
    pub fn empty_tensor_type(
        &mut self,
        dims: &str,
        number: &str,
        encoding: Option<Attr>,
        start: usize,
        end: usize,
    ) -> Type {
        let element = number.strip_prefix("0x").unwrap_or_default();
        if !matches!(element, "f16" | "bf16" | "f32" | "f64") {
            self.error(start, end, "expected non-function type");
        }
        let element = self.float_type(element);
        self.new_tensor_type(&format!("{dims}0x"), element, encoding, start, start, end)
    }

    /// `!quant.calibrated<f32<min:max>>`; `at` and `end` are the expressed type's.
    pub fn calibrated_type(
        &mut self,
        expressed: Type,
        min: F64,
        max: F64,
        start: usize,
        at: usize,
        end: usize,
    ) -> Type {
        self.check_expressed((expressed, at, end));
        if min.get() >= max.get() {
            let mut text = String::from("illegal min and max: (");
            write_float(&mut text, min.get(), FloatKind::F64);
            text.push(':');
            write_float(&mut text, max.get(), FloatKind::F64);
            text.push(')');
            self.error(start + "!quant.".len(), end, text);
        }
        self.ctx.ty(TypeKind::Calibrated { expressed, min, max })
    }

    fn check_expressed(&mut self, (ty, start, end): (Type, usize, usize)) {
        if !matches!(self.ctx.type_kind(ty), TypeKind::Float(_)) {
            self.error(start, end, "invalid kind of type specified");
        }
    }

    fn check_scale(&mut self, scale: F64, start: usize) {
        let value = scale.get();
        if value <= 0.0 || !value.is_finite() {
            let mut text = String::from("illegal scale: ");
            write_float(&mut text, value, FloatKind::F64);
            let place = start + "!quant.".len();
            self.error(place, place, text);
        }
    }

    /// `start` is the first byte of the type.
    fn storage(
        &mut self,
        storage: Storage<'_>,
        expressed: (Type, usize, usize),
        start: usize,
    ) -> QuantStorage {
        let Storage {
            name,
            start: at,
            range,
        } = storage;
        let end = at + name.len();
        let signed = name.starts_with('i');
        let digits = &name[1..];
        let bits = match digits.parse::<u32>() {
            _ if !signed && !name.starts_with('u') => {
                self.error(at, end, "illegal storage type prefix");
                8
            }
            Ok(bits) if (1..=32).contains(&bits) => bits,
            _ => {
                self.error(at, end, format!("illegal storage type size: {digits}"));
                8
            }
        };
        self.check_expressed(expressed);
        let mut storage = QuantStorage::full(signed, bits, expressed.0);
        if let Some(((min, min_start), (max, max_start))) = range {
            if min < storage.min {
                self.error(
                    min_start,
                    min_start,
                    format!("illegal storage type minimum: {min}"),
                );
            } else if max > storage.max {
                self.error(
                    max_start,
                    max_start,
                    format!("illegal storage type maximum: {max}"),
                );
            } else if min >= max {
                let place = start + "!quant.".len();
                let message = format!("illegal storage min and storage max: ({min}:{max})");
                self.error(place, place, message);
            }
            (storage.min, storage.max) = (min, max);
        }
        storage
    }

    /// `!quant.uniform<i8:f32, scale:zero_point>`
    pub fn uniform_type(
        &mut self,
        storage: Storage<'_>,
        expressed: (Type, usize, usize),
        scale: F64,
        zero_point: i64,
        start: usize,
    ) -> Type {
        let storage = self.storage(storage, expressed, start);
        self.check_scale(scale, start);
        self.ctx.ty(TypeKind::Uniform {
            storage,
            scale,
            zero_point,
        })
    }

    /// `!quant.uniform<i8:f32:axis, {scale:zero_point, ...}>`
    pub fn per_axis_type(
        &mut self,
        storage: Storage<'_>,
        expressed: (Type, usize, usize),
        axis: i64,
        scales: Vec<(F64, i64)>,
        start: usize,
        axis_start: usize,
    ) -> Type {
        let storage = self.storage(storage, expressed, start);
        let axis = i32::try_from(axis)
            .ok()
            .filter(|axis| *axis >= 0)
            .unwrap_or_else(|| {
                self.error(axis_start, axis_start, "illegal quantized dimension");
                0
            });
        for (scale, _) in &scales {
            self.check_scale(*scale, start);
        }
        let (scales, zero_points) = scales.into_iter().unzip();
        self.ctx.ty(TypeKind::UniformPerAxis {
            storage,
            axis,
            scales,
            zero_points,
        })
    }

    /// `!dialect...`, kept as text.
    pub fn opaque_type(&mut self, text: &str, start: usize, end: usize) -> Type {
        let body = &text[1..];
        if let Some(rest) = body.strip_prefix("quant.") {
            let name = rest.split('<').next().unwrap_or(rest);
            if matches!(name, "uniform" | "calibrated") && !rest.contains('<') {
                self.error(end, end, "expected '<'");
            } else if name != "any" {
                let message = format!("unknown quantized type {name}");
                self.error(start + "!quant.".len(), end, message);
            }
        }
        let text = self.ctx.str(body);
        self.ctx.ty(TypeKind::Opaque { text })
    }

    /// A float without a type.
    pub fn double(&mut self, text: &str, start: usize, end: usize) -> F64 {
        let value: f64 = text.parse().unwrap_or(f64::INFINITY);
        if !value.is_finite() {
            self.error(start, end, "floating point value too large");
        }
        value.into()
    }

    /// A float as its 64 bits.
    pub fn double_bits(&mut self, text: &str, start: usize, end: usize) -> F64 {
        match u64::from_str_radix(text.trim_start_matches("0x"), 16) {
            Ok(bits) => f64::from_bits(bits).into(),
            Err(_) => {
                self.error(start, end, "hexadecimal float constant out of range for type");
                F64::from(0.0)
            }
        }
    }

    /// An integer without a type.
    pub fn whole_number(&mut self, text: &str, start: usize, end: usize) -> i64 {
        text.parse().unwrap_or_else(|_| {
            self.error(start, end, "integer value too large");
            0
        })
    }
    /// `(A) -> B`
    pub fn function_type(&mut self, signature: Signature) -> Type {
        self.ctx.function_type(&signature.inputs, &signature.results)
    }

    /// `none`
    pub fn none_type(&mut self) -> Type {
        self.ctx.none_type()
    }

    /// `index`
    pub fn index_type(&mut self) -> Type {
        self.ctx.ty(TypeKind::Index)
    }
}
