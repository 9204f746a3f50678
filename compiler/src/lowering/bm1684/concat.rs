//! `top.Concat` -> `tpu.Concat`. INT8: an input whose scale or sign differs from the result's is brought to it by
//! `tpu.MulShift` right after its own operation. With a weight among the inputs the whole is computed in F32.

use super::context::Lowering;
use crate::quantization::Precision;
use crate::quantization::arithmetic::multiplier_and_right_shift;
use crate::quantization::scale;
use tpuc_dialects::ir::{Diagnostic, Op, Value};

pub(super) fn lower(low: &mut Lowering, op: Op, precision: Precision) -> Result<(), Diagnostic> {
    let inputs = low.ctx.operands(op).to_vec();
    if precision == Precision::F32 || inputs.iter().any(|input| low.is_weight(*input)) {
        low.float(op, "tpu.Concat", 0);
        return Ok(());
    }
    let mut operands: Vec<Value> = Vec::new();
    for (index, input) in inputs.iter().enumerate() {
        let operand = match inputs[..index].iter().position(|other| other == input) {
            Some(same) => operands[same],
            None => transfer(low, op, *input)?,
        };
        operands.push(operand);
    }
    let only_merge = low.ctx.bool_attr(false);
    let ty = low.int8_type(op)?;
    low.replace_with_attrs(op, "tpu.Concat", &[ty], &operands, &[("only_merge", only_merge)]);
    Ok(())
}

/// `input` at the scale of the result of `op`.
fn transfer(low: &mut Lowering, op: Op, input: Value) -> Result<Value, Diagnostic> {
    let result = low.ctx.result(op);
    let from = low.params(op, input)?;
    let to = low.params(op, result)?;
    // Signs are compared as stored now: a value that is still in floating point counts as signed.
    let stored_signed = |low: &mut Lowering, value: Value| {
        let ty = low.ctx.value_type(value);
        let storage = scale::storage_type(low.ctx, ty);
        storage != low.ctx.uint_type(8)
    };
    if from.scale == to.scale && stored_signed(low, input) == stored_signed(low, result) {
        return Ok(input);
    }
    let Some(producer) = low.ctx.defining_op(input) else {
        return Err(low.error(op, "reads a function argument, expects top.Input between"));
    };
    let result_type = low.int8_type(op)?;
    let element = low.ctx.element_type(result_type).unwrap_or(result_type);
    let input_type = low.ctx.value_type(input);
    let ty = scale::with_plain_element(low.ctx, input_type, element);
    let (multiplier, shift) = multiplier_and_right_shift((from.scale / to.scale) as f32);
    let name = format!("{}_to_{}", low.ctx.name(producer), low.ctx.name(op));
    let mut rw = low.ctx.rewriter();
    rw.set_after(producer);
    let new = rw
        .build("tpu.MulShift")
        .named(&name)
        .operand(input)
        .result(ty)
        .si32("multiplier", multiplier)
        .si32("rshift", shift)
        .finish();
    Ok(low.ctx.result(new))
}
