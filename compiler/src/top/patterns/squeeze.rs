//! Rewrites that start at `top.Squeeze`.

use super::used_once;
use crate::program::Program;
use tpuc_dialects::ir::{Op, OpView};
use tpuc_dialects::top::{Squeeze, Unsqueeze};

/// What was just added goes away.
pub fn undo(program: &mut Program, op: Op) -> bool {
    let ctx = &mut program.ctx;
    let squeeze = Squeeze::new_unchecked(op);
    let Some(before) = used_once::<Unsqueeze>(ctx, squeeze.input(ctx)) else {
        return false;
    };
    let source = before.input(ctx);
    if ctx.shape(source).is_none() || ctx.shape(source) != ctx.shape(squeeze.output(ctx)) {
        return false;
    }
    let mut rewriter = ctx.rewriter();
    rewriter.replace_op(op, &[source]);
    rewriter.erase_op(before.op());
    true
}

/// A number is a tensor of one element here: there is nothing to remove.
pub fn remove(program: &mut Program, op: Op) -> bool {
    let ctx = &mut program.ctx;
    let squeeze = Squeeze::new_unchecked(op);
    let input = squeeze.input(ctx);
    if !squeeze.is_scalar(ctx) || ctx.shape(input) != ctx.shape(squeeze.output(ctx)) {
        return false;
    }
    ctx.rewriter().replace_op(op, &[input]);
    true
}
