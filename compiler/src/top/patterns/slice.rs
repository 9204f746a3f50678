//! Rewrites that start at `top.Slice`.

use super::{
    erase_if_unused, insert_after, new_weight, only_user, replace, set_shape, shape_of, used_once, vector,
};
use crate::program::Program;
use crate::top::infer::none_before;
use tpuc_dialects::ir::{Context, Op, OpView};
use tpuc_dialects::top::{Conv, Slice};

/// Whether no position is computed.
fn constant(ctx: &Context, slice: Slice) -> bool {
    slice.offsetT(ctx).is_none() && slice.endsT(ctx).is_none() && slice.stepsT(ctx).is_none()
}

/// A slice of everything in order.
pub fn remove(program: &mut Program, op: Op) -> bool {
    let ctx = &mut program.ctx;
    let slice = Slice::new_unchecked(op);
    let input = slice.input(ctx);
    let Some(shape) = shape_of(ctx, input).filter(|_| constant(ctx, slice)) else {
        return false;
    };
    let whole = slice.ranges(ctx, &shape).is_ok_and(|ranges| {
        ranges
            .iter()
            .zip(&shape)
            .all(|(range, dim)| range.start == 0 && range.step == 1 && range.count == *dim)
    });
    if !whole || ctx.shape(slice.output(ctx)) != Some(&shape[..]) {
        return false;
    }
    ctx.rewriter().replace_op(op, &[input]);
    true
}

/// Networks that compute shapes keep their slices.
fn computes_shapes(program: &Program) -> bool {
    program.module_str("top_run_mode") == Some("DYNAMIC")
}

/// A slice that only slices use is made once for each of them, so that each can join it.
pub fn copy_for_slices(program: &mut Program, op: Op) -> bool {
    let ctx = &program.ctx;
    let slice = Slice::new_unchecked(op);
    let output = slice.output(ctx);
    let users = ctx.users(output);
    let all_slices = users
        .iter()
        .all(|user| Slice::cast(ctx, *user).is_some_and(|user| constant(ctx, user)));
    let copies = users.len() > 1 && all_slices && !computes_shapes(program);
    let Some(shape) = shape_of(ctx, output).filter(|_| copies && constant(ctx, slice)) else {
        return false;
    };
    let (source, name) = (slice.input(ctx), format!("{}_r_slice", ctx.name(op)));
    for user in users {
        let operands = program.ctx.operands(op).to_vec();
        let Some(copy) = insert_after(
            program,
            source,
            "top.Slice",
            &name,
            &operands,
            &shape,
            |builder| builder.attrs_of(op),
        ) else {
            return false;
        };
        // The copy stands before the `top.None` that it uses if that comes later.
        let none = none_before(program, user);
        let maker = program.ctx.defining_op(copy).expect("it was made just now");
        let mut rewriter = program.ctx.rewriter();
        for index in 1..operands.len() {
            rewriter.set_operand(maker, index, none);
        }
        rewriter.set_operand(user, 0, copy);
    }
    erase_if_unused(program, op);
    true
}

/// Two in a row are one.
pub fn join(program: &mut Program, op: Op) -> bool {
    let dynamic = computes_shapes(program);
    let ctx = &mut program.ctx;
    let slice = Slice::new_unchecked(op);
    let input = slice.input(ctx);
    let Some(first) = used_once::<Slice>(ctx, input).filter(|_| !dynamic) else {
        return false;
    };
    let (Some(middle), Some(source_shape)) = (shape_of(ctx, input), shape_of(ctx, first.input(ctx))) else {
        return false;
    };
    let rank = middle.len();
    let full = |slice: Slice| {
        let plain = slice.axes(ctx).is_empty() || slice.axes(ctx).len() == rank;
        plain
            && constant(ctx, slice)
            && [slice.offset(ctx), slice.ends(ctx), slice.steps(ctx)]
                .iter()
                .all(|values| values.len() == rank)
            && slice.steps(ctx).iter().all(|step| *step > 0)
    };
    if !full(first) || !full(slice) {
        return false;
    }
    let (Ok(outer), Ok(inner)) = (slice.ranges(ctx, &middle), first.ranges(ctx, &source_shape)) else {
        return false;
    };
    let place = |position: i64, dim: i64| if position < 0 { position + dim } else { position };
    let mut axes = slice.hasparamConvert_axes(ctx);
    let mut ends = slice.ends(ctx);
    for axis in first.hasparamConvert_axes(ctx) {
        if !axes.contains(&axis) {
            if let Some(end) = usize::try_from(axis).ok().and_then(|axis| ends.get_mut(axis)) {
                *end = middle[axis as usize];
            }
            axes.push(axis);
        }
    }
    let first_ends = first.ends(ctx);
    let mut rows = [vec![0; rank], vec![0; rank], vec![1; rank]];
    for dim in 0..rank {
        let start = inner[dim].start + outer[dim].start * inner[dim].step;
        let (end, first_end) = (
            place(ends[dim], middle[dim]),
            place(first_ends[dim], source_shape[dim]),
        );
        rows[0][dim] = start;
        rows[1][dim] = if first_end < end {
            first_end
        } else {
            start + (end - outer[dim].start) * inner[dim].step
        };
        rows[2][dim] = inner[dim].step * outer[dim].step;
    }
    let source = first.input(ctx);
    let mut rewriter = ctx.rewriter();
    for (name, values) in [
        ("offset", &rows[0]),
        ("ends", &rows[1]),
        ("steps", &rows[2]),
        ("hasparamConvert_axes", &axes),
    ] {
        let attr = rewriter.i64_array_attr(values);
        rewriter.set_attr(op, name, attr);
    }
    let none = rewriter.i64_array_attr(&[]);
    rewriter.set_attr(op, "axes", none);
    rewriter.set_operand(op, 0, source);
    rewriter.erase_op(first.op());
    true
}

