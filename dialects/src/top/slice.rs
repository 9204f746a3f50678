//! `top.Slice`: from `offset` to before `ends` in steps of `steps`, for each dimension or, if `axes` is not empty, for those. Negative
//! positions count from the end; positions outside are clamped. Shape inference writes the values of some axes for all
//! dimensions, as they are; [`Slice::ranges`] resolves them.
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

/// What a slice takes of one dimension.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Range {
    /// First position.
    pub start: i64,
    /// Distance from one position to the next; may be negative, is not 0.
    pub step: i64,
    /// Number of positions.
    pub count: i64,
}

impl Slice {
    /// What is taken of each dimension of an input of these sizes: positions resolved and clamped. An error in words if
    /// the attributes do not fit the input.
    pub fn ranges(self, ctx: &Context, input: &[i64]) -> Result<Vec<Range>, String> {
        let (offset, steps, ends, axes) = (self.offset(ctx), self.steps(ctx), self.ends(ctx), self.axes(ctx));
        if axes.is_empty() && offset.len() > input.len() {
            return Err(format!(
                "expects at most {} values in 'offset', found {}",
                input.len(),
                offset.len()
            ));
        }
        let mut ranges: Vec<Range> = input
            .iter()
            .map(|dim| Range {
                start: 0,
                step: 1,
                count: *dim,
            })
            .collect();
        for index in 0..offset.len() {
            let axis = axes.get(index).copied().unwrap_or(index as i64);
            let axis = if axis < 0 { axis + input.len() as i64 } else { axis };
            let Some(axis) = usize::try_from(axis).ok().filter(|axis| *axis < input.len()) else {
                return Err(format!(
                    "expects axes below {}, found {}",
                    input.len(),
                    axes[index]
                ));
            };
            let (dim, step) = (input[axis], steps[index]);
            let place = |position: i64| {
                if position < 0 {
                    position.saturating_add(dim)
                } else {
                    position
                }
            };
            let (start, span) = if dim < 1 {
                (0, 0)
            } else if step > 0 {
                let (start, end) = (
                    place(offset[index]).clamp(0, dim),
                    place(ends[index]).clamp(0, dim),
                );
                (start, end - start)
            } else {
                let (start, end) = (
                    place(offset[index]).clamp(0, dim - 1),
                    place(ends[index]).clamp(-1, dim - 1),
                );
                (start, start - end)
            };
            let count = if span > 0 {
                (span - 1) / step.abs().max(1) + 1
            } else {
                0
            };
            ranges[axis] = Range { start, step, count };
        }
        Ok(ranges)
    }
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let slice = Slice::new_unchecked(op);
    let input = shape::ranked(rw, op, slice.input(rw))?;
    let ranges = slice
        .ranges(rw, &input)
        .map_err(|message| op_error(rw, op, message))?;
    let output: Vec<i64> = ranges.iter().map(|range| range.count).collect();
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
    spread(rw, slice, &input);
    shape::set_result(rw, slice.output(rw), &output);
    Ok(())
}

/// Values for some axes become values for all dimensions, as they were written; `hasparamConvert_axes` remembers the axes.
fn spread(rw: &mut Rewriter<'_>, slice: Slice, input: &[i64]) {
    let op = slice.op();
    let axes = slice.axes(rw);
    if axes.is_empty() {
        return;
    }
    let attr = rw.i64_array_attr(&axes);
    rw.set_attr(op, "hasparamConvert_axes", attr);
    if axes.len() == input.len() {
        return;
    }
    let mut rows = [vec![0; input.len()], vec![1; input.len()], input.to_vec()];
    for (row, given) in rows
        .iter_mut()
        .zip([slice.offset(rw), slice.steps(rw), slice.ends(rw)])
    {
        for (axis, value) in axes.iter().zip(given) {
            let axis = if *axis < 0 {
                *axis + input.len() as i64
            } else {
                *axis
            };
            row[axis as usize] = value;
        }
    }
    for (name, values) in [("offset", &rows[0]), ("steps", &rows[1]), ("ends", &rows[2])] {
        let attr = rw.i64_array_attr(values);
        rw.set_attr(op, name, attr);
    }
    let none = rw.i64_array_attr(&[]);
    rw.set_attr(op, "axes", none);
}
