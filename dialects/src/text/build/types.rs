//! The parser's actions for types.

use super::{Builder, MOST_NESTING, Signature};
use crate::ir::{Attr, DYNAMIC, F64, FloatKind, QuantStorage, Shape, Signedness, Type, TypeKind};

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

    /// `!quant.calibrated<f32<min:max>>`
    pub fn calibrated_type(&mut self, expressed: Type, min: F64, max: F64) -> Type {
        self.ctx.ty(TypeKind::Calibrated { expressed, min, max })
    }

    fn storage(
        &mut self,
        (name, range): (&str, Option<(i64, i64)>),
        expressed: Type,
        start: usize,
        end: usize,
    ) -> QuantStorage {
        let bits = name[1..].parse().ok().filter(|bits| (1..=32).contains(bits));
        let signed = name.starts_with('i');
        let bits = match bits {
            Some(bits) if signed || name.starts_with('u') => bits,
            _ => {
                self.error(start, end, "illegal quantized storage type alias");
                8
            }
        };
        let mut storage = QuantStorage::full(signed, bits, expressed);
        if let Some((min, max)) = range {
            if min < storage.min || max > storage.max || min >= max {
                self.error(
                    start,
                    end,
                    format!("illegal storage min and storage max: ({min}:{max})"),
                );
            }
            (storage.min, storage.max) = (min, max);
        }
        storage
    }

    /// `!quant.uniform<i8:f32, scale:zero_point>`
    pub fn uniform_type(
        &mut self,
        storage: (&str, Option<(i64, i64)>),
        expressed: Type,
        scale: F64,
        zero_point: i64,
        start: usize,
        end: usize,
    ) -> Type {
        let storage = self.storage(storage, expressed, start, end);
        self.ctx.ty(TypeKind::Uniform {
            storage,
            scale,
            zero_point,
        })
    }

    /// `!quant.uniform<i8:f32:axis, {scale:zero_point, ...}>`
    pub fn per_axis_type(
        &mut self,
        storage: (&str, Option<(i64, i64)>),
        expressed: Type,
        axis: i64,
        scales: Vec<(F64, i64)>,
        start: usize,
        end: usize,
    ) -> Type {
        let storage = self.storage(storage, expressed, start, end);
        let axis = i32::try_from(axis).unwrap_or_else(|_| {
            self.error(start, end, "illegal quantized dimension");
            0
        });
        let (scales, zero_points) = scales.into_iter().unzip();
        self.ctx.ty(TypeKind::UniformPerAxis {
            storage,
            axis,
            scales,
            zero_points,
        })
    }

    /// `!dialect...`, kept as text.
    pub fn opaque_type(&mut self, text: &str) -> Type {
        let text = self.ctx.str(&text[1..]);
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
