//! Rewrites that start at `top.Max` and `top.Min`.

use super::{replace, weight_number};
use crate::program::Program;
use tpuc_dialects::ir::Op;

/// The larger or smaller of each element and a constant of one element.
pub fn to_const(program: &mut Program, op: Op) -> bool {
    let ctx = &program.ctx;
    let &[left, right] = ctx.operands(op) else {
        return false;
    };
    let (input, number) = match (weight_number(program, left), weight_number(program, right)) {
        (Some(number), None) => (right, number),
        (None, Some(number)) => (left, number),
        _ => return false,
    };
    if ctx.shape(input) != ctx.shape(ctx.result(op)) {
        return false;
    }
    let kind = if ctx.is(op, "top.Max") {
        "top.MaxConst"
    } else {
        "top.MinConst"
    };
    replace(program, op, kind, &[input], |builder| {
        builder.f64("const_val", f64::from(number))
    });
    true
}
