//! `tpu.Lut`: looks up a table of 256 entries.
//!
//! `y[i] = table[x[i]]`; the index of a signed input is its byte seen as unsigned. `table`: `[1, 1, 1, 256]`
//! of the result's storage type.
//!
//! Source: TPU-MLIR's operation definition `tpu.Lut`.

use crate::op;

op! {
    /// Looks up a table of 256 entries.
    pub Lut = "tpu.Lut", "looks up a table of 256 entries";
    operands: input: One, table: One;
    results: output: One;
    attrs:
        ginfo: (lg "lg") [optional];
    traits: Pure, LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}
