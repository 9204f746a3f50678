//! `top.Rsqrt`: `1 / sqrt(x)` for each element; any shape.
//!
//! Source: the pattern Reciprocal(Sqrt(x)); attributes as TPU-MLIR's `top.Rsqrt`.

use super::shape;
use crate::op;

op! {
    /// 1 / sqrt(x) of each element.
    pub Rsqrt = "top.Rsqrt", "1 / sqrt(x) of each element";
    operands: input: One;
    results: output: One;
    attrs: ;
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<2>);
}
