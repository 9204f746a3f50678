//! `tpu.Interp`: resizes by interpolation.
//!
//! Nearest or linear interpolation over the last two dimensions; `coord_mode` maps result to source
//! coordinates.
//!
//! Source: TPU-MLIR's operation definition `tpu.Interp`.

use crate::op;

op! {
    /// Resizes by interpolation.
    pub Interp = "tpu.Interp", "resizes by interpolation";
    operands: input: One, shapeT: Optional, buffer: Optional;
    results: output: One;
    attrs:
        coord_mode: (tpu "coord_mode" "align_corners" "half_pixel" "pytorch_half_pixel" "asymmetric")
            [required],
        ginfo: (lg "lg") [optional],
        mode: (tpu "mode" "nearest" "linear") [required],
        ppl_flag: bool [= false],
        scale_h: f64 [required],
        scale_w: f64 [required];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
