//! `tpu.GridSampler`: samples the input at the positions of `grid`, as `top.GridSampler`.
//!
//! Source: TPU-MLIR's operation definition `tpu.GridSampler`.

use crate::op;

op! {
    /// Samples at given positions.
    pub GridSampler = "tpu.GridSampler", "samples at given positions";
    operands: input: One, grid: One, buffer: Optional;
    results: output: One;
    attrs:
        align_corners: bool [required],
        mean: f64 [= 0.0],
        mode: i64 [required],
        need_permute: bool [= false],
        padding_mode: i64 [required],
        scale: f64 [= 1.0];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
