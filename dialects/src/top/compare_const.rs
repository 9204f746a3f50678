//! `top.CompareConst`: `1 where the comparison `mode` of x with const_val holds (sides exchanged if `inversed`), else 0` for each element; any shape.
//!
//! Source: ONNX Equal, Greater, Less, ... with a number; attributes as TPU-MLIR's `top.CompareConst`.

use super::shape;
use crate::op;

op! {
    /// Compares each element with a number.
    pub CompareConst = "top.CompareConst", "compares each element with a number";
    operands: input: One;
    results: output: One;
    attrs:
        const_val: f64 [required],
        inversed: bool [required],
        is_scalar: bool [= false],
        mode: (str "Equal" "Greater" "GreaterOrEqual" "Less" "LessOrEqual" "NotEqual" "And" "Not" "Xor") [required];
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<1>);
}
