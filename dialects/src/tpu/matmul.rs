//! `tpu.MatMul`: product of two matrices or batches of them.
//!
//! `y[.., m, n] = sum over k of input[.., m, k] * right[.., k, n] + bias[n]`, then relu. `right` is a weight
//! or an activation; `left_transpose`, `right_transpose` and `hdim_is_batch` tell the layouts.
//!
//! INT8 (weight): right i8, bias i16 or i32, `y = saturate((sum + bias) * multipliers[0] >> rshifts[0])`; on
//! BM1684 the multiplier is 1.
//!
//! Source: TPU-MLIR's operation definition `tpu.MatMul`.

use crate::op;

op! {
    /// Product of two matrices or batches of them.
    pub MatMul = "tpu.MatMul", "product of two matrices or batches of them";
    operands: input: One, right: One, bias: Optional, multi: Optional, buffer: Optional;
    results: output: One;
    attrs:
        do_relu: bool [= false],
        dq_type: (str "NONE" "F16" "BF16" "INT8" "INT4" "F8E4M3" "F4" "MXF4") [= "NONE"],
        fuse_rq: bool [= false],
        ginfo: (lg "lg") [optional],
        hdim_is_batch: bool [= false],
        input_zp: i64 [= 0],
        is_lora: bool [= false],
        keep_dims: bool [= true],
        left_reuse: i64 [= 1],
        left_transpose: bool [= false],
        multi_core: bool [optional],
        multipliers: i64s [= [1]],
        out_f8_scales: f64s [optional],
        out_scales: f64s [optional],
        output_transpose: bool [= false],
        q_group_size: i64 [= 0],
        quant_mode: (tpu "rq_mode" "TFLite_LShift" "TFLite" "MultiplierShift" "OnlyShift" "QDM"
            "OnlyScale") [= "MultiplierShift"],
        relu_limit: f64 [= -1.0],
        right_transpose: bool [= false],
        right_zp: i64 [= 0],
        round_mode: (tpu "round_mode" "HalfAwayFromZero" "HalfUp" "HalfDown" "HalfToEven" "HalfToOdd"
            "HalfTowardsZero" "TowardsZero" "Up" "Down") [= "HalfAwayFromZero"],
        rshifts: i64s [= [0]],
        weight_bits: i64 [optional];
    traits: SupportFuseRelu, Pure, LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}
