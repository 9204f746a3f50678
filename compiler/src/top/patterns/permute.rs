//! Rewrites that start at `top.Permute`.

use super::{
    erase_if_unused, insert_after, insert_before, only_user, replace, set_shape, shape_of, used_once,
};
use crate::program::Program;
use tpuc_dialects::ir::{Op, OpView};
use tpuc_dialects::top::{Permute, Reshape, Softmax};

/// How blocks move: order, channels to pixels, rows and columns of a block before the channels.
const BLOCK_ORDERS: [([i64; 6], bool, bool); 4] = [
    ([0, 1, 4, 2, 5, 3], false, true),
    ([0, 3, 4, 1, 5, 2], false, false),
    ([0, 1, 3, 5, 2, 4], true, true),
    ([0, 3, 5, 1, 2, 4], true, false),
];

/// `Reshape`, `Permute`, `Reshape` that move blocks between channels and pixels.
pub fn to_depth2space(program: &mut Program, op: Op) -> bool {
    let ctx = &program.ctx;
    let permute = Permute::new_unchecked(op);
    let (input, output) = (permute.input(ctx), permute.output(ctx));
    let Some(shape) = shape_of(ctx, input).filter(|shape| shape.len() == 6) else {
        return false;
    };
    let order = permute.order(ctx);
    let Some((_, inversed, crd)) = BLOCK_ORDERS.into_iter().find(|(known, ..)| order == *known) else {
        return false;
    };
    let n = shape[0];
    let (block, wanted, whole) = if inversed {
        // n, c, h, block, w, block
        let block = [shape[3], shape[5]];
        (
            block,
            [n, shape[1] * block[0] * block[1], shape[2], shape[4]],
            [n, shape[1], shape[2] * shape[3], shape[4] * shape[5]],
        )
    } else {
        // n, c, block, block, h, w or n, block, block, c, h, w
        let (block, c) = if crd {
            ([shape[2], shape[3]], shape[1])
        } else {
            ([shape[1], shape[2]], shape[3])
        };
        (
            block,
            [n, c, shape[4] * block[0], shape[5] * block[1]],
            [n, c * block[0] * block[1], shape[4], shape[5]],
        )
    };
    let before = used_once::<Reshape>(ctx, input);
    let after = only_user(ctx, output).and_then(|user| Reshape::cast(ctx, user));
    let (Some(before), Some(after)) = (before, after) else {
        return false;
    };
    let source = before.input(ctx);
    let fits = block[0] == block[1]
        && ctx.shape(after.output(ctx)) == Some(&wanted)
        && ctx.shape(source) == Some(&whole);
    if !fits {
        return false;
    }
    replace(program, after.op(), "top.Depth2Space", &[source], |builder| {
        builder
            .i64("block_h", block[0])
            .i64("block_w", block[1])
            .bool("is_CRD", crd)
            .bool("is_inversed", inversed)
    });
    erase_if_unused(program, op);
    erase_if_unused(program, before.op());
    true
}

/// Whether an order of five dimensions is one of four after dimensions of size 1 were left out, or two that stay
/// neighbours were joined. TPU-MLIR's way of looking, which does not find all of them.
fn has_four_dims(shape: &[i64], order: &[i64]) -> bool {
    let mut order = order.to_vec();
    let mut left = order.len();
    for index in 0..shape.len() as i64 {
        if shape[index as usize] == 1 {
            left -= 1;
            if left <= 4 {
                return true;
            }
            order.retain(|dim| *dim != index);
            for dim in &mut order {
                *dim -= i64::from(*dim > index);
            }
        }
    }
    order.windows(2).any(|pair| pair[0] + 1 == pair[1])
}

/// An order of five dimensions is done in two steps, each of which moves at most four: the first brings the dimension that
/// ends up in front together with its neighbour to the front.
pub fn split(program: &mut Program, op: Op) -> bool {
    let ctx = &program.ctx;
    let permute = Permute::new_unchecked(op);
    let (input, order) = (permute.input(ctx), permute.order(ctx));
    let Some(shape) = shape_of(ctx, input) else {
        return false;
    };
    if order.len() != 5 || shape.len() != 5 || has_four_dims(&shape, &order) {
        return false;
    }
    let front = order[0].min(3);
    let mut first = vec![front, front + 1];
    first.extend(
        order[1..]
            .iter()
            .filter(|dim| **dim != front && **dim != front + 1),
    );
    let second: Option<Vec<i64>> = order
        .iter()
        .map(|dim| {
            first
                .iter()
                .position(|other| other == dim)
                .map(|place| place as i64)
        })
        .collect();
    let Some(second) = second.filter(|second| second.len() == first.len()) else {
        return false;
    };
    let middle: Vec<i64> = first.iter().map(|dim| shape[*dim as usize]).collect();
    let name = format!("{}_r_expand0", ctx.name(op));
    let Some(value) = insert_after(
        program,
        input,
        "top.Permute",
        &name,
        &[input],
        &middle,
        |builder| builder.i64s("order", &first),
    ) else {
        return false;
    };
    replace(program, op, "top.Permute", &[value], |builder| {
        builder.i64s("order", &second)
    });
    true
}

