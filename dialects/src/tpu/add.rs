//! `tpu.Add`: elementwise sum of tensors, with broadcast.
//!
//! F32: `y = sum_i coeff_i * x_i`. INT8: `y = saturate(sum_i (x_i * multipliers[i] >> rshifts[i]))`; every
//! product is shifted with rounding half up and saturated to 16 bits before the addition. Then relu.
//!
//! Source: TPU-MLIR's operation definition `tpu.Add`.

use crate::op;

op! {
    /// Elementwise sum of tensors, with broadcast.
    pub Add = "tpu.Add", "elementwise sum of tensors, with broadcast";
    operands: inputs: Variadic;
    results: output: One;
    attrs:
        coeff: f64s [optional],
        do_early_stride: bool [optional],
        do_relu: bool [= false],
        early_stride_h: int [optional],
        early_stride_w: int [optional],
        f8_scales: f64s [optional],
        ginfo: (lg "lg") [optional],
        is_scalar: bool [optional],
        multipliers: i64s [optional],
        relu_limit: f64 [= -1.0],
        rshifts: i64s [optional];
    traits: SupportFuseRelu, Pure, LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}
