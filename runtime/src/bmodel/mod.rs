//! The bmodel container: what a file for the BM1684 holds, read from and written to its binary form.
//!
//! A file is a 64-byte header, a FlatBuffers part (`bmodel.fbs`) and a binary area; the FlatBuffers part refers to
//! sections of the area by offset and size. [`Bmodel`] is the same content as plain owned data: sections are
//! [`Blob`]s, references are gone. Reading checks every offset, size and check code, so that a [`Bmodel`] that was
//! read can be used without further checks of that kind. Writing is deterministic: equal models give equal bytes.
//!
//! Facts about the format that the schema does not tell are in `docs/bmodel.md`.

mod blob;
mod builder;
mod combine;
pub mod dis;
mod error;
mod header;
mod info;
mod mapped;
mod model;
mod read;
mod schema;
mod write;

#[cfg(test)]
mod tests;

pub use blob::{Blob, SharedBytes};
pub use builder::{StaticNet, SubNetPart, single_net};
pub use combine::{combine, split};
pub use error::Error;
pub use header::{Header, MAGIC, SECTION_ALIGNMENT};
pub use info::{MemorySizes, info_json, info_text, memory_sizes};
pub use model::{
    Bmodel, COMMAND_BYTES, Cascade, CmdGroup, Coeff, CoreCommands, CpuConst, CpuParam, DataType,
    KernelModule, Location, Net, Relocation, Stage, StageIr, StoreMode, SubNet, SubNetMode, SwitchParam,
    Tensor, chip_bm1684, cpu_layer, hidden,
};
pub use read::ReadOptions;
