//! `tpu.Sub`: elementwise difference of two tensors, with broadcast.
//!
//! F32: `y = x_0 - x_1` (`x_1 - x_0` if `is_reverse`). INT8: both operands are multiplied and shifted as in
//! `tpu.Add`, then subtracted and saturated.
//!
//! Source: TPU-MLIR's operation definition `tpu.Sub`.

use crate::op;

op! {
    /// Elementwise difference of two tensors, with broadcast.
    pub Sub = "tpu.Sub", "elementwise difference of two tensors, with broadcast";
    operands: inputs: Variadic;
    results: output: One;
    attrs:
        coeff: f64s [optional],
        do_relu: bool [= false],
        f8_scales: f64s [optional],
        ginfo: (lg "lg") [optional],
        is_reverse: bool [= false],
        is_scalar: bool [optional],
        multipliers: i64s [optional],
        relu_limit: f64 [= -1.0],
        rshifts: i64s [optional];
    traits: SupportFuseRelu, Pure, LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}
