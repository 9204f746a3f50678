//! Rewrites that start at `top.Gather`.

use super::weight_values;
use crate::program::Program;
use crate::top::infer::none_before;
use tpuc_dialects::ir::{Op, OpView};
use tpuc_dialects::top::Gather;

/// Gathering at one constant index, or at evenly spaced ones, is slicing. One index that removes the dimension needs a
/// `top.Squeeze` behind the slice.
pub fn to_slice(program: &mut Program, op: Op) -> bool {
    let gather = Gather::new_unchecked(op);
    let ctx = &program.ctx;
    let Some(indices) = weight_values(program, gather.indices(ctx)) else {
        return false;
    };
    let (Some(input), Some(output)) = (
        ctx.shape(gather.input(ctx)).map(<[i64]>::to_vec),
        ctx.shape(gather.output(ctx)).map(<[i64]>::to_vec),
    ) else {
        return false;
    };
    let axis = gather.axis(ctx);
    let axis = if axis < 0 { axis + input.len() as i64 } else { axis } as usize;
    let rank = indices.ndim();
    let indices: Vec<i64> = indices.iter().map(|index| *index as i64).collect();
    // The last position keeps its way of writing: from -1 to the end.
    let last = indices == [-1];
    let indices: Vec<i64> = indices
        .iter()
        .map(|index| {
            if *index < 0 && !last {
                index + input[axis]
            } else {
                *index
            }
        })
        .collect();
    let first = indices[0];
    let step = match indices[..] {
        [_] => 1,
        [first, second, ..] => second - first,
        [] => return false,
    };
    let even = rank == 1 && step > 0 && indices.windows(2).all(|pair| pair[1] - pair[0] == step);
    if !even {
        return false;
    }
    let end = if last {
        i64::MAX
    } else {
        first + step * (indices.len() as i64 - 1) + 1
    };
    let mut sliced = input.clone();
    sliced[axis] = indices.len() as i64;
    let (mut offset, mut steps, mut ends) = (
        vec![0; input.len()],
        vec![1; input.len()],
        vec![i64::MAX; input.len()],
    );
    (offset[axis], steps[axis], ends[axis]) = (first, step, end);
    let keeps = sliced == output;
    let (loc, name) = (ctx.op_loc(op), ctx.name(op).to_owned());
    let (source, result_type) = (gather.input(ctx), ctx.value_type(gather.output(ctx)));
    let none = none_before(program, op);
    let ctx = &mut program.ctx;
    let slice_type = ctx.with_shape(result_type, &sliced);
    let mut rewriter = ctx.rewriter_before(op);
    let slice_loc = if keeps {
        loc
    } else {
        rewriter.loc_name(&format!("{name}_slice"))
    };
    let slice = rewriter
        .build("top.Slice")
        .operands(&[source, none, none, none])
        .result(slice_type)
        .i64s("offset", &offset)
        .i64s("steps", &steps)
        .i64s("ends", &ends)
        .i64s("hasparamConvert_axes", &[axis as i64])
        .loc(slice_loc)
        .finish();
    let mut value = rewriter.result(slice);
    if !keeps {
        let squeeze = rewriter
            .build("top.Squeeze")
            .operand(value)
            .result(result_type)
            .i64s("axes", &[axis as i64])
            .loc(loc)
            .finish();
        value = rewriter.result(squeeze);
    }
    rewriter.replace_op(op, &[value]);
    true
}
