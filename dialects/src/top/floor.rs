//! `top.Floor`: `floor(x)` for each element; any shape.
//!
//! Source: ONNX Floor (opset 13); attributes as TPU-MLIR's `top.Floor`.

use super::shape;
use crate::op;

op! {
    /// Floor(x) of each element.
    pub Floor = "top.Floor", "floor(x) of each element";
    operands: input: One;
    results: output: One;
    attrs:
        is_scalar: bool [= false];
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<1>);
}
