//! Where the elements of a TIU operand lie in local memory, and how planes of them are read and written.
//!
//! Strides count 4-byte words whatever the precision; four 8-bit or two 16-bit batches share a word:
//! `byte = (n div X) * n_stride + (n mod X) * size + row * c_stride + h * h_stride + w * w_stride` in the lane
//! `(start + c) mod 64`, `row = (start + c) div 64`. A [`Layout`] is checked when it is made, so that every later
//! access lies inside its lane.

use bytemuck::{AnyBitPattern, NoUninit};

use super::error::Problem;
use crate::isa::memory_map::{LANE_BYTES, LANE_COUNT, LOCAL_BASE, LOCAL_BYTES, ROW_ALIGN_WORDS};
use crate::isa::{Precision, StrideCode};

/// Sizes of a tensor, in elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub n: usize,
    pub c: usize,
    pub h: usize,
    pub w: usize,
}

impl Shape {
    pub(super) fn new(n: u64, c: u64, h: u64, w: u64) -> Self {
        // Fields are at most 16 bits wide.
        Self {
            n: n as usize,
            c: c as usize,
            h: h as usize,
            w: w as usize,
        }
    }

    /// Elements of one channel of one batch.
    pub(super) fn plane(&self) -> usize {
        self.h * self.w
    }

    /// All elements; saturates.
    pub(super) fn elements(&self) -> usize {
        self.n.saturating_mul(self.c).saturating_mul(self.plane())
    }
}

/// A checked placement of a tensor in local memory; strides in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub shape: Shape,
    pub start_lane: usize,
    pub offset: usize,
    pub size: usize,
    n_stride: usize,
    c_stride: usize,
    h_stride: usize,
    w_stride: usize,
    /// Batches that lie together.
    slots: usize,
    single_batch: bool,
}

/// How an operand is laid out.
#[derive(Clone, Copy, Debug)]
pub(super) enum Strides {
    /// Channel rows aligned to 128 bytes, everything else dense.
    Aligned,
    /// As `Aligned` with two words for each position, in which four batches of 16 bits lie together: what windows over
    /// 8-bit inputs write.
    AlignedPairs,
    /// Explicit, in words: batch group, channel row, row, column.
    Words([u64; 4]),
}

impl Strides {
    pub(super) fn from_fields(code: u64, words: [u64; 4]) -> Self {
        match StrideCode::from_code(code) {
            StrideCode::Aligned => Strides::Aligned,
            StrideCode::Explicit => Strides::Words(words),
        }
    }
}

/// Splits an address in local memory into lane and offset in the lane.
pub(super) fn split_address(what: &'static str, address: u64) -> Result<(usize, usize), Problem> {
    let inside = address
        .checked_sub(LOCAL_BASE)
        .filter(|offset| *offset < LOCAL_BYTES as u64);
    let offset =
        inside.ok_or_else(|| Problem::range(what, format!("address {address:#x} is not in local memory")))?;
    let offset = offset as usize;
    Ok((offset / LANE_BYTES, offset % LANE_BYTES))
}

impl Layout {
    pub(super) fn new(
        what: &'static str,
        address: u64,
        precision: Precision,
        shape: Shape,
        strides: Strides,
    ) -> Result<Self, Problem> {
        let (start_lane, offset) = split_address(what, address)?;
        if shape.elements() == 0 {
            return Err(Problem::sizes(format!("{what} has no elements ({shape:?})")));
        }
        if shape.elements() > LOCAL_BYTES {
            return Err(Problem::sizes(format!(
                "{what} has more elements than local memory has bytes ({shape:?})"
            )));
        }
        let rows = (start_lane + shape.c).div_ceil(LANE_COUNT);
        let [n_words, c_words, h_words, w_words] = match strides {
            Strides::Aligned => {
                let c_words = shape.plane().next_multiple_of(ROW_ALIGN_WORDS);
                [rows * c_words, c_words, shape.w, 1]
            }
            Strides::AlignedPairs => {
                let c_words = 2 * shape.plane().next_multiple_of(ROW_ALIGN_WORDS);
                [rows * c_words, c_words, 2 * shape.w, 2]
            }
            Strides::Words(words) => words.map(|word| word as usize),
        };
        let size = precision.bytes();
        if !offset.is_multiple_of(size) {
            return Err(Problem::range(
                what,
                format!("address {address:#x} is not a multiple of {size}"),
            ));
        }
        let layout = Self {
            shape,
            start_lane,
            offset,
            size,
            n_stride: n_words * 4,
            c_stride: c_words * 4,
            h_stride: h_words * 4,
            w_stride: w_words * 4,
            slots: match strides {
                Strides::AlignedPairs => 8 / size,
                _ => 4 / size,
            },
            single_batch: false,
        };
        let end = layout
            .end()
            .ok_or_else(|| Problem::range(what, "strides overflow"))?;
        if end > LANE_BYTES {
            return Err(Problem::range(
                what,
                format!("ends at byte {end:#x} of a lane of {LANE_BYTES:#x} bytes"),
            ));
        }
        Ok(layout)
    }

