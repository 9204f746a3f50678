//! `top.Gather` -> `tpu.Gather`; `top.GatherElements`, `top.GatherND` -> layers on the host. Data in F32, indices in 32-bit integers.

use super::context::{Lowering, flat};
use crate::quantization::Precision;
use tpuc_dialects::ir::{AttrKind, Diagnostic, Op, Value};

/// A weight that is gathered from becomes an activation first.
pub(super) fn lower(low: &mut Lowering, op: Op, _precision: Precision) -> Result<(), Diagnostic> {
    let (input, indices) = (low.ctx.operand(op, 0), low.ctx.operand(op, 1));
    let ty = low.ctx.value_type(low.ctx.result(op));
    let none = low.none();
    if low.is_weight(input) {
        let input_type = low.ctx.value_type(input);
        let name = format!("{}_convert_to_activation", low.ctx.value_name(input));
        let mut rw = low.ctx.rewriter_before(op);
        let activation = rw
            .build("tpu.Weight2Activation")
            .named(&name)
            .operand(input)
            .result(input_type)
            .finish();
        let activation = low.ctx.result(activation);
        let attrs: Vec<_> = low
            .ctx
            .get_attr(op, "axis")
            .map(|axis| ("axis", axis))
            .into_iter()
            .collect();
        low.replace(op, "tpu.Gather", &[ty], &[activation, indices, none], &attrs);
        return Ok(());
    }
    let name = format!("{}_int", low.ctx.value_name(indices));
    let indices = integer_weight(low, op, indices, None, &name)?;
    low.replace_with_attrs(op, "tpu.Gather", &[ty], &[input, indices, none], &[]);
    Ok(())
}

pub(super) fn lower_elements(low: &mut Lowering, op: Op, _precision: Precision) -> Result<(), Diagnostic> {
    to_host(low, op, "gatherelements_pt")
}

pub(super) fn lower_nd(low: &mut Lowering, op: Op, _precision: Precision) -> Result<(), Diagnostic> {
    to_host(low, op, "gathernd_tf")
}

/// A layer on the host with the operation's attributes as its parameters.
fn to_host(low: &mut Lowering, op: Op, layer: &str) -> Result<(), Diagnostic> {
    let (input, indices) = (low.ctx.operand(op, 0), low.ctx.operand(op, 1));
    let ty = low.ctx.value_type(low.ctx.result(op));
    let indices = integer_weight(low, op, indices, Some("indices_int32"), "")?;
    let param = low.ctx.attr(AttrKind::Dictionary(low.ctx.attrs(op).to_vec()));
    let attrs = [("cpu_op_name", low.ctx.string_attr(layer)), ("param", param)];
    low.replace(op, "tpu.GenericCpu", &[ty], &[input, indices], &attrs);
    Ok(())
}

/// A weight's elements truncated to 32-bit integers, named after the operation with a suffix, or `name`; other values
/// unchanged.
fn integer_weight(
    low: &mut Lowering,
    op: Op,
    value: Value,
    suffix: Option<&str>,
    name: &str,
) -> Result<Value, Diagnostic> {
    if !low.is_weight(value) {
        return Ok(value);
    }
    let integers: Vec<i32> = low
        .weight_f32(value)?
        .into_iter()
        .map(|index| index as i32)
        .collect();
    let shape = low.ctx.shape(value).unwrap_or_default().to_vec();
    let element = low.ctx.int_type(32);
    if let Some(suffix) = suffix {
        return Ok(low.new_weight(op, suffix, flat(integers), &shape, element));
    }
    // Every reader of one weight makes the same copy.
    low.weights.insert(name, flat(integers));
    let ty = low.ctx.tensor_type(&shape, element);
    let mut rw = low.ctx.rewriter_before(op);
    let weight = rw.build("top.Weight").named(name).result(ty).finish();
    Ok(low.ctx.result(weight))
}
