//! What the preparation of a kernel sees of an operation: shapes, element types, attributes, constant operands.
//!
//! Attributes are read by name with TPU-MLIR's defaults, since one kernel serves operations of both dialects.

use super::math::Rounding;
use super::value::{Element, Quantisation};
use crate::data::Tensor;
use crate::program::Program;
use std::cell::RefCell;
use std::sync::Arc;
use tpuc_dialects::ir::{
    AttrKind, Context, Diagnostic, FloatKind, Op, Signedness, Type, TypeKind, Value, op_error,
};

/// Shape and type of an operand or result.
#[derive(Clone, Debug)]
pub struct ValueInfo {
    /// Extents.
    pub shape: Vec<usize>,
    /// How it is stored while running.
    pub element: Element,
    /// Scale and zero point of quantised values.
    pub quantisation: Option<Quantisation>,
}

impl ValueInfo {
    /// Number of elements.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the values stand for themselves (f32, or whole numbers kept in f32).
    pub fn is_real(&self) -> bool {
        self.quantisation.is_none() && self.element == Element::F32
    }

    /// Zero point; 0 for values that are not quantised.
    pub fn zero_point(&self) -> i64 {
        self.quantisation
            .map_or(0, |quantisation| quantisation.zero_point)
    }
}

/// An operation under preparation.
pub struct Node<'a> {
    program: &'a Program,
    op: Op,
    taken: RefCell<Vec<usize>>,
}

/// How a type is stored while running; what is wrong if it is none that can be.
pub fn value_info(ctx: &Context, ty: Type) -> Result<ValueInfo, String> {
    let TypeKind::Tensor { shape, element, .. } = ctx.type_kind(ty) else {
        return Err("has a value whose shape is not known; run --shape-infer first".to_owned());
    };
    let shape = shape
        .iter()
        .map(|dim| usize::try_from(*dim).map_err(|_| "has a value with an unknown dimension".to_owned()))
        .collect::<Result<Vec<_>, _>>()?;
    shape
        .iter()
        .try_fold(1_usize, |all, dim| all.checked_mul(*dim))
        .filter(|count| *count <= isize::MAX as usize / 8)
        .ok_or("has a value that is larger than memory can hold")?;
    let (element, quantisation) = match ctx.type_kind(*element) {
        TypeKind::Float(FloatKind::F32) | TypeKind::Calibrated { .. } | TypeKind::Index => {
            (Element::F32, None)
        }
        TypeKind::Integer { width: 8, signedness } => {
            let unsigned = *signedness == Signedness::Unsigned;
            (if unsigned { Element::U8 } else { Element::I8 }, None)
        }
        TypeKind::Integer { .. } => (Element::F32, None),
        TypeKind::Uniform {
            storage,
            scale,
            zero_point,
        } => {
            let element = match (storage.bits, storage.signed) {
                (8, true) => Element::I8,
                (8, false) => Element::U8,
                _ => Element::F32,
            };
            let quantisation = Quantisation {
                scale: scale.get(),
                zero_point: *zero_point,
            };
            (element, Some(quantisation))
        }
        TypeKind::Float(kind) => {
            return Err(format!(
                "has a value of type {kind:?}; inference knows f32 and 8-bit quantised types (quantize to F32 or INT8)"
            ));
        }
        _ => {
            return Err("has a value of a type that inference does not know".to_owned());
        }
    };
    Ok(ValueInfo {
        shape,
        element,
        quantisation,
    })
}

impl<'a> Node<'a> {
    /// Of an operation of `program`.
    pub fn new(program: &'a Program, op: Op) -> Self {
        Self {
            program,
            op,
            taken: RefCell::default(),
        }
    }

