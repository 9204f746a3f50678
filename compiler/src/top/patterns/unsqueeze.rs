//! Rewrites that start at `top.Unsqueeze`.

use super::erase_if_unused;
use crate::program::Program;
use tpuc_dialects::ir::{Op, OpView, Value};
use tpuc_dialects::top::{Reshape, Squeeze, Unsqueeze};

/// What was just removed comes back.
pub fn undo(program: &mut Program, op: Op) -> bool {
    let ctx = &program.ctx;
    let unsqueeze = Unsqueeze::new_unchecked(op);
    let input = unsqueeze.input(ctx);
    let source = Squeeze::defining(ctx, input)
        .map(|squeeze| squeeze.input(ctx))
        .or_else(|| Reshape::defining(ctx, input).map(|reshape| reshape.input(ctx)))
        .filter(|_| ctx.has_one_use(input));
    let (Some(source), Some(former)) = (source, ctx.defining_op(input)) else {
        return false;
    };
    if ctx.shape(source).is_none() || ctx.shape(source) != ctx.shape(unsqueeze.output(ctx)) {
        return false;
    }
    take_name(program, op, source);
    program.ctx.rewriter().replace_op(op, &[source]);
    erase_if_unused(program, former);
    true
}

/// The same shape before and behind: a number becomes a tensor of one element, which is how numbers are written here.
pub fn remove(program: &mut Program, op: Op) -> bool {
    let ctx = &program.ctx;
    let unsqueeze = Unsqueeze::new_unchecked(op);
    let input = unsqueeze.input(ctx);
    if ctx.shape(input).is_none() || ctx.shape(input) != ctx.shape(unsqueeze.output(ctx)) {
        return false;
    }
    take_name(program, op, input);
    program.ctx.rewriter().replace_op(op, &[input]);
    true
}

/// The operation before takes the last name, unless it is an input or has several results.
fn take_name(program: &mut Program, op: Op, value: Value) {
    let ctx = &mut program.ctx;
    let loc = ctx.op_loc(op);
    if let Some(maker) = ctx.defining_op(value)
        && !ctx.is(maker, "top.Input")
        && ctx.results(maker).len() == 1
    {
        ctx.rewriter().set_loc(maker, loc);
    }
}
