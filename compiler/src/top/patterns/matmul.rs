//! Rewrites that start at `top.MatMul`.

use super::{elements, only_user, weight_values};
use crate::program::Program;
use tpuc_dialects::ir::{Op, OpView};
use tpuc_dialects::top::{Add, MatMul};

/// An addition of a constant for each column behind it becomes the bias.
pub fn take_bias(program: &mut Program, op: Op) -> bool {
    let matmul = MatMul::new_unchecked(op);
    let ctx = &program.ctx;
    let output = matmul.output(ctx);
    let Some(right) = weight_values(program, matmul.right(ctx)) else {
        return false;
    };
    let transposed = matmul.right_transpose(ctx) || matmul.output_transpose(ctx);
    let batch: usize = right.shape().iter().rev().skip(2).product();
    if matmul.bias(ctx).is_some() || matmul.do_relu(ctx) || transposed || batch > 1 {
        return false;
    }
    let Some(add) = only_user(ctx, output).and_then(|user| Add::cast(ctx, user)) else {
        return false;
    };
    let plain = add
        .coeff(ctx)
        .unwrap_or_default()
        .iter()
        .all(|coeff| *coeff == 1.0);
    let [left, other] = add.inputs(ctx) else {
        return false;
    };
    let bias = if *left == output { *other } else { *left };
    let columns = right.shape().last().copied().unwrap_or(0) as i64;
    let fits = plain
        && weight_values(program, bias).is_some()
        && elements(ctx, bias) == Some(columns)
        && ctx.shape(bias).and_then(<[i64]>::last) == Some(&columns)
        && ctx.shape(add.output(ctx)) == ctx.shape(output);
    let (Some(bias_op), true) = (ctx.defining_op(bias), fits) else {
        return false;
    };
    let (relu, limit) = (add.do_relu(ctx), add.relu_limit(ctx));
    let loc = ctx.op_loc(add.op());
    let ctx = &mut program.ctx;
    let mut rewriter = ctx.rewriter();
    rewriter.move_before(bias_op, op);
    if matmul.bias(&rewriter).is_none() && rewriter.operands(op).len() < 3 {
        let operands = [matmul.input(&rewriter), matmul.right(&rewriter), bias];
        rewriter.set_operands(op, &operands);
    } else {
        rewriter.set_operand(op, 2, bias);
    }
    let (relu, limit) = (rewriter.bool_attr(relu), rewriter.f64_attr(limit));
    rewriter.set_attr(op, "do_relu", relu);
    rewriter.set_attr(op, "relu_limit", limit);
    rewriter.set_loc(op, loc);
    rewriter.replace_op(add.op(), &[output]);
    true
}
