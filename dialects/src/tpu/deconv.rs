//! `tpu.Deconv`, `tpu.Deconv3D`: transposed convolution. Each input element adds `x * filter` to the result at
//! `position * stride - pad`. INT8 (2-D) as in `tpu.Conv2D`: one right shift, bias i16. BM1684 computes the 3-D one in F32.
//!
//! Source: TPU-MLIR's operation definitions `tpu.Deconv`, `tpu.Deconv3D`.

use crate::op;

/// The declaration of the family.
macro_rules! deconvolution {
    ($view:ident = $name:literal, $summary:literal) => {
        op! {
            #[doc = $summary]
            pub $view = $name, $summary;
            operands: input: One, filter: One, bias: Optional;
            results: output: One;
            attrs:
                dilations: i64s [optional],
                do_relu: bool [= false],
                dynweight_reorderd: bool [= false],
                ginfo: (lg "lg") [optional],
                group: i64 [= 1],
                kernel_shape: i64s [required],
                multiplier: i64s [optional],
                output_padding: i64s [optional],
                pads: i64s [required],
                quant_mode: (tpu "rq_mode" "TFLite_LShift" "TFLite" "MultiplierShift" "OnlyShift" "QDM"
                    "OnlyScale") [= "MultiplierShift"],
                relu_limit: f64 [= -1.0],
                rshift: i64s [optional],
                strides: i64s [required],
                with_bias: bool [required];
            traits: SupportFuseRelu, Pure, LocalGen;
            verify: Some(super::check_convolution);
            infer_shape: None;
            flops: None;
        }
    };
}

deconvolution!(Deconv = "tpu.Deconv", "2-D transposed convolution");
deconvolution!(Deconv3D = "tpu.Deconv3D", "3-D transposed convolution");
