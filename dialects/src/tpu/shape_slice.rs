//! `tpu.ShapeSlice`: a part of a shape, on the host.
//!
//! `y[i] = x[offset + i * steps]`: `tpu.Slice` of a tensor that lives on the host.
//!
//! Source: TPU-MLIR's operation definition `tpu.ShapeSlice`.

use crate::op;

op! {
    /// A part of a shape, on the host.
    pub ShapeSlice = "tpu.ShapeSlice", "a part of a shape, on the host";
    operands: input: One, offsetT: Optional, endsT: Optional, stepsT: Optional;
    results: output: One;
    attrs:
        axes: i64s [optional],
        ends: i64s [required],
        hasparamConvert_axes: i64s [optional],
        offset: i64s [required],
        steps: i64s [required];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
