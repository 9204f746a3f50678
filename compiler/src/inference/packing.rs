//! How the two sides of a matrix product lie in memory for the tiles of [`kernels`].
//!
//! A tile multiplies single numbers of one side by vectors of the other. Which side is which does not matter to the result, so
//! the weights are laid out as what wastes least of the vectors: usually they are the single numbers; where a plane has so few
//! positions that the last vector would be nearly empty (7 x 7: 49 of 64) they are the vectors.

use super::kernels::{self, LANES, Tile, VECTORS};
use std::cell::Cell;
use std::thread::LocalKey;

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
    fn tile(tile: Tile, a: &[Self], b: &[Self], c: &mut [Self::Sum]);
    /// Lays `length` elements of `GROUP` rows side by side. Where there is room it writes whole vectors, so what is behind
    /// must be written later.
    fn lay<S: Source<Packed = Self>>(rows: [&[S]; 2], length: usize, out: &mut [Self]);
}

impl Packed for f32 {
    type Sum = f32;
    const GROUP: usize = 1;

    #[inline(always)]
    fn tile(tile: Tile, a: &[Self], b: &[Self], c: &mut [f32]) {
        kernels::tile_f32(tile, a, b, c);
    }

    #[inline(always)]
    fn lay<S: Source<Packed = f32>>([row, _]: [&[S]; 2], length: usize, out: &mut [f32]) {
        let mut at = 0;
        while at < length {
            let (from, to) = (&row[at..], &mut out[at..]);
            if let (Some(from), Some(to)) = (from.first_chunk::<LANES>(), to.first_chunk_mut::<LANES>()) {
                S::pack_all(from, to);
            } else {
                S::pack_all(&from[..length - at], &mut to[..length - at]);
                return;
            }
            at += LANES;
        }
    }
}

impl Packed for i16 {
    type Sum = i32;
    const GROUP: usize = 2;

    #[inline(always)]
    fn tile(tile: Tile, a: &[Self], b: &[Self], c: &mut [i32]) {
        kernels::tile_i16(tile, a, b, c);
    }

    #[inline(always)]
    fn lay<S: Source<Packed = i16>>([first, second]: [&[S]; 2], length: usize, out: &mut [i16]) {
        let mut at = 0;
        while at < length {
            let (from, to) = ([&first[at..], &second[at..]], &mut out[2 * at..]);
            if let (Some(one), Some(two), Some(to)) = (
                from[0].first_chunk::<LANES>(),
                from[1].first_chunk::<LANES>(),
                to.first_chunk_mut::<{ 2 * LANES }>(),
            ) {
                // Pairs as words of their own, which become vector instructions.
                let words: [u32; LANES] =
                    std::array::from_fn(|lane| pair(one[lane].pack(), two[lane].pack()));
                to.copy_from_slice(bytemuck::cast_slice(&words));
            } else {
                for (lane, to) in to.chunks_exact_mut(2).take(length - at).enumerate() {
                    to.copy_from_slice(&[from[0][lane].pack(), from[1][lane].pack()]);
                }
                return;
            }
            at += LANES;
        }
    }
}

/// Two numbers as a word that has the first one first in memory.
#[inline(always)]
fn pair(first: i16, second: i16) -> u32 {
    let (first, second) = (u32::from(first as u16), u32::from(second as u16));
    if cfg!(target_endian = "little") {
        first | second << 16
    } else {
        first << 16 | second
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
    /// The thread's memory for products.
    fn scratch() -> &'static LocalKey<Cell<Scratch<Self>>>;
}

/// Memory that the products of a thread use again and again: as much as the largest of them needed, a few hundred kilobytes.
pub struct Scratch<S: Source> {
    /// What is needed to lay out columns.
    pub rows: Vec<S>,
    /// Packed columns.
    pub columns: Vec<S::Packed>,
    /// Sums.
    pub sums: Vec<S::Sum>,
    /// Sums of a row, which are contiguous.
    pub row: Vec<S::Sum>,
}

impl<S: Source> Default for Scratch<S> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            columns: Vec::new(),
            sums: Vec::new(),
            row: Vec::new(),
        }
    }
}

/// The first `length` elements of a buffer that grows if need be; what is in them does not matter.
#[inline(always)]
pub fn at_least<T: Copy + Default>(buffer: &mut Vec<T>, length: usize) -> &mut [T] {
    if buffer.len() < length {
        buffer.resize(length, T::default());
    }
    &mut buffer[..length]
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
            fn scratch() -> &'static LocalKey<Cell<Scratch<Self>>> {
                thread_local! {
                    static SCRATCH: Cell<Scratch<$ty>> = Cell::default();
                }
                &SCRATCH
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
    i16 => i16, i32;
}

/// What a side of the product gives to a tile.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// Up to [`kernels::MOST_ROWS`] single numbers.
    Singles,
    /// One or two vectors.
    Vectors,
}

impl Side {
    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::Singles => Self::Vectors,
            Self::Vectors => Self::Singles,
        }
    }

    /// Which side the weights, `rows` of them, are where the other side has `columns`, by the cycles that multiplying takes.
    fn of_weights([rows, depth, columns]: [usize; 3]) -> Self {
        let as_singles = rows * columns.div_ceil(LANES) * depth;
        // The result must be transposed: two cycles for each number.
        let as_vectors = columns * rows.div_ceil(LANES) * depth + 2 * rows * columns;
        // Threads share the weights if these are vectors, so there must be enough of them.
        let panels = rows / (VECTORS * LANES);
        if 100 * as_vectors < 97 * as_singles && panels >= 2 * rayon::current_num_threads() {
            Self::Vectors
        } else {
            Self::Singles
        }
    }
}

