//! `tpu.Range`: `start, start + delta, ..` up to before `limit`; on the host.
//!
//! Source: TPU-MLIR's operation definition `tpu.Range`.

use crate::op;

op! {
    /// Numbers from start to limit.
    pub RangeOp = "tpu.Range", "numbers from start to limit";
    operands: start: One, limit: One, delta: One;
    results: output: One;
    attrs: ;
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
