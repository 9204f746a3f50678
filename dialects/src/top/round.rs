//! `top.Round`: `round(x), ties to even` for each element; any shape.
//!
//! Source: ONNX Round (opset 11); attributes as TPU-MLIR's `top.Round`.

use super::shape;
use crate::op;

op! {
    /// Round(x), ties to even of each element.
    pub Round = "top.Round", "round(x), ties to even of each element";
    operands: input: One;
    results: output: One;
    attrs: ;
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<1>);
}
