//! `top.Lut`: `table[x]`, where `x` counts from the least value of its type.
//!
//! Source: TPU-MLIR's `top.Lut`.

use super::shape;
use crate::op;

op! {
    /// Looks values up in a table.
    pub Lut = "top.Lut", "looks values up in a table";
    operands: input: One, table: One;
    results: output: One;
    attrs: ;
    traits: Pure;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: None;
}
