//! `top.Pow2`: `const_val ^ x` for each element; any shape.
//!
//! Source: ONNX Pow (opset 15) with a constant base; attributes as TPU-MLIR's `top.Pow2`.

use super::shape;
use crate::op;

op! {
    /// Const_val ^ x of each element.
    pub Pow2 = "top.Pow2", "const_val ^ x of each element";
    operands: input: One;
    results: output: One;
    attrs:
        const_val: f64 [required];
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<1>);
}
