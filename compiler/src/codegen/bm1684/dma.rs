//! The GDMA commands that operations are made of: loads, stores, moves inside DDR, constants.

use super::emitter::{Access, Emitter, Space};
use super::error::{Result, unsupported};
use super::tensor::{Dims, Element, Global, Local, lane_rows};
use tpuc_runtime::isa::DmaField as F;
use tpuc_runtime::isa::memory_map::{DDR_BASE, L2_BASE, LANE_BYTES, LANE_COUNT, local_address};
use tpuc_runtime::isa::{Direction, DmaCommand, DmaFormat, DmaFunction};

/// One side of a move: address and strides in elements of the move's format.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Side {
    address: u64,
    shape: Dims,
    strides: Dims,
}

/// Largest size of one dimension in a command.
const MAX_SIZE: usize = 65_535;
/// Largest distance between columns, in elements; rows, channels and batches have no such limit.
pub const MAX_COLUMN_STRIDE: usize = 4095;

const SOURCE_SIZES: [F; 4] = [F::SrcNsize, F::SrcCsize, F::SrcHsize, F::SrcWsize];
const SOURCE_STRIDES: [F; 4] = [F::SrcNstride, F::SrcCstride, F::SrcHstride, F::SrcWstride];
const TARGET_SIZES: [F; 4] = [F::DstNsize, F::DstCsize, F::DstHsize, F::DstWsize];
const TARGET_STRIDES: [F; 4] = [F::DstNstride, F::DstCstride, F::DstHstride, F::DstWstride];

/// A tensor in local memory as GDMA sees it: elements instead of words.
///
/// Batches of narrow types that share a word lie side by side, so only one word's batches fit one command.
fn local_side(local: &Local) -> Side {
    let per_word = local.precision.batches_per_word();
    let strides = local.strides.map(|words| words * per_word);
    Side {
        address: local_address(0, local.address),
        shape: local.shape,
        strides: [
            if per_word == 1 { strides[0] } else { 1 },
            strides[1],
            strides[2],
            strides[3],
        ],
    }
}

/// The bytes that a tensor takes in each lane. Its address may lie in another lane than 0.
fn local_access(local: &Local, write: bool) -> Access {
    let lane = local.address / LANE_BYTES;
    let mut from_lane_0 = *local;
    from_lane_0.shape[1] += lane;
    let start = local.address % LANE_BYTES;
    Access {
        space: Space::Local,
        start,
        end: start + from_lane_0.extent_bytes(),
        write,
    }
}

fn global_side(global: &Global) -> Side {
    Side {
        address: global.address,
        shape: global.shape,
        strides: global.strides,
    }
}

/// The same copy with columns that lie close together on both sides: rows or batches take the columns' place where
/// those are too far apart. Inside a lane, and in DDR, these three dimensions are alike.
fn with_near_columns(mut source: Side, mut target: Side) -> (Side, Side) {
    if source.shape != target.shape {
        return (source, target);
    }
    for dim in [3, 2, 0] {
        let near = source.strides[dim].max(target.strides[dim]) <= MAX_COLUMN_STRIDE;
        if source.shape[dim] == 1 || near {
            for side in [&mut source, &mut target] {
                if side.shape[dim] == 1 {
                    side.strides[dim] = 1;
                }
                side.shape.swap(dim, 3);
                side.strides.swap(dim, 3);
            }
            break;
        }
    }
    (source, target)
}

/// A dense filter that becomes a block of a larger one; output channels in lanes, taps and input channels dense in each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Block {
    /// Address in DDR.
    pub source: u64,
    /// Type of a weight.
    pub element: Element,
    /// Lane of the first output channel.
    pub lane: usize,
    /// Byte offset in a lane of its first input channel.
    pub target: usize,
    /// Output channels.
    pub channels: usize,
    /// Taps of the kernel.
    pub taps: usize,
    /// Input channels.
    pub depth: usize,
    /// Input channels from one tap to the next, in DDR and in local memory.
    pub depths: [usize; 2],
}

