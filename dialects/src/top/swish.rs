//! `top.Swish`: `x / (1 + exp(-beta * x))` for each element; any shape.
//!
//! Source: the pattern x * Sigmoid(beta * x); attributes as TPU-MLIR's `top.Swish`.

use super::shape;
use crate::op;

op! {
    /// X / (1 + exp(-beta * x)) of each element.
    pub Swish = "top.Swish", "x / (1 + exp(-beta * x)) of each element";
    operands: input: One;
    results: output: One;
    attrs:
        beta: f64 [required],
        round_mode: (str "HalfAwayFromZero" "HalfUp" "HalfDown" "HalfToEven" "HalfToOdd" "HalfTowardsZero" "TowardsZero" "Up" "Down") [= "HalfAwayFromZero"];
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<5>);
}
