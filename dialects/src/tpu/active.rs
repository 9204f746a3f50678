//! `tpu.Active`: elementwise function.
//!
//! `y = f(x)` with `f` named by `mode`; `coeffs` are its parameters (the slope of ELU, the two of HSIGMOID).
//! F32.
//!
//! Source: TPU-MLIR's operation definition `tpu.Active`.

use crate::op;

op! {
    /// Elementwise function.
    pub Active = "tpu.Active", "elementwise function";
    operands: input: One;
    results: output: One;
    attrs:
        coeffs: f64s [optional],
        ginfo: (lg "lg") [optional],
        mode: (tpu "active_mode" "TANH" "SIGMOID" "RELU" "EXP" "ELU" "SQRT" "SQUARE" "RSQRT" "ABSVAL" "LN"
            "ROUND" "CEIL" "FLOOR" "SIN" "COS" "IS_FINITE" "MISH" "SWISH" "HSWISH" "SILU" "ARCSIN" "ARCCOS"
            "ARCSINH" "ARCCOSH" "ARCTANH" "SINH" "COSH" "TAN" "SIGN" "GELU" "ERF" "HSIGMOID" "LOG_SIGMOID"
            "SOFT_PLUS" "SOFT_SIGN" "LOG2" "TGELU" "QGELU") [required];
    traits: Pure, LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}
