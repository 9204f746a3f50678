//! When each command starts and ends on the chip.

use crate::isa::cost::ISSUE_CYCLES;
use std::ops::Range;

/// Two queues. A command is issued when its engine is free and the command of the other engine that it waits for is done
/// (so far as the vendor's static estimate, to the cycle), and starts [`ISSUE_CYCLES`] later.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
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

    fn push(ends: &mut Vec<u64>, ready: u64, cycles: u64) -> Range<u64> {
        let free = ends.last().copied().unwrap_or(0);
        let start = free.max(ready).saturating_add(ISSUE_CYCLES);
        let end = start.saturating_add(cycles);
        ends.push(end);
        start..end
    }

    /// A TIU command that waits for the first `waits_for` GDMA commands.
    pub fn tiu(&mut self, waits_for: usize, cycles: u64) -> Range<u64> {
        let ready = Self::end_of(&self.dma_ends, waits_for);
        Self::push(&mut self.tiu_ends, ready, cycles)
    }

    /// A GDMA command that waits for the first `waits_for` TIU commands.
    pub fn dma(&mut self, waits_for: usize, cycles: u64) -> Range<u64> {
        let ready = Self::end_of(&self.tiu_ends, waits_for);
        Self::push(&mut self.dma_ends, ready, cycles)
    }

    /// When the last command ends.
    #[must_use]
    pub fn end(&self) -> u64 {
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
    use proptest::prelude::*;

    #[test]
    fn independent_commands_overlap() {
        let mut timeline = Timeline::default();
        const I: u64 = ISSUE_CYCLES;
        assert_eq!(timeline.dma(0, 10), I..I + 10);
        assert_eq!(timeline.tiu(1, 5), 2 * I + 10..2 * I + 15);
        assert_eq!(timeline.dma(0, 10), 2 * I + 10..2 * I + 20);
        assert_eq!(timeline.dma(1, 1), 3 * I + 20..3 * I + 21);
        assert_eq!(timeline.end(), 3 * I + 21);
    }

    proptest! {
        #[test]
        fn the_whole_lies_between_the_longer_engine_and_both_in_turn(
            commands in proptest::collection::vec((any::<bool>(), 0u64..1000, any::<prop::sample::Index>()), 1..60)
        ) {
            let mut timeline = Timeline::default();
            let (mut counts, mut sums) = ([0usize; 2], [0u64; 2]);
            for (tiu, cycles, wait) in commands {
                let (own, other) = if tiu { (0, 1) } else { (1, 0) };
                let waits_for = wait.index(counts[other] + 1);
                let slice = if tiu { timeline.tiu(waits_for, cycles) } else { timeline.dma(waits_for, cycles) };
                prop_assert_eq!(slice.end - slice.start, cycles);
                counts[own] += 1;
                sums[own] += ISSUE_CYCLES + cycles;
            }
            prop_assert!(timeline.end() >= sums[0].max(sums[1]));
            prop_assert!(timeline.end() <= sums[0] + sums[1]);
        }
    }
}
