//! `tpu.LRN`: local response normalisation.
//!
//! `y = x / (bias + alpha / size * sum of x^2 over size channels)^beta`. F32.
//!
//! Source: TPU-MLIR's operation definition `tpu.LRN`.

use crate::op;

op! {
    /// Local response normalisation.
    pub Lrn = "tpu.LRN", "local response normalisation";
    operands: input: One, table: Optional, mantissa: Optional;
    results: output: One;
    attrs:
        alpha: f64 [= 0.0001],
        beta: f64 [= 0.75],
        bias: f64 [= 1.0],
        size: i64 [required];
    traits: Pure, LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}
