//! `tpu.LogicalAnd`: 1 where all inputs are not 0.
//!
//! Source: TPU-MLIR's operation definition `tpu.LogicalAnd`.

use crate::op;

op! {
    /// Logical and.
    pub LogicalAnd = "tpu.LogicalAnd", "logical and";
    operands: inputs: Variadic;
    results: output: One;
    attrs: ;
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
