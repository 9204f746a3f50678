//! `tpu.NonZero`: as `top.NonZero`.
//!
//! Source: TPU-MLIR's operation definition `tpu.NonZero`.

use crate::op;

op! {
    /// Positions of what is not zero.
    pub NonZero = "tpu.NonZero", "positions of what is not zero";
    operands: input: One, buffer: Optional;
    results: output: One;
    attrs:
        order: (str "ColMajor" "RowMajor") [required];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
