//! Tensors as the commands see them: dense or strided in global memory, lane by lane in local memory.
//!
//! Global memory holds `f32` in 4 bytes and 8-bit integers in 1 byte, dense and row-major; views carry strides in
//! elements. Local memory holds channel `c` in lane `c mod 64`, row `c div 64`; a position takes one 4-byte word that
//! is shared by 4 batches of 8-bit, or 2 batches of 16-bit elements. All local strides count words.

use tpuc_runtime::isa::memory_map::{LANE_BYTES, LANE_COUNT, ROW_ALIGN_WORDS};
use tpuc_runtime::isa::{DmaFormat, Precision};

/// Sizes or strides in the order batch, channel, row, column.
pub type Dims = [usize; 4];

/// Element types of tensors in global memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Element {
    F32,
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
}

impl Element {
    /// Bytes per element.
    pub fn bytes(self) -> usize {
        match self {
            Element::I8 | Element::U8 => 1,
            Element::I16 | Element::U16 => 2,
            Element::F32 | Element::I32 | Element::U32 => 4,
        }
    }

    /// Whether it is an integer type with negative values.
    pub fn is_signed(self) -> bool {
        matches!(self, Element::I8 | Element::I16 | Element::I32)
    }

    /// Precision of a TIU operand of this type.
    pub fn precision(self) -> Precision {
        match self {
            Element::F32 => Precision::Float32,
            Element::I8 | Element::U8 => Precision::Int8,
            Element::I16 | Element::U16 => Precision::Int16,
            Element::I32 | Element::U32 => Precision::Int32,
        }
    }

    /// Format of a GDMA command that moves this type.
    pub fn format(self) -> DmaFormat {
        match self.bytes() {
            1 => DmaFormat::Int8,
            2 => DmaFormat::Int16,
            _ => DmaFormat::Float32,
        }
    }

    /// Whether it takes one byte.
    pub fn is_byte(self) -> bool {
        self.bytes() == 1
    }
}

/// A view of a tensor in global memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Global {
    /// Address of the first element.
    pub address: u64,
    /// Element type.
    pub element: Element,
    /// Sizes.
    pub shape: Dims,
    /// Strides in elements; 0 repeats the data.
    pub strides: Dims,
}

impl Global {
    /// A dense row-major tensor.
    pub fn dense(address: u64, element: Element, shape: Dims) -> Self {
        Self {
            address,
            element,
            shape,
            strides: dense_strides(shape),
        }
    }

    /// The part that starts at `start` and has `shape`.
    #[must_use]
    pub fn slice(&self, start: Dims, shape: Dims) -> Self {
        let elements: usize = (0..4).map(|dim| start[dim] * self.strides[dim]).sum();
        Self {
            address: self.address + (elements * self.element.bytes()) as u64,
            shape,
            ..*self
        }
    }
}

/// Row-major strides.
pub fn dense_strides(shape: Dims) -> Dims {
    [shape[1] * shape[2] * shape[3], shape[2] * shape[3], shape[3], 1]
}

/// Rows of a lane that `channels` channels take, starting in lane 0.
pub fn lane_rows(channels: usize) -> usize {
    channels.div_ceil(LANE_COUNT)
}

/// A tensor in local memory, starting in lane 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Local {
    /// Byte offset in the lane.
    pub address: usize,
    /// Precision of the elements.
    pub precision: Precision,
    /// Whether integers are signed.
    pub signed: bool,
    /// Sizes.
    pub shape: Dims,
    /// Strides in words: batch group, lane row, row, column.
    pub strides: Dims,
}

impl Local {
    /// The aligned layout, which every TIU operation accepts: rows of channels start at multiples of 32 words.
    pub fn aligned(address: usize, element: Element, shape: Dims) -> Self {
        let row_words = aligned_row_words(shape);
        Self {
            address,
            precision: element.precision(),
            signed: element.is_signed(),
            shape,
            strides: [lane_rows(shape[1]) * row_words, row_words, shape[3], 1],
        }
    }

    /// `count` channels from `first` on, where they are: in the lanes from the first one's on.
    #[must_use]
    pub fn channels(&self, first: usize, count: usize) -> Self {
        let (lane, offset) = (self.address / LANE_BYTES + first, self.address % LANE_BYTES);
        let row = lane / LANE_COUNT * self.strides[1] * 4;
        Self {
            address: lane % LANE_COUNT * LANE_BYTES + offset + row,
            shape: [self.shape[0], count, self.shape[2], self.shape[3]],
            ..*self
        }
    }

    /// The layout in which a window over 8-bit inputs writes 16-bit results: as the aligned one with two words for each
    /// position, which hold four batches. Other commands read it by its strides, two batches a word.
    ///
    /// Up to four batches.
    pub fn aligned_pairs(address: usize, element: Element, shape: Dims) -> Self {
        let row_words = 2 * aligned_row_words(shape);
        Self {
            address,
            precision: element.precision(),
            signed: element.is_signed(),
            shape,
            strides: [1, row_words, 2 * shape[3], 2],
        }
    }

    /// Bytes per lane from the first to the last word.
    pub fn extent_bytes(&self) -> usize {
        if self.shape.contains(&0) {
            return 0;
        }
        let groups = self.shape[0].div_ceil(self.precision.batches_per_word());
        let words = (groups - 1) * self.strides[0]
            + (lane_rows(self.shape[1]) - 1) * self.strides[1]
            + (self.shape[2] - 1) * self.strides[2]
            + (self.shape[3] - 1) * self.strides[3]
            + 1;
        words * 4
    }

    /// Whether it lies as [`Self::aligned`] lays it; distances that are never walked do not count.
    pub fn is_aligned(&self) -> bool {
        let row_words = aligned_row_words(self.shape);
        let wanted = [lane_rows(self.shape[1]) * row_words, row_words, self.shape[3], 1];
        let steps = [
            self.shape[0].div_ceil(self.precision.batches_per_word()),
            lane_rows(self.shape[1]),
            self.shape[2],
            self.shape[3],
        ];
        self.address.is_multiple_of(ROW_ALIGN_WORDS * 4)
            && (0..4).all(|dim| steps[dim] <= 1 || self.strides[dim] == wanted[dim])
    }

    /// The same memory read with one column for all columns.
    #[must_use]
    pub fn broadcast_columns(&self, columns: usize) -> Self {
        let mut result = *self;
        result.shape[3] = columns;
        result.strides[3] = 0;
        result
    }

    /// The same words as another type of elements.
    #[must_use]
    pub fn as_element(&self, element: Element) -> Self {
        Self {
            precision: element.precision(),
            signed: element.is_signed(),
            ..*self
        }
    }
}

/// Words of one channel's row in the aligned layout.
pub fn aligned_row_words(shape: Dims) -> usize {
    (shape[2] * shape[3]).next_multiple_of(ROW_ALIGN_WORDS)
}

/// Bytes per lane of a tensor in the aligned layout.
pub fn aligned_bytes(element: Element, shape: Dims) -> usize {
    let groups = shape[0].div_ceil(element.precision().batches_per_word());
    groups * lane_rows(shape[1]) * aligned_row_words(shape) * 4
}
