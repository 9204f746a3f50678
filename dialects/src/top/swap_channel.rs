//! `top.SwapChannel`: channel `i` is the input's channel `channel_order[i]`.
//!
//! Source: TPU-MLIR's `top.SwapChannel`.

use super::shape;
use crate::op;

op! {
    /// Exchanges channels.
    pub SwapChannel = "top.SwapChannel", "exchanges channels";
    operands: input: One;
    results: output: One;
    attrs:
        channel_order: i64s [required];
    traits: Pure, Movement, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<1>);
}
