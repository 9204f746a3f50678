//! `tpu.Compare`: compares two tensors.
//!
//! `y = x_0 MODE x_1 ? 1 : 0`, with broadcast. F32.
//!
//! Source: TPU-MLIR's operation definition `tpu.Compare`.

use crate::op;

op! {
    /// Compares two tensors.
    pub Compare = "tpu.Compare", "compares two tensors";
    operands: lhs: One, rhs: One;
    results: output: One;
    attrs:
        mode: (str "Equal" "Greater" "GreaterOrEqual" "Less" "LessOrEqual" "NotEqual" "And" "Not" "Xor")
            [required];
    traits: Pure, LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}
