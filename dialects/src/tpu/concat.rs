//! `tpu.Concat`: joins tensors along one axis.
//!
//! Inputs have the result's quantisation. `only_merge`: the inputs already lie one behind the other in global
//! memory, nothing is computed.
//!
//! Source: TPU-MLIR's operation definition `tpu.Concat`.

use crate::op;

op! {
    /// Joins tensors along one axis.
    pub Concat = "tpu.Concat", "joins tensors along one axis";
    operands: inputs: Variadic;
    results: output: One;
    attrs:
        axis: si32 [required],
        do_relu: bool [= false],
        ginfo: (lg "lg") [optional],
        multipliers: i64s [optional],
        only_merge: bool [= false],
        relu_limit: f64 [= -1.0],
        rshifts: i64s [optional];
    traits: Pure, LocalGen, InPlace;
    verify: None;
    infer_shape: None;
    flops: None;
}
