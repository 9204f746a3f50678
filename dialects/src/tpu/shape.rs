//! `tpu.Shape`: the dimensions of a tensor, on the host.
//!
//! A 1-D i32 tensor on the host.
//!
//! Source: TPU-MLIR's operation definition `tpu.Shape`.

use crate::op;

op! {
    /// The dimensions of a tensor, on the host.
    pub Shape = "tpu.Shape", "the dimensions of a tensor, on the host";
    operands: input: One;
    results: output: One;
    attrs: ;
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
