//! `tpu.Upsample`: nearest-neighbour upsampling.
//!
//! `y[n, c, h, w] = x[n, c, h / scale_h, w / scale_w]`.
//!
//! Source: TPU-MLIR's operation definition `tpu.Upsample`.

use crate::op;

op! {
    /// Nearest-neighbour upsampling.
    pub Upsample = "tpu.Upsample", "nearest-neighbour upsampling";
    operands: input: One, indices: Optional;
    results: output: One;
    attrs:
        do_relu: bool [= false],
        ginfo: (lg "lg") [optional],
        relu_limit: f64 [= -1.0],
        scale_h: i64 [required],
        scale_w: i64 [required];
    traits: Pure, Movement, LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}
