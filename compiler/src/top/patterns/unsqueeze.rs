//! Rewrites that start at `top.Unsqueeze`.

use crate::program::Program;
use tpuc_dialects::ir::{Op, OpView};
use tpuc_dialects::top::{Squeeze, Unsqueeze};

/// What was just removed comes back.
pub fn undo(program: &mut Program, op: Op) -> bool {
    let ctx = &mut program.ctx;
    let unsqueeze = Unsqueeze::new_unchecked(op);
    let input = unsqueeze.input(ctx);
    let Some(squeeze) = Squeeze::defining(ctx, input).filter(|_| ctx.has_one_use(input)) else {
        return false;
    };
    let source = squeeze.input(ctx);
    if ctx.shape(source).is_none() || ctx.shape(source) != ctx.shape(unsqueeze.output(ctx)) {
        return false;
    }
    // The value before keeps its place and takes the last name.
    let loc = ctx.op_loc(op);
    let Some(before) = ctx
        .defining_op(source)
        .filter(|before| ctx.results(*before).len() == 1 && ctx.has_one_use(source))
    else {
        return false;
    };
    if !ctx.is(before, "top.Slice") {
        return false;
    }
    let mut rewriter = ctx.rewriter();
    rewriter.set_loc(before, loc);
    rewriter.replace_op(op, &[source]);
    true
}
