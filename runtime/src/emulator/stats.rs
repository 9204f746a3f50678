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

/// When each command would end on the chip.
#[derive(Default)]
pub(super) struct Timeline {
    tiu_ends: Vec<u64>,
    dma_ends: Vec<u64>,
}

impl Timeline {
    fn end_of(ends: &[u64], count: usize) -> u64 {
        count
            .checked_sub(1)
            .and_then(|index| ends.get(index))
            .copied()
            .unwrap_or(0)
    }

    /// A TIU command that waits for the first `waits_for` GDMA commands.
    pub(super) fn tiu(&mut self, waits_for: usize, cycles: u64) {
        let start = self
            .tiu_ends
            .last()
            .copied()
            .unwrap_or(0)
            .max(Self::end_of(&self.dma_ends, waits_for));
        self.tiu_ends.push(start.saturating_add(cycles));
    }

    /// A GDMA command that waits for the first `waits_for` TIU commands.
    pub(super) fn dma(&mut self, waits_for: usize, cycles: u64) {
        let start = self
            .dma_ends
            .last()
            .copied()
            .unwrap_or(0)
            .max(Self::end_of(&self.tiu_ends, waits_for));
        self.dma_ends.push(start.saturating_add(cycles));
    }

    pub(super) fn end(&self) -> u64 {
        self.tiu_ends
            .last()
            .max(self.dma_ends.last())
            .copied()
            .unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn independent_commands_overlap() {
        let mut timeline = Timeline::default();
        timeline.dma(0, 10);
        timeline.tiu(1, 5);
        timeline.dma(0, 10);
        timeline.dma(1, 1);
        assert_eq!(timeline.end(), 21);
    }
}
