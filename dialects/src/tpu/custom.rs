//! `tpu.Custom`: what the plug-in `name` computes from `params`; nothing is known of it here. The last operand is scratch memory.
//!
//! Source: TPU-MLIR's operation definition `tpu.Custom`.

use crate::op;

op! {
    /// An operation that a plug-in defines.
    pub Custom = "tpu.Custom", "an operation that a plug-in defines";
    operands: inputs: Variadic;
    results: outputs: Variadic;
    attrs:
        ginfo: (lg "lg") [optional],
        name: str [required],
        params: any [required];
    traits: ;
    verify: None;
    infer_shape: None;
    flops: None;
}
