//! Host layers: what a bmodel leaves to the CPU between two parts that run on the TPU.

mod gather;

pub use gather::{GatherError, gather_elements};

/// Code of the gather layer in `CpuParam::op_type`.
pub const GATHER_ELEMENTS: i32 = 29;

/// Name of a host layer by its code, for messages.
pub fn layer_name(op_type: i32) -> String {
    match op_type {
        GATHER_ELEMENTS => "gather along an axis (29)".to_owned(),
        other => format!("kind {other}"),
    }
}
