//! Matrix multiplication whose left side is packed once and whose right side is generated tile by tile.
//!
//! `out = finish(A x B)`: `A` (weights, `rows x depth`) is a [`PackedRows`]; `B` (`depth x columns`) never exists as a whole, a
//! closure fills pieces of its rows (for a convolution: windows of the input); `finish` turns the sums of one piece of an
//! output row into output elements (bias, activation, requantisation). Memory beyond the output is a fixed few hundred
//! kilobytes for each thread. f32 sums run in pieces of ascending depth, whatever the number of threads; integer sums are
//! exact.

use super::kernels::{self, COLUMNS, ROWS, Vectorised};
use rayon::prelude::*;

/// Columns of `B` that one task packs.
const TASK_COLUMNS: usize = 4 * COLUMNS;
/// Rows of `A` that one task multiplies at most.
const TASK_ROWS: usize = 32 * ROWS;
/// Where a depth is cut into pieces. The sums of a piece start at zero and are added to those of the pieces before: with one
/// rounding for each product and sum ([`f32::mul_add`]) these are, bit for bit, the sums of TPU-MLIR's interpreter, which cuts
/// at the same places (docs/inference.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Convolutions: pieces of 384, but what is less than two of these is halved.
    Convolution,
    /// Matrix products: pieces of 512, of 1024 where the depth is more than 1024.
    MatMul,
}

impl Cut {
    /// The pieces of a depth as `(start, length)`. All but the last are whole groups of `group`.
    pub fn pieces(self, depth: usize, group: usize) -> impl Iterator<Item = (usize, usize)> {
        let mut start = 0;
        std::iter::from_fn(move || {
            let left = depth - start;
            let length = match self {
                Self::Convolution if left >= 768 => 384,
                Self::Convolution if left > 384 => left.div_ceil(2).next_multiple_of(group),
                Self::Convolution => left,
                Self::MatMul => left.min(if depth > 1024 { 1024 } else { 512 }),
            };
            let piece = (start, length);
            start += length;
            (length > 0).then_some(piece)
        })
    }
}

/// A packed element type and its arithmetic.
pub trait Packed: Copy + Default + Send + Sync + 'static {
    /// Type of the sums.
    type Sum: Copy + Default + Send + Sync;
    /// How many successive depths lie side by side.
    const GROUP: usize;
    /// The inner kernel; see [`kernels::tile_f32`].
    fn tile(steps: usize, a: &[Self], b: &[Self], c: &mut [Self::Sum], stride: usize);
    /// Lays [`COLUMNS`] columns of `GROUP` rows, which are `stride` apart, side by side as a tile reads them.
    fn lay<S: Source<Packed = Self>>(rows: &[S], stride: usize, out: &mut [Self]);
}

impl Packed for f32 {
    type Sum = f32;
    const GROUP: usize = 1;
    #[inline(always)]
    fn tile(steps: usize, a: &[Self], b: &[Self], c: &mut [f32], stride: usize) {
        kernels::tile_f32(steps, a, b, c, stride);
    }
    #[inline(always)]
    fn lay<S: Source<Packed = f32>>(rows: &[S], _: usize, out: &mut [f32]) {
        S::pack_all(&rows[..COLUMNS], &mut out[..COLUMNS]);
    }
}

impl Packed for i16 {
    type Sum = i32;
    const GROUP: usize = 2;
    #[inline(always)]
    fn tile(steps: usize, a: &[Self], b: &[Self], c: &mut [i32], stride: usize) {
        kernels::tile_i16(steps, a, b, c, stride);
    }
    #[inline(always)]
    fn lay<S: Source<Packed = i16>>(rows: &[S], stride: usize, out: &mut [i16]) {
        let (mut first, mut second) = ([0; COLUMNS], [0; COLUMNS]);
        S::pack_all(&rows[..COLUMNS], &mut first);
        S::pack_all(&rows[stride..][..COLUMNS], &mut second);
        // Pairs as words of their own, which become vector instructions.
        let words: [u32; COLUMNS] = std::array::from_fn(|column| {
            let (first, second) = (u32::from(first[column] as u16), u32::from(second[column] as u16));
            if cfg!(target_endian = "little") {
                first | second << 16
            } else {
                first << 16 | second
            }
        });
        out[..2 * COLUMNS].copy_from_slice(bytemuck::cast_slice(&words));
    }
}

