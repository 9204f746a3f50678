//! Rewrites that start at `top.Mul`.

use super::{
    broadcast_shape, elements, erase_if_unused, new_weight, replace, uniform_weight, used_once, weight_values,
};
use crate::program::Program;
use ndarray::{ArrayD, IxDyn};
use tpuc_dialects::ir::{Op, OpView, Value};
use tpuc_dialects::top::{AddConst, Erf, Mul, MulConst, Sigmoid};

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

/// Factors this near to 1 are left out, as TPU-MLIR does.
const ALMOST_NOTHING: f32 = 2e-5;

/// A constant whose elements are all equal is a number; 1 is nothing.
pub fn to_mul_const(program: &mut Program, op: Op) -> bool {
    let Some([left, right]) = operands(program, op) else {
        return false;
    };
    let (input, number) = match (uniform_weight(program, left), uniform_weight(program, right)) {
        (Some(number), _) => (right, number),
        (None, Some(number)) => (left, number),
        (None, None) => return false,
    };
    let ctx = &mut program.ctx;
    let output = ctx.result(op);
    if ctx.shape(input) != ctx.shape(output) {
        return false;
    }
    if (number - 1.0).abs() < ALMOST_NOTHING && !Mul::new_unchecked(op).do_relu(ctx) {
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
        let bias = new_weight(program, op, "bias", ArrayD::zeros(values.raw_dim()));
        let ctx = &mut program.ctx;
        let mul = Mul::new_unchecked(op);
        let (relu, limit) = (mul.do_relu(ctx), mul.relu_limit(ctx));
        let (ty, loc) = (ctx.value_type(ctx.result(op)), ctx.op_loc(op));
        let mut rewriter = ctx.rewriter_before(op);
        let new = rewriter
            .build("top.Scale")
            .operands(&[input, factor, bias])
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

/// A constant factor behind another one: the factors are multiplied. The name is TPU-MLIR's.
pub fn merge(program: &mut Program, op: Op) -> bool {
    let Some((input, factor)) = constant_factor(program, op) else {
        return false;
    };
    let ctx = &program.ctx;
    let Some(first) = Mul::defining(ctx, input).filter(|first| !first.do_relu(ctx)) else {
        return false;
    };
    let Some((source, first_factor)) = constant_factor(program, first.op()) else {
        return false;
    };
    let (Some(left), Some(right)) = (
        weight_values(program, factor),
        weight_values(program, first_factor),
    ) else {
        return false;
    };
    let Some(product) = broadcast_product(&left, &right) else {
        return false;
    };
    let ctx = &program.ctx;
    // The product must not be larger than the result: the source would have to be broadcast otherwise.
    if ctx
        .shape(ctx.result(op))
        .is_none_or(|shape| shape.len() < product.ndim())
    {
        return false;
    }
    let mul = Mul::new_unchecked(op);
    let (relu, limit) = (mul.do_relu(ctx), mul.relu_limit(ctx));
    let weight = new_weight(program, op, "divisor", product);
    replace(program, op, "top.Mul", &[source, weight], |builder| {
        builder.bool("do_relu", relu).f64("relu_limit", limit)
    });
    erase_if_unused(program, first.op());
    true
}

/// The computed operand and the constant one.
fn constant_factor(program: &Program, op: Op) -> Option<(Value, Value)> {
    let [left, right] = operands(program, op)?;
    match (weight_values(program, left), weight_values(program, right)) {
        (None, Some(_)) => Some((left, right)),
        (Some(_), None) => Some((right, left)),
        _ => None,
    }
}

fn broadcast_product(left: &ArrayD<f32>, right: &ArrayD<f32>) -> Option<ArrayD<f32>> {
    let shape = broadcast_shape(left.shape(), right.shape())?;
    let shape = IxDyn(&shape);
    Some(&left.broadcast(shape.clone())? * &right.broadcast(shape)?)
}

/// `0.5 * x * (1 + erf(x / sqrt 2))`
pub fn to_gelu(program: &mut Program, op: Op) -> bool {
    const HALF_ROOT: f64 = std::f64::consts::FRAC_1_SQRT_2;
    let Some([left, right]) = operands(program, op) else {
        return false;
    };
    let ctx = &program.ctx;
    if !ctx.has_one_use(ctx.result(op)) || Mul::new_unchecked(op).do_relu(ctx) {
        return false;
    }
    let near = |value: f64, wanted: f64| (value - wanted).abs() <= 1e-4;
    let found = [(left, right), (right, left)]
        .into_iter()
        .find_map(|(half, sum)| {
            let half = used_once::<MulConst>(ctx, half).filter(|half| near(half.const_val(ctx), 0.5))?;
            let sum = used_once::<AddConst>(ctx, sum).filter(|sum| near(sum.const_val(ctx), 1.0))?;
            let erf = used_once::<Erf>(ctx, sum.input(ctx))?;
            let scaled =
                MulConst::defining(ctx, erf.input(ctx)).filter(|mul| near(mul.const_val(ctx), HALF_ROOT))?;
            let plain = [half.op(), sum.op(), scaled.op()]
                .iter()
                .all(|op| ctx.get_bool(*op, "do_relu") != Some(true));
            (plain && scaled.input(ctx) == half.input(ctx)).then(|| half.input(ctx))
        });
    let Some(input) = found else { return false };
    replace(program, op, "top.GELU", &[input], |builder| builder);
    true
}
