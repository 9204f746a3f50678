//! Matrix multiplication whose left side is packed once and whose right side is laid out piece by piece.
//!
//! `out = finish(A x B)`: `A` (weights, `rows x depth`) is a [`PackedRows`]; `B` (`depth x columns`) never exists as a whole, it
//! lays out pieces of its columns (for a convolution: windows of the input); `finish` turns the sums of one piece of an
//! output row into output elements (bias, activation, requantisation). Memory beyond the output is a few hundred
//! kilobytes for each thread. f32 sums run in pieces of ascending depth, whatever the number of threads; integer sums are
//! exact.

use super::kernels::{self, LANES, Tile, Vectorised};
use super::packing::{Packed, PackedRows, Panels, Scratch, Side, Source, at_least};
use rayon::prelude::*;
use std::ops::Range;

/// Vectors of columns that a task multiplies at most: its packed columns fit the second-level cache.
const TASK_VECTORS: usize = 8;
/// As [`TASK_VECTORS`], columns where these are the single numbers.
const TASK_COLUMNS: usize = 224;
/// As many rows could be multiplied in the time that packing takes.
const PACKING_ROWS: usize = 8;

/// The right side of a product.
pub trait Columns<S: Source>: Sync {
    /// Lays out the rows of a range of depths, `GROUP` of them in each step, zeros after the last one. Mark it
    /// `#[inline(always)]`, so that it is compiled for the machine's vectors.
    fn lay(&self, depth: Range<usize>, block: &Block, rows: &mut Vec<S>, out: &mut [S::Packed]);
}

/// Some columns, and where they are laid.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    /// The first column.
    pub first: usize,
    /// How the columns are cut.
    pub panels: Panels,
    /// Steps of a panel.
    steps: usize,
}

impl Block {
    /// Lanes in front of a panel. Behind each panel is room for a vector that ends outside.
    #[inline(always)]
    pub fn start(&self, panel: usize) -> usize {
        self.panels.get(panel).first * self.steps + panel * LANES
    }

    fn lanes(&self) -> usize {
        self.panels.width() * self.steps + self.panels.count() * LANES
    }
}

/// Columns of which a function writes the elements of row `k` from some column on: `fill(k, column, piece)`.
pub struct Fill<F>(pub F);

impl<S: Source, F: Fn(usize, usize, &mut [S]) + Sync> Columns<S> for Fill<F> {
    #[inline(always)]
    fn lay(&self, depth: Range<usize>, block: &Block, rows: &mut Vec<S>, out: &mut [S::Packed]) {
        let (group, columns) = (S::Packed::GROUP, block.panels.lanes());
        let rows = at_least(rows, 2 * columns);
        let (first, second) = rows.split_at_mut(columns);
        for (step, k) in depth.clone().step_by(group).enumerate() {
            (self.0)(k, block.first, first);
            if group == 2 && k + 1 < depth.end {
                (self.0)(k + 1, block.first, second);
            } else {
                second.fill(S::default());
            }
            for index in 0..block.panels.count() {
                let panel = block.panels.get(index);
                let start = block.start(index) + step * panel.width;
                let rows = [&first[panel.first..], &second[panel.first..]];
                S::Packed::lay(rows, panel.lanes, &mut out[start * group..]);
            }
        }
    }
}

struct Task<'a, 'out, S: Source, Out, Right, Finish> {
    a: &'a PackedRows<S::Packed>,
    /// Panels of `a`.
    rows: Range<usize>,
    columns: Range<usize>,
    /// The columns of each row.
    out: &'a mut [&'out mut [Out]],
    source: &'a Right,
    finish: &'a Finish,
    scratch: &'a mut Scratch<S>,
}

