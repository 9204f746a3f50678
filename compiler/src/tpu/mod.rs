//! Passes on the tpu dialect before code generation.

pub mod canonicalize;
pub mod processor_tpu_optimize;
pub mod weight_fold;