impl Emitter {
    fn dma(
        &mut self,
        function: DmaFunction,
        format: DmaFormat,
        mut source: Option<Side>,
        mut target: Side,
        constant: u32,
        accesses: &[Access],
    ) -> Result<()> {
        if let Some(side) = source {
            let (near_source, near_target) = with_near_columns(side, target);
            (source, target) = (Some(near_source), near_target);
            let stride = near_source.strides[3].max(near_target.strides[3]);
            if stride > MAX_COLUMN_STRIDE {
                return unsupported(format!(
                    "columns {stride} elements apart; {MAX_COLUMN_STRIDE} fit a command"
                ));
            }
        }
        let on_chip = |address: u64| address < L2_BASE;
        let direction = match (
            source.is_some_and(|side| on_chip(side.address)),
            on_chip(target.address),
        ) {
            (false, true) => Direction::DdrToLocal,
            (true, false) => Direction::LocalToDdr,
            (false, false) => Direction::DdrToDdr,
            (true, true) => Direction::LocalToLocal,
        };
        let mut command = DmaCommand::new();
        command
            .set(F::StrideEnable, 1)?
            .set(F::SpecialFunc, function.code())?
            .set(F::Direction, direction.code())?
            .set(F::SrcDataFormat, format.code())?
            .set(F::DstDataFormat, format.code())?
            .set(F::ConstantValue, u64::from(constant))?;
        if let Some(source) = source {
            command.set_source_address(source.address)?;
            for dim in 0..4 {
                command
                    .set(SOURCE_SIZES[dim], source.shape[dim] as u64)?
                    .set(SOURCE_STRIDES[dim], source.strides[dim] as u64)?;
            }
        }
        command.set_destination_address(target.address)?;
        for dim in 0..4 {
            command
                .set(TARGET_SIZES[dim], target.shape[dim] as u64)?
                .set(TARGET_STRIDES[dim], target.strides[dim] as u64)?;
        }
        self.push_dma(command, accesses)
    }

    /// Calls `part` for each piece that one command can move: the batches of one word for narrow types.
    fn batch_parts(
        global: &Global,
        local: &Local,
        mut part: impl FnMut(Global, Local) -> Result<()>,
    ) -> Result<()> {
        let per_word = local.precision.batches_per_word();
        if per_word == 1 {
            return part(*global, *local);
        }
        let [batches, c, h, w] = local.shape;
        for start in (0..batches).step_by(per_word) {
            let count = per_word.min(batches - start);
            let mut piece = *local;
            piece.address += start / per_word * local.strides[0] * 4;
            piece.shape[0] = count;
            part(global.slice([start, 0, 0, 0], [count, c, h, w]), piece)?;
        }
        Ok(())
    }

    /// Loads a view of a tensor in DDR (stride 0 repeats) into local memory of the same shape.
    ///
    /// # Errors
    /// When a field does not fit.
    pub fn load(&mut self, global: &Global, local: &Local) -> Result<()> {
        debug_assert_eq!(global.shape, local.shape);
        Self::batch_parts(global, local, |global, local| {
            let accesses = [local_access(&local, true)];
            let format = global.element.format();
            self.dma(
                DmaFunction::Copy,
                format,
                Some(global_side(&global)),
                local_side(&local),
                0,
                &accesses,
            )
        })
    }

    /// Stores a local tensor into a view of the same shape in DDR.
    ///
    /// # Errors
    /// When a field does not fit.
    pub fn store(&mut self, local: &Local, global: &Global) -> Result<()> {
        debug_assert_eq!(global.shape, local.shape);
        Self::batch_parts(global, local, |global, local| {
            let accesses = [local_access(&local, false)];
            let format = global.element.format();
            self.dma(
                DmaFunction::Copy,
                format,
                Some(local_side(&local)),
                global_side(&global),
                0,
                &accesses,
            )
        })
    }

    /// Stores the lowest byte of each word of a 32-bit local tensor of one batch into a view of a byte tensor.
    ///
    /// # Errors
    /// When a field does not fit.
    pub fn store_low_bytes(&mut self, words: &Local, global: &Global) -> Result<()> {
        self.store(&words.as_element(global.element), global)
    }

    /// Fills a whole local tensor (all batches of its words) with the low bytes of `value`.
    ///
    /// # Errors
    /// When a field does not fit.
    pub fn fill(&mut self, local: &Local, value: u32) -> Result<()> {
        let groups = local.shape[0].div_ceil(local.precision.batches_per_word());
        let value = match local.precision.bytes() {
            1 => (value & 0xff) * 0x0101_0101,
            2 => (value & 0xffff) * 0x0001_0001,
            _ => value,
        };
        let mut words = local.as_element(Element::I32);
        words.shape[0] = groups;
        let target = local_side(&words);
        self.dma(
            DmaFunction::Constant,
            DmaFormat::Float32,
            None,
            target,
            value,
            &[local_access(local, true)],
        )
    }

    /// Fills a dense range of DDR with an element's bits.
    ///
    /// # Errors
    /// When a field does not fit.
    pub fn fill_global(&mut self, address: u64, element: Element, count: usize, bits: u32) -> Result<()> {
        let view = Global::dense(address, element, [1, 1, 1, count]);
        for piece in column_pieces(&view) {
            self.dma(
                DmaFunction::Constant,
                element.format(),
                None,
                global_side(&piece),
                bits,
                &[],
            )?;
        }
        Ok(())
    }

