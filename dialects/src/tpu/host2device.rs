//! `tpu.Host2Device`: copies host memory to device memory.
//!
//! Moves data unchanged.
//!
//! Source: TPU-MLIR's operation definition `tpu.Host2Device`.

use crate::op;

op! {
    /// Copies host memory to device memory.
    pub Host2Device = "tpu.Host2Device", "copies host memory to device memory";
    operands: input: One;
    results: output: One;
    attrs: ;
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
