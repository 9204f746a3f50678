//! Rewrites that start at `top.Permute`.

use crate::program::Program;
use tpuc_dialects::ir::{Op, OpView};
use tpuc_dialects::top::{Permute, Reshape};

/// `Reshape`, `Permute`, `Reshape` that move blocks between channels and pixels.
pub fn to_depth2space(program: &mut Program, op: Op) -> bool {
    let ctx = &mut program.ctx;
    let permute = Permute::new_unchecked(op);
    let Some(&[n, c, a, b, h, w]) = ctx.shape(permute.input(ctx)) else {
        return false;
    };
    let order = permute.order(ctx);
    let (inversed, block, wanted) = if order == [0, 1, 4, 2, 5, 3] {
        // n, c, block, block, h, w: channels become pixels.
        (false, [a, b], [n, c, h * a, w * b])
    } else if order == [0, 1, 3, 5, 2, 4] {
        // n, c, h, block, w, block: pixels become channels.
        (true, [b, w], [n, c * b * w, a, h])
    } else {
        return false;
    };
    let before = Reshape::defining(ctx, permute.input(ctx));
    let users = ctx.users(permute.output(ctx));
    let after = match users[..] {
        [user] => Reshape::cast(ctx, user),
        _ => None,
    };
    let (Some(before), Some(after)) = (before, after) else {
        return false;
    };
    let source = before.input(ctx);
    let fits = block[0] == block[1]
        && ctx.shape(after.output(ctx)) == Some(&wanted)
        && ctx.shape(source).is_some_and(|shape| shape.len() == 4)
        && ctx.has_one_use(permute.output(ctx));
    if !fits {
        return false;
    }
    let (ty, loc) = (ctx.value_type(after.output(ctx)), ctx.op_loc(after.op()));
    let mut rewriter = ctx.rewriter_before(after.op());
    let new = rewriter
        .build("top.Depth2Space")
        .operand(source)
        .result(ty)
        .i64("block_h", block[0])
        .i64("block_w", block[1])
        .bool("is_CRD", true)
        .bool("is_inversed", inversed)
        .loc(loc)
        .finish();
    let value = rewriter.result(new);
    rewriter.replace_op(after.op(), &[value]);
    rewriter.erase_op(op);
    true
}

/// Two in a row whose orders undo each other.
pub fn join(program: &mut Program, op: Op) -> bool {
    let ctx = &mut program.ctx;
    let second = Permute::new_unchecked(op);
    let input = second.input(ctx);
    let Some(first) = Permute::defining(ctx, input).filter(|_| ctx.has_one_use(input)) else {
        return false;
    };
    let (outer, inner) = (second.order(ctx), first.order(ctx));
    let undone = outer.len() == inner.len()
        && outer
            .iter()
            .enumerate()
            .all(|(to, from)| inner[*from as usize] == to as i64);
    if !undone {
        return false;
    }
    let source = first.input(ctx);
    ctx.rewriter().replace_op(op, &[source]);
    true
}