    /// First byte after the last element, in the lane; `None` on overflow.
    fn end(&self) -> Option<usize> {
        let slots = self.slots;
        let rows = (self.start_lane + self.shape.c).div_ceil(LANE_COUNT);
        let last = |count: usize, stride: usize| (count - 1).checked_mul(stride);
        let slot = (self.shape.n - 1).min(slots - 1) * self.size;
        self.offset
            .checked_add(last(self.shape.n.div_ceil(slots), self.n_stride)?)?
            .checked_add(last(rows, self.c_stride)?)?
            .checked_add(last(self.shape.h, self.h_stride)?)?
            .checked_add(last(self.shape.w, self.w_stride)?)?
            .checked_add(slot + self.size)
    }

    /// The same placement with every batch read from batch 0.
    pub(super) fn broadcast_batch(mut self, broadcast: bool) -> Self {
        self.single_batch = broadcast;
        self
    }

    /// Lane and row of a channel.
    pub(super) fn lane_row(&self, c: usize) -> (usize, usize) {
        (
            (self.start_lane + c) % LANE_COUNT,
            (self.start_lane + c) / LANE_COUNT,
        )
    }

    /// Byte offset in the lane of the first element of a plane.
    fn plane_offset(&self, n: usize, row: usize) -> usize {
        let n = if self.single_batch { 0 } else { n };
        let slots = self.slots;
        self.offset + (n / slots) * self.n_stride + (n % slots) * self.size + row * self.c_stride
    }

    /// Whether the plane's elements follow each other without holes, as elements of the host.
    fn is_dense(&self) -> bool {
        self.size == 4 && self.w_stride == 4 && (self.h_stride == self.shape.w * 4 || self.shape.h == 1)
    }

    /// Reads the plane of batch `n` and row `row` in reading order, each element through `convert`.
    #[inline]
    pub(super) fn read_plane<S, D>(
        &self,
        lane: &[u8],
        n: usize,
        row: usize,
        out: &mut [D],
        convert: impl Fn(S) -> D + Copy,
    ) where
        S: AnyBitPattern + NoUninit,
    {
        debug_assert_eq!(size_of::<S>(), self.size);
        let (h, w) = (self.shape.h, self.shape.w);
        let start = self.plane_offset(n, row);
        if self.is_dense() {
            let source: &[S] = bytemuck::cast_slice(&lane[start..start + h * w * 4]);
            for (slot, value) in out.iter_mut().zip(source) {
                *slot = convert(*value);
            }
            return;
        }
        for (y, line) in out.chunks_exact_mut(w).take(h).enumerate() {
            let start = start + y * self.h_stride;
            let at =
                |offset: usize| -> S { bytemuck::pod_read_unaligned(&lane[offset..offset + size_of::<S>()]) };
            match self.w_stride {
                0 => line.fill_with(|| convert(at(start))),
                4 => {
                    // One element per word, at the same place in each.
                    let (word_start, slot) = (start & !3, start & 3);
                    let words = lane[word_start..word_start + w * 4].as_chunks::<4>().0;
                    for (target, word) in line.iter_mut().zip(words) {
                        *target = convert(bytemuck::pod_read_unaligned(&word[slot..slot + size_of::<S>()]));
                    }
                }
                stride => {
                    for (x, target) in line.iter_mut().enumerate() {
                        *target = convert(at(start + x * stride));
                    }
                }
            }
        }
    }

