//! Rewrites that start at `top.Mul`.

use super::{elements, new_weight, weight_number, weight_values};
use crate::program::Program;
use ndarray::{ArrayD, IxDyn};
use tpuc_dialects::ir::{Op, OpView, Value};
use tpuc_dialects::top::{Mul, Sigmoid};

fn operands(program: &Program, op: Op) -> Option<[Value; 2]> {
    <[Value; 2]>::try_from(Mul::new_unchecked(op).inputs(&program.ctx)).ok()
}

/// `x * sigmoid(x)`
pub fn to_silu(program: &mut Program, op: Op) -> bool {
    let Some([left, right]) = operands(program, op) else {
        return false;
    };
    let ctx = &mut program.ctx;
    if Mul::new_unchecked(op).do_relu(ctx) {
        return false;
    }
    let of = |sigmoid: Value, input: Value| {
        Sigmoid::defining(ctx, sigmoid).is_some_and(|view| {
            let plain = view.scale(ctx) == 1.0 && view.bias(ctx) == 0.0 && !view.log(ctx);
            plain && view.input(ctx) == input && ctx.has_one_use(sigmoid)
        })
    };
    let input = if of(right, left) {
        left
    } else if of(left, right) {
        right
    } else {
        return false;
    };
    let (ty, loc) = (ctx.value_type(ctx.result(op)), ctx.op_loc(op));
    let mut rewriter = ctx.rewriter_before(op);
    let new = rewriter
        .build("top.SiLU")
        .operand(input)
        .result(ty)
        .loc(loc)
        .finish();
    let value = rewriter.result(new);
    rewriter.replace_op(op, &[value]);
    true
}

/// A constant of one element is a number; 1 is nothing.
pub fn to_mul_const(program: &mut Program, op: Op) -> bool {
    let Some([left, right]) = operands(program, op) else {
        return false;
    };
    let (input, number) = match (weight_number(program, left), weight_number(program, right)) {
        (Some(number), _) => (right, number),
        (None, Some(number)) => (left, number),
        (None, None) => return false,
    };
    let ctx = &mut program.ctx;
    let output = ctx.result(op);
    if ctx.shape(input) != ctx.shape(output) {
        return false;
    }
    if number == 1.0 && !Mul::new_unchecked(op).do_relu(ctx) {
        ctx.rewriter().replace_op(op, &[input]);
        return true;
    }
    let (ty, loc) = (ctx.value_type(output), ctx.op_loc(op));
    let mut rewriter = ctx.rewriter_before(op);
    let new = rewriter
        .build("top.MulConst")
        .operand(input)
        .result(ty)
        .f64("const_val", f64::from(number))
        .attrs_of(op)
        .loc(loc)
        .finish();
    let value = rewriter.result(new);
    rewriter.replace_op(op, &[value]);
    true
}

/// A constant for each channel of an image is a scale with a bias of 0.
pub fn to_scale(program: &mut Program, op: Op) -> bool {
    let Some([left, right]) = operands(program, op) else {
        return false;
    };
    for (input, factor) in [(right, left), (left, right)] {
        let ctx = &program.ctx;
        let (Some(shape), Some(values)) = (
            ctx.shape(input).map(<[i64]>::to_vec),
            weight_values(program, factor),
        ) else {
            continue;
        };
        let channels = shape.get(1).copied().unwrap_or(0) as usize;
        let fits = shape.len() == 4
            && values.ndim() == 4
            && values.shape()[1] == channels
            && elements(ctx, factor) == Some(shape[1]);
        if !fits {
            continue;
        }
        let flat = ArrayD::from_shape_vec(IxDyn(&[channels]), values.iter().copied().collect())
            .expect("one for each channel");
        let scale = new_weight(program, op, "scale", flat);
        let bias = new_weight(program, op, "bias", ArrayD::zeros(IxDyn(&[channels])));
        let ctx = &mut program.ctx;
        let mul = Mul::new_unchecked(op);
        let (relu, limit) = (mul.do_relu(ctx), mul.relu_limit(ctx));
        let (ty, loc) = (ctx.value_type(ctx.result(op)), ctx.op_loc(op));
        let mut rewriter = ctx.rewriter_before(op);
        let new = rewriter
            .build("top.Scale")
            .operands(&[input, scale, bias])
            .result(ty)
            .bool("do_relu", relu)
            .f64("relu_limit", limit)
            .loc(loc)
            .finish();
        let value = rewriter.result(new);
        rewriter.replace_op(op, &[value]);
        return true;
    }
    false
}
