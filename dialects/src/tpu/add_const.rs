//! `tpu.AddConst`: adds a constant.
//!
//! F32: `y = x + const_val`. INT8: `y = saturate((x * multiplier + const_val) >> rshift)`; `const_val` is
//! then an integer in units of `out_scale / 2^rshift`.
//!
//! Source: TPU-MLIR's operation definition `tpu.AddConst`.

use crate::op;

op! {
    /// Adds a constant.
    pub AddConst = "tpu.AddConst", "adds a constant";
    operands: input: One;
    results: output: One;
    attrs:
        const_val: f64 [required],
        do_relu: bool [= false],
        f8_scale: f64 [= 1.0],
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
