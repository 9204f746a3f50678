//! What the lowering of one operation needs: building the replacement, weights, types and scales.

use crate::data::Tensor;
use crate::quantization::arithmetic::{saturate_i8, saturate_u8};
use crate::quantization::{QuantParams, quant_params, scale};
use crate::weights::WeightStore;
use tpuc_dialects::ir::{Attr, Block, Context, Diagnostic, Op, Type, Value, op_error};

/// An attribute of a replacement.
pub type NewAttr = (&'static str, Attr);

/// The state of a lowering.
pub struct Lowering<'a> {
    /// The program.
    pub ctx: &'a mut Context,
    /// Its weights.
    pub weights: &'a mut WeightStore,
    /// The function's body.
    pub block: Block,
    /// How many different right shifts the channels of one convolution may have; 1 is TPU-MLIR's way.
    pub shift_groups: usize,
}

impl Lowering<'_> {
    // ------------------------------------------------------------------ building

    /// The `top.None` that begins the function; made where it is missing.
    pub fn none(&mut self) -> Value {
        none_value(self.ctx, self.block)
    }

    /// Replaces `op` by a new operation at its place and with its location: the attributes given, defaults for the rest.
    pub fn replace(
        &mut self,
        op: Op,
        name: &str,
        types: &[Type],
        operands: &[Value],
        attrs: &[NewAttr],
    ) -> Op {
        self.build_in_place(op, name, types, operands, attrs, false)
    }

    /// The same; the old operation's attributes are kept besides those given.
    pub fn replace_with_attrs(
        &mut self,
        op: Op,
        name: &str,
        types: &[Type],
        operands: &[Value],
        attrs: &[NewAttr],
    ) -> Op {
        self.build_in_place(op, name, types, operands, attrs, true)
    }

    fn build_in_place(
        &mut self,
        op: Op,
        name: &str,
        types: &[Type],
        operands: &[Value],
        attrs: &[NewAttr],
        keep_attrs: bool,
    ) -> Op {
        let loc = self.ctx.op_loc(op);
        let span = self.ctx.op_span(op);
        let mut rw = self.ctx.rewriter_before(op);
        let mut builder = rw.build(name).loc(loc).span(span).operands(operands);
        for ty in types {
            builder = builder.result(*ty);
        }
        for (name, attr) in attrs {
            builder = builder.attr(name, *attr);
        }
        if keep_attrs {
            builder = builder.attrs_of(op);
        }
        let new = builder.finish();
        let results = rw.results(new).to_vec();
        rw.replace_op(op, &results);
        new
    }

    /// A new operation with one result before `op`, named after `op` with a suffix.
    pub fn insert(
        &mut self,
        op: Op,
        suffix: &str,
        name: &str,
        ty: Type,
        operands: &[Value],
        attrs: &[NewAttr],
    ) -> Value {
        let loc_name = format!("{}{suffix}", self.ctx.name(op));
        let mut rw = self.ctx.rewriter_before(op);
        let mut builder = rw.build(name).named(&loc_name).operands(operands).result(ty);
        for (name, attr) in attrs {
            builder = builder.attr(name, *attr);
        }
        let new = builder.finish();
        self.ctx.result(new)
    }

    /// Replaces `op` by the operation `name` with the same attributes and operands; `count` operands where that is not 0:
    /// the list is cut or filled up with `top.None`.
    pub fn common(&mut self, op: Op, name: &str, ty: Type, count: usize) -> Op {
        let operands = self.padded_operands(op, count);
        self.replace_with_attrs(op, name, &[ty], &operands, &[])
    }

    /// [`Self::common`] with the result in F32; a calibrated range stays.
    pub fn float(&mut self, op: Op, name: &str, count: usize) -> Op {
        let ty = self.float_type(op);
        self.common(op, name, ty, count)
    }

    /// [`Self::common`] with the result in INT8.
    ///
    /// # Errors
    /// When the result has no calibrated range.
    pub fn int8(&mut self, op: Op, name: &str, count: usize) -> Result<Op, Diagnostic> {
        let ty = self.int8_type(op)?;
        Ok(self.common(op, name, ty, count))
    }

    /// Operands of `op`, cut or filled up with `top.None` to `count`; unchanged for 0.
    pub fn padded_operands(&mut self, op: Op, count: usize) -> Vec<Value> {
        let mut operands = self.ctx.operands(op).to_vec();
        if count > 0 {
            operands.truncate(count);
            while operands.len() < count {
                operands.push(self.none());
            }
        }
        operands
    }

    /// Type of the first result in F32.
    pub fn float_type(&mut self, op: Op) -> Type {
        let ty = self.ctx.value_type(self.ctx.result(op));
        let f32_type = self.ctx.f32_type();
        if self.ctx.is_none_type(ty) || scale::storage_type(self.ctx, ty) == f32_type {
            return ty;
        }
        scale::with_plain_element(self.ctx, ty, f32_type)
    }

    /// Type of the first result in INT8.
    ///
    /// # Errors
    /// When it has no calibrated range.
    pub fn int8_type(&mut self, op: Op) -> Result<Type, Diagnostic> {
        let result = self.ctx.result(op);
        scale::int8_type(self.ctx, result).map_err(|error| error.at(self.ctx.op_span(op)))
    }

    /// Type of the first result for a comparison: 0 and 1 in 8 bits.
    pub fn bool_type(&mut self, op: Op) -> Type {
        let ty = self.ctx.value_type(self.ctx.result(op));
        let params = QuantParams {
            scale: 1.0,
            signed: false,
        };
        let element = scale::int8_element(self.ctx, params, Some((0, 1)));
        scale::with_plain_element(self.ctx, ty, element)
    }

    /// `#tpu<name case>`
    pub fn tpu_enum(&mut self, name: &str, case: &str) -> Attr {
        self.ctx.enum_attr("tpu", name, case)
    }

    // ------------------------------------------------------------------ weights

    /// Whether a value is a weight.
    pub fn is_weight(&self, value: Value) -> bool {
        is_weight(self.ctx, value)
    }

    /// The elements of a weight as f32, in row-major order.
    ///
    /// # Errors
    /// When the value is no weight or its data is missing.
    pub fn weight_f32(&self, value: Value) -> Result<Vec<f32>, Diagnostic> {
        let name = self.ctx.value_name(value);
        if !self.is_weight(value) {
            return Err(Diagnostic::error(format!("'{name}' must be a weight")));
        }
        let tensor = self
            .weights
            .get(name)
            .map_err(|error| Diagnostic::error(error.to_string()))?;
        let wanted: i64 = self.ctx.shape(value).unwrap_or_default().iter().product();
        if tensor.len() as i64 != wanted {
            return Err(Diagnostic::error(format!(
                "the weight '{name}' has {} elements in the weight file, its type {wanted}",
                tensor.len()
            )));
        }
        Ok(tensor.to_f32().iter().copied().collect())
    }

    /// A new weight before `owner`, named after it: `OWNER_SUFFIX`, or `OWNER_1_SUFFIX`, ... where that is taken. The
    /// tensor is one-dimensional, as TPU-MLIR stores what lowering makes.
    pub fn new_weight(
        &mut self,
        owner: Op,
        suffix: &str,
        tensor: Tensor,
        shape: &[i64],
        element: Type,
    ) -> Value {
        let owner_name = self.ctx.name(owner).to_owned();
        let mut name = format!("{owner_name}_{suffix}");
        let mut index = 1;
        while self.weights.contains(&name) {
            name = format!("{owner_name}_{index}_{suffix}");
            index += 1;
        }
        self.weights.insert(&name, tensor);
        let ty = self.ctx.tensor_type(shape, element);
        let mut rw = self.ctx.rewriter_before(owner);
        let op = rw.build("top.Weight").named(&name).result(ty).finish();
        self.ctx.result(op)
    }

    /// A table of 256 entries that gives `function` of the input for INT8, replacing `op` by `tpu.Lut`. Entries are
    /// computed in f64 and stored in 32 bits; entry `i` belongs to the input byte `i`.
    ///
    /// # Errors
    /// When the input or the result has no calibrated range.
    pub fn lookup(&mut self, op: Op, function: impl Fn(f64) -> f64) -> Result<(), Diagnostic> {
        let input = self.ctx.operand(op, 0);
        let from = self.params(op, input)?;
        let to = self.params(op, self.ctx.result(op))?;
        let index_range = if from.signed { -128..128 } else { 0..256_i32 };
        let entry = |index: i32| function(f64::from(index) * from.scale) / to.scale;
        let at = |index: i32| (index & 0xff) as usize;
        let (tensor, element) = if to.signed {
            let mut table = vec![0_i32; 256];
            for index in index_range {
                table[at(index)] = i32::from(saturate_i8(entry(index)));
            }
            (Tensor::from_vec(&[256], table), self.ctx.sint_type(32))
        } else {
            let mut table = vec![0_u32; 256];
            for index in index_range {
                table[at(index)] = u32::from(saturate_u8(entry(index)));
            }
            (Tensor::from_vec(&[256], table), self.ctx.uint_type(32))
        };
        let tensor = tensor.map_err(|error| Diagnostic::error(error.to_string()))?;
        let table = self.new_weight(op, "table", tensor, &[1, 1, 1, 256], element);
        let ty = self.int8_type(op)?;
        self.replace(op, "tpu.Lut", &[ty], &[input, table], &[]);
        Ok(())
    }

    // ------------------------------------------------------------------ scales

    /// Quantisation of a value that `op` reads or makes.
    ///
    /// # Errors
    /// When the value has no calibrated range.
    pub fn params(&self, op: Op, value: Value) -> Result<QuantParams, Diagnostic> {
        quant_params(self.ctx, value).map_err(|error| {
            let note = format!("needed by '{}' ({})", self.ctx.name(op), self.ctx.op_name(op));
            error.note(note, self.ctx.op_span(op))
        })
    }

    /// Scale of a value that `op` reads or makes.
    ///
    /// # Errors
    /// As [`Self::params`].
    pub fn scale(&self, op: Op, value: Value) -> Result<f64, Diagnostic> {
        Ok(self.params(op, value)?.scale)
    }

    /// An error about `op`.
    pub fn error(&self, op: Op, message: impl std::fmt::Display) -> Diagnostic {
        op_error(self.ctx, op, message)
    }
}

/// Whether a value is the result of `top.Weight`.
pub fn is_weight(ctx: &Context, value: Value) -> bool {
    ctx.defining_op(value).is_some_and(|op| ctx.is(op, "top.Weight"))
}

/// The `top.None` that begins `block`; made where it is missing.
pub fn none_value(ctx: &mut Context, block: Block) -> Value {
    if let Some(first) = ctx.first_op(block)
        && ctx.is(first, "top.None")
    {
        return ctx.result(first);
    }
    let ty = ctx.none_type();
    let mut rw = ctx.rewriter();
    rw.set_at_start(block);
    let op = rw.build("top.None").result(ty).finish();
    ctx.result(op)
}

/// The tensor of elements, one-dimensional.
pub fn flat<T>(elements: Vec<T>) -> Tensor
where
    Tensor: From<ndarray::ArrayD<T>>,
{
    Tensor::from(ndarray::Array1::from_vec(elements).into_dyn())
}
