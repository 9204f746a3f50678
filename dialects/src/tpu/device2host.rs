//! `tpu.Device2Host`: copies device memory to host memory.
//!
//! Moves data unchanged.
//!
//! Source: TPU-MLIR's operation definition `tpu.Device2Host`.

use crate::op;

op! {
    /// Copies device memory to host memory.
    pub Device2Host = "tpu.Device2Host", "copies device memory to host memory";
    operands: input: One;
    results: output: One;
    attrs: ;
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
