//! `top.CumSum`: `y[i] = x[0] + ... + x[i]` along `axis`.
//!
//! Source: ONNX CumSum (opset 14).

use super::shape;
use crate::op;

op! {
    /// Running sum.
    pub CumSum = "top.CumSum", "running sum";
    operands: input: One, dim: Optional;
    results: output: One;
    attrs:
        axis: i64 [required];
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<1>);
}
