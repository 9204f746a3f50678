//! `top.Slice`: from `offset` to before `ends` in steps of `steps`, for each dimension or, if `axes` is not empty, for those. Negative
//! positions count from the end; positions outside are clamped. Shape inference writes the values for all dimensions.
//!
//! Source: ONNX Slice (opset 13); attributes as TPU-MLIR's `top.Slice`.

use super::shape;
use crate::ir::{Context, Diagnostic, Op, OpView, Rewriter, op_error};
use crate::op;

op! {
    /// Cuts a box out of a tensor.
    pub Slice = "top.Slice", "cuts a box out of a tensor";
    operands: input: One, offsetT: Optional, endsT: Optional, stepsT: Optional;
    results: output: One;
    attrs:
        axes: i64s [= []],
        ends: i64s [required],
        hasparamConvert_axes: i64s [= []],
        offset: i64s [required],
        steps: i64s [required];
    traits: Pure, Movement, Quantizable;
    verify: Some(verify);
    infer_shape: Some(infer_shape);
    flops: None;
}

fn verify(ctx: &Context, op: Op, found: &mut Vec<Diagnostic>) {
    let slice = Slice::new_unchecked(op);
    let lengths = [
        slice.offset(ctx).len(),
        slice.steps(ctx).len(),
        slice.ends(ctx).len(),
    ];
    let axes = slice.axes(ctx).len();
    if lengths[1] != lengths[0] || lengths[2] != lengths[0] || (axes != 0 && axes != lengths[0]) {
        found.push(op_error(
            ctx,
            op,
            format_args!(
                "expects 'offset', 'steps', 'ends' and 'axes' of one length, found {lengths:?} and {axes}"
            ),
        ));
    }
    if slice.steps(ctx).contains(&0) {
        found.push(op_error(ctx, op, "expects steps that are not 0"));
    }
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let slice = Slice::new_unchecked(op);
    let input = shape::ranked(rw, op, slice.input(rw))?;
    let (offset, steps, ends, axes) = (slice.offset(rw), slice.steps(rw), slice.ends(rw), slice.axes(rw));
    if axes.is_empty() && offset.len() > input.len() {
        return Err(op_error(
            rw,
            op,
            format_args!(
                "expects at most {} values in 'offset', found {}",
                input.len(),
                offset.len()
            ),
        ));
    }
    let mut all_offset = vec![0; input.len()];
    let mut all_steps = vec![1; input.len()];
    let mut all_ends = input.to_vec();
    for index in 0..offset.len() {
        let axis = match axes.get(index) {
            Some(axis) => shape::axis(rw, op, *axis, input.len())?,
            None => index,
        };
        let dim = input[axis];
        let step = steps[index];
        let from_end = |position: i64| {
            if position < 0 {
                position.saturating_add(dim)
            } else {
                position
            }
        };
        // In the form for all dimensions -1 stands for "to the end", as TPU-MLIR reads it.
        let open = axes.is_empty() && ends[index] == -1 && step > 0;
        let (start, end) = if step > 0 {
            let end = if open {
                dim
            } else {
                from_end(ends[index]).clamp(0, dim)
            };
            (from_end(offset[index]).clamp(0, dim), end)
        } else {
            // A form that was normalised before has -1 for "before the first element".
            let end = if axes.is_empty() && ends[index] == -1 {
                -1
            } else {
                from_end(ends[index])
            };
            (from_end(offset[index]).clamp(0, dim - 1), end.clamp(-1, dim - 1))
        };
        all_offset[axis] = start;
        all_ends[axis] = end;
        all_steps[axis] = step;
    }
    let output: Vec<i64> = (0..input.len())
        .map(|axis| {
            let (span, step) = (all_ends[axis] - all_offset[axis], all_steps[axis]);
            let (span, step) = if step > 0 { (span, step) } else { (-span, -step) };
            if span > 0 { (span + step - 1) / step } else { 0 }
        })
        .collect();
    if output.contains(&0) {
        return Err(op_error(
            rw,
            op,
            format_args!(
                "cuts nothing out of {}: the result is {}",
                shape::text(&input),
                shape::text(&output)
            ),
        ));
    }
    if !axes.is_empty() {
        for (name, values) in [
            ("offset", &all_offset),
            ("steps", &all_steps),
            ("ends", &all_ends),
        ] {
            let attr = rw.i64_array_attr(values);
            rw.set_attr(op, name, attr);
        }
    }
    shape::set_result(rw, slice.output(rw), &output);
    Ok(())
}