    /// Loads `bytes_per_channel` bytes for each of `channels` channels, dense per lane: weights and biases.
    ///
    /// `source` is the address of the first channel; channels follow each other. The place may lie in another lane than 0.
    ///
    /// # Errors
    /// When a field does not fit.
    pub fn load_compact(
        &mut self,
        source: u64,
        local_offset: usize,
        channels: usize,
        bytes_per_channel: usize,
    ) -> Result<()> {
        let (format, size) = [
            (DmaFormat::Float32, 4),
            (DmaFormat::Int16, 2),
            (DmaFormat::Int8, 1),
        ]
        .into_iter()
        .find(|(_, size)| bytes_per_channel.is_multiple_of(*size) && source.is_multiple_of(*size as u64))
        .unwrap_or((DmaFormat::Int8, 1));
        let count = bytes_per_channel / size;
        // Long channels are cut in two dimensions, so that each fits a size field.
        let Some((rows, columns)) = split_count(count) else {
            return unsupported(format!(
                "{bytes_per_channel} bytes of weights per channel cannot be moved at once"
            ));
        };
        let shape = [1, channels, rows, columns];
        let side = |address| Side {
            address,
            shape,
            strides: [channels * count, count, columns, 1],
        };
        let (lane, offset) = (local_offset / LANE_BYTES, local_offset % LANE_BYTES);
        let bytes = lane_rows(lane + channels) * bytes_per_channel;
        self.dma(
            DmaFunction::Copy,
            format,
            Some(side(source)),
            side(local_address(lane, offset)),
            0,
            &[Access {
                space: Space::Local,
                start: offset,
                end: offset + bytes,
                write: true,
            }],
        )
    }

    /// Loads a dense filter as a block of a larger one.
    ///
    /// # Errors
    /// When a field does not fit.
    pub fn load_block(&mut self, block: &Block) -> Result<()> {
        let size = block.element.bytes();
        let bytes = [
            block.depth * size,
            block.depths[0] * size,
            block.depths[1] * size,
            block.target,
        ];
        // Whole words, where they are.
        let (format, unit) = if bytes.iter().all(|bytes| bytes.is_multiple_of(4)) {
            (DmaFormat::Float32, 4)
        } else {
            (block.element.format(), size)
        };
        let side = |address: u64, depth: usize| {
            let row = depth * size / unit;
            Side {
                address,
                shape: [1, block.channels, block.taps, block.depth * size / unit],
                strides: [0, block.taps * row, row, 1],
            }
        };
        self.dma(
            DmaFunction::Copy,
            format,
            Some(side(block.source, block.depths[0])),
            side(local_address(block.lane, block.target), block.depths[1]),
            0,
            &[Access {
                space: Space::Local,
                start: block.target,
                end: block.target
                    + lane_rows(block.lane + block.channels) * block.taps * block.depths[1] * size,
                write: true,
            }],
        )
    }

    /// Loads a matrix's columns as convolution weights of a 1x1 kernel: lane = column, depth dense per lane.
    ///
    /// # Errors
    /// When a field does not fit.
    pub fn load_columns(&mut self, source: &Global, local_offset: usize, pitch_bytes: usize) -> Result<()> {
        let [_, channels, rows, depth] = source.shape;
        let size = source.element.bytes();
        let target = Side {
            address: local_address(0, local_offset),
            shape: source.shape,
            strides: [0, pitch_bytes / size * rows, pitch_bytes / size, 1],
        };
        debug_assert!(depth * size <= pitch_bytes);
        self.dma(
            DmaFunction::Copy,
            source.element.format(),
            Some(global_side(source)),
            target,
            0,
            &[Access {
                space: Space::Local,
                start: local_offset,
                end: local_offset + lane_rows(channels) * pitch_bytes * rows,
                write: true,
            }],
        )
    }

    /// Brings one column of each lane, f32 `[1, lanes, 1, 1]`, side by side into one lane, `[1, 1, 1, lanes]`.
    ///
    /// # Errors
    /// When a field does not fit.
    pub fn gather_lanes(&mut self, column: &Local, gathered: &Local) -> Result<()> {
        debug_assert_eq!(column.shape[1], gathered.shape[3]);
        self.dma(
            DmaFunction::Copy,
            DmaFormat::Float32,
            Some(local_side(column)),
            local_side(gathered),
            0,
            &[local_access(column, false), local_access(gathered, true)],
        )
    }

