//! `top.LeakyRelu`: `x >= 0 ? x : alpha * x` for each element; any shape.
//!
//! Source: ONNX LeakyRelu (opset 16); attributes as TPU-MLIR's `top.LeakyRelu`.

use super::shape;
use crate::op;

op! {
    /// X >= 0 ? x : alpha * x of each element.
    pub LeakyRelu = "top.LeakyRelu", "x >= 0 ? x : alpha * x of each element";
    operands: input: One;
    results: output: One;
    attrs:
        alpha: f64 [required],
        round_mode: (str "HalfAwayFromZero" "HalfUp" "HalfDown" "HalfToEven" "HalfToOdd" "HalfTowardsZero" "TowardsZero" "Up" "Down") [= "HalfAwayFromZero"];
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<1>);
}
