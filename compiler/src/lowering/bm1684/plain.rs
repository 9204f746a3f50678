//! Operations that keep their operands and attributes. Those that move data take the input's type in INT8; those that
//! BM1684 computes in floating point only stay in F32.

use super::context::Lowering;
use crate::quantization::Precision;
use tpuc_dialects::ir::{Diagnostic, Op};

/// The operation `name` with `count` operands (0: as many as there are), in the precision asked for.
pub(super) fn moves(
    low: &mut Lowering,
    op: Op,
    precision: Precision,
    name: &str,
    count: usize,
) -> Result<(), Diagnostic> {
    match precision {
        Precision::F32 => low.float(op, name, count),
        Precision::Int8 => low.int8(op, name, count)?,
    };
    Ok(())
}

/// The operation `name` with `count` operands (0: as many as there are), in F32.
pub(super) fn floats(low: &mut Lowering, op: Op, name: &str, count: usize) -> Result<(), Diagnostic> {
    low.float(op, name, count);
    Ok(())
}

/// `top.Squeeze`, `top.Unsqueeze` -> `tpu.Reshape` without attributes.
pub(super) fn lower_to_reshape(low: &mut Lowering, op: Op, precision: Precision) -> Result<(), Diagnostic> {
    let ty = match precision {
        Precision::F32 => low.float_type(op),
        Precision::Int8 => low.int8_type(op)?,
    };
    let operands = low.padded_operands(op, 2);
    low.replace(op, "tpu.Reshape", &[ty], &operands, &[]);
    Ok(())
}

/// `top.Interp`: its two modes become enums; F32.
pub(super) fn lower_interp(low: &mut Lowering, op: Op, _precision: Precision) -> Result<(), Diagnostic> {
    for (name, enum_name) in [("mode", "mode"), ("coord_mode", "coord_mode")] {
        if let Some(case) = low.ctx.get_str(op, name).map(str::to_owned) {
            let attr = low.tpu_enum(enum_name, &case);
            low.ctx.rewriter().set_attr(op, name, attr);
        }
    }
    floats(low, op, "tpu.Interp", 3)
}

/// `top.LSTM`, `top.GRU`: F32; buffer and the four tables of other chips are absent.
pub(super) fn lower_recurrent(
    low: &mut Lowering,
    op: Op,
    name: &str,
    count: usize,
) -> Result<(), Diagnostic> {
    let types: Vec<_> = low
        .ctx
        .results(op)
        .iter()
        .map(|value| low.ctx.value_type(*value))
        .collect();
    let operands = low.padded_operands(op, count);
    low.replace_with_attrs(op, name, &types, &operands, &[]);
    Ok(())
}
