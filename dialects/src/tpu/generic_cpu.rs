//! `tpu.GenericCpu`: a layer that runs on the host.
//!
//! `cpu_op_name` names the host layer, `param` holds its parameters.
//!
//! Source: TPU-MLIR's operation definition `tpu.GenericCpu`.

use crate::op;

op! {
    /// A layer that runs on the host.
    pub GenericCpu = "tpu.GenericCpu", "a layer that runs on the host";
    operands: inputs: Variadic;
    results: outputs: Variadic;
    attrs:
        cpu_op_name: str [required],
        param: any [optional];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
