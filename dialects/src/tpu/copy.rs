//! `tpu.Copy`: elements of a box of size `shape`, read with `input_stride` and written with `output_stride`.
//!
//! Source: TPU-MLIR's operation definition `tpu.Copy`.

use crate::op;

op! {
    /// Copies with strides.
    pub Copy = "tpu.Copy", "copies with strides";
    operands: input: One;
    results: output: One;
    attrs:
        ginfo: (lg "lg") [optional],
        input_stride: i64s [required],
        output_stride: i64s [required],
        shape: i64s [required];
    traits: Pure, Movement, LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}