/// `out = finish(A x B)` with `out` of `a.rows() x columns`, in as many tasks as keep `threads` threads busy: pieces of `B` are
/// laid out once for each task of the same columns, so a caller that has other work for the other threads says 1.
///
/// `finish(row, column, sums, out)` writes a piece of row `row` of the output.
///
/// # Panics
/// When `out` does not have `a.rows() * columns` elements.
pub fn multiply<S: Source, Out: Send>(
    a: &PackedRows<S::Packed>,
    columns: usize,
    threads: usize,
    source: &impl Columns<S>,
    finish: impl Fn(usize, usize, &[S::Sum], &mut [Out]) + Sync,
    out: &mut [Out],
) {
    assert_eq!(out.len(), a.rows() * columns);
    if out.is_empty() {
        return;
    }
    let panels = a.panels();
    let [row_tasks, column_tasks] = split(panels, columns, threads);
    let rows_of = |task: usize| task * panels.count() / row_tasks..(task + 1) * panels.count() / row_tasks;
    let columns_of = |task: usize| match panels.side() {
        Side::Vectors => task * columns / column_tasks..(task + 1) * columns / column_tasks,
        // Whole vectors.
        Side::Singles => {
            let vectors = columns.div_ceil(LANES);
            let start = |task: usize| (task * vectors / column_tasks * LANES).min(columns);
            start(task)..start(task + 1)
        }
    };
    let mut tasks: Vec<(Range<usize>, Range<usize>, Vec<&mut [Out]>)> = Vec::new();
    let mut rest = out.chunks_exact_mut(columns);
    for rows in (0..row_tasks).map(rows_of) {
        let first = tasks.len();
        let count: usize = rows.clone().map(|panel| panels.get(panel).lanes).sum();
        tasks.extend(
            (0..column_tasks).map(|task| (rows.clone(), columns_of(task), Vec::with_capacity(count))),
        );
        for mut row in rest.by_ref().take(count) {
            for (_, columns, out) in &mut tasks[first..] {
                let (piece, after) = row.split_at_mut(columns.len());
                out.push(piece);
                row = after;
            }
        }
    }
    let run = |(rows, columns, out): &mut (Range<usize>, Range<usize>, Vec<&mut [Out]>)| {
        let mut scratch = S::scratch().take();
        kernels::vectorised(Task {
            a,
            rows: rows.clone(),
            columns: columns.clone(),
            out,
            source,
            finish: &finish,
            scratch: &mut scratch,
        });
        S::scratch().set(scratch);
    };
    if tasks.len() == 1 || threads == 1 {
        tasks.iter_mut().for_each(run);
    } else {
        tasks.par_iter_mut().for_each(run);
    }
}

/// Into how many tasks to cut rows and columns: so that the threads end soon, packing included.
fn split(panels: &Panels, columns: usize, threads: usize) -> [usize; 2] {
    let (units, most) = match panels.side() {
        Side::Singles => (columns.div_ceil(LANES), TASK_VECTORS),
        Side::Vectors => (columns, TASK_COLUMNS),
    };
    let least = units.div_ceil(most);
    let mut best = [1, least];
    let mut best_cost = usize::MAX;
    for row_tasks in 1..=panels.count().min(threads) {
        let rows = panels.count().div_ceil(row_tasks) * panels.width() / panels.count();
        for column_tasks in least..=(least + threads).min(units) {
            let rounds = (row_tasks * column_tasks).div_ceil(threads);
            let cost = rounds * units.div_ceil(column_tasks) * (rows + PACKING_ROWS);
            if cost < best_cost {
                best_cost = cost;
                best = [row_tasks, column_tasks];
            }
        }
    }
    best
}

