//! Rewrites that start at `top.Relu`.

use crate::program::Program;
use tpuc_dialects::ir::{Op, OpView, Trait};
use tpuc_dialects::top::Relu;

/// A relu becomes an attribute of the operation before it, which takes the relu's name.
pub fn fuse(program: &mut Program, op: Op) -> bool {
    let ctx = &mut program.ctx;
    let relu = Relu::new_unchecked(op);
    let input = relu.input(ctx);
    let Some(before) = ctx.defining_op(input) else {
        return false;
    };
    let supported = ctx
        .info(before)
        .is_some_and(|info| info.has(Trait::SupportFuseRelu));
    if !supported || !ctx.has_one_use(input) || ctx.results(before).len() != 1 {
        return false;
    }
    let mut limit = relu.relu_limit(ctx);
    if let Some(old) = ctx.get_f64(before, "relu_limit")
        && old > 0.0
        && limit > old
    {
        limit = old;
    }
    let loc = ctx.op_loc(op);
    let (done, limit) = (ctx.bool_attr(true), ctx.f64_attr(limit));
    let mut rewriter = ctx.rewriter();
    rewriter.set_attr(before, "do_relu", done);
    rewriter.set_attr(before, "relu_limit", limit);
    rewriter.set_loc(before, loc);
    rewriter.replace_op(op, &[input]);
    true
}
