//! `tpu.Pad`: pads a tensor.
//!
//! `paddings` = all starts, then all ends. `val` fills in mode `constant` (in the input's quantised integers
//! for INT8). `buffer` is scratch in global memory.
//!
//! Source: TPU-MLIR's operation definition `tpu.Pad`.

use crate::op;

op! {
    /// Pads a tensor.
    pub Pad = "tpu.Pad", "pads a tensor";
    operands: input: One, paddingsT: Optional, left_select: Optional, right_select: Optional, buffer: Optional;
    results: output: One;
    attrs:
        insert_zeros: i64s [optional],
        mode: (tpu "Pad_Mode" "constant" "reflect" "symmetric" "edge") [= "constant"],
        paddings: i64s [required],
        val: f64 [= 0.0],
        with_insert_zero: bool [= false];
    traits: Pure, LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}
