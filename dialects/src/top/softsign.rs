//! `top.Softsign`: `x / (1 + |x|)` for each element; any shape.
//!
//! Source: ONNX Softsign (opset 1); attributes as TPU-MLIR's `top.Softsign`.

use super::shape;
use crate::op;

op! {
    /// X / (1 + |x|) of each element.
    pub Softsign = "top.Softsign", "x / (1 + |x|) of each element";
    operands: input: One;
    results: output: One;
    attrs: ;
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<3>);
}
