//! `top.Where`: `cond ? tbrn : fbrn`, shapes broadcast as numpy does. A branch may be a number (`x_is_const`, `y_is_const`).
//!
//! Source: ONNX Where (opset 16); attributes as TPU-MLIR's `top.Where`.

use super::shape;
use crate::op;

op! {
    /// Chooses between two tensors.
    pub Where = "top.Where", "chooses between two tensors";
    operands: cond: One, tbrn: Optional, fbrn: Optional;
    results: output: One;
    attrs:
        x_const_val: f64 [= 0.0],
        x_is_const: bool [= false],
        y_const_val: f64 [= 0.0],
        y_is_const: bool [= false];
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::broadcast_operands);
    flops: Some(shape::flops_per_element::<1>);
}
