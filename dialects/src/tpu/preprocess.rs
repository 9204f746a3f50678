//! `tpu.Preprocess`: as `top.Preprocess`.
//!
//! Source: TPU-MLIR's operation definition `tpu.Preprocess`.

use crate::op;

op! {
    /// Prepares a picture on the chip.
    pub Preprocess = "tpu.Preprocess", "prepares a picture on the chip";
    operands: input: One;
    results: output: One;
    attrs:
        channel_order: str [required],
        customization_format: str [required],
        mean: f64s [required],
        quant_mode: str [required],
        resize_dims: i64s [required],
        scale: f64s [required],
        sign: bool [= true];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
