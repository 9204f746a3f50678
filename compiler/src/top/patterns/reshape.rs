//! Rewrites that start at `top.Reshape`.

use crate::program::Program;
use tpuc_dialects::ir::{Op, OpView};
use tpuc_dialects::top::Reshape;

/// Of two in a row the first is undone by the second.
pub fn join(program: &mut Program, op: Op) -> bool {
    let ctx = &mut program.ctx;
    let input = Reshape::new_unchecked(op).input(ctx);
    let Some(first) = Reshape::defining(ctx, input).filter(|_| ctx.has_one_use(input)) else {
        return false;
    };
    // The wanted shape may keep dimensions of the first result with 0: it is written out.
    let Some(shape) = ctx.shape(ctx.result(op)).map(<[i64]>::to_vec) else {
        return false;
    };
    let source = first.input(ctx);
    let zero = Reshape::new_unchecked(op)
        .shape(ctx)
        .is_some_and(|wanted| wanted.contains(&0));
    let mut rewriter = ctx.rewriter();
    if zero {
        let attr = rewriter.i64_array_attr(&shape);
        rewriter.set_attr(op, "shape", attr);
    }
    rewriter.set_operand(op, 0, source);
    rewriter.erase_op(first.op());
    true
}

/// The same shape before and behind.
pub fn remove(program: &mut Program, op: Op) -> bool {
    let ctx = &mut program.ctx;
    let reshape = Reshape::new_unchecked(op);
    let input = reshape.input(ctx);
    if ctx.shape(input).is_none() || ctx.shape(input) != ctx.shape(reshape.output(ctx)) {
        return false;
    }
    ctx.rewriter().replace_op(op, &[input]);
    true
}
