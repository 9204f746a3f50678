//! `top.MinConst`: `min(x, const_val)` for each element; any shape.
//!
//! Source: ONNX Min (opset 13) with a number; attributes as TPU-MLIR's `top.MinConst`.

use super::shape;
use crate::op;

op! {
    /// Min(x, const_val) of each element.
    pub MinConst = "top.MinConst", "min(x, const_val) of each element";
    operands: input: One;
    results: output: One;
    attrs:
        const_val: f64 [required],
        is_scalar: bool [= false];
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<1>);
}
