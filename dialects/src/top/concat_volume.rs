//! `top.ConcatVolume`: stereo matching's volume: for each disparity `d` below `max_disp`, the left features and the right ones shifted by `d`
//! columns, zero where nothing is: N, C, H, W twice gives N, 2C, `max_disp`, H, W.
//!
//! Source: TPU-MLIR's `top.ConcatVolume` (a custom ONNX operator).

use super::shape;
use crate::ir::{Diagnostic, Op, OpView, Rewriter};
use crate::op;

op! {
    /// Concatenates two feature maps for each disparity.
    pub ConcatVolume = "top.ConcatVolume", "concatenates two feature maps for each disparity";
    operands: inputs: Variadic;
    results: output: One;
    attrs:
        max_disp: i64 [= 0];
    traits: Pure, Quantizable;
    verify: Some(super::correlation::verify);
    infer_shape: Some(infer_shape);
    flops: None;
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let volume = ConcatVolume::new_unchecked(op);
    let input = super::correlation::stereo_pair(rw, op, volume.inputs(rw))?;
    let output = [input[0], input[1] * 2, volume.max_disp(rw), input[2], input[3]];
    shape::set_result(rw, volume.output(rw), &output);
    Ok(())
}
