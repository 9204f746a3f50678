//! `tpu.ConcatVolume`: as `top.ConcatVolume`.
//!
//! Source: TPU-MLIR's operation definition `tpu.ConcatVolume`.

use crate::op;

op! {
    /// Concatenates two feature maps for each disparity.
    pub ConcatVolume = "tpu.ConcatVolume", "concatenates two feature maps for each disparity";
    operands: inputs: Variadic;
    results: output: One;
    attrs:
        max_disp: i64 [= 0];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
