//! `tpu.Reverse`: the order of the indices of `axis` is turned round.
//!
//! Source: TPU-MLIR's operation definition `tpu.Reverse`.

use crate::op;

op! {
    /// Turns an axis round.
    pub Reverse = "tpu.Reverse", "turns an axis round";
    operands: input: One;
    results: output: One;
    attrs:
        axis: i64 [required];
    traits: Pure, Movement;
    verify: None;
    infer_shape: None;
    flops: None;
}
