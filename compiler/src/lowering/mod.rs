//! From the top dialect to the tpu dialect: the passes of a deployment's first step, and what they share.

pub mod bm1684;
pub mod calibration;
pub mod casts;
pub mod convert_top_to_tpu;
pub mod import_calibration_table;
mod lowered;
pub mod processor_assign;
pub mod processor_top_optimize;
pub mod shapes;

pub use lowered::{LoweringError, lowered, quantised};
