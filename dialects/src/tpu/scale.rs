//! `tpu.Scale`: scale and bias for each channel.
//!
//! F32: `y = x * scale[c] + bias[c]`. INT8: scale i8, bias i16, `y = saturate((x * scale[c] + bias[c]) >>
//! lshift[c])` (`lshift` i8 holds right shifts).
//!
//! Source: TPU-MLIR's operation definition `tpu.Scale`.

use crate::op;

op! {
    /// Scale and bias for each channel.
    pub Scale = "tpu.Scale", "scale and bias for each channel";
    operands: input: One, scale: One, bias: One, lshift: Optional;
    results: output: One;
    attrs:
        do_relu: bool [= false],
        ginfo: (lg "lg") [optional],
        relu_limit: f64 [= -1.0];
    traits: SupportFuseRelu, Pure, LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}
