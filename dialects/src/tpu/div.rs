//! `tpu.Div`: elementwise quotient of two tensors, with broadcast.
//!
//! `y = x_0 / x_1` (`x_1 / x_0` if `is_reverse`). BM1684 computes it in F32.
//!
//! Source: TPU-MLIR's operation definition `tpu.Div`.

use crate::op;

op! {
    /// Elementwise quotient of two tensors, with broadcast.
    pub Div = "tpu.Div", "elementwise quotient of two tensors, with broadcast";
    operands: inputs: Variadic;
    results: output: One;
    attrs:
        do_relu: bool [= false],
        ginfo: (lg "lg") [optional],
        is_reverse: bool [= false],
        is_scalar: bool [optional],
        multiplier: si32 [= 1],
        relu_limit: f64 [= -1.0],
        rshift: si32 [= 0];
    traits: SupportFuseRelu, Pure, LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}
