//! `tpu.Squeeze`: removes dimensions of size 1.
//!
//! Removes the dimensions named by `axes`.
//!
//! Source: TPU-MLIR's operation definition `tpu.Squeeze`.

use crate::op;

op! {
    /// Removes dimensions of size 1.
    pub Squeeze = "tpu.Squeeze", "removes dimensions of size 1";
    operands: input: One;
    results: output: One;
    attrs:
        axes: i64s [required],
        is_scalar: bool [optional];
    traits: Pure, Movement, LocalGen, InPlace;
    verify: None;
    infer_shape: None;
    flops: None;
}
