//! `tpu.Unsqueeze`: inserts dimensions of size 1.
//!
//! Inserts dimensions at the positions `axes` of the result.
//!
//! Source: TPU-MLIR's operation definition `tpu.Unsqueeze`.

use crate::op;

op! {
    /// Inserts dimensions of size 1.
    pub Unsqueeze = "tpu.Unsqueeze", "inserts dimensions of size 1";
    operands: input: One;
    results: output: One;
    attrs:
        axes: i64s [required];
    traits: Pure, Movement, InPlace;
    verify: None;
    infer_shape: None;
    flops: None;
}
