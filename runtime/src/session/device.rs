//! What a session needs from the thing that executes commands.

use crate::isa::{Command, Engine};

/// Called after each command with the memories as they are then.
pub type Observer<'a> = &'a mut dyn FnMut(Done, &dyn MemoryView);

/// A command that was executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    /// Its engine.
    pub engine: Engine,
    /// Its own id, from 1 in each command group.
    pub id: u64,
    /// The command itself.
    pub command: Command,
}

/// Read access to the memories of a device.
pub trait MemoryView {
    /// Bytes of DDR by absolute address; `None` when they are not all inside.
    fn ddr(&self, address: u64, bytes: usize) -> Option<&[u8]>;

    /// Bytes of one lane's local memory; `None` when they are not all inside.
    fn lane(&self, lane: usize, offset: usize, bytes: usize) -> Option<&[u8]>;

    /// Bytes of the L2 buffer; `None` when they are not all inside, or the device has none.
    fn l2(&self, offset: usize, bytes: usize) -> Option<&[u8]>;
}

/// Memory and engines of a BM1684, or something that behaves so.
pub trait Device {
    /// Writes DDR by absolute address.
    ///
    /// # Errors
    /// A message when the range is outside.
    fn write_ddr(&mut self, address: u64, data: &[u8]) -> Result<(), String>;

    /// Reads DDR by absolute address.
    ///
    /// # Errors
    /// A message when the range is outside.
    fn read_ddr(&self, address: u64, bytes: usize) -> Result<&[u8], String>;

    /// Executes the commands of one group, which may be none.
    ///
    /// # Errors
    /// A message that names the command.
    fn run(&mut self, tiu: &[u8], dma: &[u8], observer: Option<Observer<'_>>) -> Result<(), String>;
}