    /// Calls `visit(column, element)` for one row of a plane.
    #[inline]
    pub(super) fn for_each_in_row<S>(
        &self,
        lane: &[u8],
        n: usize,
        row: usize,
        y: usize,
        mut visit: impl FnMut(usize, S),
    ) where
        S: AnyBitPattern + NoUninit,
    {
        let start = self.plane_offset(n, row) + y * self.h_stride;
        if self.w_stride == 4 {
            let (word_start, slot) = (start & !3, start & 3);
            let words = lane[word_start..word_start + self.shape.w * 4].as_chunks::<4>().0;
            for (x, word) in words.iter().enumerate() {
                visit(
                    x,
                    bytemuck::pod_read_unaligned(&word[slot..slot + size_of::<S>()]),
                );
            }
            return;
        }
        for x in 0..self.shape.w {
            let offset = start + x * self.w_stride;
            visit(
                x,
                bytemuck::pod_read_unaligned(&lane[offset..offset + size_of::<S>()]),
            );
        }
    }

    /// Writes the plane of batch `n` and row `row` in reading order, each element through `convert`.
    #[inline]
    pub(super) fn write_plane<S, D>(
        &self,
        lane: &mut [u8],
        n: usize,
        row: usize,
        values: &[S],
        convert: impl Fn(S) -> D + Copy,
    ) where
        S: Copy,
        D: AnyBitPattern + NoUninit,
    {
        debug_assert_eq!(size_of::<D>(), self.size);
        let (h, w) = (self.shape.h, self.shape.w);
        let start = self.plane_offset(n, row);
        if self.is_dense() {
            let target: &mut [D] = bytemuck::cast_slice_mut(&mut lane[start..start + h * w * 4]);
            for (slot, value) in target.iter_mut().zip(values) {
                *slot = convert(*value);
            }
            return;
        }
        for (y, line) in values.chunks_exact(w).take(h).enumerate() {
            let start = start + y * self.h_stride;
            if self.w_stride == 4 {
                let (word_start, slot) = (start & !3, start & 3);
                let words = lane[word_start..word_start + w * 4].as_chunks_mut::<4>().0;
                for (word, value) in words.iter_mut().zip(line) {
                    word[slot..slot + size_of::<D>()].copy_from_slice(bytemuck::bytes_of(&convert(*value)));
                }
                continue;
            }
            for (x, value) in line.iter().enumerate() {
                let offset = start + x * self.w_stride;
                lane[offset..offset + size_of::<D>()].copy_from_slice(bytemuck::bytes_of(&convert(*value)));
            }
        }
    }

    /// Reads a plane of integers, widened.
    pub(super) fn read_i32(&self, lane: &[u8], n: usize, row: usize, signed: bool, out: &mut [i32]) {
        match (self.size, signed) {
            (1, false) => self.read_plane(lane, n, row, out, |value: u8| i32::from(value)),
            (1, true) => self.read_plane(lane, n, row, out, |value: i8| i32::from(value)),
            (2, false) => self.read_plane(lane, n, row, out, |value: u16| i32::from(value)),
            (2, true) => self.read_plane(lane, n, row, out, |value: i16| i32::from(value)),
            _ => self.read_plane(lane, n, row, out, |value: i32| value),
        }
    }

    /// Writes the low bits of a plane of integers.
    pub(super) fn write_i32(&self, lane: &mut [u8], n: usize, row: usize, values: &[i32]) {
        match self.size {
            1 => self.write_plane(lane, n, row, values, |value: i32| value as u8),
            2 => self.write_plane(lane, n, row, values, |value: i32| value as u16),
            _ => self.write_plane(lane, n, row, values, |value: i32| value),
        }
    }

    /// Reads a plane of floats.
    pub(super) fn read_f32(&self, lane: &[u8], n: usize, row: usize, out: &mut [f32]) {
        self.read_plane(lane, n, row, out, |value: f32| value);
    }

