//! Rewrites that start at `top.Add`.

use super::{
    broadcast_shape, elements, erase_if_unused, insert_before, new_weight, replace, shape_of, uniform_weight,
    used_once, weight_values,
};
use crate::program::Program;
use ndarray::{ArrayD, IxDyn};
use tpuc_dialects::ir::{Op, OpView, Value};
use tpuc_dialects::top::Add;

/// The two operands, if there are two and no coefficients.
fn operands(program: &Program, op: Op) -> Option<[Value; 2]> {
    let add = Add::new_unchecked(op);
    let plain = add
        .coeff(&program.ctx)
        .unwrap_or_default()
        .iter()
        .all(|coeff| *coeff == 1.0);
    <[Value; 2]>::try_from(add.inputs(&program.ctx))
        .ok()
        .filter(|_| plain)
}

/// A constant comes second.
pub fn constant_second(program: &mut Program, op: Op) -> bool {
    let Some([left, right]) = operands(program, op) else {
        return false;
    };
    if weight_values(program, left).is_none() || weight_values(program, right).is_some() {
        return false;
    }
    program.ctx.rewriter().set_operands(op, &[right, left]);
    true
}

/// A constant whose elements are all equal is a number; zeros are nothing.
pub fn to_add_const(program: &mut Program, op: Op) -> bool {
    let Some([left, right]) = operands(program, op) else {
        return false;
    };
    let Some(number) = uniform_weight(program, right) else {
        return false;
    };
    let ctx = &mut program.ctx;
    let output = ctx.result(op);
    if ctx.shape(left) != ctx.shape(output) {
        return false;
    }
    if number == 0.0 && !Add::new_unchecked(op).do_relu(ctx) {
        ctx.rewriter().replace_op(op, &[left]);
        return true;
    }
    let (ty, loc) = (ctx.value_type(output), ctx.op_loc(op));
    let mut rewriter = ctx.rewriter_before(op);
    let new = rewriter
        .build("top.AddConst")
        .operand(left)
        .result(ty)
        .f64("const_val", f64::from(number))
        .attrs_of(op)
        .loc(loc)
        .finish();
    let value = rewriter.result(new);
    rewriter.replace_op(op, &[value]);
    true
}

/// A constant for each channel is a scale of 1 with a bias.
pub fn to_scale(program: &mut Program, op: Op) -> bool {
    let Some([left, right]) = operands(program, op) else {
        return false;
    };
    let ctx = &program.ctx;
    let (Some(shape), Some(bias_shape)) = (
        ctx.shape(left).map(<[i64]>::to_vec),
        ctx.shape(right).map(<[i64]>::to_vec),
    ) else {
        return false;
    };
    let fits = weight_values(program, right).is_some()
        && shape != bias_shape
        && shape.len() >= 2
        && shape.len() == bias_shape.len()
        && bias_shape[1] == shape[1]
        && elements(ctx, right) == Some(shape[1]);
    if !fits {
        return false;
    }
    let dims: Vec<usize> = bias_shape.iter().map(|dim| *dim as usize).collect();
    let scale = new_weight(program, op, "_scale_weight", ArrayD::from_elem(IxDyn(&dims), 1.0));
    let ctx = &mut program.ctx;
    let add = Add::new_unchecked(op);
    let (relu, limit) = (add.do_relu(ctx), add.relu_limit(ctx));
    let (ty, loc) = (ctx.value_type(ctx.result(op)), ctx.op_loc(op));
    let mut rewriter = ctx.rewriter_before(op);
    let new = rewriter
        .build("top.Scale")
        .operands(&[left, scale, right])
        .result(ty)
        .bool("do_relu", relu)
        .f64("relu_limit", limit)
        .loc(loc)
        .finish();
    let value = rewriter.result(new);
    rewriter.replace_op(op, &[value]);
    true
}

/// A constant summand behind another one: the summands are added.
pub fn merge(program: &mut Program, op: Op) -> bool {
    let summand = |program: &Program, op: Op| {
        let [left, right] = operands(program, op)?;
        match (weight_values(program, left), weight_values(program, right)) {
            (None, Some(values)) => Some((left, values)),
            (Some(values), None) => Some((right, values)),
            _ => None,
        }
    };
    let Some((input, values)) = summand(program, op) else {
        return false;
    };
    let ctx = &program.ctx;
    let Some(first) = used_once::<Add>(ctx, input).filter(|first| !first.do_relu(ctx)) else {
        return false;
    };
    let Some((source, first_values)) = summand(program, first.op()) else {
        return false;
    };
    let Some(shape) = broadcast_shape(values.shape(), first_values.shape()) else {
        return false;
    };
    let shape = IxDyn(&shape);
    let (Some(left), Some(right)) = (values.broadcast(shape.clone()), first_values.broadcast(shape)) else {
        return false;
    };
    let sum = &left + &right;
    let add = Add::new_unchecked(op);
    let (relu, limit) = (add.do_relu(ctx), add.relu_limit(ctx));
    let weight = new_weight(program, op, "merged", sum);
    replace(program, op, "top.Add", &[source, weight], |builder| {
        builder.bool("do_relu", relu).f64("relu_limit", limit)
    });
    erase_if_unused(program, first.op());
    true
}

/// A computed operand of fewer dimensions than the other one gets leading dimensions of size 1.
pub fn align(program: &mut Program, op: Op) -> bool {
    let ctx = &program.ctx;
    let &[left, right] = Add::new_unchecked(op).inputs(ctx) else {
        return false;
    };
    let (Some(left_shape), Some(right_shape)) = (shape_of(ctx, left), shape_of(ctx, right)) else {
        return false;
    };
    let rank = left_shape.len().max(right_shape.len());
    let (index, value, shape) = if left_shape.len() < rank {
        (0, left, left_shape)
    } else {
        (1, right, right_shape)
    };
    if shape.len() == rank || weight_values(program, value).is_some() {
        return false;
    }
    let mut wide = vec![1; rank - shape.len()];
    wide.extend(shape);
    let name = format!("{}_r_reshape", ctx.value_name(value));
    let reshape = insert_before(program, op, "top.Reshape", &name, &[value], &wide, |builder| {
        builder.i64s("shape", &wide)
    });
    program.ctx.rewriter().set_operand(op, index, reshape);
    true
}