/// An element type of tensors that can be packed.
pub trait Source: Copy + Default + Send + Sync + 'static {
    /// What it is packed to.
    type Packed: Packed<Sum = Self::Sum>;
    /// Type of sums of products.
    type Sum: Sum;
    /// One element.
    fn pack(self) -> Self::Packed;
    /// One element in the type of the sums.
    fn widen(self) -> Self::Sum;
    /// Many elements.
    #[inline(always)]
    fn pack_all(elements: &[Self], out: &mut [Self::Packed]) {
        for (out, element) in out.iter_mut().zip(elements) {
            *out = element.pack();
        }
    }
}

/// Arithmetic of sums.
pub trait Sum: Copy + Default + Send + Sync + 'static {
    /// `self + a * b`, rounded once; integers wrap.
    fn add_product(self, a: Self, b: Self) -> Self;
    /// `self + other`; integers wrap.
    fn add(self, other: Self) -> Self;
}

impl Sum for f32 {
    #[inline(always)]
    fn add_product(self, a: Self, b: Self) -> Self {
        a.mul_add(b, self)
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self + other
    }
}

impl Sum for i32 {
    #[inline(always)]
    fn add_product(self, a: Self, b: Self) -> Self {
        self.wrapping_add(a.wrapping_mul(b))
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.wrapping_add(other)
    }
}

macro_rules! source {
    ($($ty:ty => $packed:ty, $sum:ty $(, { $($own:tt)* })?;)*) => {
        $(impl Source for $ty {
            type Packed = $packed;
            type Sum = $sum;
            $($($own)*)?
            #[inline(always)]
            fn pack(self) -> $packed {
                self.into()
            }
            #[inline(always)]
            fn widen(self) -> $sum {
                self.into()
            }
        })*
    };
}

source! {
    f32 => f32, f32, {
        #[inline(always)]
        fn pack_all(elements: &[f32], out: &mut [f32]) {
            out.copy_from_slice(elements);
        }
    };
    i8 => i16, i32;
    u8 => i16, i32;
    i16 => i16, i32, {
        #[inline(always)]
        fn pack_all(elements: &[i16], out: &mut [i16]) {
            out.copy_from_slice(elements);
        }
    };
}

/// The left side: `rows x depth`, in panels of [`ROWS`] rows, filled up with zeros.
pub struct PackedRows<P> {
    rows: usize,
    depth: usize,
    cut: Cut,
    data: Vec<P>,
}

impl<P: Packed> PackedRows<P> {
    /// Packs the matrix whose elements `get(row, depth)` gives.
    pub fn new<S: Source<Packed = P>>(
        cut: Cut,
        rows: usize,
        depth: usize,
        get: impl Fn(usize, usize) -> S,
    ) -> Self {
        let steps = depth.div_ceil(P::GROUP);
        let panel = steps * P::GROUP * ROWS;
        let mut data = vec![P::default(); rows.div_ceil(ROWS) * panel];
        for (row_panel, data) in data.chunks_exact_mut(panel.max(1)).enumerate() {
            for lane in 0..ROWS.min(rows - row_panel * ROWS) {
                for k in 0..depth {
                    let place = (k / P::GROUP * ROWS + lane) * P::GROUP + k % P::GROUP;
                    data[place] = get(row_panel * ROWS + lane, k).pack();
                }
            }
        }
        Self {
            rows,
            depth,
            cut,
            data,
        }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Length of a row.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// An element.
    pub fn get(&self, row: usize, k: usize) -> P {
        let panel = self.depth.div_ceil(P::GROUP) * P::GROUP * ROWS;
        self.data[row / ROWS * panel + (k / P::GROUP * ROWS + row % ROWS) * P::GROUP + k % P::GROUP]
    }
}

#[derive(Default)]
struct Scratch<S: Source> {
    row: Vec<S>,
    b: Vec<S::Packed>,
    c: Vec<S::Sum>,
}

struct Task<'a, 'out, S: Source, Out, Fill, Finish> {
    a: &'a PackedRows<S::Packed>,
    first_row: usize,
    first_column: usize,
    columns: usize,
    out: &'a mut [&'out mut [Out]],
    fill: &'a Fill,
    finish: &'a Finish,
    scratch: &'a mut Scratch<S>,
}

