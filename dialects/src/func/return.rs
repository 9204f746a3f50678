//! `func.return`: ends a function.

use crate::op;

op! {
    /// The end of a function and what it gives back.
    pub Return = "func.return", "ends a function";
    operands: values: Variadic;
    results: ;
    attrs: ;
    traits: Terminator;
    verify: None;
    infer_shape: None;
    flops: None;
}
