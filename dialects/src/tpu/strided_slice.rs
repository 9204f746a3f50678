//! `tpu.StridedSlice`: as `top.StridedSlice`; on the host.
//!
//! Source: TPU-MLIR's operation definition `tpu.StridedSlice`.

use crate::op;

op! {
    /// A box with positions given as values.
    pub StridedSlice = "tpu.StridedSlice", "a box with positions given as values";
    operands: input: One, starts: One, ends: One, strides: One;
    results: output: One;
    attrs:
        begin_mask: i64 [required],
        ellipsis_mask: i64 [required],
        end_mask: i64 [required],
        new_axis_mask: i64 [required],
        shrink_axis_mask: i64 [required];
    traits: Pure, Movement;
    verify: None;
    infer_shape: None;
    flops: None;
}
