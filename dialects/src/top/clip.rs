//! `top.Clip`: `max(min, min(max, x))` for each element; any shape.
//!
//! Source: ONNX Clip (opset 13) with constant limits; attributes as TPU-MLIR's `top.Clip`.

use super::shape;
use crate::op;

op! {
    /// Max(min, min(max, x)) of each element.
    pub Clip = "top.Clip", "max(min, min(max, x)) of each element";
    operands: inputs: One;
    results: output: One;
    attrs:
        max: f64 [required],
        min: f64 [required];
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<2>);
}
