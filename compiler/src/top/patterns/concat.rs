//! Rewrites that start at `top.Concat`.

use super::{new_weight, only_user, replace, shape_of, weight_values};
use crate::program::Program;
use crate::top::infer::none_before;
use ndarray::{ArrayD, IxDyn};
use tpuc_dialects::ir::{Op, OpView, Value};
use tpuc_dialects::top::{Concat, Conv, Slice};

/// Slices of one value that take every `block`-th row and column, each from another start.
struct Blocks {
    source: Value,
    block_h: i64,
    block_w: i64,
    /// `row * block_w + column` of the start of each slice.
    order: Vec<i64>,
}

/// Reads the operands of a concatenation; the channels are dimension 1 or, if they are last, 3 (of four).
fn blocks_of(program: &Program, concat: Concat, channels: usize) -> Option<Blocks> {
    let ctx = &program.ctx;
    let inputs = concat.inputs(ctx);
    let (rows, columns) = if channels == 1 { (2, 3) } else { (1, 2) };
    let mut blocks: Option<Blocks> = None;
    for input in inputs {
        let slice = Slice::defining(ctx, *input)?;
        let (offset, steps, ends) = (slice.offset(ctx), slice.steps(ctx), slice.ends(ctx));
        let shape = ctx.shape(slice.input(ctx))?;
        let shape_out = ctx.shape(*input)?;
        if offset.len() != 4 || shape.len() != 4 || ends.len() != 4 {
            return None;
        }
        let fixed = [0, channels];
        if fixed
            .iter()
            .any(|dim| offset[*dim] != 0 || steps[*dim] != 1 || shape[*dim] != shape_out[*dim])
        {
            return None;
        }
        let (block_h, block_w) = (steps[rows], steps[columns]);
        let inside = (0..block_h).contains(&offset[rows]) && (0..block_w).contains(&offset[columns]);
        let whole =
            shape_out[rows] * block_h == shape[rows] && shape_out[columns] * block_w == shape[columns];
        if !inside || !whole {
            return None;
        }
        let blocks = blocks.get_or_insert(Blocks {
            source: slice.input(ctx),
            block_h,
            block_w,
            order: Vec::new(),
        });
        let start = offset[rows] * block_w + offset[columns];
        let same =
            blocks.block_h == block_h && blocks.block_w == block_w && blocks.source == slice.input(ctx);
        if !same || blocks.order.contains(&start) {
            return None;
        }
        blocks.order.push(start);
    }
    blocks.filter(|blocks| blocks.block_h * blocks.block_w == inputs.len() as i64)
}

/// Slices that take every n-th pixel, joined along the channels, are a space-to-depth. In front of a convolution the
/// slices may come in any order: the filter's channels are reordered.
pub fn to_depth2space(program: &mut Program, op: Op) -> bool {
    let ctx = &program.ctx;
    let concat = Concat::new_unchecked(op);
    let output = concat.output(ctx);
    let Some(rank) = ctx.shape(output).map(<[i64]>::len) else {
        return false;
    };
    let axis = concat.axis(ctx);
    let axis = if axis < 0 { axis + rank as i64 } else { axis };
    if concat.do_relu(ctx) || rank != 4 || !(axis == 1 || axis == 3) {
        return false;
    }
    let Some(blocks) = blocks_of(program, concat, axis as usize) else {
        return false;
    };
    let user = only_user(ctx, output).and_then(|user| Conv::cast(ctx, user));
    let in_order = blocks.order.iter().copied().eq(0..blocks.order.len() as i64);
    let mut swap = false;
    if let (Some(conv), 1) = (user, axis) {
        if !in_order && !reorder_filter(program, op, conv, &blocks) {
            return false;
        }
    } else if !in_order {
        // Columns before rows.
        let swapped = (0..blocks.block_w).all(|column| {
            (0..blocks.block_h).all(|row| {
                blocks.order[(row * blocks.block_w + column) as usize] == column * blocks.block_h + row
            })
        });
        if !swapped {
            return false;
        }
        swap = true;
    }
    // TPU-MLIR sets the mark whenever the columns-first test did not fail, also where the order is rows first.
    let swap = swap || (user.is_none() && in_order);
    let channels_first = axis == 1;
    replace(program, op, "top.Depth2Space", &[blocks.source], |builder| {
        builder
            .i64("block_h", blocks.block_h)
            .i64("block_w", blocks.block_w)
            .bool("is_CRD", false)
            .bool("is_inversed", true)
            .bool("in_is_NCHW", channels_first)
            .bool("out_is_NCHW", channels_first)
            .bool("swap_cr", swap)
    });
    true
}

