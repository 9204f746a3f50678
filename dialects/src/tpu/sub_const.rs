//! `tpu.SubConst`: subtracts a constant, or subtracts from one.
//!
//! F32: `y = x - const_val` (`const_val - x` if `is_reverse`). INT8: as `tpu.AddConst` with the sign changed.
//!
//! Source: TPU-MLIR's operation definition `tpu.SubConst`.

use crate::op;

op! {
    /// Subtracts a constant, or subtracts from one.
    pub SubConst = "tpu.SubConst", "subtracts a constant, or subtracts from one";
    operands: input: One;
    results: output: One;
    attrs:
        const_val: f64 [required],
        do_relu: bool [= false],
        f8_scale: f64 [= 1.0],
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
