//! `tpu.Batch2Space`: moves the batch into blocks of the plane.
//!
//! Inverse of `tpu.Space2Batch`, then `crops` (top, bottom, left, right) are cut off.
//!
//! Source: TPU-MLIR's operation definition `tpu.Batch2Space`.

use crate::op;

op! {
    /// Moves the batch into blocks of the plane.
    pub Batch2Space = "tpu.Batch2Space", "moves the batch into blocks of the plane";
    operands: input: One, buffer: Optional;
    results: output: One;
    attrs:
        block_h: i64 [required],
        block_w: i64 [required],
        crops: i64s [required];
    traits: Pure, Movement;
    verify: None;
    infer_shape: None;
    flops: None;
}
