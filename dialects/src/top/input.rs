//! `top.Input`: a function argument. The attributes say how an image becomes this tensor (`y = (x - mean) * scale` for each channel,
//! after resizing); nothing is computed where the input is a tensor already.
//!
//! Source: TPU-MLIR's `top.Input`.

use super::shape;
use crate::op;

op! {
    /// A network input and its preprocessing.
    pub Input = "top.Input", "a network input and its preprocessing";
    operands: input: One;
    results: output: One;
    attrs:
        aligned: bool [optional],
        channel_format: (str "nhwc" "nchw") [optional],
        customization_format: str [optional],
        do_preprocess: bool [= false],
        keep_aspect_ratio: bool [optional],
        keep_ratio_mode: str [optional],
        mean: f64s [optional],
        pad_type: (str "normal" "center") [optional],
        pad_value: i64 [optional],
        pixel_format: (str "rgb" "bgr" "gray" "rgba" "gbrg" "grbg" "bggr" "rggb") [optional],
        resize_dims: i64s [optional],
        scale: f64s [optional],
        shape_tensor: i64s [optional],
        yuv_type: str [optional];
    traits: Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: None;
}
