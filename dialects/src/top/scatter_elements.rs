//! `top.ScatterElements`: the input with `updates` written at `indices` along `axis`.
//!
//! Source: ONNX ScatterElements (opset 16).

use super::shape;
use crate::op;

op! {
    /// Writes elements by index.
    pub ScatterElements = "top.ScatterElements", "writes elements by index";
    operands: input: One, indices: One, updates: One;
    results: output: One;
    attrs:
        axis: i64 [required],
        nc_can_split: bool [= false],
        reduction: i64 [= 0];
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: None;
}
