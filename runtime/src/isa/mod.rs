//! The BM1684's commands: one table per engine, from which everything else follows.
//!
//! The chip has two engines that read fixed-size commands of 1024 bits: TIU (the 64 compute lanes) and GDMA (the
//! mover between DDR, the L2 buffer and the lanes' local memory). [`TiuField`] and [`DmaField`] list every field
//! with its lowest bit, width and meaning. Encoder, decoder, disassembler, cost estimate and emulator all go
//! through these two tables; overlaps and gaps fail the build.
//!
//! - [`TiuCommand`], [`DmaCommand`]: the 128 bytes, with checked `get` and `set`
//! - [`codes`]: what the numbers in coded fields mean (operations, precisions, formats, ...)
//! - [`memory_map`]: where local memory, L2 and DDR lie
//! - [`disassembly`]: one line of text, or one JSON object, per command
//! - [`operands`]: what a command reads and writes
//! - [`cost`]: an estimate of what a command costs in cycles, multiply-adds and bytes

pub mod codes;
pub mod cost;
pub mod disassembly;
mod dma;
mod field;
pub mod memory_map;
pub mod operands;
mod tiu;

pub use codes::{Direction, DmaFormat, DmaFunction, Precision, StrideCode, TiuOp};
pub use dma::{DmaCommand, DmaField};
pub use field::{COMMAND_BYTES, COMMAND_WORDS, Engine, FieldInfo, FieldOverflow};
pub use tiu::{TiuCommand, TiuField};

/// A command of either engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// For the TIU.
    Tiu(TiuCommand),
    /// For the GDMA.
    Dma(DmaCommand),
}
