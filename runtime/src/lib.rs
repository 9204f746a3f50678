//! What runs a compiled model.

pub mod isa;
