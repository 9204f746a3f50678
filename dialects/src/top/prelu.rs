//! `top.PRelu`: `x >= 0 ? x : slope * x`, the slope broadcast to the input as numpy does.
//!
//! Source: ONNX PRelu (opset 16).

use super::shape;
use crate::op;

op! {
    /// Leaky relu with a slope for each channel.
    pub PRelu = "top.PRelu", "leaky relu with a slope for each channel";
    operands: input: One, slope: One;
    results: output: One;
    attrs: ;
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<1>);
}