/// The same permutation over `dims` dimensions: those of size 1 are left out and those that stay neighbours are joined as far
/// as needed, or dimensions of size 1 are put in front. `None` if there are more.
fn with_dims(shape: &[i64], order: &[i64], dims: usize) -> Option<(Vec<i64>, Vec<i64>)> {
    let (mut shape, mut order) = (shape.to_vec(), order.to_vec());
    let drop = |order: &mut Vec<i64>, shape: &mut Vec<i64>, dim: i64| {
        shape.remove(dim as usize);
        order.retain(|other| *other != dim);
        for other in order {
            *other -= i64::from(*other > dim);
        }
    };
    while order.len() > dims {
        let Some(dim) = shape.iter().position(|size| *size == 1) else {
            break;
        };
        drop(&mut order, &mut shape, dim as i64);
    }
    while order.len() > dims {
        let dim = order.windows(2).find(|pair| pair[0] + 1 == pair[1])?[1];
        shape[dim as usize - 1] *= shape[dim as usize];
        drop(&mut order, &mut shape, dim);
    }
    while order.len() < dims {
        shape.insert(0, 1);
        for dim in &mut order {
            *dim += 1;
        }
        order.insert(0, 0);
    }
    Some((shape, order))
}

/// Two in a row, also with a reshape between them, whose orders undo each other: nothing, or a reshape.
pub fn join(program: &mut Program, op: Op) -> bool {
    let ctx = &program.ctx;
    let second = Permute::new_unchecked(op);
    let mut input = second.input(ctx);
    if let Some(reshape) = used_once::<Reshape>(ctx, input) {
        input = reshape.input(ctx);
    }
    let Some(first) = used_once::<Permute>(ctx, input) else {
        return false;
    };
    let (Some(shape), Some(middle), Some(output)) = (
        shape_of(ctx, first.input(ctx)),
        shape_of(ctx, second.input(ctx)),
        shape_of(ctx, second.output(ctx)),
    ) else {
        return false;
    };
    let (inner, outer) = (first.order(ctx), second.order(ctx));
    if inner.len() != shape.len() || outer.len() != middle.len() {
        return false;
    }
    let found = (2..=5).find_map(|dims| {
        Some((
            with_dims(&shape, &inner, dims)?,
            with_dims(&middle, &outer, dims)?,
        ))
    });
    let Some(((from, inner), (to, outer))) = found else {
        return false;
    };
    let permuted: Vec<i64> = inner.iter().map(|dim| from[*dim as usize]).collect();
    let undone = outer
        .iter()
        .enumerate()
        .all(|(place, dim)| inner[*dim as usize] == place as i64);
    if permuted != to || !undone {
        return false;
    }
    let source = first.input(ctx);
    if output == shape {
        program.ctx.rewriter().replace_op(op, &[source]);
        erase_if_unused(program, first.op());
    } else {
        let name = format!("{}_r_Reshape", ctx.value_name(source));
        let reshape = insert_before(program, op, "top.Reshape", &name, &[source], &output, |builder| {
            builder
        });
        program.ctx.rewriter().replace_op(op, &[reshape]);
    }
    true
}

/// One dimension has one order.
pub fn remove(program: &mut Program, op: Op) -> bool {
    let ctx = &mut program.ctx;
    let input = Permute::new_unchecked(op).input(ctx);
    if ctx.shape(input).is_none_or(|shape| shape.len() != 1) {
        return false;
    }
    ctx.rewriter().replace_op(op, &[input]);
    true
}

/// A softmax over the channels between two permutations needs one only: `[0, 3, 1, 2]`, softmax over the last, `[0, 3, 2, 1]`.
pub fn softmax_between(program: &mut Program, op: Op) -> bool {
    let ctx = &program.ctx;
    let permute = Permute::new_unchecked(op);
    if permute.order(ctx) != [0, 3, 2, 1] {
        return false;
    }
    let Some(softmax) =
        used_once::<Softmax>(ctx, permute.input(ctx)).filter(|softmax| softmax.axis(ctx) == 3)
    else {
        return false;
    };
    let Some(before) =
        used_once::<Permute>(ctx, softmax.input(ctx)).filter(|before| before.order(ctx) == [0, 3, 1, 2])
    else {
        return false;
    };
    let Some(shape) = shape_of(ctx, permute.output(ctx)) else {
        return false;
    };
    let (moved, soft) = (before.output(ctx), softmax.output(ctx));
    let name = format!("{}_r_reordered", ctx.name(before.op()));
    let loc = ctx.op_loc(op);
    set_shape(program, moved, &shape);
    set_shape(program, soft, &shape);
    let mut rewriter = program.ctx.rewriter();
    let order = rewriter.i64_array_attr(&[0, 2, 1, 3]);
    rewriter.set_attr(before.op(), "order", order);
    let before_loc = rewriter.loc_name(&name);
    rewriter.set_loc(before.op(), before_loc);
    let axis = rewriter.si32_attr(1);
    rewriter.set_attr(softmax.op(), "axis", axis);
    rewriter.set_loc(softmax.op(), loc);
    rewriter.replace_op(op, &[soft]);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dimensions_are_left_out_and_joined() {
        assert_eq!(
            with_dims(&[2, 3, 1, 4], &[0, 3, 2, 1], 3),
            Some((vec![2, 3, 4], vec![0, 2, 1]))
        );
        assert_eq!(
            with_dims(&[2, 3, 4], &[2, 0, 1], 2),
            Some((vec![6, 4], vec![1, 0]))
        );
        assert_eq!(with_dims(&[2, 3, 4], &[2, 1, 0], 2), None);
        assert_eq!(
            with_dims(&[2, 3], &[1, 0], 3),
            Some((vec![1, 2, 3], vec![0, 2, 1]))
        );
    }

    #[test]
    fn five_dimensions_that_are_four() {
        assert!(has_four_dims(&[2, 3, 4, 5, 6], &[2, 3, 0, 1, 4]));
        assert!(has_four_dims(&[1, 3, 4, 5, 6], &[0, 4, 2, 1, 3]));
        assert!(!has_four_dims(&[2, 3, 4, 5, 6], &[0, 4, 2, 1, 3]));
    }
}
