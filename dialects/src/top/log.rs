//! `top.Log`: `ln(x)` for each element; any shape.
//!
//! Source: ONNX Log (opset 13); attributes as TPU-MLIR's `top.Log`.

use super::shape;
use crate::op;

op! {
    /// Ln(x) of each element.
    pub Log = "top.Log", "ln(x) of each element";
    operands: input: One;
    results: output: One;
    attrs: ;
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<4>);
}