/// The one dimension that is taken backwards as a whole while all others are taken as they are.
fn reversed(ctx: &Context, slice: Slice) -> Option<usize> {
    let shape = shape_of(ctx, slice.input(ctx)).filter(|_| constant(ctx, slice))?;
    let ranges = slice.ranges(ctx, &shape).ok()?;
    let mut found = None;
    for (index, (range, dim)) in ranges.iter().zip(&shape).enumerate() {
        if range.step == -1 && range.count == *dim && found.is_none() {
            found = Some(index);
        } else if range.start != 0 || range.step != 1 || range.count != *dim {
            return None;
        }
    }
    found
}

/// Up to four dimensions can be reversed by an operation of its own.
pub fn to_reverse(program: &mut Program, op: Op) -> bool {
    let ctx = &program.ctx;
    let slice = Slice::new_unchecked(op);
    let (input, Some(axis)) = (slice.input(ctx), reversed(ctx, slice)) else {
        return false;
    };
    if ctx.shape(input).is_none_or(|shape| shape.len() > 4) {
        return false;
    }
    replace(program, op, "top.Reverse", &[input], |builder| {
        builder.i64("axis", axis as i64)
    });
    true
}

/// More dimensions are gathered.
pub fn to_gather(program: &mut Program, op: Op) -> bool {
    let ctx = &program.ctx;
    let slice = Slice::new_unchecked(op);
    let (input, Some(axis)) = (slice.input(ctx), reversed(ctx, slice)) else {
        return false;
    };
    let length = ctx.shape(input).map_or(0, |shape| shape[axis]);
    let positions = (0..length).rev().map(|position| position as f32).collect();
    let indices = new_weight(program, op, "indices", vector(positions));
    replace(program, op, "top.Gather", &[input, indices], |builder| {
        builder.si32("axis", axis as i32).bool("keepdims", true)
    });
    true
}

/// What a slice cuts off the padded border of a convolution need not be computed.
pub fn into_conv(program: &mut Program, op: Op) -> bool {
    let ctx = &program.ctx;
    let slice = Slice::new_unchecked(op);
    let (input, output) = (slice.input(ctx), slice.output(ctx));
    let Some(conv) = Conv::defining(ctx, input).filter(|_| only_user(ctx, input) == Some(op)) else {
        return false;
    };
    let (Some(shape), Some(cut)) = (shape_of(ctx, input), shape_of(ctx, output)) else {
        return false;
    };
    let (Ok(ranges), &[top, left, bottom, right]) = (slice.ranges(ctx, &shape), &conv.pads(ctx)[..]) else {
        return false;
    };
    let whole =
        |dim: usize| ranges[dim].start == 0 && ranges[dim].count == shape[dim] && ranges[dim].step == 1;
    let plain = shape.len() == 4
        && constant(ctx, slice)
        && conv.strides(ctx) == [1, 1]
        && whole(0)
        && whole(1)
        && ranges[2].step == 1
        && ranges[3].step == 1;
    if !plain {
        return false;
    }
    let (rows, columns) = (ranges[2].start, ranges[3].start);
    let pads = [
        top - rows,
        left - columns,
        bottom - (shape[2] - cut[2] - rows),
        right - (shape[3] - cut[3] - columns),
    ];
    if pads.iter().any(|pad| *pad < 0) {
        return false;
    }
    let loc = ctx.op_loc(op);
    set_shape(program, input, &cut);
    let mut rewriter = program.ctx.rewriter();
    let attr = rewriter.i64_array_attr(&pads);
    rewriter.set_attr(conv.op(), "pads", attr);
    rewriter.set_loc(conv.op(), loc);
    rewriter.replace_op(op, &[input]);
    true
}
