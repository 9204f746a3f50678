//! `tpu.MulConst`: multiplies by a constant.
//!
//! F32: `y = x * const_val`. INT8: `y = saturate((x * multiplier) >> rshift)`; `const_val` is already part of
//! the multiplier.
//!
//! Source: TPU-MLIR's operation definition `tpu.MulConst`.

use crate::op;

op! {
    /// Multiplies by a constant.
    pub MulConst = "tpu.MulConst", "multiplies by a constant";
    operands: input: One;
    results: output: One;
    attrs:
        const_val: f64 [required],
        do_relu: bool [= false],
        ginfo: (lg "lg") [optional],
        is_scalar: bool [optional],
        multiplier: si32 [= 1],
        relu_limit: f64 [= -1.0],
        rshift: si32 [= 0];
    traits: SupportFuseRelu, Pure, LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}
