//! `top.MaskedFill`: `cond ? const_val : brn`, the other way round if `inversed`; shapes broadcast.
//!
//! Source: ONNX Where with a constant branch; attributes as TPU-MLIR's `top.MaskedFill`.

use super::shape;
use crate::op;

op! {
    /// A number where a mask is set.
    pub MaskedFill = "top.MaskedFill", "a number where a mask is set";
    operands: cond: One, brn: One;
    results: output: One;
    attrs:
        const_val: f64 [required],
        inversed: bool [required];
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::broadcast_operands);
    flops: Some(shape::flops_per_element::<1>);
}