/// Puts the filter's input channels in the order of the starts, and gives the concatenation another name: its channels
/// stand in another order now.
fn reorder_filter(program: &mut Program, op: Op, conv: Conv, blocks: &Blocks) -> bool {
    let ctx = &program.ctx;
    let Some(filter) = weight_values(program, conv.filter(ctx)).filter(|_| conv.group(ctx) == 1) else {
        return false;
    };
    let &[outputs, inputs, rows, columns] = filter.shape() else {
        return false;
    };
    let count = blocks.order.len();
    if inputs % count != 0 {
        return false;
    }
    let part = inputs / count;
    let mut reordered = ArrayD::zeros(IxDyn(&[outputs, inputs, rows, columns]));
    for (from, to) in blocks.order.iter().enumerate() {
        for channel in 0..part {
            let source = filter.index_axis(ndarray::Axis(1), from * part + channel);
            reordered
                .index_axis_mut(ndarray::Axis(1), *to as usize * part + channel)
                .assign(&source);
        }
    }
    let name = format!("{}_r_Depth2Space", program.ctx.name(op));
    let filter = new_weight(program, conv.op(), "filter_S2D", reordered);
    let mut rewriter = program.ctx.rewriter();
    rewriter.set_operand(conv.op(), 1, filter);
    let loc = rewriter.loc_name(&name);
    rewriter.set_loc(op, loc);
    true
}

/// Slices of one value that stand side by side in it, joined in the same order, are one slice.
pub fn join_slices(program: &mut Program, op: Op) -> bool {
    let ctx = &program.ctx;
    let concat = Concat::new_unchecked(op);
    let axis = concat.axis(ctx);
    // What is sliced, and from where, in which steps, to where.
    type Joined = (Value, Vec<i64>, Vec<i64>, Vec<i64>);
    let mut joined: Option<Joined> = None;
    for input in concat.inputs(ctx) {
        let Some(slice) = Slice::defining(ctx, *input) else {
            return false;
        };
        let source = slice.input(ctx);
        let (Some(shape), Some(cut)) = (shape_of(ctx, source), shape_of(ctx, *input)) else {
            return false;
        };
        let Ok(ranges) = slice.ranges(ctx, &shape) else {
            return false;
        };
        let axis = if axis < 0 { axis + shape.len() as i64 } else { axis } as usize;
        if axis >= shape.len() || ranges[axis].step != 1 {
            return false;
        }
        let offset: Vec<i64> = ranges.iter().map(|range| range.start).collect();
        let steps: Vec<i64> = ranges.iter().map(|range| range.step).collect();
        let end = offset[axis] + cut[axis];
        match &mut joined {
            None => {
                let mut ends: Vec<i64> = slice
                    .ends(ctx)
                    .iter()
                    .zip(&shape)
                    .map(|(end, dim)| if *end < 0 { end + dim } else { *end })
                    .collect();
                if ends.len() != shape.len() {
                    return false;
                }
                ends[axis] = end;
                joined = Some((source, offset, steps, ends));
            }
            Some((first, first_offset, first_steps, ends)) => {
                let same = |dim: usize| {
                    dim == axis
                        || (offset[dim] == first_offset[dim] && cut_same(program, concat, *input, dim))
                };
                if *first != source
                    || *first_steps != steps
                    || offset[axis] != ends[axis]
                    || !(0..shape.len()).all(same)
                {
                    return false;
                }
                ends[axis] = end;
            }
        }
    }
    let Some((source, offset, steps, ends)) = joined.filter(|_| !concat.do_relu(ctx)) else {
        return false;
    };
    let none = none_before(program, op);
    replace(program, op, "top.Slice", &[source, none, none, none], |builder| {
        builder
            .i64s("offset", &offset)
            .i64s("steps", &steps)
            .i64s("ends", &ends)
    });
    true
}

/// Whether an input has the same size in a dimension as the concatenation's first input.
fn cut_same(program: &Program, concat: Concat, input: Value, dim: usize) -> bool {
    let ctx = &program.ctx;
    let size = |value| ctx.shape(value).and_then(|shape| shape.get(dim).copied());
    concat
        .inputs(ctx)
        .first()
        .is_some_and(|first| size(*first) == size(input))
}

/// Joining one value.
pub fn remove(program: &mut Program, op: Op) -> bool {
    let ctx = &mut program.ctx;
    let concat = Concat::new_unchecked(op);
    let &[input] = concat.inputs(ctx) else {
        return false;
    };
    if concat.do_relu(ctx) {
        return false;
    }
    ctx.rewriter().replace_op(op, &[input]);
    true
}
