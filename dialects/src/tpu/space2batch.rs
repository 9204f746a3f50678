//! `tpu.Space2Batch`: moves blocks of the plane into the batch.
//!
//! `[n, c, h, w] -> [n * block_h * block_w, c, h / block_h, w / block_w]` after padding by `pads` (top,
//! bottom, left, right).
//!
//! Source: TPU-MLIR's operation definition `tpu.Space2Batch`.

use crate::op;

op! {
    /// Moves blocks of the plane into the batch.
    pub Space2Batch = "tpu.Space2Batch", "moves blocks of the plane into the batch";
    operands: input: One, buffer: Optional;
    results: output: One;
    attrs:
        block_h: i64 [required],
        block_w: i64 [required],
        pads: i64s [required];
    traits: Pure, Movement;
    verify: None;
    infer_shape: None;
    flops: None;
}
