//! `top.Erf`: `erf(x)` for each element; any shape.
//!
//! Source: ONNX Erf (opset 13); attributes as TPU-MLIR's `top.Erf`.

use super::shape;
use crate::op;

op! {
    /// Erf(x) of each element.
    pub Erf = "top.Erf", "erf(x) of each element";
    operands: input: One;
    results: output: One;
    attrs: ;
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<1>);
}
