//! `tpu.Mul`: elementwise product of tensors, with broadcast.
//!
//! F32: `y = prod_i x_i`. INT8: `y = saturate((prod_i x_i * multiplier) >> rshift)`, rounding half up, with a
//! 7-bit multiplier.
//!
//! Source: TPU-MLIR's operation definition `tpu.Mul`.

use crate::op;

op! {
    /// Elementwise product of tensors, with broadcast.
    pub Mul = "tpu.Mul", "elementwise product of tensors, with broadcast";
    operands: inputs: Variadic;
    results: output: One;
    attrs:
        do_relu: bool [= false],
        ginfo: (lg "lg") [optional],
        is_scalar: bool [optional],
        multiplier: si32 [= 1],
        out_f8_scales: f64s [optional],
        quant_mode: (tpu "rq_mode" "TFLite_LShift" "TFLite" "MultiplierShift" "OnlyShift" "QDM"
            "OnlyScale") [= "MultiplierShift"],
        relu_limit: f64 [= -1.0],
        rshift: si32 [= 0];
    traits: SupportFuseRelu, Pure, LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}
