//! `top.SwapDimInner`: along each dimension, what stands before `offset` goes behind the rest.
//!
//! Source: TPU-MLIR's `top.SwapDimInner`, the pattern Concat(Slice(x, k..), Slice(x, ..k)).

use super::shape;
use crate::op;

op! {
    /// Rotates dimensions.
    pub SwapDimInner = "top.SwapDimInner", "rotates dimensions";
    operands: input: One;
    results: output: One;
    attrs:
        offset: i64s [required];
    traits: Pure, Movement, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<1>);
}
