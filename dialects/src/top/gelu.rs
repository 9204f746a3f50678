//! `top.GELU`: `x * (1 + erf(x / sqrt(2))) / 2` for each element; any shape.
//!
//! Source: ONNX Gelu and the erf pattern that PyTorch exports; `approx_mode` chooses the tanh or sigmoid form; attributes as TPU-MLIR's `top.GELU`.

use super::shape;
use crate::op;

op! {
    /// X * (1 + erf(x / sqrt(2))) / 2 of each element.
    pub GELU = "top.GELU", "x * (1 + erf(x / sqrt(2))) / 2 of each element";
    operands: input: One;
    results: output: One;
    attrs:
        approx_mode: (str "normal" "tanh" "sigm") [= "normal"],
        round_mode: (str "HalfAwayFromZero" "HalfUp" "HalfDown" "HalfToEven" "HalfToOdd" "HalfTowardsZero" "TowardsZero" "Up" "Down") [= "HalfAwayFromZero"];
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<5>);
}
