//! `tpu.Min`: elementwise minimum of two tensors, with broadcast.
//!
//! `y = min(x_0, x_1)`. BM1684 computes it in F32.
//!
//! Source: TPU-MLIR's operation definition `tpu.Min`.

use crate::op;

op! {
    /// Elementwise minimum of two tensors, with broadcast.
    pub Min = "tpu.Min", "elementwise minimum of two tensors, with broadcast";
    operands: inputs: Variadic;
    results: output: One;
    attrs:
        coeff: f64s [optional],
        do_relu: bool [= false],
        ginfo: (lg "lg") [optional],
        is_scalar: bool [optional],
        multipliers: i64s [optional],
        relu_limit: f64 [= -1.0],
        rshifts: i64s [optional];
    traits: Pure, LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}
