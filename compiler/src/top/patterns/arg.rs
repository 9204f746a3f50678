//! Rewrites that start at `top.Arg`.

use super::{erase_if_unused, used_once};
use crate::program::Program;
use tpuc_dialects::ir::{Op, OpView};
use tpuc_dialects::top::{Arg, Permute};

/// A permutation before it that keeps the order of the other dimensions only moves the axis. The indices of a kept axis
/// would change their shape, so `keepdims` must be off or the axis must stay.
pub fn without_transpose(program: &mut Program, op: Op) -> bool {
    let ctx = &mut program.ctx;
    let arg = Arg::new_unchecked(op);
    let Some(permute) = used_once::<Permute>(ctx, arg.input(ctx)) else {
        return false;
    };
    let order = permute.order(ctx);
    let rank = order.len() as i64;
    let axis = arg.axis(ctx);
    let axis = if axis < 0 { axis + rank } else { axis };
    let Some(from) = usize::try_from(axis)
        .ok()
        .and_then(|axis| order.get(axis).copied())
    else {
        return false;
    };
    let others: Vec<i64> = order.iter().copied().filter(|dim| *dim != from).collect();
    if !others.is_sorted() || (arg.keepdims(ctx) && from != axis) {
        return false;
    }
    let source = permute.input(ctx);
    let mut rewriter = ctx.rewriter();
    let attr = rewriter.i64_attr(from);
    rewriter.set_attr(op, "axis", attr);
    rewriter.set_operand(op, 0, source);
    erase_if_unused(program, permute.op());
    true
}
