//! `tpu.Tile`: repeats a tensor.
//!
//! `y[i] = x[i mod n]` in every dimension, `tile` times.
//!
//! Source: TPU-MLIR's operation definition `tpu.Tile`.

use crate::op;

op! {
    /// Repeats a tensor.
    pub Tile = "tpu.Tile", "repeats a tensor";
    operands: input: One, tileT: Optional, buffer: Optional;
    results: output: One;
    attrs:
        ginfo: (lg "lg") [optional],
        tile: i64s [= []];
    traits: Pure, Movement, LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}
