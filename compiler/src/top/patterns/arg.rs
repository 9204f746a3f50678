//! Rewrites that start at `top.Arg`.

use super::{erase_if_unused, used_once};
use crate::program::Program;
use tpuc_dialects::ir::{LocKind, Op, OpView};
use tpuc_dialects::top::{Arg, Permute, Reduce};

/// The largest (or smallest) elements themselves, reduced from the same tensor, come with their positions.
pub fn with_values(program: &mut Program, op: Op) -> bool {
    let ctx = &mut program.ctx;
    let arg = Arg::new_unchecked(op);
    let input = arg.input(ctx);
    if arg.values(ctx).is_some() || !ctx.has_one_use(arg.indices(ctx)) || ctx.results(op).len() != 2 {
        return false;
    }
    let mode = if arg.mode(ctx) == "ArgMax" {
        "ReduceMax"
    } else {
        "ReduceMin"
    };
    let found = ctx.users(input).into_iter().find_map(|user| {
        let reduce = Reduce::cast(ctx, user)?;
        let same = reduce.mode(ctx) == mode
            && reduce.axes(ctx) == [arg.axis(ctx)]
            && ctx.shape(reduce.output(ctx)) == ctx.shape(arg.indices(ctx));
        same.then_some(reduce)
    });
    let Some(reduce) = found else { return false };
    let name = format!("{}_r_values", ctx.name(reduce.op()));
    let ty = ctx.value_type(reduce.output(ctx));
    let values = ctx.results(op)[1];
    // The reduction may come first, and what uses it.
    let mut next = ctx.next_op(reduce.op());
    let mut later = false;
    while let Some(after) = next {
        later |= after == op;
        next = ctx.next_op(after);
    }
    let parts = vec![ctx.op_loc(op), ctx.loc_name(&name)];
    let loc = ctx.loc(LocKind::Fused {
        parts,
        metadata: None,
    });
    let mut rewriter = ctx.rewriter();
    if later {
        rewriter.move_before(op, reduce.op());
    }
    rewriter.set_type(values, ty);
    rewriter.set_loc(op, loc);
    rewriter.replace_op(reduce.op(), &[values]);
    true
}

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