    /// Writes a plane of floats.
    pub(super) fn write_f32(&self, lane: &mut [u8], n: usize, row: usize, values: &[f32]) {
        self.write_plane(lane, n, row, values, |value: f32| value);
    }
}

#[cfg(feature = "jit")]
impl Layout {
    /// Offset in the lane of the first element of a plane.
    pub(super) fn plane_start(&self, n: usize, row: usize) -> usize {
        self.plane_offset(n, row)
    }

    /// Bytes from row to row and from column to column.
    pub(super) fn plane_strides(&self) -> [usize; 2] {
        [self.h_stride, self.w_stride]
    }

    /// Whether no element shares its place with another, as the strides show at a glance.
    pub(super) fn is_injective(&self) -> bool {
        let rows = (self.start_lane + self.shape.c).div_ceil(LANE_COUNT);
        let parts = [
            (self.shape.w, self.w_stride),
            (self.shape.h, self.h_stride),
            (rows, self.c_stride),
            (self.shape.n.div_ceil(self.slots), self.n_stride),
        ];
        let mut extent = self.slots * self.size;
        !self.single_batch
            && parts.into_iter().all(|(count, stride)| {
                let apart = count == 1 || stride >= extent;
                extent = extent.max(stride.saturating_mul(count));
                apart
            })
    }

    /// The whole words of a lane that hold the tensor.
    pub(super) fn words(&self) -> std::ops::Range<usize> {
        // The layout was checked when it was made.
        let end = self.end().unwrap_or(LANE_BYTES);
        self.offset & !3..end.next_multiple_of(4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_batches_share_a_word() {
        let shape = Shape {
            n: 6,
            c: 1,
            h: 1,
            w: 3,
        };
        let layout = Layout::new("x", LOCAL_BASE + 8, Precision::Int8, shape, Strides::Aligned).unwrap();
        let mut lane = vec![0u8; LANE_BYTES];
        layout.write_i32(&mut lane, 5, 0, &[1, -2, 3]);
        // Batch 5 is slot 1 of the second group, 32 words further.
        assert_eq!(
            [lane[8 + 128 + 1], lane[8 + 128 + 5], lane[8 + 128 + 9]],
            [1, 254, 3]
        );
        let mut back = [0; 3];
        layout.read_i32(&lane, 5, 0, true, &mut back);
        assert_eq!(back, [1, -2, 3]);
    }

    #[test]
    fn four_wide_results_of_a_window_share_two_words() {
        let shape = Shape {
            n: 5,
            c: 1,
            h: 2,
            w: 3,
        };
        let layout = Layout::new("x", LOCAL_BASE, Precision::Int16, shape, Strides::AlignedPairs).unwrap();
        let mut lane = vec![0u8; LANE_BYTES];
        for n in 0..5 {
            layout.write_i32(&mut lane, n, 0, &[n as i32 + 1; 6]);
        }
        assert_eq!(lane[40..48], [1, 0, 2, 0, 3, 0, 4, 0]);
        assert_eq!(lane[256..266], [5, 0, 0, 0, 0, 0, 0, 0, 5, 0]);
    }

    #[test]
    fn a_tensor_must_fit_its_lane() {
        let shape = Shape {
            n: 1,
            c: 129,
            h: 256,
            w: 256,
        };
        let result = Layout::new("result", LOCAL_BASE, Precision::Float32, shape, Strides::Aligned);
        assert!(result.unwrap_err().to_string().contains("ends at byte"));
        let shape = Shape {
            n: 65535,
            c: 4095,
            h: 65535,
            w: 65535,
        };
        assert!(
            Layout::new(
                "result",
                LOCAL_BASE,
                Precision::Int8,
                shape,
                Strides::Words([0; 4])
            )
            .is_err()
        );
        let shape = Shape {
            n: 1,
            c: 1,
            h: 2,
            w: 2,
        };
        let strides = Strides::Words([0, 0, u64::from(u32::MAX), 0]);
        assert!(Layout::new("result", LOCAL_BASE, Precision::Int8, shape, strides).is_err());
        assert!(Layout::new("result", 0, Precision::Int8, shape, Strides::Aligned).is_err());
    }
}
