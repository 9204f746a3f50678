//! Writes updates to positions that are values.
//!
//! `tpu.ScatterElements`: `y[indices[i, j], j] = updates[i, j]` for axis 0. `tpu.ScatterND`: each vector of `indices` names the
//! slice that a slice of `updates` replaces. `reduction`: 0 replaces, 1 adds.
//!
//! Source: TPU-MLIR's operation definitions `tpu.ScatterElements`, `tpu.ScatterND`.

use crate::op;

op! {
    /// Replaces elements along an axis.
    pub ScatterElements = "tpu.ScatterElements", "replaces elements along an axis";
    operands: input: One, indices: One, updates: One, indices_coeff: Optional, buffer: Optional;
    results: output: One;
    attrs:
        axis: i64 [required],
        nc_can_split: bool [= false],
        reduction: i64 [= 0];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}

op! {
    /// Replaces slices by index tuples.
    pub ScatterND = "tpu.ScatterND", "replaces slices by index tuples";
    operands: input_data: One, indices: One, updates: One, buffer: Optional;
    results: output: One;
    attrs:
        reduction: int [= 0];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
