//! `top.Relu`: `max(x, 0), at most relu_limit if that is not negative` for each element; any shape.
//!
//! Source: ONNX Relu (opset 14), Clip from 0; attributes as TPU-MLIR's `top.Relu`.

use super::shape;
use crate::op;

op! {
    /// Max(x, 0), at most relu_limit if that is not negative of each element.
    pub Relu = "top.Relu", "max(x, 0), at most relu_limit if that is not negative of each element";
    operands: input: One;
    results: output: One;
    attrs:
        relu_limit: f64 [= -1.0];
    traits: Pure, Quantizable, InPlace;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<1>);
}
