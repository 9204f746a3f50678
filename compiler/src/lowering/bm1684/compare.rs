//! `top.Compare`, `top.CompareConst`, `top.Arg`. INT8 comparisons give 0 and 1 in 8 bits; the constant is brought to the
//! input's integers. `top.Arg` reads its input as it is and gives 32-bit indices.

use super::context::Lowering;
use crate::quantization::Precision;
use crate::quantization::arithmetic::{saturate_i8, saturate_u8};
use tpuc_dialects::ir::{Diagnostic, Op};

pub(super) fn lower(low: &mut Lowering, op: Op, precision: Precision) -> Result<(), Diagnostic> {
    match precision {
        Precision::F32 => low.float(op, "tpu.Compare", 0),
        Precision::Int8 => {
            let ty = low.bool_type(op);
            low.common(op, "tpu.Compare", ty, 0)
        }
    };
    Ok(())
}

pub(super) fn lower_const(low: &mut Lowering, op: Op, precision: Precision) -> Result<(), Diagnostic> {
    if precision == Precision::F32 {
        low.float(op, "tpu.CompareConst", 0);
        return Ok(());
    }
    let params = low.params(op, low.ctx.operand(op, 0))?;
    let value = low.ctx.get_f64(op, "const_val").unwrap_or(0.0);
    let nearest = (value / params.scale).round();
    let integer = if params.signed {
        f64::from(saturate_i8(nearest))
    } else {
        f64::from(saturate_u8(nearest))
    };
    let constant = low.ctx.f64_attr(integer);
    let operands = low.ctx.operands(op).to_vec();
    let ty = low.bool_type(op);
    low.replace_with_attrs(
        op,
        "tpu.CompareConst",
        &[ty],
        &operands,
        &[("const_val", constant)],
    );
    Ok(())
}

pub(super) fn lower_arg(low: &mut Lowering, op: Op, _precision: Precision) -> Result<(), Diagnostic> {
    let mut types: Vec<_> = low
        .ctx
        .results(op)
        .iter()
        .map(|value| low.ctx.value_type(*value))
        .collect();
    if let Some(indices) = types.first_mut()
        && let Some(shape) = low.ctx.type_shape(*indices).map(<[i64]>::to_vec)
    {
        let i32_type = low.ctx.int_type(32);
        *indices = low.ctx.tensor_type(&shape, i32_type);
    }
    let operands = low.ctx.operands(op).to_vec();
    low.replace_with_attrs(op, "tpu.Arg", &types, &operands, &[]);
    Ok(())
}
