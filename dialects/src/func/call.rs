//! `func.call`: calls a function by its name (attribute `callee`).

use crate::op;

op! {
    /// A call.
    pub Call = "func.call", "calls a function";
    operands: inputs: Variadic;
    results: outputs: Variadic;
    attrs: callee: any [required];
    traits: ;
    verify: None;
    infer_shape: None;
    flops: None;
}
