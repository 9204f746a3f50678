//! `top.Elu`: `x > 0 ? x : alpha * (exp(x) - 1)` for each element; any shape.
//!
//! Source: ONNX Elu (opset 6); attributes as TPU-MLIR's `top.Elu`.

use super::shape;
use crate::op;

op! {
    /// X > 0 ? x : alpha * (exp(x) - 1) of each element.
    pub Elu = "top.Elu", "x > 0 ? x : alpha * (exp(x) - 1) of each element";
    operands: input: One;
    results: output: One;
    attrs:
        alpha: f64 [required];
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<1>);
}