/// `out = finish(A x B)` with `out` of `a.rows() x columns`, in as many tasks as keep `threads` threads busy: pieces of `B` are
/// filled once for each task of the same columns, so a caller that has other work for the other threads says 1.
///
/// - `fill(k, column, piece)` writes the elements of row `k` of `B` from `column` on.
/// - `finish(row, column, sums, out)` writes a piece of row `row` of the output.
///
/// # Panics
/// When `out` does not have `a.rows() * columns` elements.
pub fn multiply<S: Source, Out: Send>(
    a: &PackedRows<S::Packed>,
    columns: usize,
    threads: usize,
    fill: impl Fn(usize, usize, &mut [S]) + Sync,
    finish: impl Fn(usize, usize, &[S::Sum], &mut [Out]) + Sync,
    out: &mut [Out],
) {
    assert_eq!(out.len(), a.rows * columns);
    if out.is_empty() {
        return;
    }
    let column_tasks = columns.div_ceil(TASK_COLUMNS);
    let wanted = (2 * threads)
        .div_ceil(column_tasks)
        .min(a.rows.div_ceil(2 * ROWS));
    let row_step = a
        .rows
        .div_ceil(wanted.max(1))
        .next_multiple_of(ROWS)
        .min(TASK_ROWS);
    let row_tasks = a.rows.div_ceil(row_step);
    let mut tasks: Vec<Vec<&mut [Out]>> = Vec::new();
    tasks.resize_with(row_tasks * column_tasks, || Vec::with_capacity(row_step));
    for (row, out) in out.chunks_exact_mut(columns).enumerate() {
        for (column, piece) in out.chunks_mut(TASK_COLUMNS).enumerate() {
            tasks[row / row_step * column_tasks + column].push(piece);
        }
    }
    let run = |scratch: &mut Scratch<S>, (index, out): (usize, &mut Vec<&mut [Out]>)| {
        let first_column = index % column_tasks * TASK_COLUMNS;
        let task = Task {
            a,
            first_row: index / column_tasks * row_step,
            first_column,
            columns: TASK_COLUMNS.min(columns - first_column),
            out: out.as_mut_slice(),
            fill: &fill,
            finish: &finish,
            scratch,
        };
        kernels::vectorised(task);
    };
    if tasks.len() == 1 || threads == 1 {
        let mut scratch = Scratch::default();
        tasks
            .iter_mut()
            .enumerate()
            .for_each(|task| run(&mut scratch, task));
    } else {
        tasks
            .par_iter_mut()
            .enumerate()
            .for_each_init(Scratch::default, run);
    }
}

