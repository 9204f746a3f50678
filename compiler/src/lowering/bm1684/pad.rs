//! `top.Pad` -> `tpu.Pad`. INT8: the value is brought to the input's integers.

use super::context::Lowering;
use crate::quantization::Precision;
use tpuc_dialects::ir::{Diagnostic, Op};

pub(super) fn lower(low: &mut Lowering, op: Op, precision: Precision) -> Result<(), Diagnostic> {
    let mode = low.ctx.get_str(op, "mode").unwrap_or("constant").to_owned();
    let mode = low.tpu_enum("Pad_Mode", &mode);
    let operands = low.padded_operands(op, 5);
    if precision == Precision::F32 {
        let ty = low.float_type(op);
        low.replace_with_attrs(op, "tpu.Pad", &[ty], &operands, &[("mode", mode)]);
        return Ok(());
    }
    let scale = low.scale(op, low.ctx.operand(op, 0))?;
    let value = low.ctx.get_f64(op, "val").unwrap_or(0.0);
    let mut attrs = vec![("mode", mode), ("val", low.ctx.f64_attr((value / scale).round()))];
    if let Some(paddings) = low.ctx.get_attr(op, "paddings") {
        attrs.push(("paddings", paddings));
    }
    let ty = low.int8_type(op)?;
    low.replace(op, "tpu.Pad", &[ty], &operands, &attrs);
    Ok(())
}
