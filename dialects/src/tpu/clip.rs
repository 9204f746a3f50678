//! `tpu.Clip`: limits values to a range.
//!
//! `y = min(max(x, min), max)`.
//!
//! Source: TPU-MLIR's operation definition `tpu.Clip`.

use crate::op;

op! {
    /// Limits values to a range.
    pub Clip = "tpu.Clip", "limits values to a range";
    operands: input: One;
    results: output: One;
    attrs:
        ginfo: (lg "lg") [optional],
        max: f64 [required],
        min: f64 [required];
    traits: Pure, LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}
