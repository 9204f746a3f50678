//! `tpu.MaskedFill`: `cond ? const_val : brn`, the other way round if `inversed`.
//!
//! Source: TPU-MLIR's operation definition `tpu.MaskedFill`.

use crate::op;

op! {
    /// A number where a mask is set.
    pub MaskedFill = "tpu.MaskedFill", "a number where a mask is set";
    operands: cond: One, brn: One;
    results: output: One;
    attrs:
        const_val: f64 [required],
        inversed: bool [required];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
