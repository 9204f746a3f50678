//! Passes on the tpu dialect before code generation.

pub mod canonicalize;
pub mod weight_fold;

use crate::pass::Pass;

/// The passes of this stage; `--canonicalize` has its row with the top dialect's patterns.
pub const PASSES: &[&Pass] = &[&weight_fold::PASS];
