//! `tpu.Sort`: as `top.Sort`.
//!
//! Source: TPU-MLIR's operation definition `tpu.Sort`.

use crate::op;

op! {
    /// Sorts along an axis.
    pub Sort = "tpu.Sort", "sorts along an axis";
    operands: input: One, buffer: Optional;
    results: values: Optional, indices: One;
    attrs:
        axis: i64 [required],
        descending: bool [= true];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
