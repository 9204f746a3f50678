//! `top.Sign`: `sign(x)` for each element; any shape.
//!
//! Source: ONNX Sign (opset 13); attributes as TPU-MLIR's `top.Sign`.

use super::shape;
use crate::op;

op! {
    /// Sign(x) of each element.
    pub Sign = "top.Sign", "sign(x) of each element";
    operands: input: One;
    results: output: One;
    attrs: ;
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<3>);
}
