//! `tpu.SliceMerge`: puts the slices of a tensor together that several groups computed.
//!
//! Source: TPU-MLIR's operation definition `tpu.SliceMerge`.

use crate::op;

op! {
    /// Puts slices together.
    pub SliceMerge = "tpu.SliceMerge", "puts slices together";
    operands: inputs: Variadic;
    results: output: One;
    attrs: ;
    traits: ;
    verify: None;
    infer_shape: None;
    flops: None;
}
