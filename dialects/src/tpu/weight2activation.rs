//! `tpu.Weight2Activation`: a weight used as an activation.
//!
//! Copies a weight unchanged, so that it can stand where an activation is needed.
//!
//! Source: TPU-MLIR's operation definition `tpu.Weight2Activation`.

use crate::op;

op! {
    /// A weight used as an activation.
    pub Weight2Activation = "tpu.Weight2Activation", "a weight used as an activation";
    operands: input: One;
    results: output: One;
    attrs: ;
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
