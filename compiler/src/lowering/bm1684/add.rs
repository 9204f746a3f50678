//! `top.Add` -> `tpu.Add`, `top.Sub` -> `tpu.Sub`.
//!
//! INT8: every operand has a multiplier below 128 and a right shift of its own that bring it to the result's scale; an
//! operand that is a weight is quantised to 8 bits at its own largest magnitude. Falls back to F32 where a coefficient is
//! negative. The real tool refuses more than two operands of an INT8 addition later; they are split before.

use super::context::{Lowering, flat};
use crate::quantization::Precision;
use crate::quantization::arithmetic::{
    min_max, operand_shift, quantize_i8, saturate_i8, saturate_u8, weight_scale,
};
use tpuc_dialects::ir::{Diagnostic, Op, Value};

pub(super) fn lower(low: &mut Lowering, op: Op, precision: Precision) -> Result<(), Diagnostic> {
    lower_to(low, op, precision, "tpu.Add")
}

pub(super) fn lower_sub(low: &mut Lowering, op: Op, precision: Precision) -> Result<(), Diagnostic> {
    lower_to(low, op, precision, "tpu.Sub")
}

fn lower_to(low: &mut Lowering, op: Op, precision: Precision, name: &str) -> Result<(), Diagnostic> {
    if precision == Precision::F32 {
        low.float(op, name, 0);
        return Ok(());
    }
    let inputs = low.ctx.operands(op).to_vec();
    let out_scale = low.scale(op, low.ctx.result(op))?;
    let coefficients = low.ctx.get_f64s(op, "coeff").unwrap_or_default();
    let (mut operands, mut multipliers, mut shifts) = (Vec::new(), Vec::new(), Vec::new());
    for (index, input) in inputs.into_iter().enumerate() {
        let (operand, in_scale) = if low.is_weight(input) {
            constant(low, input, "U8")?
        } else {
            (input, low.scale(op, input)?)
        };
        operands.push(operand);
        let coefficient = coefficients.get(index).copied().unwrap_or(1.0) as f32;
        let shift = operand_shift(coefficient, in_scale, out_scale).max(0);
        let multiplier = quantize_i8(&[coefficient], weight_scale(shift, in_scale, out_scale))[0];
        if multiplier < 0 {
            low.float(op, name, 0);
            return Ok(());
        }
        multipliers.push(i64::from(multiplier));
        shifts.push(i64::from(shift));
    }
    let do_relu = low.ctx.get_bool(op, "do_relu").unwrap_or(false);
    let mut attrs = vec![
        ("do_relu", low.ctx.bool_attr(do_relu)),
        ("multipliers", low.ctx.i64_array_attr(&multipliers)),
        ("rshifts", low.ctx.i64_array_attr(&shifts)),
    ];
    if name == "tpu.Sub" && low.ctx.get_bool(op, "is_reverse") == Some(true) {
        attrs.push(("is_reverse", low.ctx.bool_attr(true)));
    }
    let ty = low.int8_type(op)?;
    low.replace(op, name, &[ty], &operands, &attrs);
    Ok(())
}

/// An 8-bit copy of a weight at the scale of its largest magnitude: signed if a value is negative. The copy is named
/// after the weight.
pub(super) fn constant(
    low: &mut Lowering,
    input: Value,
    unsigned_suffix: &str,
) -> Result<(Value, f64), Diagnostic> {
    let values = low.weight_f32(input)?;
    let (min, max) = min_max(&values);
    let signed = min < 0.0;
    let scale = f64::from(max.abs().max(min.abs())) / if signed { 127.0 } else { 255.0 };
    let shape = low.ctx.shape(input).unwrap_or_default().to_vec();
    let owner = low
        .ctx
        .defining_op(input)
        .ok_or_else(|| Diagnostic::error("a weight"))?;
    let value = if signed {
        let quantized: Vec<i8> = values
            .iter()
            .map(|value| saturate_i8(f64::from(*value) / scale))
            .collect();
        let element = low.ctx.sint_type(8);
        low.new_weight(owner, "i8", flat(quantized), &shape, element)
    } else {
        let quantized: Vec<u8> = values
            .iter()
            .map(|value| saturate_u8(f64::from(*value) / scale))
            .collect();
        let element = low.ctx.uint_type(8);
        low.new_weight(owner, unsigned_suffix, flat(quantized), &shape, element)
    };
    Ok((value, scale))
}