    fn ctx(&self) -> &'a Context {
        &self.program.ctx
    }

    /// The operation's name, `top.Conv`.
    pub fn kind(&self) -> &'a str {
        self.ctx().op_name(self.op)
    }

    /// `Conv` of `top.Conv` and `tpu.Conv`.
    pub fn short_kind(&self) -> &'a str {
        self.kind().split_once('.').map_or(self.kind(), |(_, name)| name)
    }

    /// Whether it is an operation of the `tpu` dialect.
    pub fn is_tpu(&self) -> bool {
        self.kind().starts_with("tpu.")
    }

    /// The operation's tensor name.
    pub fn name(&self) -> &'a str {
        self.ctx().name(self.op)
    }

    /// An error about the operation.
    pub fn error(&self, message: impl std::fmt::Display) -> Diagnostic {
        op_error(self.ctx(), self.op, message)
    }

    /// Whether the module quantises asymmetrically.
    pub fn asymmetric(&self) -> bool {
        self.ctx()
            .get_bool(self.program.module.id(), "module.asymmetric")
            .unwrap_or(false)
    }

    // ---------------------------------------------------------------- values

    /// Number of operands, `none` ones included.
    pub fn input_count(&self) -> usize {
        self.ctx().operands(self.op).len()
    }

    fn operand(&self, index: usize) -> Option<Value> {
        let value = self.ctx().operands(self.op).get(index).copied()?;
        (!self.ctx().is_none(value)).then_some(value)
    }

    /// Whether operand `index` is there and not `none`.
    pub fn has_input(&self, index: usize) -> bool {
        self.operand(index).is_some()
    }

    /// Shape and type of operand `index`.
    pub fn input(&self, index: usize) -> Result<ValueInfo, Diagnostic> {
        let value = self
            .operand(index)
            .ok_or_else(|| self.error(format_args!("expects an operand #{index}")))?;
        value_info(self.ctx(), self.ctx().value_type(value)).map_err(|error| self.error(error))
    }

    /// All operands that are not `none`.
    pub fn inputs(&self) -> Result<Vec<ValueInfo>, Diagnostic> {
        (0..self.input_count())
            .filter(|index| self.has_input(*index))
            .map(|index| self.input(index))
            .collect()
    }

    /// Shape and type of result `index`.
    pub fn output_at(&self, index: usize) -> Result<ValueInfo, Diagnostic> {
        let results = self.ctx().results(self.op);
        let value = results
            .get(index)
            .ok_or_else(|| self.error(format_args!("expects a result #{index}")))?;
        value_info(self.ctx(), self.ctx().value_type(*value)).map_err(|error| self.error(error))
    }

    /// Shape and type of the only (or first) result.
    pub fn output(&self) -> Result<ValueInfo, Diagnostic> {
        self.output_at(0)
    }

    /// Whether result `index` exists and is wanted (not `none`).
    pub fn has_output(&self, index: usize) -> bool {
        let results = self.ctx().results(self.op);
        results
            .get(index)
            .is_some_and(|value| !self.ctx().is_none(*value))
    }

    /// The tensor of operand `index` if it is a weight.
    pub fn constant(&self, index: usize) -> Result<Option<Arc<Tensor>>, Diagnostic> {
        let Some(value) = self.operand(index) else {
            return Ok(None);
        };
        self.program
            .weight(value)
            .map_err(|error| self.error(format_args!("cannot have its weight: {error}")))
    }

    /// As [`Node::constant`]; the kernel keeps what it needs of it and does not get the operand when it runs.
    pub fn take_constant(&self, index: usize) -> Result<Option<Arc<Tensor>>, Diagnostic> {
        let tensor = self.constant(index)?;
        if tensor.is_some() {
            self.taken.borrow_mut().push(index);
        }
        Ok(tensor)
    }

    /// As [`Node::take_constant`]; an error when the operand is there but is no weight. `Ok(None)` when it is not there.
    pub fn take_weight(&self, index: usize) -> Result<Option<Arc<Tensor>>, Diagnostic> {
        let tensor = self.take_constant(index)?;
        if tensor.is_none() && self.has_input(index) {
            return Err(self.error(format_args!("supports a constant operand #{index} only")));
        }
        Ok(tensor)
    }

    /// A constant operand as f32.
    pub fn take_f32(&self, index: usize) -> Result<Option<Vec<f32>>, Diagnostic> {
        Ok(self
            .take_weight(index)?
            .map(|tensor| tensor.to_f32().iter().copied().collect()))
    }

    /// A constant operand as whole numbers (biases, small weights).
    pub fn take_i32(&self, index: usize) -> Result<Option<Vec<i32>>, Diagnostic> {
        Ok(self
            .take_weight(index)?
            .map(|tensor| tensor.to_f64().iter().map(|value| *value as i32).collect()))
    }

    /// Operands that [`Node::take_constant`] was called for.
    pub fn taken(self) -> Vec<usize> {
        self.taken.into_inner()
    }

    // ---------------------------------------------------------------- attributes

    /// An integer attribute.
    pub fn i64(&self, name: &str, default: i64) -> i64 {
        self.ctx().get_i64(self.op, name).unwrap_or(default)
    }

    /// An integer attribute that is there.
    pub fn find_i64(&self, name: &str) -> Option<i64> {
        self.ctx().get_i64(self.op, name)
    }

    /// A float attribute.
    pub fn f64(&self, name: &str, default: f64) -> f64 {
        self.ctx().get_f64(self.op, name).unwrap_or(default)
    }

    /// A boolean attribute.
    pub fn bool(&self, name: &str, default: bool) -> bool {
        self.ctx().get_bool(self.op, name).unwrap_or(default)
    }

    /// A text attribute.
    pub fn str(&self, name: &str, default: &'a str) -> &'a str {
        self.ctx().get_str(self.op, name).unwrap_or(default)
    }

    /// An array of integers that is there.
    pub fn i64s(&self, name: &str) -> Option<Vec<i64>> {
        self.ctx().get_i64s(self.op, name)
    }

    /// An array of floats that is there.
    pub fn f64s(&self, name: &str) -> Option<Vec<f64>> {
        self.ctx().get_f64s(self.op, name)
    }

    /// The case of an enum attribute, `Max` of `#tpu<pool_mode Max>`; a text attribute's text.
    pub fn case(&self, name: &str) -> Option<&'a str> {
        let attr = self.ctx().get_attr(self.op, name)?;
        match self.ctx().attr_kind(attr) {
            AttrKind::Enum { case, .. } => Some(self.ctx().text(*case)),
            AttrKind::String(text) => Some(self.ctx().text(*text)),
            _ => None,
        }
    }

    /// A field of a dictionary attribute (`param` of `tpu.GenericCpu`).
    pub fn field_i64(&self, name: &str, field: &str) -> Option<i64> {
        let attr = self.ctx().get_attr(self.op, name)?;
        let AttrKind::Dictionary(fields) = self.ctx().attr_kind(attr) else {
            return None;
        };
        let (_, value) = fields.iter().find(|(key, _)| self.ctx().text(*key) == field)?;
        self.ctx().attr_as_i64(*value)
    }

    /// An array of sizes, all at least `least`. `default` when it is not there.
    pub fn sizes(&self, name: &str, default: &[usize], least: usize) -> Result<Vec<usize>, Diagnostic> {
        let Some(values) = self.i64s(name) else {
            return Ok(default.to_vec());
        };
        values
            .into_iter()
            .map(|value| usize::try_from(value).ok().filter(|value| *value >= least))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| self.error(format_args!("expects values of at least {least} in '{name}'")))
    }

    /// A rounding mode.
    pub fn rounding(&self, name: &str, default: Rounding) -> Result<Rounding, Diagnostic> {
        match self.case(name) {
            None => Ok(default),
            Some(case) => Rounding::from_case(case).ok_or_else(|| {
                self.error(format_args!(
                    "has a rounding mode that inference does not know: {case}"
                ))
            }),
        }
    }

    /// An axis of a shape of `rank`; negative ones count from the end.
    pub fn axis(&self, name: &str, default: i64, rank: usize) -> Result<usize, Diagnostic> {
        self.resolve_axis(name, self.i64(name, default), rank)
    }

    /// `axis` within `rank`; negative ones count from the end.
    pub fn resolve_axis(&self, name: &str, axis: i64, rank: usize) -> Result<usize, Diagnostic> {
        let resolved = if axis < 0 { axis + rank as i64 } else { axis };
        usize::try_from(resolved)
            .ok()
            .filter(|axis| *axis < rank)
            .ok_or_else(|| {
                self.error(format_args!(
                    "expects '{name}' within a rank of {rank}, found {axis}"
                ))
            })
    }

    /// `do_relu` and `relu_limit`.
    pub fn activation(&self) -> super::value::Activation {
        let limit = self.f64("relu_limit", -1.0);
        super::value::Activation {
            relu: self.bool("do_relu", false),
            limit: (limit > 0.0).then_some(limit as f32),
        }
    }

    /// An error unless the shapes of operand and result have as many elements.
    pub fn same_len(&self, a: &ValueInfo, b: &ValueInfo) -> Result<(), Diagnostic> {
        if a.len() == b.len() {
            return Ok(());
        }
        Err(self.error(format_args!(
            "expects as many elements in {:?} as in {:?}",
            a.shape, b.shape
        )))
    }
}
