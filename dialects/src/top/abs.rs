//! `top.Abs`: `|x|` for each element; any shape.
//!
//! Source: ONNX Abs (opset 13); attributes as TPU-MLIR's `top.Abs`.

use super::shape;
use crate::op;

op! {
    /// |x| of each element.
    pub Abs = "top.Abs", "|x| of each element";
    operands: input: One;
    results: output: One;
    attrs: ;
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<1>);
}
