//! `top.RandnLike`: numbers of the standard normal distribution in the input's shape: `randn_data`, drawn when the model was made.
//!
//! Source: ONNX RandomNormalLike (opset 1).

use super::shape;
use crate::op;

op! {
    /// Normally distributed numbers.
    pub RandnLike = "top.RandnLike", "normally distributed numbers";
    operands: input: One, randn_data: One;
    results: output: One;
    attrs: ;
    traits: ;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: None;
}
