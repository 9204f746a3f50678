//! `top.Softmax`: `exp(beta * x) / sum(exp(beta * x))` along `axis`, its logarithm if `log`.
//!
//! Source: ONNX Softmax and LogSoftmax (opset 13); attributes as TPU-MLIR's `top.Softmax`.

use super::shape;
use crate::op;

op! {
    /// Exponentials of a dimension, normalised to sum 1.
    pub Softmax = "top.Softmax", "exponentials of a dimension, normalised to sum 1";
    operands: input: One;
    results: output: One;
    attrs:
        axis: si32 [required],
        beta: f64 [= 1.0],
        log: bool [= false],
        round_mode: (str "HalfAwayFromZero" "HalfUp" "HalfDown" "HalfToEven" "HalfToOdd" "HalfTowardsZero" "TowardsZero" "Up" "Down") [= "HalfAwayFromZero"];
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<5>);
}
