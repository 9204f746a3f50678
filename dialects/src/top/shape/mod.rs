//! What shape inference of several operations shares.

pub mod spatial;

use crate::ir::{Context, Diagnostic, Op, Rewriter, Shape, Value, op_error};

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
