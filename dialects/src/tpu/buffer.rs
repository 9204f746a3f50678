//! `tpu.Buffer`: scratch in global memory for one operation.
//!
//! A tensor without contents; freed after the operation that uses it.
//!
//! Source: TPU-MLIR's operation definition `tpu.Buffer`.

use crate::op;

op! {
    /// Scratch in global memory for one operation.
    pub Buffer = "tpu.Buffer", "scratch in global memory for one operation";
    operands: ;
    results: output: One;
    attrs:
        buffer_type: (tpu "buffer_type" "GMEM" "L2") [= "GMEM"];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
