//! `tpu.CumSum`: running sums along `axis`.
//!
//! Source: TPU-MLIR's operation definition `tpu.CumSum`.

use crate::op;

op! {
    /// Running sums.
    pub CumSum = "tpu.CumSum", "running sums";
    operands: input: One, dim: Optional;
    results: output: One;
    attrs:
        axis: i64 [required];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
