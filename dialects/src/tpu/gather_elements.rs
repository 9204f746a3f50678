//! `tpu.GatherElements`: `y[i, j, k] = x[indices[i, j, k], j, k]` for axis 0; on the host.
//!
//! Source: TPU-MLIR's operation definition `tpu.GatherElements`.

use crate::op;

op! {
    /// Picks elements along an axis.
    pub GatherElements = "tpu.GatherElements", "picks elements along an axis";
    operands: input: One, indices: One, indices_coeff: Optional, buffer: Optional;
    results: output: One;
    attrs:
        axis: i64 [= 2];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
