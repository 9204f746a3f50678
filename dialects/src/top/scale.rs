//! `top.Scale`: `x * scale + bias` for each channel; both are tensors of as many elements as the input has channels.
//!
//! Source: TPU-MLIR's `top.Scale`; what is left of normalisations and multiplications by constants.

use super::shape;
use crate::op;

op! {
    /// Multiplies and adds for each channel.
    pub Scale = "top.Scale", "multiplies and adds for each channel";
    operands: input: One, scale: One, bias: One;
    results: output: One;
    attrs:
        do_relu: bool [= false],
        relu_limit: f64 [= -1.0];
    traits: SupportFuseRelu, Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_and_relu::<2>);
}
