//! The parser's actions for locations, attributes and types.

use super::build::{Builder, MOST_NESTING};
use super::float;
use super::strings::unescape;
use crate::ir::{
    Attr, AttrKind, DYNAMIC, F64, FloatKind, Loc, LocKind, QuantStorage, Shape, Signedness, Str, Type,
    TypeKind,
};

/// What stands inside `dense<...>`.
pub enum DenseBody<'s> {
    /// One number.
    Splat((&'s str, usize, usize)),
    /// Nested lists, flattened, with their dimensions; `None` where they do not agree.
    List(Vec<(&'s str, usize, usize)>, Option<Vec<i64>>),
    /// `"0x..."`
    Hexadecimal(&'s str, usize, usize),
}

impl<'s> Builder<'_, 's> {
    // ------------------------------------------------------------------ names

    /// Interns a bare name.
    pub fn str(&mut self, text: &str) -> Str {
        self.ctx.str(text)
    }

    /// Interns the text of a literal with quotes.
    pub fn string(&mut self, literal: &str) -> Str {
        let inner = &literal[1..literal.len() - 1];
        if inner.contains('\\') {
            self.ctx.str(&unescape(inner))
        } else {
            self.ctx.str(inner)
        }
    }

    /// Interns the name of `@name` or `@"name"`.
    pub fn symbol(&mut self, text: &str) -> Str {
        let name = &text[1..];
        if name.starts_with('"') {
            self.string(name)
        } else {
            self.ctx.str(name)
        }
    }

    // ------------------------------------------------------------------ locations

    /// Interns a location.
    pub fn location(&mut self, kind: LocKind) -> Loc {
        self.ctx.loc(kind)
    }

    /// `"name"`, `"name"(child)`; an unknown child is as good as none.
    pub fn name_location(&mut self, name: &str, child: Option<Loc>) -> Loc {
        let name = self.string(name);
        let child = child.filter(|child| *self.ctx.loc_kind(*child) != LocKind::Unknown);
        self.ctx.loc(LocKind::Name { name, child })
    }

    /// `"file":line:column`
    pub fn file_location(&mut self, file: &str, line: &str, column: &str, start: usize, end: usize) -> Loc {
        let file = self.string(file);
        let (line, column) = match (line.parse(), column.parse()) {
            (Ok(line), Ok(column)) => (line, column),
            _ => {
                self.error(
                    start,
                    end,
                    "expected integer line and column numbers in FileLineColLoc",
                );
                (0, 0)
            }
        };
        self.ctx.loc(LocKind::FileLineCol { file, line, column })
    }

    /// A location as an attribute.
    pub fn location_attribute(&mut self, loc: Loc) -> Attr {
        self.ctx.attr(AttrKind::Location(loc))
    }

    // ------------------------------------------------------------------ attributes

    /// Interns an attribute.
    pub fn attr(&mut self, kind: AttrKind) -> Attr {
        self.ctx.attr(kind)
    }

    /// `{...}`: sorted by name; a name given twice is an error.
    pub fn dictionary(&mut self, mut list: Vec<(Str, Attr)>, start: usize, end: usize) -> Vec<(Str, Attr)> {
        let ctx = &*self.ctx;
        let ordered = |pair: &[(Str, Attr)]| ctx.text(pair[0].0) < ctx.text(pair[1].0);
        if !list.windows(2).all(ordered) {
            list.sort_by(|(a, _), (b, _)| ctx.text(*a).cmp(ctx.text(*b)));
            if let Some(twice) = list.windows(2).find(|pair| pair[0].0 == pair[1].0) {
                let name = ctx.text(twice[0].0).to_owned();
                self.error(
                    start,
                    end,
                    format!("duplicate key '{name}' in dictionary attribute"),
                );
                list.dedup_by_key(|(name, _)| *name);
            }
        }
        list
    }

    /// `"text"`
    pub fn string_attribute(&mut self, literal: &str) -> Attr {
        let text = self.string(literal);
        self.ctx.attr(AttrKind::String(text))
    }

    /// `1`, `1 : i32`, `1 : f32`
    pub fn integer(&mut self, text: &str, ty: Option<Type>, start: usize, end: usize) -> Attr {
        let ty = ty.unwrap_or_else(|| self.ctx.int_type(64));
        self.number(text, ty, start, end)
    }

    /// `0x10 : i32`, or the bits of a float: `0x7FC00000 : f32`
    pub fn hexadecimal(&mut self, text: &str, ty: Option<Type>, start: usize, end: usize) -> Attr {
        self.integer(text, ty, start, end)
    }

    /// `1.0`, `1.0 : f32`
    pub fn float(&mut self, text: &str, ty: Option<Type>, start: usize, end: usize) -> Attr {
        let ty = ty.unwrap_or_else(|| self.ctx.f64_type());
        self.number(text, ty, start, end)
    }

    /// A number, or `true`/`false`, of a type.
    pub(super) fn number(&mut self, text: &str, ty: Type, start: usize, end: usize) -> Attr {
        let kind = match self.ctx.type_kind(ty) {
            TypeKind::Float(kind) => match float_of(text, *kind) {
                Ok(value) => Ok(AttrKind::Float {
                    value: value.into(),
                    ty,
                }),
                Err(message) => Err(message.to_owned()),
            },
            TypeKind::Integer { width, signedness } => match (text, width) {
                ("true", 1) => Ok(AttrKind::Bool(true)),
                ("false", 1) => Ok(AttrKind::Bool(false)),
                _ => match integer_of(text, *width, *signedness) {
                    // MLIR's i1 is its boolean.
                    Ok(value) if *width == 1 && *signedness == Signedness::Signless => {
                        Ok(AttrKind::Bool(value != 0))
                    }
                    Ok(value) => Ok(AttrKind::Integer { value, ty }),
                    Err(message) => Err(message.to_owned()),
                },
            },
            TypeKind::Index => match integer_of(text, 64, Signedness::Signless) {
                Ok(value) => Ok(AttrKind::Integer { value, ty }),
                Err(message) => Err(message.to_owned()),
            },
            _ => Err("integer literal not valid for specified type".to_owned()),
        };
        match kind {
            Ok(kind) => self.ctx.attr(kind),
            Err(message) => {
                self.error(start, end, message);
                self.ctx.attr(AttrKind::Unit)
            }
        }
    }

    /// `array<i32: 1, 2>`
    pub fn dense_array(
        &mut self,
        element: Type,
        values: Vec<(&'s str, usize, usize)>,
        start: usize,
        end: usize,
    ) -> Attr {
        let ok = match self.ctx.type_kind(element) {
            TypeKind::Float(_) => true,
            TypeKind::Integer { width, .. } => *width == 1 || width.is_multiple_of(8) && *width <= 64,
            _ => false,
        };
        if !ok {
            self.error(
                start,
                end,
                "element type must be a number whose width is a multiple of 8, or i1",
            );
            return self.ctx.attr(AttrKind::Unit);
        }
        let values = values
            .into_iter()
            .map(|(text, start, end)| self.number(text, element, start, end))
            .collect();
        self.ctx.attr(AttrKind::DenseArray { element, values })
    }

    /// A list inside `dense<...>`.
    pub fn dense_list(&mut self, items: Vec<DenseBody<'s>>) -> DenseBody<'s> {
        let mut shape: Option<Vec<i64>> = None;
        let mut agrees = true;
        let mut values = Vec::new();
        let count = items.len() as i64;
        for item in items {
            let inner = match item {
                DenseBody::Splat(value) => {
                    values.push(value);
                    Some(Vec::new())
                }
                DenseBody::List(inner, shape) => {
                    values.extend(inner);
                    shape
                }
                DenseBody::Hexadecimal(..) => None,
            };
            agrees &= inner.is_some() && shape.as_ref().is_none_or(|shape| Some(shape) == inner.as_ref());
            shape = inner;
        }
        let shape = agrees.then(|| {
            let mut dims = vec![count];
            dims.extend(shape.unwrap_or_default());
            dims
        });
        DenseBody::List(values, shape)
    }

    /// `dense<...> : tensor<...>`
    pub fn dense_elements(
        &mut self,
        body: Option<DenseBody<'s>>,
        ty: Type,
        start: usize,
        end: usize,
    ) -> Attr {
        let unit = self.ctx.attr(AttrKind::Unit);
        let TypeKind::Tensor { shape, element, .. } = self.ctx.type_kind(ty).clone() else {
            self.error(
                start,
                end,
                "elements literal must be a ranked tensor or vector type",
            );
            return unit;
        };
        let count = shape
            .iter()
            .try_fold(1_i64, |count, dim| count.checked_mul(*dim).filter(|_| *dim >= 0));
        let Some(count) = count else {
            self.error(start, end, "elements literal type must have static shape");
            return unit;
        };
        let values = match body {
            None if count == 0 => Vec::new(),
            None => {
                self.error(start, end, "expected element literal");
                return unit;
            }
            Some(DenseBody::Splat((text, start, end))) => vec![self.number(text, element, start, end)],
            Some(DenseBody::List(values, dims)) => {
                if dims.as_deref() != Some(&shape[..]) {
                    let message = match dims {
                        Some(dims) => {
                            format!(
                                "inferred shape of elements literal ({dims:?}) does not match type ({shape:?})"
                            )
                        }
                        None => {
                            "tensor literal is invalid; ranks are not consistent between elements".to_owned()
                        }
                    };
                    self.error(start, end, message);
                    return unit;
                }
                values
                    .into_iter()
                    .map(|(text, start, end)| self.number(text, element, start, end))
                    .collect()
            }
            Some(DenseBody::Hexadecimal(literal, start, end)) => {
                match self.hexadecimal_elements(literal, element, count) {
                    Some(values) => values,
                    None => {
                        self.error(start, end, "elements hex data size is invalid for provided type");
                        return unit;
                    }
                }
            }
        };
        // A list of equal elements is a splat, as in MLIR.
        let mut values = values;
        if values.len() > 1 && values.iter().all(|value| *value == values[0]) {
            values.truncate(1);
        }
        self.ctx.attr(AttrKind::DenseElements { ty, values })
    }

    /// Elements of `"0x..."`, little-endian; one element's bytes are a splat.
    fn hexadecimal_elements(&mut self, literal: &str, element: Type, count: i64) -> Option<Vec<Attr>> {
        let digits = literal
            .trim_matches('"')
            .strip_prefix("0x")
            .filter(|digits| digits.len().is_multiple_of(2))?;
        let bytes: Option<Vec<u8>> = digits
            .as_bytes()
            .chunks(2)
            .map(|pair| {
                let high = char::from(pair[0]).to_digit(16)?;
                let low = char::from(pair[1]).to_digit(16)?;
                Some((high * 16 + low) as u8)
            })
            .collect();
        let bytes = bytes?;
        let kind = self.ctx.type_kind(element).clone();
        let bits = match kind {
            TypeKind::Float(kind) => float::float_bits(kind),
            TypeKind::Integer { width, .. } if width.is_multiple_of(8) && width <= 64 => width,
            TypeKind::Index => 64,
            _ => return None,
        };
        let size = bits as usize / 8;
        let expected = usize::try_from(count).ok()?.checked_mul(size)?;
        if bytes.len() != expected && bytes.len() != size {
            return None;
        }
        let values = bytes
            .chunks(size)
            .map(|chunk| {
                let mut word = [0; 8];
                word[..size].copy_from_slice(chunk);
                let word = u64::from_le_bytes(word);
                let attr = match kind {
                    TypeKind::Float(kind) => AttrKind::Float {
                        value: float::decode(kind, word).into(),
                        ty: element,
                    },
                    TypeKind::Integer {
                        signedness: Signedness::Unsigned,
                        ..
                    } => AttrKind::Integer {
                        value: word.into(),
                        ty: element,
                    },
                    _ => AttrKind::Integer {
                        value: (((word << (64 - bits)) as i64) >> (64 - bits)).into(),
                        ty: element,
                    },
                };
                self.ctx.attr(attr)
            })
            .collect();
        Some(values)
    }

    /// `#dialect...`, kept as text.
    pub fn opaque_attribute(&mut self, text: &str) -> Attr {
        let text = self.ctx.str(&text[1..]);
        self.ctx.attr(AttrKind::Opaque { text })
    }

    /// `#tpu<name case>`
    pub fn enum_attribute(&mut self, name: &str, case: &str) -> Attr {
        self.ctx.enum_attr("tpu", name, case)
    }

    /// `#tpu.name<field = value, ...>`
    pub fn struct_attribute(&mut self, name: &str, fields: Vec<(Str, Attr)>) -> Attr {
        let (dialect, name) = (self.ctx.str("tpu"), self.ctx.str(name));
        self.ctx.attr(AttrKind::Struct {
            dialect,
            name,
            fields,
        })
    }

    // ------------------------------------------------------------------ types

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
            _ => self.error(start, end, "invalid tensor element type"),
        }
        if dims == "*x" {
            if encoding.is_some() {
                self.error(start, end, "cannot apply encoding to unranked tensor");
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
                        self.error(start, end, "invalid dimension");
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
        self.tensor_type(&format!("{dims}0x"), element, encoding, start, end)
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
}

fn float_of(text: &str, kind: FloatKind) -> Result<f64, &'static str> {
    if let Some(digits) = text.strip_prefix("0x") {
        let bits = u64::from_str_radix(digits, 16)
            .ok()
            .filter(|bits| float::float_bits(kind) == 64 || bits >> float::float_bits(kind) == 0);
        return bits
            .map(|bits| float::decode(kind, bits))
            .ok_or("hexadecimal float constant out of range for type");
    }
    if text.starts_with("-0x") {
        return Err("hexadecimal float literal should not have a leading minus");
    }
    if !text.contains('.') {
        return Err("unexpected decimal integer literal for a floating point value");
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(float::round_to(kind, value)),
        _ => Err("floating point value too large for attribute"),
    }
}

fn integer_of(text: &str, width: u32, signedness: Signedness) -> Result<i128, &'static str> {
    const OUT_OF_RANGE: &str = "integer constant out of range for attribute";
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let hexadecimal = digits.strip_prefix("0x");
    let value = match hexadecimal {
        Some(digits) => i128::from_str_radix(digits, 16),
        None => digits.parse(),
    };
    if digits.contains('.') {
        return Err("floating point value not valid for specified type");
    }
    if digits.starts_with(['t', 'f']) {
        return Err("expected integer literal");
    }
    let value = value.map_err(|_| OUT_OF_RANGE)?;
    let value = if negative { -value } else { value };
    let bits = width.min(126);
    let (min, max) = match signedness {
        Signedness::Unsigned if negative => {
            return Err("negative integer literal not valid for unsigned integer type");
        }
        Signedness::Unsigned => (0, (1_i128 << bits) - 1),
        Signedness::Signed => (-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1),
        // MLIR reads both halves into a signless integer and prints it as signed.
        Signedness::Signless => (-(1_i128 << (bits - 1)), (1_i128 << bits) - 1),
    };
    if !(min..=max).contains(&value) {
        return Err(OUT_OF_RANGE);
    }
    if signedness == Signedness::Signless && width > 1 && value >= 1_i128 << (bits - 1) {
        return Ok(value - (1_i128 << bits));
    }
    Ok(value)
}
