//! `tpu.Nms`: as `top.Nms`; on the host. The last operand is scratch memory or none.
//!
//! Source: TPU-MLIR's operation definition `tpu.Nms`.

use crate::op;

op! {
    /// Suppresses overlapping boxes.
    pub Nms = "tpu.Nms", "suppresses overlapping boxes";
    operands: inputs: Variadic;
    results: output: One;
    attrs:
        center_point_box: i64 [required],
        max_output_size: i64 [required];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