impl<S, Out, Right, Finish> Vectorised for Task<'_, '_, S, Out, Right, Finish>
where
    S: Source,
    Right: Columns<S>,
    Finish: Fn(usize, usize, &[S::Sum], &mut [Out]),
{
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let group = S::Packed::GROUP;
        let depth = self.a.depth();
        let side = self.a.panels().side();
        let first_row = self.a.panels().get(self.rows.start).first;
        let Scratch {
            rows,
            columns,
            sums,
            row: contiguous,
        } = self.scratch;
        let mut block = Block {
            first: self.columns.start,
            panels: Panels::new(self.columns.len(), side.other()),
            steps: 0,
        };
        let width = block.panels.width();
        let mut pieces = self.a.cut().pieces(depth, group).peekable();
        // Without any depth all sums are zero.
        let mut next = Some(pieces.next().unwrap_or_default());
        let many = pieces.peek().is_some();
        while let Some((start, length)) = next {
            next = pieces.next();
            block.steps = length.div_ceil(group);
            let columns = at_least(columns, block.lanes() * group);
            self.source.lay(start..start + length, &block, rows, columns);
            for index in self.rows.clone() {
                let panel = self.a.panels().get(index);
                let a = self.a.panel(panel, start, length);
                // Sums of the pieces before are kept for all rows.
                let height = if side == Side::Vectors {
                    panel.width
                } else {
                    panel.lanes
                };
                let from = if many {
                    (panel.first - first_row) * width
                } else {
                    0
                };
                let sums = &mut at_least(sums, from + height * width)[from..];
                for other in 0..block.panels.count() {
                    let other_panel = block.panels.get(other);
                    let b = &columns[block.start(other) * group..][..block.steps * other_panel.width * group];
                    match side {
                        Side::Singles => {
                            let tile = Tile {
                                steps: block.steps,
                                rows: panel.width,
                                vectors: other_panel.width / LANES,
                                stride: width,
                                add: start > 0,
                            };
                            S::Packed::tile(tile, a, b, &mut sums[other_panel.first..]);
                        }
                        Side::Vectors => {
                            let tile = Tile {
                                steps: block.steps,
                                rows: other_panel.width,
                                vectors: panel.width / LANES,
                                stride: panel.width,
                                add: start > 0,
                            };
                            S::Packed::tile(tile, b, a, &mut sums[other_panel.first * panel.width..]);
                        }
                    }
                }
                if next.is_some() {
                    continue;
                }
                for lane in 0..panel.lanes {
                    let row = panel.first + lane;
                    let sums = match side {
                        Side::Singles => &sums[lane * width..][..self.columns.len()],
                        Side::Vectors => {
                            let contiguous = at_least(contiguous, width);
                            let sums = sums[lane..].iter().step_by(panel.width);
                            for (sum, from) in contiguous.iter_mut().zip(sums) {
                                *sum = *from;
                            }
                            contiguous
                        }
                    };
                    (self.finish)(row, self.columns.start, sums, self.out[row - first_row]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::packing::Cut;
    use super::*;

    #[test]
    fn products_of_all_small_sizes_are_exact() {
        let a_at = |row: usize, k: usize| ((row * 7 + k * 3) % 11) as i8 - 5;
        let b_at = |k: usize, column: usize| ((k * 5 + column * 13) % 256) as u8;
        for (rows, depth, columns) in [
            (1, 1, 1),
            (6, 2, 16),
            (7, 3, 17),
            (5, 0, 4),
            (13, 300, 40),
            (40, 513, 300),
            (200, 9, 7),
            (1031, 770, 9),
            (2048, 33, 230),
            (3, 5, 0),
        ] {
            let packed = PackedRows::new(Cut::Convolution, [rows, depth, columns], a_at);
            let mut wanted = Vec::new();
            for row in 0..rows {
                for column in 0..columns {
                    let sum: i32 = (0..depth)
                        .map(|k| i32::from(a_at(row, k)) * i32::from(b_at(k, column)))
                        .sum();
                    wanted.push(sum + row as i32);
                }
            }
            for threads in [1, 2, 5] {
                let mut out = vec![0_i32; rows * columns];
                multiply::<u8, i32>(
                    &packed,
                    columns,
                    threads,
                    &Fill(|k: usize, column: usize, piece: &mut [u8]| {
                        for (index, element) in piece.iter_mut().enumerate() {
                            *element = b_at(k, column + index);
                        }
                    }),
                    |row, _, sums, out| {
                        for (out, sum) in out.iter_mut().zip(sums) {
                            *out = sum + row as i32;
                        }
                    },
                    &mut out,
                );
                assert_eq!(out, wanted, "{rows}x{depth}x{columns}, {threads} threads");
            }
        }
    }
}