/// Rows of the left side, or columns of the right one, in panels that a tile takes as a whole.
#[derive(Clone, Copy, Debug)]
pub struct Panels {
    lanes: usize,
    side: Side,
    count: usize,
}

/// One panel: `width` lanes, of which `lanes` are there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Panel {
    /// The first lane.
    pub first: usize,
    /// Number of lanes.
    pub lanes: usize,
    /// Number of lanes with those that fill the last vector.
    pub width: usize,
}

impl Panels {
    /// Cuts `lanes`.
    pub fn new(lanes: usize, side: Side) -> Self {
        let most = match side {
            Side::Singles => kernels::rows(),
            Side::Vectors => VECTORS * LANES,
        };
        let count = lanes.div_ceil(most);
        Self { lanes, side, count }
    }

    /// Number of panels.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Number of lanes.
    pub fn lanes(&self) -> usize {
        self.lanes
    }

    /// What the panels are.
    pub fn side(&self) -> Side {
        self.side
    }

    /// Sum of the widths.
    pub fn width(&self) -> usize {
        match self.side {
            Side::Singles => self.lanes,
            Side::Vectors => self.lanes.next_multiple_of(LANES),
        }
    }

    /// One of them. As many lanes as `first` are in front of it, with those that fill vectors.
    #[inline(always)]
    pub fn get(&self, index: usize) -> Panel {
        match self.side {
            // All but equal ones, so that none is small.
            Side::Singles => {
                let first = index * self.lanes / self.count;
                let lanes = (index + 1) * self.lanes / self.count - first;
                Panel {
                    first,
                    lanes,
                    width: lanes,
                }
            }
            Side::Vectors => {
                let first = index * VECTORS * LANES;
                let lanes = (self.lanes - first).min(VECTORS * LANES);
                Panel {
                    first,
                    lanes,
                    width: lanes.next_multiple_of(LANES),
                }
            }
        }
    }

    /// The panel that a lane is in.
    fn find(&self, lane: usize) -> Panel {
        self.get(match self.side {
            Side::Singles => ((lane + 1) * self.count - 1) / self.lanes,
            Side::Vectors => lane / (VECTORS * LANES),
        })
    }
}

/// The left side, weights: `rows x depth`.
pub struct PackedRows<P> {
    panels: Panels,
    depth: usize,
    cut: Cut,
    data: Vec<P>,
}

impl<P: Packed> PackedRows<P> {
    /// Packs the matrix whose elements `get(row, depth)` gives. `sizes` are its rows, its depth and how many columns the matrix
    /// that it is multiplied by usually has.
    pub fn new<S: Source<Packed = P>>(cut: Cut, sizes: [usize; 3], get: impl Fn(usize, usize) -> S) -> Self {
        let [rows, depth, _] = sizes;
        let panels = Panels::new(rows, Side::of_weights(sizes));
        let panel_depth = depth.div_ceil(P::GROUP) * P::GROUP;
        let mut data = vec![P::default(); panels.width() * panel_depth];
        let mut rest = data.as_mut_slice();
        for panel in (0..panels.count()).map(|index| panels.get(index)) {
            let (panel_data, after) = rest.split_at_mut(panel.width * panel_depth);
            for lane in 0..panel.lanes {
                for k in 0..depth {
                    panel_data[place::<P>(panel, lane, k)] = get(panel.first + lane, k).pack();
                }
            }
            rest = after;
        }
        Self {
            panels,
            depth,
            cut,
            data,
        }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.panels.lanes
    }

    /// Length of a row.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// Where the depth is cut.
    pub fn cut(&self) -> Cut {
        self.cut
    }

    /// How the rows are cut.
    pub fn panels(&self) -> &Panels {
        &self.panels
    }

    /// `length` elements of each row of a panel from `start` on; `start` is a whole number of groups.
    #[inline(always)]
    pub fn panel(&self, panel: Panel, start: usize, length: usize) -> &[P] {
        let depth = self.depth.next_multiple_of(P::GROUP);
        let from = panel.first * depth + start * panel.width;
        &self.data[from..from + length.next_multiple_of(P::GROUP) * panel.width]
    }

    /// An element.
    pub fn get(&self, row: usize, k: usize) -> P {
        let panel = self.panels.find(row);
        self.panel(panel, 0, self.depth)[place::<P>(panel, row - panel.first, k)]
    }
}

/// Where in a panel an element is.
fn place<P: Packed>(panel: Panel, lane: usize, k: usize) -> usize {
    (k / P::GROUP * panel.width + lane) * P::GROUP + k % P::GROUP
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
    fn every_lane_is_in_one_panel() {
        for side in [Side::Singles, Side::Vectors] {
            for lanes in 0..200 {
                let panels = Panels::new(lanes, side);
                let (mut next, mut width) = (0, 0);
                for panel in (0..panels.count()).map(|index| panels.get(index)) {
                    assert_eq!((panel.first, panel.first), (next, width));
                    for lane in next..next + panel.lanes {
                        assert_eq!(panels.find(lane), panel);
                    }
                    next += panel.lanes;
                    width += panel.width;
                }
                assert_eq!((next, width), (lanes, panels.width()));
            }
        }
    }

    #[test]
    fn packed_elements_are_found_again() {
        // As singles, and as vectors where there are enough of them.
        for (rows, depth, columns) in [(5, 3, 100), (1024, 7, 1), (33, 1, 1)] {
            let at = |row: usize, k: usize| (row * 7 + k) as i16;
            let packed = PackedRows::new(Cut::Convolution, [rows, depth, columns], at);
            for row in 0..rows {
                for k in 0..depth {
                    assert_eq!(packed.get(row, k), at(row, k));
                }
            }
        }
    }
}
