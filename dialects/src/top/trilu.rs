//! `top.Trilu`: zero below (`upper`) or above the diagonal that is `diagonal` right of the main one.
//!
//! Source: ONNX Trilu (opset 14).

use super::shape;
use crate::op;

op! {
    /// Upper or lower triangle of matrices.
    pub Trilu = "top.Trilu", "upper or lower triangle of matrices";
    operands: input: One;
    results: output: One;
    attrs:
        diagonal: si32 [required],
        upper: si32 [required];
    traits: Pure, Movement, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<1>);
}
