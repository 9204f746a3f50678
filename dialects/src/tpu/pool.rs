//! `tpu.Pool1D`, `tpu.Pool2D`, `tpu.Pool3D`: average or maximum over windows of `kernel_shape`; `pads` = all starts, then all
//! ends.
//!
//! Maximum: moves values, the result has the input's quantisation. Average, INT8: `y = saturate((sum(x) *
//! multiplier) >> rshift)`, rounding half up, where `multiplier / 2^rshift` stands for `in_scale / (out_scale
//! * kernel size)`. `count_include_pad` divides by the whole window. Three dimensions are computed in F32 on BM1684;
//! their `buffer` is scratch in global memory.
//!
//! Source: TPU-MLIR's operation definitions `tpu.Pool1D`, `tpu.Pool2D`, `tpu.Pool3D`.

use crate::op;

/// The declaration of the family.
macro_rules! pool {
    ($view:ident = $name:literal, $summary:literal $(, $buffer:ident)?) => {
        op! {
            #[doc = $summary]
            pub $view = $name, $summary;
            operands: input: One $(, $buffer: Optional)?;
            results: output: One;
            attrs:
                ceil_mode: bool [optional],
                count_include_pad: bool [= false],
                do_relu: bool [= false],
                first_round_mode: (tpu "round_mode" "HalfAwayFromZero" "HalfUp" "HalfDown" "HalfToEven"
                    "HalfToOdd" "HalfTowardsZero" "TowardsZero" "Up" "Down") [= "HalfAwayFromZero"],
                fp8_out_scale: f64 [optional],
                ginfo: (lg "lg") [optional],
                is_adaptive: bool [= false],
                keepdims: bool [= true],
                kernel_shape: i64s [required],
                layer_group: (lg "lg") [optional],
                multiplier: si32 [optional],
                offset: f64 [optional],
                pad_value: i64 [= 0],
                pads: i64s [required],
                pool_mode: (tpu "pool_mode" "Avg" "Max") [required],
                relu_limit: f64 [= -1.0],
                round_mode: (tpu "round_mode" "HalfAwayFromZero" "HalfUp" "HalfDown" "HalfToEven" "HalfToOdd"
                    "HalfTowardsZero" "TowardsZero" "Up" "Down") [= "HalfAwayFromZero"],
                rshift: si32 [optional],
                scale: f64 [optional],
                strides: i64s [required];
            traits: SupportFuseRelu, Pure, LocalGen;
            verify: Some(super::check_window);
            infer_shape: None;
            flops: None;
        }
    };
}

pool!(Pool1D = "tpu.Pool1D", "1-D average or maximum pooling");
pool!(Pool2D = "tpu.Pool2D", "2-D average or maximum pooling");
pool!(Pool3D = "tpu.Pool3D", "3-D average or maximum pooling", buffer);
