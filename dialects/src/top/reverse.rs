//! `top.Reverse`: the elements along `axis` in reverse order.
//!
//! Source: TPU-MLIR's `top.Reverse`.

use super::shape;
use crate::op;

op! {
    /// Reverses a dimension.
    pub Reverse = "top.Reverse", "reverses a dimension";
    operands: input: One;
    results: output: One;
    attrs:
        axis: i64 [required];
    traits: Pure, Movement, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<1>);
}
