//! Host layers: what a bmodel leaves to the CPU between two parts that run on the TPU, and the programs of dynamic
//! sub-nets, which on the chip are interpreted by its own processor.

mod gather;
mod gather_nd;
pub mod interpreter;

pub use gather::{GatherError, gather_elements};
pub use gather_nd::gather_nd;

use crate::bmodel::cpu_layer;

/// Name of a host layer by its code, for messages.
pub fn layer_name(op_type: i32) -> String {
    match op_type {
        cpu_layer::GATHER_ND => "gather by index tuples (19)".to_owned(),
        cpu_layer::GATHER_ELEMENTS => "gather along an axis (29)".to_owned(),
        other => format!("kind {other}"),
    }
}
