//! `top.ScatterND`: the input with `updates` written at the places that `indices` names.
//!
//! Source: ONNX ScatterND (opset 16).

use super::shape;
use crate::op;

op! {
    /// Writes slices by index tuples.
    pub ScatterND = "top.ScatterND", "writes slices by index tuples";
    operands: input_data: One, indices: One, updates: One;
    results: output: One;
    attrs:
        reduction: int [= 0];
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: None;
}
