//! `top.Reduce` -> `tpu.Reduce`, in F32. The L2 norm is a square, a sum and a square root, and takes the
//! name of the last.

use super::context::Lowering;
use crate::quantization::Precision;
use tpuc_dialects::ir::{Diagnostic, Op};

pub(super) fn lower(low: &mut Lowering, op: Op, _precision: Precision) -> Result<(), Diagnostic> {
    if low.ctx.get_str(op, "mode") != Some("ReduceL2") {
        low.float(op, "tpu.Reduce", 3);
        return Ok(());
    }
    let input = low.ctx.operand(op, 0);
    let input_type = low.ctx.value_type(input);
    let ty = low.ctx.value_type(low.ctx.result(op));
    let (square, sqrt) = (
        low.tpu_enum("active_mode", "SQUARE"),
        low.tpu_enum("active_mode", "SQRT"),
    );
    let none = low.none();
    let squared = low.insert(
        op,
        "_Square",
        "tpu.Active",
        input_type,
        &[input],
        &[("mode", square)],
    );
    let mut attrs = vec![("mode", low.ctx.string_attr("ReduceSum"))];
    for name in ["axes", "keepdims"] {
        if let Some(attr) = low.ctx.get_attr(op, name) {
            attrs.push((name, attr));
        }
    }
    let sum = low.insert(op, "_ReduceSum", "tpu.Reduce", ty, &[squared, none, none], &attrs);
    let root = low.insert(op, "_Sqrt", "tpu.Active", ty, &[sum], &[("mode", sqrt)]);
    low.ctx.rewriter().replace_op(op, &[root]);
    Ok(())
}
