//! `tpu.PixelNorm`: `(x - mean) / sqrt(variance + eps) * weight + bias` over the channels of each pixel.
//!
//! Source: TPU-MLIR's operation definition `tpu.PixelNorm`.

use crate::op;

op! {
    /// Normalises each pixel over its channels.
    pub PixelNorm = "tpu.PixelNorm", "normalises each pixel over its channels";
    operands: input: One, weight: Optional, bias: Optional, table: Optional, mantissa_table: Optional;
    results: output: One;
    attrs:
        eps: f64 [required];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
