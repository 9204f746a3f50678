//! Rewrites that start at `top.Interp`.

use crate::program::Program;
use tpuc_dialects::ir::{Op, OpView};
use tpuc_dialects::top::Interp;

/// Scales of 1 change nothing.
pub fn remove(program: &mut Program, op: Op) -> bool {
    let ctx = &mut program.ctx;
    let interp = Interp::new_unchecked(op);
    let input = interp.input(ctx);
    let idle = interp.scale_h(ctx) == 1.0 && interp.scale_w(ctx) == 1.0;
    if !idle || ctx.shape(input) != ctx.shape(interp.output(ctx)) {
        return false;
    }
    ctx.rewriter().replace_op(op, &[input]);
    true
}

/// Nearest neighbours of equal whole scales are repeated pixels.
pub fn to_upsample(program: &mut Program, op: Op) -> bool {
    let ctx = &mut program.ctx;
    let interp = Interp::new_unchecked(op);
    let (input, output) = (interp.input(ctx), interp.output(ctx));
    let (Some(&[_, _, in_h, in_w]), Some(&[_, _, out_h, out_w])) = (ctx.shape(input), ctx.shape(output))
    else {
        return false;
    };
    let fits = interp.mode(ctx) == "nearest"
        && out_h % in_h == 0
        && out_w % in_w == 0
        && out_h / in_h == out_w / in_w;
    if !fits {
        return false;
    }
    let (ty, loc) = (ctx.value_type(output), ctx.op_loc(op));
    let mut rewriter = ctx.rewriter_before(op);
    let upsample = rewriter
        .build("top.Upsample")
        .operand(input)
        .result(ty)
        .i64("scale_h", out_h / in_h)
        .i64("scale_w", out_w / in_w)
        .loc(loc)
        .finish();
    let value = rewriter.result(upsample);
    rewriter.replace_op(op, &[value]);
    true
}
