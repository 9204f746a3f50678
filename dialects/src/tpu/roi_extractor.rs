//! `tpu.RoiExtractor`: as `top.RoiExtractor`; on the host.
//!
//! Source: TPU-MLIR's operation definition `tpu.RoiExtractor`.

use crate::op;

op! {
    /// Pools regions of interest from a pyramid.
    pub RoiExtractor = "tpu.RoiExtractor", "pools regions of interest from a pyramid";
    operands: rois: One, target_lvls: One, inputs: Variadic;
    results: output: One;
    attrs:
        align_corners: bool [required],
        is_static: bool [required],
        mode: (str "Avg" "Max") [required],
        num_levels: i64 [required],
        output_height: i64 [required],
        output_width: i64 [required],
        sampling_ratio: i64 [required],
        spatial_scales: f64s [required];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
