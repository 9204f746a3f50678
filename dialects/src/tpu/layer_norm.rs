//! `tpu.LayerNorm`: normalises the dimensions from an axis on.
//!
//! `y = (x - mean) / sqrt(variance + eps) * weight + bias` over the dimensions from `axis`. F32.
//!
//! Source: TPU-MLIR's operation definition `tpu.LayerNorm`.

use crate::op;

op! {
    /// Normalises the dimensions from an axis on.
    pub LayerNorm = "tpu.LayerNorm", "normalises the dimensions from an axis on";
    operands: input: One, weight: Optional, bias: Optional, table: Optional, mantissa_table: Optional;
    results: output: One;
    attrs:
        axis: si32 [required],
        eps: f64 [required],
        normalized_shape: i64s [required];
    traits: Pure, LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}
