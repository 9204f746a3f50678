//! Rewrites that start at `top.Reduce`.

use super::{elements, erase_if_unused, insert_before, replace, shape_of, used_once};
use crate::program::Program;
use tpuc_dialects::ir::{Op, OpView};
use tpuc_dialects::top::{Permute, Reduce};

/// Dimension numbers counted from the start.
fn axes_of(program: &Program, reduce: Reduce, rank: usize) -> Option<Vec<usize>> {
    let place = |axis: &i64| {
        let axis = if *axis < 0 { axis + rank as i64 } else { *axis };
        usize::try_from(axis).ok().filter(|axis| *axis < rank)
    };
    reduce.axes(&program.ctx).iter().map(place).collect()
}

/// Reducing dimensions of size 1 keeps the values, except that a norm takes their absolute value.
pub fn to_reshape(program: &mut Program, op: Op) -> bool {
    let ctx = &program.ctx;
    let reduce = Reduce::new_unchecked(op);
    let input = reduce.input(ctx);
    let signed = !matches!(reduce.mode(ctx), "ReduceL1" | "ReduceL2");
    if !signed || elements(ctx, input).is_none() || elements(ctx, input) != elements(ctx, reduce.output(ctx))
    {
        return false;
    }
    replace(program, op, "top.Reshape", &[input], |builder| builder);
    true
}

/// The mean or the largest of a whole picture is a pooling.
pub fn to_pool(program: &mut Program, op: Op) -> bool {
    let ctx = &program.ctx;
    let reduce = Reduce::new_unchecked(op);
    let input = reduce.input(ctx);
    let Some(&[_, _, rows, columns]) = ctx.shape(input) else {
        return false;
    };
    let kind = match reduce.mode(ctx) {
        "ReduceMean" => "top.AvgPool",
        "ReduceMax" => "top.MaxPool",
        _ => return false,
    };
    if axes_of(program, reduce, 4).as_deref() != Some(&[2, 3]) {
        return false;
    }
    let keepdims = reduce.keepdims(ctx);
    replace(program, op, kind, &[input], |builder| {
        builder
            .i64s("kernel_shape", &[rows, columns])
            .i64s("strides", &[1, 1])
            .i64s("pads", &[0, 0, 0, 0])
            .bool("count_include_pad", true)
            .bool("keepdims", keepdims)
    });
    true
}

/// Sizes of the last two dimensions together from which on two reductions stay two.
const LARGE_AREA: i64 = 65536;

/// Two in a row of the same kind are one.
pub fn join(program: &mut Program, op: Op) -> bool {
    let ctx = &program.ctx;
    let reduce = Reduce::new_unchecked(op);
    let Some(first) = used_once::<Reduce>(ctx, reduce.input(ctx)) else {
        return false;
    };
    let (Some(source), Some(middle)) = (shape_of(ctx, first.input(ctx)), shape_of(ctx, first.output(ctx)))
    else {
        return false;
    };
    let keepdims = reduce.keepdims(ctx);
    let joins = reduce.mode(ctx) == first.mode(ctx)
        && keepdims == first.keepdims(ctx)
        && source.iter().rev().take(2).product::<i64>() < LARGE_AREA;
    let (Some(first_axes), Some(axes)) = (
        axes_of(program, first, source.len()),
        axes_of(program, reduce, middle.len()),
    ) else {
        return false;
    };
    if !joins || first.is_scalar(ctx) {
        return false;
    }
    let left: Vec<usize> = (0..source.len())
        .filter(|dim| keepdims || !first_axes.contains(dim))
        .collect();
    let mut all: Vec<i64> = first_axes.iter().map(|axis| *axis as i64).collect();
    all.extend(axes.iter().map(|axis| left[*axis] as i64));
    all.sort_unstable();
    all.dedup();
    let (input, mode) = (first.input(ctx), reduce.mode(ctx).to_owned());
    replace(program, op, "top.Reduce", &[input], |builder| {
        builder
            .i64s("axes", &all)
            .bool("keepdims", keepdims)
            .str("mode", &mode)
            .attrs_of(op)
    });
    true
}

/// A permutation before it is not needed if at most one of the dimensions that it moves is left.
pub fn without_transpose(program: &mut Program, op: Op) -> bool {
    let ctx = &program.ctx;
    let reduce = Reduce::new_unchecked(op);
    let Some(permute) = used_once::<Permute>(ctx, reduce.input(ctx)).filter(|_| !reduce.keepdims(ctx)) else {
        return false;
    };
    let order = permute.order(ctx);
    let rank = order.len();
    let Some(axes) = axes_of(program, reduce, rank) else {
        return false;
    };
    let mut moved: Vec<i64> = axes.iter().map(|axis| order[*axis]).collect();
    if axes.len() == rank {
        moved = reduce.axes(ctx);
    } else {
        let (mut left, mut ranges, mut inside) = (0, 0, false);
        for (index, dim) in order.iter().enumerate() {
            let displaced = *dim != index as i64;
            ranges += usize::from(displaced && !inside);
            inside = displaced;
            left += usize::from(displaced && !moved.contains(dim));
        }
        if left > 1 || ranges > 1 {
            return false;
        }
        moved.sort_unstable();
    }
    let source = permute.input(ctx);
    let mut rewriter = program.ctx.rewriter();
    let attr = rewriter.i64_array_attr(&moved);
    rewriter.set_attr(op, "axes", attr);
    rewriter.set_operand(op, 0, source);
    erase_if_unused(program, permute.op());
    true
}

/// Axes with nothing but dimensions of size 1 between them become neighbours.
pub fn fill_axes(program: &mut Program, op: Op) -> bool {
    let ctx = &program.ctx;
    let reduce = Reduce::new_unchecked(op);
    let input = reduce.input(ctx);
    let Some(shape) = shape_of(ctx, input) else {
        return false;
    };
    let Some(axes) = axes_of(program, reduce, shape.len()) else {
        return false;
    };
    let (Some(first), Some(last)) = (axes.iter().min().copied(), axes.iter().max().copied()) else {
        return false;
    };
    let between = (first..=last).all(|axis| axes.contains(&axis) || shape[axis] == 1);
    if !between || last - first + 1 == axes.len() {
        return false;
    }
    let filled: Vec<i64> = (first as i64..=last as i64).collect();
    if reduce.keepdims(ctx) {
        let mut rewriter = program.ctx.rewriter();
        let attr = rewriter.i64_array_attr(&filled);
        rewriter.set_attr(op, "axes", attr);
        return true;
    }
    let mut left = shape;
    left.drain(first..=last);
    let name = format!("{}_r_0", ctx.name(op));
    let value = insert_before(program, op, "top.Reduce", &name, &[input], &left, |builder| {
        builder.i64s("axes", &filled).attrs_of(op)
    });
    replace(program, op, "top.Reshape", &[value], |builder| builder);
    true
}
