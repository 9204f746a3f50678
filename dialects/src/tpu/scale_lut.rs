//! `tpu.ScaleLut`: `scale * x + bias` for each channel of 8-bit pixels, by the tables in `table`.
//!
//! Source: TPU-MLIR's operation definition `tpu.ScaleLut`.

use crate::op;

op! {
    /// Scales pixels through a table.
    pub ScaleLut = "tpu.ScaleLut", "scales pixels through a table";
    operands: input: One, table: One;
    results: output: One;
    attrs:
        bias: f64s [required],
        ginfo: (lg "lg") [optional],
        scale: f64s [required],
        sign: bool [= true];
    traits: Pure, LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}
