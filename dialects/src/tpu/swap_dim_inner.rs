//! `tpu.SwapDimInner`: rotates dimensions.
//!
//! `y[i] = x[(i + offset) mod n]` in every dimension.
//!
//! Source: TPU-MLIR's operation definition `tpu.SwapDimInner`.

use crate::op;

op! {
    /// Rotates dimensions.
    pub SwapDimInner = "tpu.SwapDimInner", "rotates dimensions";
    operands: input: One;
    results: output: One;
    attrs:
        ginfo: (lg "lg") [optional],
        offset: i64s [required];
    traits: Pure, Movement, LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}
