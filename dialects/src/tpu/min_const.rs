//! `tpu.MinConst`: minimum with a constant.
//!
//! F32: `y = min(x, const_val)`. INT8: `y = min((x * multiplier) >> rshift, const_val)` with an integer
//! constant.
//!
//! Source: TPU-MLIR's operation definition `tpu.MinConst`.

use crate::op;

op! {
    /// Minimum with a constant.
    pub MinConst = "tpu.MinConst", "minimum with a constant";
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
    traits: Pure, LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}
