//! Passes inside the `top` dialect, one file each, and what they share.

pub mod add_postprocess;
pub mod canonicalize;
pub mod extra_optimize;
pub mod infer;
pub mod patterns;
pub mod shape_infer;
pub mod struct_optimize;
