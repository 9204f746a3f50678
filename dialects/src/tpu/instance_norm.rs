//! `tpu.InstanceNorm`: `(x - mean) / sqrt(variance + eps) * weight + bias` over the spatial dimensions of each channel.
//!
//! Source: TPU-MLIR's operation definition `tpu.InstanceNorm`.

use crate::op;

op! {
    /// Normalises each channel of each picture.
    pub InstanceNorm = "tpu.InstanceNorm", "normalises each channel of each picture";
    operands: input: One, weight: Optional, bias: Optional, table: Optional, mantissa_table: Optional;
    results: output: One;
    attrs:
        eps: f64 [required];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
