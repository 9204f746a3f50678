//! `top.AddConst`: `x + const_val` for each element; any shape.
//!
//! Source: ONNX Add (opset 14) with a number; attributes as TPU-MLIR's `top.AddConst`.

use super::shape;
use crate::op;

op! {
    /// X + const_val of each element.
    pub AddConst = "top.AddConst", "x + const_val of each element";
    operands: input: One;
    results: output: One;
    attrs:
        const_val: f64 [required],
        do_relu: bool [= false],
        is_scalar: bool [= false],
        relu_limit: f64 [= -1.0];
    traits: SupportFuseRelu, Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<1>);
}
