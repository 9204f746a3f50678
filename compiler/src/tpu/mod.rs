//! Passes on the tpu dialect before code generation.

pub mod canonicalize;
pub mod weight_fold;
