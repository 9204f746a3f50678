//! `tpu.CompareConst`: compares with a constant.
//!
//! `y = x MODE const_val ? 1 : 0`; the sides are exchanged if `inversed`. F32.
//!
//! Source: TPU-MLIR's operation definition `tpu.CompareConst`.

use crate::op;

op! {
    /// Compares with a constant.
    pub CompareConst = "tpu.CompareConst", "compares with a constant";
    operands: input: One;
    results: output: One;
    attrs:
        const_val: f64 [required],
        inversed: bool [required],
        is_scalar: bool [optional],
        mode: (str "Equal" "Greater" "GreaterOrEqual" "Less" "LessOrEqual" "NotEqual" "And" "Not" "Xor")
            [required];
    traits: Pure, LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}
