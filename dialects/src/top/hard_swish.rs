//! `top.HardSwish`: `x * max(0, min(1, x / 6 + 1 / 2))` for each element; any shape.
//!
//! Source: ONNX HardSwish (opset 14); attributes as TPU-MLIR's `top.HardSwish`.

use super::shape;
use crate::op;

op! {
    /// X * max(0, min(1, x / 6 + 1 / 2)) of each element.
    pub HardSwish = "top.HardSwish", "x * max(0, min(1, x / 6 + 1 / 2)) of each element";
    operands: input: One;
    results: output: One;
    attrs: ;
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<5>);
}
