//! `tpu.RoiAlign`: as `top.RoiAlign`; on the host.
//!
//! Source: TPU-MLIR's operation definition `tpu.RoiAlign`.

use crate::op;

op! {
    /// Pools regions of interest.
    pub RoiAlign = "tpu.RoiAlign", "pools regions of interest";
    operands: input: One, rois: One;
    results: output: One;
    attrs:
        align_corners: bool [required],
        mode: (str "Avg" "Max") [required],
        output_height: i64 [required],
        output_width: i64 [required],
        sampling_ratio: i64 [required],
        spatial_scale: f64 [required];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
