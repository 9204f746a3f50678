//! `tpu.RMSNorm`: `x / sqrt(mean(x^2) + eps) * gamma` over the last dimension.
//!
//! Source: TPU-MLIR's operation definition `tpu.RMSNorm`.

use crate::op;

op! {
    /// Divides by the root mean square.
    pub RMSNorm = "tpu.RMSNorm", "divides by the root mean square";
    operands: input: One, gamma: Optional;
    results: output: One;
    attrs:
        eps: f64 [required],
        weight_keep_f32: bool [= false];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
