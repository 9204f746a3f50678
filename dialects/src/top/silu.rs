//! `top.SiLU`: `x / (1 + exp(-x))` for each element; any shape.
//!
//! Source: the pattern x * Sigmoid(x); attributes as TPU-MLIR's `top.SiLU`.

use super::shape;
use crate::op;

op! {
    /// X / (1 + exp(-x)) of each element.
    pub SiLU = "top.SiLU", "x / (1 + exp(-x)) of each element";
    operands: input: One;
    results: output: One;
    attrs: ;
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<5>);
}
