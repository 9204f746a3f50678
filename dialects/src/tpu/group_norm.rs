//! `tpu.GroupNorm`: normalises groups of channels.
//!
//! `y = (x - mean) / sqrt(variance + eps) * weight[c] + bias[c]` over each group of channels. F32.
//!
//! Source: TPU-MLIR's operation definition `tpu.GroupNorm`.

use crate::op;

op! {
    /// Normalises groups of channels.
    pub GroupNorm = "tpu.GroupNorm", "normalises groups of channels";
    operands: input: One, weight: Optional, bias: Optional, table: Optional, mantissa_table: Optional;
    results: output: One;
    attrs:
        eps: f64 [required],
        ginfo: (lg "lg") [optional],
        num_groups: i64 [required];
    traits: Pure, LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}
