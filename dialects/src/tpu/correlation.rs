//! `tpu.Correlation`: as `top.Correlation`.
//!
//! Source: TPU-MLIR's operation definition `tpu.Correlation`.

use crate::op;

op! {
    /// Correlation of two feature maps for each disparity.
    pub Correlation = "tpu.Correlation", "correlation of two feature maps for each disparity";
    operands: inputs: Variadic;
    results: output: One;
    attrs:
        max_disp: i64 [= 0],
        num_groups: i64 [= 1];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
