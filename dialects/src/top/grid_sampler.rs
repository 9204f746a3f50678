//! `top.GridSampler`: the input sampled at the positions (-1 to 1) that `grid` holds.
//!
//! Source: ONNX GridSample (opset 16).

use super::shape;
use crate::ir::{Context, Diagnostic, Op, OpView, Rewriter, op_error};
use crate::op;

op! {
    /// Samples an image at given positions.
    pub GridSampler = "top.GridSampler", "samples an image at given positions";
    operands: input: One, grid: One;
    results: output: One;
    attrs:
        align_corners: bool [required],
        mode: i64 [required],
        padding_mode: i64 [required];
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: Some(flops);
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let sampler = GridSampler::new_unchecked(op);
    let input = shape::ranked(rw, op, sampler.input(rw))?;
    let grid = shape::ranked(rw, op, sampler.grid(rw))?;
    if input.len() != grid.len() || input.len() < 3 {
        return Err(op_error(
            rw,
            op,
            format_args!(
                "cannot sample {} with a grid of {}",
                shape::text(&input),
                shape::text(&grid)
            ),
        ));
    }
    let mut output = input[..2].to_vec();
    output.extend_from_slice(&grid[1..grid.len() - 1]);
    shape::set_result(rw, sampler.output(rw), &output);
    Ok(())
}

/// As TPU-MLIR counts: 21 for each point that is mixed of its neighbours, whatever the batch and the channels.
fn flops(ctx: &Context, op: Op) -> i64 {
    let sampler = GridSampler::new_unchecked(op);
    match ctx.shape(sampler.output(ctx)) {
        Some([_, _, points @ ..]) if sampler.mode(ctx) == 0 => 21 * points.iter().product::<i64>(),
        _ => 0,
    }
}
