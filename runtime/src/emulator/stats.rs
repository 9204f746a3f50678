//! What a run did, counted and estimated.

use std::collections::BTreeMap;

/// Counts and estimated cycles of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunStats {
    /// TIU commands by operation.
    pub tiu_commands: BTreeMap<String, u64>,
    /// GDMA commands by function.
    pub dma_commands: BTreeMap<String, u64>,
    /// Bytes written by GDMA.
    pub dma_bytes: u64,
    /// Estimated cycles of the TIU alone, see [`crate::isa::cost`].
    pub tiu_cycles: u64,
    /// Estimated cycles of the GDMA alone.
    pub dma_cycles: u64,
    /// Estimated cycles of both together: each command starts when its engine is free and what it waits for is done.
    pub cycles: u64,
}

impl RunStats {
    /// Adds the figures of a run that came after this one.
    pub fn append(&mut self, later: &RunStats) {
        for (name, count) in &later.tiu_commands {
            *self.tiu_commands.entry(name.clone()).or_default() += count;
        }
        for (name, count) in &later.dma_commands {
            *self.dma_commands.entry(name.clone()).or_default() += count;
        }
        self.dma_bytes += later.dma_bytes;
        self.tiu_cycles += later.tiu_cycles;
        self.dma_cycles += later.dma_cycles;
        self.cycles += later.cycles;
    }

    /// All TIU commands.
    #[must_use]
    pub fn tiu_count(&self) -> u64 {
        self.tiu_commands.values().sum()
    }

    /// All GDMA commands.
    #[must_use]
    pub fn dma_count(&self) -> u64 {
        self.dma_commands.values().sum()
    }
}
