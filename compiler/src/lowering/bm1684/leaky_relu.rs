//! `top.LeakyRelu` -> `tpu.LeakyRelu`, `top.PRelu` -> `tpu.PReluOp`. INT8: the slope becomes a 7-bit multiplier and a right
//! shift; one slope for each channel shares one shift, chosen for the largest.

use super::context::{Lowering, flat};
use crate::quantization::Precision;
use crate::quantization::arithmetic::{max_magnitude, multiplier_and_shift, truncated_multiplier};
use tpuc_dialects::ir::{Diagnostic, Op};

pub(super) fn lower(low: &mut Lowering, op: Op, precision: Precision) -> Result<(), Diagnostic> {
    if precision == Precision::F32 {
        low.float(op, "tpu.LeakyRelu", 0);
        return Ok(());
    }
    let alpha = low.ctx.get_f64(op, "alpha").unwrap_or(0.0);
    let (multiplier, shift) = multiplier_and_shift(alpha as f32);
    let attrs = [
        ("multiplier", low.ctx.si32_attr(multiplier)),
        ("rshift", low.ctx.si32_attr(shift)),
    ];
    let ty = low.int8_type(op)?;
    let input = low.ctx.operand(op, 0);
    low.replace(op, "tpu.LeakyRelu", &[ty], &[input], &attrs);
    Ok(())
}

pub(super) fn lower_prelu(low: &mut Lowering, op: Op, precision: Precision) -> Result<(), Diagnostic> {
    let slope = low.ctx.operand(op, 1);
    if precision == Precision::F32 || !low.is_weight(slope) {
        low.float(op, "tpu.PReluOp", 0);
        return Ok(());
    }
    let slopes = low.weight_f32(slope)?;
    let (_, shift) = truncated_multiplier(f64::from(max_magnitude(&slopes)), 127);
    let factor = (shift as f64).exp2();
    // Truncated toward zero.
    let quantized: Vec<i8> = slopes
        .iter()
        .map(|slope| (f64::from(*slope) * factor) as i8)
        .collect();
    let shape = low.ctx.shape(slope).unwrap_or_default().to_vec();
    let i8_type = low.ctx.int_type(8);
    let slope = low.new_weight(op, "slope_i8", flat(quantized), &shape, i8_type);
    let rshift = low.ctx.si32_attr(shift as i32);
    let ty = low.int8_type(op)?;
    let input = low.ctx.operand(op, 0);
    low.replace_with_attrs(op, "tpu.PReluOp", &[ty], &[input, slope], &[("rshift", rshift)]);
    Ok(())
}
