//! Rewrites that start at `top.Scale`.

use super::{new_weight, only_user, reshape_weight, shape_of, used_once, vector, weight_values};
use crate::program::Program;
use tpuc_dialects::ir::{Op, OpView, Value};
use tpuc_dialects::top::{AddConst, MatMul, MulConst, Scale};

/// Factors and summands, if both are constant.
fn constants(program: &Program, scale: Scale) -> Option<[Vec<f32>; 2]> {
    let flat = |value: Value| weight_values(program, value).map(|values| values.iter().copied().collect());
    Some([flat(scale.scale(&program.ctx))?, flat(scale.bias(&program.ctx))?])
}

/// Takes the place of what is before it: the same input, this operation's name and relu.
fn absorb(program: &mut Program, op: Op, before: Op) {
    let scale = Scale::new_unchecked(op);
    let ctx = &mut program.ctx;
    let (relu, limit) = (scale.do_relu(ctx), scale.relu_limit(ctx));
    let (input, loc) = (scale.input(ctx), ctx.op_loc(op));
    let mut rewriter = ctx.rewriter();
    let (relu, limit) = (rewriter.bool_attr(relu), rewriter.f64_attr(limit));
    rewriter.set_loc(before, loc);
    rewriter.set_attr(before, "do_relu", relu);
    rewriter.set_attr(before, "relu_limit", limit);
    rewriter.replace_op(op, &[input]);
}

/// Two in a row are one.
pub fn merge(program: &mut Program, op: Op) -> bool {
    let scale = Scale::new_unchecked(op);
    let ctx = &program.ctx;
    let Some(next) = only_user(ctx, scale.output(ctx))
        .and_then(|user| Scale::cast(ctx, user))
        .filter(|next| next.input(ctx) == scale.output(ctx) && !scale.do_relu(ctx))
    else {
        return false;
    };
    let (Some([factor, summand]), Some([next_factor, next_summand])) =
        (constants(program, scale), constants(program, next))
    else {
        return false;
    };
    let lengths = [summand.len(), next_factor.len(), next_summand.len()];
    if lengths.iter().any(|length| *length != factor.len()) {
        return false;
    }
    let factors = factor.iter().zip(&next_factor).map(|(a, b)| a * b).collect();
    let summands = summand
        .iter()
        .zip(&next_factor)
        .zip(&next_summand)
        .map(|((a, b), c)| a * b + c)
        .collect();
    let source = scale.input(ctx);
    let factors = new_weight(program, next.op(), "merged_scale", vector(factors));
    let summands = new_weight(program, next.op(), "merged_bias", vector(summands));
    let mut rewriter = program.ctx.rewriter();
    rewriter.set_operand(next.op(), 1, factors);
    rewriter.set_operand(next.op(), 2, summands);
    rewriter.replace_op(op, &[source]);
    true
}

/// A number that everything was multiplied by, or that was added, before.
pub fn take_constant(program: &mut Program, op: Op) -> bool {
    let scale = Scale::new_unchecked(op);
    let ctx = &program.ctx;
    let input = scale.input(ctx);
    let Some([factor, summand]) = constants(program, scale) else {
        return false;
    };
    if factor.len() != summand.len() {
        return false;
    }
    if let Some(mul) = used_once::<MulConst>(ctx, input).filter(|mul| !mul.do_relu(ctx)) {
        let number = mul.const_val(ctx) as f32;
        let source = mul.input(ctx);
        let factors = factor.iter().map(|factor| factor * number).collect();
        let factors = new_weight(program, op, "constbinary_merged_to_scale", vector(factors));
        let mut rewriter = program.ctx.rewriter();
        rewriter.set_operand(op, 0, source);
        rewriter.set_operand(op, 1, factors);
        rewriter.erase_op(mul.op());
        return true;
    }
    if let Some(add) = used_once::<AddConst>(ctx, input).filter(|add| !add.do_relu(ctx)) {
        // TPU-MLIR forgets the summands that were there; the sum is what the operations mean.
        let number = add.const_val(ctx) as f32;
        let source = add.input(ctx);
        let summands = factor
            .iter()
            .zip(&summand)
            .map(|(factor, summand)| summand + factor * number)
            .collect();
        let summands = new_weight(program, op, "constbinary_merged_to_bias", vector(summands));
        let mut rewriter = program.ctx.rewriter();
        rewriter.set_operand(op, 0, source);
        rewriter.set_operand(op, 2, summands);
        rewriter.erase_op(add.op());
        return true;
    }
    false
}

/// Into the right matrix and the bias of the product before, whose columns the scale's channels are.
pub fn into_matmul(program: &mut Program, op: Op) -> bool {
    let scale = Scale::new_unchecked(op);
    let ctx = &program.ctx;
    let input = scale.input(ctx);
    let Some(matmul) = used_once::<MatMul>(ctx, input).filter(|matmul| {
        !matmul.do_relu(ctx) && !matmul.right_transpose(ctx) && !matmul.output_transpose(ctx)
    }) else {
        return false;
    };
    let (Some([factor, summand]), Some(mut right)) = (
        constants(program, scale),
        weight_values(program, matmul.right(ctx)),
    ) else {
        return false;
    };
    let bias = matmul.bias(ctx).map(|bias| weight_values(program, bias));
    let &[_, columns] = right.shape() else {
        return false;
    };
    let fits = ctx.shape(input).is_some_and(|shape| shape.len() == 2)
        && factor.len() == columns
        && summand.len() == columns
        && !matches!(bias, Some(None));
    if !fits {
        return false;
    }
    for mut row in right.outer_iter_mut() {
        for (value, factor) in row.iter_mut().zip(&factor) {
            *value *= factor;
        }
    }
    let mut sums = summand;
    if let Some(Some(bias)) = &bias {
        for ((sum, value), factor) in sums.iter_mut().zip(bias).zip(&factor) {
            *sum += value * factor;
        }
    }
    let left = matmul.input(ctx);
    let right = new_weight(program, matmul.op(), "merged_scale_to_matmul", right);
    program.ctx.rewriter().set_operand(matmul.op(), 1, right);
    if bias.is_some() || sums.iter().any(|sum| *sum != 0.0) {
        let sums = new_weight(program, matmul.op(), "merged_bias_to_matmul", vector(sums));
        program
            .ctx
            .rewriter()
            .set_operands(matmul.op(), &[left, right, sums]);
    }
    absorb(program, op, matmul.op());
    true
}

/// Constants of one dimension get the channels' place.
pub fn align(program: &mut Program, op: Op) -> bool {
    let scale = Scale::new_unchecked(op);
    let ctx = &program.ctx;
    let Some(channels) = shape_of(ctx, scale.input(ctx)).and_then(|shape| shape.get(1).copied()) else {
        return false;
    };
    let mut changed = false;
    for value in [scale.scale(&program.ctx), scale.bias(&program.ctx)] {
        if program.ctx.shape(value) == Some(&[channels]) && weight_values(program, value).is_some() {
            changed |= reshape_weight(program, value, &[1, channels]);
        }
    }
    changed
}
