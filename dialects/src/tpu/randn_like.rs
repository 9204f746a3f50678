//! `tpu.RandnLike`: as `top.RandnLike`.
//!
//! Source: TPU-MLIR's operation definition `tpu.RandnLike`.

use crate::op;

op! {
    /// Normally distributed numbers.
    pub RandnLike = "tpu.RandnLike", "normally distributed numbers";
    operands: input: One, randn_data: One;
    results: output: One;
    attrs: ;
    traits: ;
    verify: None;
    infer_shape: None;
    flops: None;
}
