//! Passes inside the `top` dialect, one file each, and what they share.

pub mod infer;
