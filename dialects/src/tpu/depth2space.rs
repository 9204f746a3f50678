//! `tpu.Depth2Space`: moves channels into blocks of the plane, or back.
//!
//! `[n, c, h, w] -> [n, c / (block_h * block_w), h * block_h, w * block_w]`; `is_CRD` tells the order inside
//! a channel group, `is_inversed` the opposite direction.
//!
//! Source: TPU-MLIR's operation definition `tpu.Depth2Space`.

use crate::op;

op! {
    /// Moves channels into blocks of the plane, or back.
    pub Depth2Space = "tpu.Depth2Space", "moves channels into blocks of the plane, or back";
    operands: input: One;
    results: output: One;
    attrs:
        block_h: i64 [required],
        block_w: i64 [required],
        in_is_NCHW: bool [= true],
        is_CRD: bool [required],
        is_inversed: bool [required],
        out_is_NCHW: bool [= true],
        swap_cr: bool [= false];
    traits: Pure, Movement;
    verify: None;
    infer_shape: None;
    flops: None;
}
