//! `tpu.Yield`: ends the body of a group.
//!
//! Its operands become the results of the enclosing operation.
//!
//! Source: TPU-MLIR's operation definition `tpu.Yield`.

use crate::op;

op! {
    /// Ends the body of a group.
    pub Yield = "tpu.Yield", "ends the body of a group";
    operands: operands: Variadic;
    results: ;
    attrs: ;
    traits: Terminator;
    verify: None;
    infer_shape: None;
    flops: None;
}