impl<S, Out, Fill, Finish> Vectorised for Task<'_, '_, S, Out, Fill, Finish>
where
    S: Source,
    Fill: Fn(usize, usize, &mut [S]),
    Finish: Fn(usize, usize, &[S::Sum], &mut [Out]),
{
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let group = S::Packed::GROUP;
        let depth = self.a.depth;
        let rows = self.out.len().next_multiple_of(ROWS);
        let panels = self.columns.div_ceil(COLUMNS);
        let stride = panels * COLUMNS;
        let a_panel = depth.div_ceil(group) * group * ROWS;
        let Scratch { row, b, c } = self.scratch;
        row.clear();
        row.resize(group * stride, S::default());
        c.clear();
        c.resize(rows * stride, S::Sum::default());
        for (start, chunk) in self.a.cut.pieces(depth, group) {
            let steps = chunk.div_ceil(group);
            let b_panel = steps * group * COLUMNS;
            b.resize(b_panel * panels, S::Packed::default());
            for step in 0..steps {
                for (k, row) in (step * group..).zip(row.chunks_exact_mut(stride)) {
                    if k < chunk {
                        (self.fill)(start + k, self.first_column, &mut row[..self.columns]);
                    } else {
                        row.fill(S::default());
                    }
                }
                for panel in 0..panels {
                    let b = &mut b[panel * b_panel + step * group * COLUMNS..][..group * COLUMNS];
                    S::Packed::lay(&row[panel * COLUMNS..], stride, b);
                }
            }
            for panel in 0..panels {
                let b = &b[panel * b_panel..][..b_panel];
                for row in (0..rows).step_by(ROWS) {
                    let a = (self.first_row + row) / ROWS * a_panel + start * ROWS;
                    let a = &self.a.data[a..a + steps * group * ROWS];
                    let c = &mut c[row * stride + panel * COLUMNS..(row + ROWS) * stride];
                    S::Packed::tile(steps, a, b, c, stride);
                }
            }
        }
        for (row, out) in self.out.iter_mut().enumerate() {
            let sums = &c[row * stride..][..self.columns];
            (self.finish)(self.first_row + row, self.first_column, sums, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_cut_where_the_real_interpreter_cuts_it() {
        let lengths = |cut: Cut, depth, group| -> Vec<usize> {
            let pieces: Vec<_> = cut.pieces(depth, group).collect();
            assert!(pieces.windows(2).all(|pair| pair[0].0 + pair[0].1 == pair[1].0));
            pieces.into_iter().map(|(_, length)| length).collect()
        };
        for (cut, depth, group, wanted) in [
            (Cut::Convolution, 0, 1, vec![]),
            (Cut::Convolution, 384, 1, vec![384]),
            (Cut::Convolution, 405, 1, vec![203, 202]),
            (Cut::Convolution, 405, 2, vec![204, 201]),
            (Cut::Convolution, 1024, 1, vec![384, 320, 320]),
            (Cut::Convolution, 1152, 1, vec![384, 384, 384]),
            (Cut::Convolution, 2048, 1, vec![384, 384, 384, 384, 256, 256]),
            (Cut::MatMul, 500, 1, vec![500]),
            (Cut::MatMul, 1024, 1, vec![512, 512]),
            (Cut::MatMul, 1025, 1, vec![1024, 1]),
        ] {
            assert_eq!(lengths(cut, depth, group), wanted, "{cut:?} {depth}");
        }
    }

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
            (3, 5, 0),
        ] {
            let packed = PackedRows::new(Cut::Convolution, rows, depth, a_at);
            let mut out = vec![0_i32; rows * columns];
            multiply::<u8, i32>(
                &packed,
                columns,
                2,
                |k, column, piece| {
                    for (index, element) in piece.iter_mut().enumerate() {
                        *element = b_at(k, column + index);
                    }
                },
                |row, _, sums, out| {
                    for (out, sum) in out.iter_mut().zip(sums) {
                        *out = sum + row as i32;
                    }
                },
                &mut out,
            );
            for row in 0..rows {
                for column in 0..columns {
                    let sum: i32 = (0..depth)
                        .map(|k| i32::from(a_at(row, k)) * i32::from(b_at(k, column)))
                        .sum();
                    let found = out[row * columns + column];
                    assert_eq!(
                        found,
                        sum + row as i32,
                        "{rows}x{depth}x{columns} at {row},{column}"
                    );
                }
            }
        }
    }
}
