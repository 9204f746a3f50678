//! `tpu.Trilu`: the upper or lower triangle of matrices, zero elsewhere.
//!
//! Source: TPU-MLIR's operation definition `tpu.Trilu`.

use crate::op;

op! {
    /// A triangle of a matrix.
    pub Trilu = "tpu.Trilu", "a triangle of a matrix";
    operands: input: One;
    results: output: One;
    attrs:
        diagonal: si32 [required],
        upper: si32 [required];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
