//! `tpu.Reshape`: the same elements under another shape.
//!
//! Elements keep their row-major order. INT8 data in 4N layout must be rearranged through `buffer` where
//! batch and channels change.
//!
//! Source: TPU-MLIR's operation definition `tpu.Reshape`.

use crate::op;

op! {
    /// The same elements under another shape.
    pub Reshape = "tpu.Reshape", "the same elements under another shape";
    operands: input: One, buffer: Optional;
    results: output: One;
    attrs:
        flatten_start_dim: i64 [= -1],
        shape: i64s [= []];
    traits: Pure, Movement, LocalGen, InPlace;
    verify: None;
    infer_shape: None;
    flops: None;
}
