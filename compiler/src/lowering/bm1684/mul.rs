//! `top.Mul` -> `tpu.Mul`. INT8: one 7-bit multiplier and right shift for the product of all scales; a factor that is a
//! weight is quantised to 8 bits at its own largest magnitude. Falls back to F32 where the multiplier is negative.

use super::context::Lowering;
use crate::quantization::Precision;
use crate::quantization::arithmetic::multiplier_and_shift;
use tpuc_dialects::ir::{Diagnostic, Op};

pub(super) fn lower(low: &mut Lowering, op: Op, precision: Precision) -> Result<(), Diagnostic> {
    if precision == Precision::F32 {
        low.float(op, "tpu.Mul", 0);
        return Ok(());
    }
    let mut ratio = 1.0;
    let mut operands = Vec::new();
    for input in low.ctx.operands(op).to_vec() {
        let (operand, scale) = if low.is_weight(input) {
            super::add::constant(low, input, "u8")?
        } else {
            (input, low.scale(op, input)?)
        };
        operands.push(operand);
        ratio *= scale;
    }
    ratio /= low.scale(op, low.ctx.result(op))?;
    let (multiplier, shift) = multiplier_and_shift(ratio as f32);
    if multiplier < 0 {
        low.float(op, "tpu.Mul", 0);
        return Ok(());
    }
    let do_relu = low.ctx.get_bool(op, "do_relu").unwrap_or(false);
    let attrs = [
        ("do_relu", low.ctx.bool_attr(do_relu)),
        ("multiplier", low.ctx.si32_attr(multiplier)),
        ("rshift", low.ctx.si32_attr(shift.clamp(0, 31))),
    ];
    let ty = low.int8_type(op)?;
    low.replace(op, "tpu.Mul", &[ty], &operands, &attrs);
    Ok(())
}
