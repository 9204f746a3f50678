//! `tpu.Cast`: converts between floating point and quantised integers.
//!
//! F32 to INT8: `q = saturate(round(x * (1 / scale)))`; INT8 to F32: `x = q * scale`; `scale` and signedness
//! are those of the quantised type. Rounding is half away from zero. `with_scale = false`: the multiplication
//! was moved into its own operation, only the number format changes.
//!
//! Source: TPU-MLIR's operation definition `tpu.Cast`.

use crate::op;

op! {
    /// Converts between floating point and quantised integers.
    pub Cast = "tpu.Cast", "converts between floating point and quantised integers";
    operands: input: One;
    results: output: One;
    attrs:
        extra_input: bool [optional],
        ginfo: (lg "lg") [optional],
        round_mode: (tpu "round_mode" "HalfAwayFromZero" "HalfUp" "HalfDown" "HalfToEven" "HalfToOdd"
            "HalfTowardsZero" "TowardsZero" "Up" "Down") [= "HalfAwayFromZero"],
        with_scale: bool [= true];
    traits: Pure, LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}
