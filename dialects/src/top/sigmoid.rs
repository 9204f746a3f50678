//! `top.Sigmoid`: `scale / (1 + exp(-x)) + bias, its logarithm if `log`` for each element; any shape.
//!
//! Source: ONNX Sigmoid (opset 13), LogSigmoid; attributes as TPU-MLIR's `top.Sigmoid`.

use super::shape;
use crate::op;

op! {
    /// Scale / (1 + exp(-x)) + bias, its logarithm if `log` of each element.
    pub Sigmoid = "top.Sigmoid", "scale / (1 + exp(-x)) + bias, its logarithm if `log` of each element";
    operands: input: One;
    results: output: One;
    attrs:
        bias: f64 [= 0.0],
        log: bool [= false],
        round_mode: (str "HalfAwayFromZero" "HalfUp" "HalfDown" "HalfToEven" "HalfToOdd" "HalfTowardsZero" "TowardsZero" "Up" "Down") [= "HalfAwayFromZero"],
        scale: f64 [= 1.0];
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<4>);
}
