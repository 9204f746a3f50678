//! `top.ScaleLut`: `scale * x + bias` for each channel of 8-bit pixels, by a table of 256 values.
//!
//! Source: TPU-MLIR's `top.ScaleLut`.

use super::shape;
use crate::op;

op! {
    /// Scales pixels through a table.
    pub ScaleLut = "top.ScaleLut", "scales pixels through a table";
    operands: input: One;
    results: output: One;
    attrs:
        bias: f64s [required],
        scale: f64s [required],
        sign: bool [= true];
    traits: Pure;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<1>);
}
