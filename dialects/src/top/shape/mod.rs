//! What shape inference of several operations shares.

pub mod spatial;

use crate::ir::{Context, DYNAMIC, Diagnostic, Op, Rewriter, Shape, Value, op_error};

/// The shape of an operand of `op`; an error if it has no rank yet.
pub fn ranked(ctx: &Context, op: Op, value: Value) -> Result<Shape, Diagnostic> {
    ctx.shape(value).map(Shape::from_slice).ok_or_else(|| {
        op_error(
            ctx,
            op,
            format_args!(
                "expects operands of known rank; '{}' has none",
                ctx.value_name(value)
            ),
        )
    })
}

/// Gives a result this shape and keeps its element type. A ranked result is left alone if it has this shape already.
pub fn set_result(rw: &mut Rewriter<'_>, value: Value, shape: &[i64]) {
    if rw.shape(value) != Some(shape) {
        let ty = rw.value_type(value);
        let ty = rw.with_shape(ty, shape);
        rw.set_type(value, ty);
    }
}

/// The result has its (first) operand's shape.
pub fn same_as_input(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let input = rw.operand(op, 0);
    let shape = ranked(rw, op, input)?;
    let result = rw.result(op);
    set_result(rw, result, &shape);
    Ok(())
}

/// numpy's broadcasting of several shapes; `None` if they do not fit.
pub fn broadcast(shapes: &[&[i64]]) -> Option<Vec<i64>> {
    let rank = shapes.iter().map(|shape| shape.len()).max().unwrap_or(0);
    let mut result = vec![1; rank];
    for shape in shapes {
        for (out, dim) in result[rank - shape.len()..].iter_mut().zip(*shape) {
            if *out == 1 {
                *out = *dim;
            } else if *dim != 1 && *dim != *out {
                return None;
            }
        }
    }
    Some(result)
}

/// The results have the shape that all operands broadcast to.
pub fn broadcast_operands(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let mut shapes = Vec::new();
    for value in rw.operands(op) {
        if !rw.is_none(*value) {
            shapes.push(ranked(rw, op, *value)?);
        }
    }
    let views: Vec<&[i64]> = shapes.iter().map(AsRef::as_ref).collect();
    let Some(output) = broadcast(&views) else {
        let list: Vec<String> = views.iter().map(|shape| text(shape)).collect();
        return Err(op_error(
            rw,
            op,
            format_args!("cannot broadcast {}", list.join(" with ")),
        ));
    };
    let result = rw.result(op);
    set_result(rw, result, &output);
    Ok(())
}

/// Verifies that an operation with a variadic list has at least two operands.
pub fn at_least_two_operands(ctx: &Context, op: Op, found: &mut Vec<Diagnostic>) {
    let count = ctx.operands(op).len();
    if count < 2 {
        found.push(op_error(
            ctx,
            op,
            format_args!("expects 2 or more operands, found {count}"),
        ));
    }
}

/// A dimension number from 0 to `rank - 1` from one that may count from the end; an error if it is outside.
pub fn axis(ctx: &Context, op: Op, axis: i64, rank: usize) -> Result<usize, Diagnostic> {
    let from_start = if axis < 0 {
        axis.saturating_add(rank as i64)
    } else {
        axis
    };
    usize::try_from(from_start)
        .ok()
        .filter(|axis| *axis < rank)
        .ok_or_else(|| {
            op_error(
                ctx,
                op,
                format_args!("expects an axis of -{rank} to {}, found {axis}", rank as i64 - 1),
            )
        })
}

/// `1x3x224x224`, `?` for what is not known, `scalar` for no dimensions.
pub fn text(shape: &[i64]) -> String {
    if shape.is_empty() {
        return "scalar".to_owned();
    }
    let dims: Vec<String> = shape
        .iter()
        .map(|dim| {
            if *dim == DYNAMIC {
                "?".to_owned()
            } else {
                dim.to_string()
            }
        })
        .collect();
    dims.join("x")
}

/// Number of elements of the first result times `N`.
pub fn flops_per_element<const N: i64>(ctx: &Context, op: Op) -> i64 {
    elements(ctx, op) * N
}

/// Number of elements of the first result times `N`, one more for a fused relu.
pub fn flops_and_relu<const N: i64>(ctx: &Context, op: Op) -> i64 {
    let relu = i64::from(ctx.get_bool(op, "do_relu").unwrap_or(false));
    elements(ctx, op) * (N + relu)
}

/// Ten operations for each element of a normalisation, one more for each of weight and bias.
pub fn flops_of_normalization(ctx: &Context, op: Op) -> i64 {
    let constants = ctx
        .operands(op)
        .iter()
        .skip(1)
        .filter(|value| !ctx.is_none(**value));
    elements(ctx, op) * (10 + constants.count() as i64)
}

/// Operations of a recurrent layer: `per_weight` for each weight of the gates, direction, step and sample.
pub fn flops_of_recurrence(ctx: &Context, op: Op, per_weight: i64) -> i64 {
    let [input, filter, ..] = ctx.operands(op) else {
        return 0;
    };
    let (Some(&[steps, samples, features]), Some(&[directions, gates, _])) =
        (ctx.shape(*input), ctx.shape(*filter))
    else {
        return 0;
    };
    let hidden = ctx.get_i64(op, "hidden_size").unwrap_or(0);
    steps * samples * directions * gates * (features + hidden) * per_weight
}

/// One operation for each element and further operand, one more for a fused relu.
pub fn flops_of_operands(ctx: &Context, op: Op) -> i64 {
    let relu = i64::from(ctx.get_bool(op, "do_relu").unwrap_or(false));
    elements(ctx, op) * (ctx.operands(op).len() as i64 - 1 + relu)
}

/// Number of elements of the first result; 0 if it has no rank.
pub fn elements(ctx: &Context, op: Op) -> i64 {
    ctx.results(op)
        .first()
        .and_then(|value| ctx.shape(*value))
        .map_or(0, |shape| shape.iter().product())
}

#[cfg(test)]
mod tests {
    use super::broadcast;

    #[test]
    fn broadcasts_as_numpy() {
        assert_eq!(broadcast(&[&[3, 1], &[1, 4]]), Some(vec![3, 4]));
        assert_eq!(broadcast(&[&[2, 3, 4], &[4]]), Some(vec![2, 3, 4]));
        assert_eq!(broadcast(&[&[2, 3], &[2]]), None);
    }
}
