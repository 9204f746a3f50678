//! Rows along an axis side by side: positions in lanes and columns, the axis in rows.
//!
//! A lane works on 16 neighbouring columns at once. With a row's elements in columns, short rows leave most of them idle, and
//! what a row is folded into is one column of them. Here the columns are positions: all commands work on full columns, however
//! short the axis, and a fold gives 16 results at once. See [`super::along_axis`].

use super::along_axis::{AlongAxis, COLUMNS, Dimension, Piece, PieceFn, UNIT};
use super::dma_plan::pipeline;
use super::emitter::Emitter;
use super::error::Result;
use super::spread::{Spread, spread, worthwhile_tiles};
use super::tensor::{Dims, Element, Global, Local, aligned_bytes};
use tpuc_runtime::isa::memory_map::LANE_COUNT;

/// Some positions: element offsets of the first in both tensors, batches, and how the others lie over lanes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Tile {
    input: usize,
    output: usize,
    batches: usize,
    spread: Spread,
}

/// How positions are cut into tiles.
#[derive(Clone, Debug)]
pub struct SideBySide {
    positions: Dimension,
    batches: Dimension,
    loops: Vec<Dimension>,
    /// Largest tile: batches, columns of a lane.
    largest: [usize; 2],
    positions_step: usize,
}

impl SideBySide {
    /// The plan, if the axis is one dimension and a column of it fits a lane.
    pub fn plan(operation: &AlongAxis) -> Option<Self> {
        let [_] = operation.reduced.as_slice() else {
            return None;
        };
        let mut loops = operation.kept.clone();
        let mut take = || {
            let largest = (0..loops.len()).max_by_key(|&index| loops[index].size);
            largest.map_or(UNIT, |index| loops.remove(index))
        };
        let (positions, batches) = (take(), take());
        let fits = |batches: usize, width: usize| {
            operation.side_by_side_bytes(batches, width) <= operation.available()
        };
        // Both in columns of a lane: all there is, and what a tile may have.
        let all = spread(positions.size, 1).width;
        let words = all * batches.size * operation.row;
        let tiles = worthwhile_tiles(words);
        let wanted = (all * batches.size).div_ceil(tiles).max(1);
        let width = (1..=all.min(wanted)).rev().find(|width| fits(1, *width))?;
        let (step, width) = if width == all {
            (positions.size, all)
        } else {
            let count = positions.size.div_ceil(width * LANE_COUNT);
            let step = positions.size.div_ceil(count);
            let rest = positions.size - (count - 1) * step;
            (step, spread(step, 1).width.max(spread(rest, 1).width))
        };
        if !fits(1, width) {
            return None;
        }
        let most = if step == positions.size {
            (wanted / width).clamp(1, batches.size)
        } else {
            1
        };
        let most = (1..=most)
            .rev()
            .find(|batches| fits(*batches, width))
            .unwrap_or(1);
        Some(Self {
            positions,
            batches,
            loops,
            largest: [most, width],
            positions_step: step,
        })
    }

    fn tiles(&self) -> Vec<Tile> {
        let mut starts = vec![(0, 0)];
        for dimension in &self.loops {
            starts = starts
                .iter()
                .flat_map(|&(input, output)| {
                    (0..dimension.size).map(move |index| {
                        (input + index * dimension.input, output + index * dimension.output)
                    })
                })
                .collect();
        }
        let mut tiles = Vec::new();
        let (positions, batches) = (&self.positions, &self.batches);
        for (input, output) in starts {
            for batch in (0..batches.size).step_by(self.largest[0]) {
                for first in (0..positions.size).step_by(self.positions_step) {
                    tiles.push(Tile {
                        input: input + batch * batches.input + first * positions.input,
                        output: output + batch * batches.output + first * positions.output,
                        batches: self.largest[0].min(batches.size - batch),
                        spread: spread(self.positions_step.min(positions.size - first), 1),
                    });
                }
            }
        }
        tiles
    }
}

impl Tile {
    fn shape(&self, row: usize) -> Dims {
        [self.batches, self.spread.count, row, self.spread.width]
    }
}

impl AlongAxis {
    fn side_by_side_bytes(&self, batches: usize, width: usize) -> usize {
        let full = aligned_bytes(Element::F32, [batches, 1, self.row, width]);
        let one = aligned_bytes(Element::F32, [batches, 1, 1, width]);
        let result = if self.keeps_row { full } else { one };
        2 * (full + result) + self.scratch * full + COLUMNS * one
    }

    /// Emits everything: loads, computation, stores.
    pub(super) fn emit_side_by_side(
        &self,
        emitter: &mut Emitter,
        plan: &SideBySide,
        local: PieceFn<'_>,
    ) -> Result<()> {
        let [batches, width] = plan.largest;
        let full = aligned_bytes(Element::F32, [batches, 1, self.row, width]);
        let column = aligned_bytes(Element::F32, [batches, 1, 1, width]);
        let result = if self.keeps_row { full } else { column };
        let slot_bytes = full + result;
        let result_rows = if self.keeps_row { self.row } else { 1 };
        let along = self.reduced[0];
        let at = |address: usize, shape: Dims| Local::aligned(address, Element::F32, shape);
        let view = |base: u64, offset: usize, shape: Dims, strides: [usize; 3], step: usize| Global {
            address: base + (offset * 4) as u64,
            element: Element::F32,
            shape,
            strides: [strides[0], step * strides[2], strides[1], strides[2]],
        };
        pipeline(
            emitter,
            &plan.tiles(),
            2,
            |emitter, tile, slot| {
                let shape = tile.shape(self.row);
                let strides = [plan.batches.input, along.input, plan.positions.input];
                let source = view(self.input, tile.input, shape, strides, tile.spread.step);
                emitter.load(&source, &at(slot * slot_bytes, shape))
            },
            |emitter, tile, slot| {
                let (shape, one) = (tile.shape(self.row), tile.shape(1));
                let start = 2 * slot_bytes;
                let after = start + self.scratch * full;
                let piece = Piece {
                    x: at(slot * slot_bytes, shape),
                    out: at(slot * slot_bytes + full, tile.shape(result_rows)),
                    scratch: (0..self.scratch)
                        .map(|index| at(start + index * full, shape))
                        .collect(),
                    columns: std::array::from_fn(|index| at(after + index * column, one)),
                    gathered: None,
                    side_by_side: true,
                };
                local(emitter, &piece)
            },
            |emitter, tile, slot| {
                let shape = tile.shape(result_rows);
                let strides = [plan.batches.output, along.output, plan.positions.output];
                let target = view(self.output, tile.output, shape, strides, tile.spread.step);
                emitter.store(&at(slot * slot_bytes + full, shape), &target)
            },
        )
    }
}
