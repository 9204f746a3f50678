//! `tpu.OutBuffer`: memory that a group writes its result to.
//!
//! Source: TPU-MLIR's operation definition `tpu.OutBuffer`.

use crate::op;

op! {
    /// Memory for a result.
    pub OutBuffer = "tpu.OutBuffer", "memory for a result";
    operands: ;
    results: output: One;
    attrs:
        need_dump: bool [= false];
    traits: ;
    verify: None;
    infer_shape: None;
    flops: None;
}
