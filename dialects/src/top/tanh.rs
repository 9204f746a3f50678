//! `top.Tanh`: `tanh(x)` for each element; any shape.
//!
//! Source: ONNX Tanh (opset 13); attributes as TPU-MLIR's `top.Tanh`.

use super::shape;
use crate::op;

op! {
    /// Tanh(x) of each element.
    pub Tanh = "top.Tanh", "tanh(x) of each element";
    operands: input: One;
    results: output: One;
    attrs:
        round_mode: (str "HalfAwayFromZero" "HalfUp" "HalfDown" "HalfToEven" "HalfToOdd" "HalfTowardsZero" "TowardsZero" "Up" "Down") [= "HalfAwayFromZero"];
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<4>);
}
