//! `tpu.Reciprocal`: a constant divided by a tensor.
//!
//! `y = const_val / x`. F32.
//!
//! Source: TPU-MLIR's operation definition `tpu.Reciprocal`.

use crate::op;

op! {
    /// A constant divided by a tensor.
    pub Reciprocal = "tpu.Reciprocal", "a constant divided by a tensor";
    operands: input: One;
    results: output: One;
    attrs:
        const_val: f64 [= 1.0],
        do_relu: bool [= false],
        ginfo: (lg "lg") [optional],
        is_scalar: bool [optional],
        relu_limit: f64 [= -1.0];
    traits: SupportFuseRelu, Pure, LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}
