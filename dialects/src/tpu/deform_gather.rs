//! `tpu.DeformGather`: the samples that `top.DeformConv2D` reads, as columns of a matrix; `tpu.Conv2D` multiplies them.
//!
//! Source: TPU-MLIR's operation definition `tpu.DeformGather`.

use crate::op;

op! {
    /// Reads samples at learned offsets.
    pub DeformGather = "tpu.DeformGather", "reads samples at learned offsets";
    operands: input: One, offset: One, mask: Optional, buffer: Optional;
    results: output: One;
    attrs:
        deform_group: i64 [= 1],
        dilations: i64s [required],
        kernel_shape: i64s [required],
        pads: i64s [required],
        strides: i64s [required],
        use_mask: bool [= false];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
