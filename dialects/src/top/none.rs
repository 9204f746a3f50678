//! `top.None`: a value of type `none`: stands for an optional operand that is not given.

use crate::op;

op! {
    /// An operand that is absent.
    pub NoneOp = "top.None", "an operand that is absent";
    operands: ;
    results: result: One;
    attrs: ;
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
