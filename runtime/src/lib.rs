//! What runs a compiled model: the bmodel container, the BM1684 command tables, the emulator and the session
//! that connects them.

pub mod bmodel;
pub mod emulator;
pub mod host;
pub mod isa;
#[cfg(feature = "jit")]
pub mod jit;
pub mod profile;
pub mod session;
