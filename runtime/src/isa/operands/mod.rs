//! What a command reads and writes: role, address, shape, strides and type of each operand, from its fields alone.
//!
//! The trace prints it and the search for races compares it. Nothing is checked here: fields of a hostile command
//! give regions outside of every memory, sums saturate. Where a command touches less than the smallest box of rows
//! around it, the box is given.

mod dma;
mod tiu;

pub use dma::dma_operands;
pub use tiu::tiu_operands;

use super::memory_map::{self, LANE_COUNT, Memory};

/// What a command does with an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Only reads it.
    Read,
    /// Only writes it.
    Write,
    /// Reads and writes it: accumulation.
    Update,
}

impl Access {
    /// Name used in traces.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Access::Read => "read",
            Access::Write => "write",
            Access::Update => "update",
        }
    }

    /// Whether memory changes.
    #[must_use]
    pub const fn writes(self) -> bool {
        !matches!(self, Access::Read)
    }
}

/// Where the elements of an operand lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// Address of the first element.
    pub address: u64,
    /// Batch groups, channels, rows, columns. Channels go over the lanes when the address is in local memory.
    pub shape: [u64; 4],
    /// Distances in bytes; in local memory the second is the one between rows of channels.
    pub strides: [u64; 4],
    /// Bytes touched at each position: an element, or all batches that share a word.
    pub element_bytes: u64,
}

/// An operand's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// A value in the command itself.
    Constant(u32),
    /// A tensor in memory.
    Tensor(Region),
}

/// One operand or result of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operand {
    /// What it is for: `input`, `weights`, `bias`, `table`, `result`, ...
    pub role: &'static str,
    /// What the command does with it.
    pub access: Access,
    /// Batches, which may share words; else as the region's shape.
    pub batches: u64,
    /// Element type.
    pub element: &'static str,
    /// Value or place.
    pub content: Content,
}

/// A run of bytes of one operand: a row of it, in one lane or in other memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The memory.
    pub memory: Memory,
    /// Lane in local memory, else 0.
    pub lane: usize,
    /// First byte in lane or memory.
    pub start: u64,
    /// Byte after the last.
    pub end: u64,
}

impl Region {
    /// The memory that the address lies in.
    #[must_use]
    pub const fn memory(&self) -> Option<Memory> {
        match Memory::of_address(self.address) {
            Some((memory, _)) => Some(memory),
            None => None,
        }
    }

    /// One extent for each lane that is touched, or one for other memory, from the first to the last byte.
    #[must_use]
    pub fn extents(&self) -> Vec<Extent> {
        let Some((memory, offset)) = Memory::of_address(self.address) else {
            return Vec::new();
        };
        if self.shape.contains(&0) {
            return Vec::new();
        }
        let [n, c, h, w] = self.shape;
        let span = |count: u64, stride: u64| (count - 1).saturating_mul(stride);
        let inner = [
            span(n, self.strides[0]),
            span(h, self.strides[2]),
            span(w, self.strides[3]),
        ]
        .iter()
        .fold(self.element_bytes, |sum: u64, part| sum.saturating_add(*part));
        if memory != Memory::Local {
            let end = offset.saturating_add(inner.saturating_add(span(c, self.strides[1])));
            return vec![Extent {
                memory,
                lane: 0,
                start: offset,
                end,
            }];
        }
        let lanes = LANE_COUNT as u64;
        let (first_lane, offset) = memory_map::lane_offset(offset);
        (0..c.min(lanes))
            .map(|index| {
                // Channels `index`, `index + 64`, ... are in this lane.
                let first = first_lane + index;
                let first_row = first / lanes;
                let rows = (c - 1 - index) / lanes;
                let start = offset.saturating_add(first_row.saturating_mul(self.strides[1]));
                let end = start.saturating_add(rows.saturating_mul(self.strides[1]).saturating_add(inner));
                Extent {
                    memory,
                    lane: (first % lanes) as usize,
                    start,
                    end,
                }
            })
            .collect()
    }

    /// Visits every row of elements as an extent; rows with holes are visited element by element. Stops when `visit`
    /// gives false.
    pub fn for_each_run(&self, mut visit: impl FnMut(Extent) -> bool) {
        let Some((memory, offset)) = Memory::of_address(self.address) else {
            return;
        };
        let [n, c, h, w] = self.shape;
        let dense = self.strides[3] == self.element_bytes;
        let (columns, bytes) = if dense {
            (1, w.saturating_mul(self.element_bytes))
        } else {
            (w, self.element_bytes)
        };
        if w == 0 {
            return;
        }
        let lanes = LANE_COUNT as u64;
        for c in 0..c {
            let (lane, base) = if memory == Memory::Local {
                let (lane, offset) = memory_map::lane_offset(offset);
                let channel = lane + c;
                (
                    channel % lanes,
                    offset.saturating_add((channel / lanes).saturating_mul(self.strides[1])),
                )
            } else {
                (0, offset.saturating_add(c.saturating_mul(self.strides[1])))
            };
            for n in 0..n {
                for y in 0..h {
                    for x in 0..columns {
                        let start = base
                            .saturating_add(n.saturating_mul(self.strides[0]))
                            .saturating_add(y.saturating_mul(self.strides[2]))
                            .saturating_add(x.saturating_mul(self.strides[3]));
                        let extent = Extent {
                            memory,
                            lane: lane as usize,
                            start,
                            end: start.saturating_add(bytes),
                        };
                        if !visit(extent) {
                            return;
                        }
                    }
                }
            }
        }
    }
}

/// Lane of an address in local memory, else 0.
fn start_lane(address: u64) -> u64 {
    match Memory::of_address(address) {
        Some((Memory::Local, offset)) => memory_map::lane_offset(offset).0,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::memory_map::local_address;
    use crate::isa::{DmaCommand, TiuCommand};

    #[test]
    fn channels_go_over_the_lanes() {
        let region = Region {
            address: local_address(62, 0x100),
            shape: [1, 67, 2, 3],
            strides: [0, 128, 12, 4],
            element_bytes: 4,
        };
        let extents = region.extents();
        assert_eq!(extents.len(), 64);
        let of = |lane: usize| {
            let extent = extents.iter().find(|extent| extent.lane == lane).unwrap();
            (extent.start, extent.end)
        };
        // Lane 62 holds channels 0 (row 0) and 64 (row 1); lane 0 holds channels 2 and 66, in rows 1 and 2.
        assert_eq!(of(62), (0x100, 0x100 + 128 + 24));
        assert_eq!(of(0), (0x100 + 128, 0x100 + 256 + 24));
        assert_eq!(of(1), (0x100 + 128, 0x100 + 128 + 24));
        let mut runs = 0;
        region.for_each_run(|run| {
            let (start, end) = of(run.lane);
            assert!(run.start >= start && run.end <= end && run.end - run.start == 12);
            runs += 1;
            true
        });
        assert_eq!(runs, 67 * 2);
    }

    #[test]
    fn hostile_fields_saturate() {
        for words in [[u64::MAX; 16], [0; 16], [0xaaaa_aaaa_aaaa_aaaa; 16]] {
            for operand in tiu_operands(&TiuCommand(words))
                .into_iter()
                .chain(dma_operands(&DmaCommand(words)))
            {
                if let Content::Tensor(region) = operand.content {
                    let _ = region.extents();
                }
            }
        }
    }
}
