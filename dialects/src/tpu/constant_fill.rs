//! `tpu.ConstantFill`: `value` in the shape of the result; the operand is the shape, on the host.
//!
//! Source: TPU-MLIR's operation definition `tpu.ConstantFill`.

use crate::op;

op! {
    /// A tensor of one value.
    pub ConstantFill = "tpu.ConstantFill", "a tensor of one value";
    operands: input: One;
    results: output: One;
    attrs:
        value: f64 [required];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