    /// Copies channels of words from one place in local memory to another: `from` and `to` have the same sizes and are the
    /// tensors' first channels, whose numbers `from_channel` and `to_channel` say where to begin.
    ///
    /// # Errors
    /// When a field does not fit.
    pub fn move_lanes(
        &mut self,
        from: &Local,
        from_channel: usize,
        to: &Local,
        to_channel: usize,
    ) -> Result<()> {
        let side = |local: &Local, channel: usize, write: bool| {
            let row = channel / LANE_COUNT;
            let offset = local.address + row * local.strides[1] * 4;
            let rows = lane_rows(channel % LANE_COUNT + local.shape[1]);
            let mut all = *local;
            all.address = offset;
            all.shape[1] = rows * LANE_COUNT;
            let mut side = local_side(&all);
            side.shape = local.shape;
            side.address = local_address(channel % LANE_COUNT, offset);
            (side, local_access(&all, write))
        };
        let ((source, read), (target, written)) =
            (side(from, from_channel, false), side(to, to_channel, true));
        self.dma(
            DmaFunction::Copy,
            DmaFormat::Float32,
            Some(source),
            target,
            0,
            &[read, written],
        )
    }

    /// Brings a table of 256 words from DDR to L2, unless it is there; where it lies.
    ///
    /// # Errors
    /// When a field does not fit.
    pub fn load_table(&mut self, source: u64) -> Result<u32> {
        let (l2_offset, missing) = self.place_table(source);
        if !missing {
            return Ok(l2_offset);
        }
        let side = |address| Side {
            address,
            shape: [1, 1, 1, 256],
            strides: [256, 256, 256, 1],
        };
        self.dma(
            DmaFunction::Copy,
            DmaFormat::Float32,
            Some(side(source)),
            side(L2_BASE + u64::from(l2_offset)),
            0,
            &[Access {
                space: Space::L2,
                start: l2_offset as usize,
                end: l2_offset as usize + 1024,
                write: true,
            }],
        )?;
        Ok(l2_offset)
    }

    /// Moves between views of the same shape in DDR.
    ///
    /// # Errors
    /// When a field does not fit.
    pub fn move_global(&mut self, source: &Global, target: &Global) -> Result<()> {
        debug_assert_eq!(source.shape, target.shape);
        debug_assert!(source.address >= DDR_BASE && target.address >= DDR_BASE);
        for (start, shape) in size_pieces(source.shape) {
            self.dma(
                DmaFunction::Copy,
                source.element.format(),
                Some(global_side(&source.slice(start, shape))),
                global_side(&target.slice(start, shape)),
                0,
                &[],
            )?;
        }
        Ok(())
    }
}

/// `count` as rows x columns that fit the size fields.
fn split_count(count: usize) -> Option<(usize, usize)> {
    if count <= MAX_SIZE {
        return Some((1, count));
    }
    (2..=MAX_SIZE)
        .find(|rows| count.is_multiple_of(*rows) && count / rows <= MAX_SIZE)
        .map(|rows| (rows, count / rows))
}

fn column_pieces(view: &Global) -> Vec<Global> {
    size_pieces(view.shape)
        .into_iter()
        .map(|(start, shape)| view.slice(start, shape))
        .collect()
}

/// Cuts a shape into pieces whose sizes fit the fields.
fn size_pieces(shape: Dims) -> Vec<(Dims, Dims)> {
    let mut pieces = vec![([0; 4], shape)];
    for dim in 0..4 {
        pieces = pieces
            .into_iter()
            .flat_map(|(start, shape)| {
                (0..shape[dim]).step_by(MAX_SIZE).map(move |first| {
                    let (mut start, mut piece) = (start, shape);
                    start[dim] = first;
                    piece[dim] = MAX_SIZE.min(shape[dim] - first);
                    (start, piece)
                })
            })
            .collect();
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_cut_to_the_field() {
        let pieces = size_pieces([1, 2, 1, 131_071]);
        let columns: Vec<_> = pieces.iter().map(|(_, shape)| shape[3]).collect();
        assert_eq!(columns, [65_535, 65_535, 1]);
        assert_eq!(split_count(65_536), Some((2, 32_768)));
        assert_eq!(split_count(100), Some((1, 100)));
    }

    #[test]
    fn batches_of_a_word_lie_side_by_side() {
        let global = Global::dense(0x1_0600_0000, Element::I8, [6, 3, 2, 5]);
        let local = Local::aligned(256, Element::I8, [6, 3, 2, 5]);
        let mut emitter = Emitter::new();
        emitter.load(&global, &local).unwrap();
        let commands = emitter.finish().remove(0).dma;
        assert_eq!(commands.len(), 2);
        let second = &commands[1];
        assert_eq!(second.source_address(), 0x1_0600_0000 + 4 * 30);
        assert_eq!(second.destination_address(), local_address(0, 256 + 32 * 4));
        assert_eq!(second.src_nsize(), 2);
        assert_eq!(
            (
                second.dst_nstride(),
                second.dst_cstride(),
                second.dst_hstride(),
                second.dst_wstride()
            ),
            (1, 128, 20, 4)
        );
    }
}
