//! Rewrites that start at `top.Relu`.

use super::{insert_before, shape_of, used_once};
use crate::program::Program;
use tpuc_dialects::ir::{Context, LocKind, Op, OpView, Trait};
use tpuc_dialects::top::{Concat, Relu};

fn supports_relu(ctx: &Context, op: Op) -> bool {
    ctx.info(op).is_some_and(|info| info.has(Trait::SupportFuseRelu))
}

/// A relu behind a concatenation of results that can all take one moves before it.
pub fn ahead_of_concat(program: &mut Program, op: Op) -> bool {
    let ctx = &program.ctx;
    let relu = Relu::new_unchecked(op);
    let input = relu.input(ctx);
    let Some(concat) = used_once::<Concat>(ctx, input) else {
        return false;
    };
    let inputs = concat.inputs(ctx).to_vec();
    let all = inputs.iter().all(|value| {
        ctx.defining_op(*value)
            .is_some_and(|maker| supports_relu(ctx, maker))
    });
    if !all {
        return false;
    }
    let limit = relu.relu_limit(ctx);
    for (index, value) in inputs.into_iter().enumerate() {
        let Some(shape) = shape_of(&program.ctx, value) else {
            return false;
        };
        let name = format!("{}_move_ahead_relu", program.ctx.value_name(value));
        let moved = insert_before(
            program,
            concat.op(),
            "top.Relu",
            &name,
            &[value],
            &shape,
            |builder| builder.f64("relu_limit", limit),
        );
        program.ctx.rewriter().set_operand(concat.op(), index, moved);
    }
    let name = format!("{}_relu", program.ctx.name(concat.op()));
    let mut rewriter = program.ctx.rewriter();
    let loc = rewriter.loc_name(&name);
    rewriter.set_loc(concat.op(), loc);
    rewriter.replace_op(op, &[input]);
    true
}

/// A relu becomes an attribute of the operation before it, which takes the relu's name.
pub fn fuse(program: &mut Program, op: Op) -> bool {
    let ctx = &mut program.ctx;
    let relu = Relu::new_unchecked(op);
    let input = relu.input(ctx);
    let Some(before) = ctx.defining_op(input) else {
        return false;
    };
    if !supports_relu(ctx, before) || !ctx.has_one_use(input) || ctx.results(before)[0] != input {
        return false;
    }
    let mut limit = relu.relu_limit(ctx);
    if let Some(old) = ctx.get_f64(before, "relu_limit")
        && old > 0.0
        && (limit > old || limit < 0.0)
    {
        limit = old;
    }
    let mut loc = ctx.op_loc(op);
    if let LocKind::Fused { parts, metadata } = ctx.loc_kind(ctx.op_loc(before)).clone() {
        let mut parts = parts;
        if let Some(first) = parts.first_mut() {
            *first = loc;
        }
        loc = ctx.loc(LocKind::Fused { parts, metadata });
    }
    let (done, limit) = (ctx.bool_attr(true), ctx.f64_attr(limit));
    let mut rewriter = ctx.rewriter();
    rewriter.set_attr(before, "do_relu", done);
    rewriter.set_attr(before, "relu_limit", limit);
    rewriter.set_loc(before, loc);
    rewriter.replace_op(op, &[input]);
    true
}
