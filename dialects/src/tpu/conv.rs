//! `tpu.Conv2D`, `tpu.Conv3D`: convolution in the layout N, C, spatial dimensions; filter `[O, C/group, K..]`, bias `[O]` or
//! none; `pads` = all starts, then all ends. 1-D convolutions are 2-D ones with a last kernel dimension of 1.
//!
//! F32: `y = sum(filter * x) + bias`, then relu. INT8 (2-D): filter i8, bias i16, `y = saturate((sum(filter * x) +
//! bias) >> rshift)` with rounding half up (`quant_mode` `OnlyShift`), one shift for the layer or one for each output channel;
//! the sum wraps at 32 bits only in theory. Saturates to u8 if the result's type is unsigned. Exact in integers. BM1684
//! computes 3-D convolutions in F32 only.
//!
//! Source: TPU-MLIR's operation definitions `tpu.Conv2D`, `tpu.Conv3D`.

use crate::op;

/// The declaration of the family; what only 2-D convolutions have by default is in brackets.
macro_rules! convolution {
    (
        $view:ident = $name:literal, $summary:literal;
        coeff_merged: [$($merged:tt)*], support_compress: [$($compress:tt)*], use_3ic_optimize: [$($optimize:tt)*],
        weight_is_coeff: [$($coeff:tt)*]
    ) => {
        op! {
            #[doc = $summary]
            pub $view = $name, $summary;
            operands: input: One, filter: One, bias: Optional;
            results: output: One;
            attrs:
                coeff_merged: bool [$($merged)*],
                compress_info: (lg "do_compress") [optional],
                dilations: i64s [optional],
                do_kernel_rotate: bool [optional],
                do_leaky_relu: bool [optional],
                do_relu: bool [= false],
                do_winograd: bool [optional],
                dynweight_reorderd: bool [= false],
                ginfo: (lg "lg") [optional],
                group: i64 [= 1],
                inserts: i64s [optional],
                kernel_shape: i64s [required],
                kernel_zp: i64 [= 0],
                multiplier: i64s [optional],
                multiplier_neg: si32 [optional],
                multiplier_pos: si32 [optional],
                neg_slope: f64 [optional],
                out_f8_scale: f64 [optional],
                out_f8_scales: f64s [optional],
                pads: i64s [required],
                quant_mode: (tpu "rq_mode" "TFLite_LShift" "TFLite" "MultiplierShift" "OnlyShift" "QDM"
                    "OnlyScale") [= "MultiplierShift"],
                relu_limit: f64 [= -1.0],
                round_mode: (tpu "round_mode" "HalfAwayFromZero" "HalfUp" "HalfDown" "HalfToEven" "HalfToOdd"
                    "HalfTowardsZero" "TowardsZero" "Up" "Down") [= "HalfUp"],
                rshift: i64s [optional],
                rshift_neg: si32 [optional],
                rshift_pos: si32 [optional],
                strides: i64s [required],
                support_compress: bool [$($compress)*],
                use_3ic_optimize: i64 [$($optimize)*],
                use_winograd: i64 [optional],
                weight_bits: i64 [optional],
                weight_is_coeff: i64 [$($coeff)*],
                with_bias: bool [required];
            traits: SupportFuseRelu, Pure, LocalGen;
            verify: Some(super::check_convolution);
            infer_shape: None;
            flops: None;
        }
    };
}

convolution!(
    Conv2D = "tpu.Conv2D", "2-D convolution (1-D ones have a last kernel dimension of 1)";
    coeff_merged: [= false], support_compress: [= true], use_3ic_optimize: [= 0], weight_is_coeff: [= 1]
);
convolution!(
    Conv3D = "tpu.Conv3D", "3-D convolution";
    coeff_merged: [optional], support_compress: [optional], use_3ic_optimize: [optional], weight_is_coeff: [optional]
);
