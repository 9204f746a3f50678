//! Rewrites that start at `top.MatMul`.

use super::{elements, insert_before, only_user, set_shape, shape_of, weight_values};
use crate::program::Program;
use tpuc_dialects::ir::{Op, OpView, Value};
use tpuc_dialects::top::{Add, MatMul, Permute, Reshape, Slice, Squeeze};

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

/// A product that is reshaped, permuted so that a dimension comes first, and taken apart along it (queries, keys and values of
/// an attention): it is taken apart as it is, and each part is permuted for each of its users.
pub fn take_apart_first(program: &mut Program, op: Op) -> bool {
    let Some(parts) = parts_of(program, op) else {
        return false;
    };
    let Parts {
        reshaped,
        order,
        slices,
    } = parts;
    let rank = order.len();
    let axis = order[0];
    // The permutation of what is left when the first dimension is taken away.
    let rest: Vec<i64> = order[1..]
        .iter()
        .map(|dim| if *dim < axis { *dim } else { dim - 1 })
        .collect();
    for (slice, squeeze) in slices {
        let ctx = &mut program.ctx;
        let (cut, left) = (slice.output(ctx), squeeze.output(ctx));
        let rows = [slice.offset(ctx), slice.ends(ctx), slice.steps(ctx)];
        let moved = rows.map(|row| {
            let mut moved = vec![0; rank];
            for (value, dim) in row.iter().zip(&order) {
                moved[*dim as usize] = *value;
            }
            moved
        });
        let names = [cut, left].map(|value| format!("{}_r_new", ctx.value_name(value)));
        let mut shape = shape_of(ctx, reshaped).unwrap_or_default();
        shape[axis as usize] = 1;
        let mut squeezed = shape.clone();
        squeezed.remove(axis as usize);
        let wanted = shape_of(ctx, left).unwrap_or_default();
        let mut rewriter = ctx.rewriter();
        for (name, values) in ["offset", "ends", "steps"].into_iter().zip(&moved) {
            let attr = rewriter.i64_array_attr(values);
            rewriter.set_attr(slice.op(), name, attr);
        }
        let axes = rewriter.i64_array_attr(&[axis]);
        rewriter.set_attr(slice.op(), "hasparamConvert_axes", axes);
        rewriter.set_attr(squeeze.op(), "axes", axes);
        rewriter.set_operand(slice.op(), 0, reshaped);
        for (op, name) in [slice.op(), squeeze.op()].into_iter().zip(&names) {
            let loc = rewriter.loc_name(name);
            rewriter.set_loc(op, loc);
        }
        set_shape(program, cut, &shape);
        set_shape(program, left, &squeezed);
        for used in program.ctx.uses(left).to_vec() {
            let name = format!("{}_r_permute_for_{}", names[1], program.ctx.name(used.op));
            let permuted = insert_before(
                program,
                used.op,
                "top.Permute",
                &name,
                &[left],
                &wanted,
                |builder| builder.i64s("order", &rest),
            );
            program
                .ctx
                .rewriter()
                .set_operand(used.op, used.index as usize, permuted);
        }
    }
    true
}

struct Parts {
    reshaped: Value,
    order: Vec<i64>,
    slices: Vec<(Slice, Squeeze)>,
}

fn parts_of(program: &Program, op: Op) -> Option<Parts> {
    let ctx = &program.ctx;
    let product = MatMul::new_unchecked(op).output(ctx);
    let reshape = only_user(ctx, product).and_then(|user| Reshape::cast(ctx, user))?;
    let reshaped = reshape.output(ctx);
    let permute = only_user(ctx, reshaped).and_then(|user| Permute::cast(ctx, user))?;
    let order = permute.order(ctx);
    let (from, to) = (shape_of(ctx, product)?, shape_of(ctx, reshaped)?);
    let last_split = from.len() + 2 == to.len() && to.starts_with(&from[..from.len() - 1]);
    let rows_joined =
        from.len() + 1 == to.len() && from.len() >= 3 && from[0] == to[0] && from[1] * from[2] == to[1];
    let rank = order.len();
    if rank != to.len() || !(last_split || rows_joined) || order[0] == 0 {
        return None;
    }
    let users = ctx.users(permute.output(ctx));
    let mut slices = Vec::new();
    for user in &users {
        let slice = Slice::cast(ctx, *user)?;
        let squeeze = only_user(ctx, slice.output(ctx)).and_then(|user| Squeeze::cast(ctx, user))?;
        let (input, cut) = (
            shape_of(ctx, slice.input(ctx))?,
            shape_of(ctx, slice.output(ctx))?,
        );
        let full = slice.axes(ctx).is_empty()
            && [slice.offset(ctx), slice.ends(ctx), slice.steps(ctx)]
                .iter()
                .all(|row| row.len() == rank);
        let first_only = cut.first() == Some(&1) && cut[1..] == input[1..] && squeeze.axes(ctx) == [0];
        if !full || !first_only {
            return None;
        }
        slices.push((slice, squeeze));
    }
    let whole = to.get(order[0] as usize) == Some(&(slices.len() as i64));
    (whole && slices.len() > 1).then_some(Parts {
        reshaped,
        order,
        slices,
    })
}
