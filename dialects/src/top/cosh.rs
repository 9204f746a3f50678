//! `top.Cosh`: `cosh(x)` for each element; any shape.
//!
//! Source: ONNX Cosh (opset 9); attributes as TPU-MLIR's `top.Cosh`.

use super::shape;
use crate::op;

op! {
    /// Cosh(x) of each element.
    pub Cosh = "top.Cosh", "cosh(x) of each element";
    operands: input: One;
    results: output: One;
    attrs: ;
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<4>);
}
