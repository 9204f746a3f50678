//! `tpu.ShuffleChannel`: interleaves groups of channels.
//!
//! `y[n, c * group + g] = x[n, g * (C / group) + c]`.
//!
//! Source: TPU-MLIR's operation definition `tpu.ShuffleChannel`.

use crate::op;

op! {
    /// Interleaves groups of channels.
    pub ShuffleChannel = "tpu.ShuffleChannel", "interleaves groups of channels";
    operands: input: One;
    results: output: One;
    attrs:
        ginfo: (lg "lg") [optional],
        group: i64 [required];
    traits: Pure, Movement;
    verify: None;
    infer_shape: None;
    flops: None;
}
