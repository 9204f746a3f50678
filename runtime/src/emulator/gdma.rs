//! GDMA commands: strided moves between local memory, L2 and DDR.
//!
//! Elements are taken in source order (batch, channel, row, column) and written in destination order; the two
//! shapes may differ. In local memory channels go over lanes and the channel stride is the distance between rows of
//! channels; elsewhere all strides are plain. Strides count elements. All elements are read before the first is
//! written, so that overlapping moves are well defined.

use super::Backend;
use super::error::Problem;
use super::float_mode::FlushDenormals;
use super::half_float;
use super::memory::Memory;
use crate::isa::memory_map::{LANE_BYTES, LANE_COUNT, Memory as Kind, ROW_ALIGN_BYTES};
use crate::isa::{Direction, DmaCommand, DmaFormat, DmaFunction};

/// Bytes that one command may move.
const MAX_BYTES: usize = 400 << 20;

/// One side of a move, checked to lie inside its memory. Strides and offsets in bytes.
pub(super) struct Side {
    pub(super) kind: Kind,
    start_lane: usize,
    offset: usize,
    pub(super) sizes: [usize; 4],
    pub(super) strides: [usize; 4],
    pub(super) element: usize,
}

impl Side {
    fn new(
        what: &'static str,
        address: u64,
        sizes: [u64; 4],
        strides: Option<[u64; 4]>,
        element: usize,
        memory: &Memory,
    ) -> Result<Self, Problem> {
        let range = |detail: String| Problem::range(what, detail);
        let (kind, offset) = Kind::of_address(address)
            .ok_or_else(|| range(format!("address {address:#x} is in no memory")))?;
        let offset = usize::try_from(offset).map_err(|error| range(error.to_string()))?;
        let sizes = sizes.map(|size| size as usize);
        let [n, c, h, w] = sizes;
        let total = sizes
            .iter()
            .try_fold(element, |total, size| total.checked_mul(*size));
        match total {
            Some(0) | None => return Err(Problem::sizes(format!("{what} of {n}x{c}x{h}x{w} elements"))),
            Some(bytes) if bytes > MAX_BYTES => {
                return Err(Problem::sizes(format!(
                    "{what} of {n}x{c}x{h}x{w} elements is too large"
                )));
            }
            Some(_) => {}
        }
        let is_local = kind == Kind::Local;
        let (start_lane, offset) = if is_local {
            (offset / LANE_BYTES, offset % LANE_BYTES)
        } else {
            (0, offset)
        };
        let rows = (start_lane + c).div_ceil(LANE_COUNT);
        let strides = match strides {
            Some(strides) => strides.map(|stride| stride as usize),
            None if is_local => {
                let c_stride = (h * w).next_multiple_of(ROW_ALIGN_BYTES / element);
                [c_stride * rows, c_stride, w, 1]
            }
            None => [c * h * w, h * w, w, 1],
        }
        .map(|stride| stride * element);
        let counts = [n, if is_local { rows } else { c }, h, w];
        let end = counts
            .iter()
            .zip(strides)
            .try_fold(offset + element, |end, (count, stride)| {
                end.checked_add((count - 1).checked_mul(stride)?)
            });
        let limit = match kind {
            Kind::Local => LANE_BYTES,
            Kind::L2 => memory.l2().len(),
            Kind::Ddr => memory.ddr().len(),
        };
        match end {
            Some(end) if end <= limit => Ok(Self {
                kind,
                start_lane,
                offset,
                sizes,
                strides,
                element,
            }),
            _ => Err(range(format!(
                "{n}x{c}x{h}x{w} elements from {address:#x} reach past the end of {}",
                if is_local { "a lane" } else { "memory" }
            ))),
        }
    }

    fn bytes<'a>(&self, memory: &'a Memory) -> &'a [u8] {
        match self.kind {
            Kind::Local => memory.local(),
            Kind::L2 => memory.l2(),
            Kind::Ddr => memory.ddr(),
        }
    }

    fn bytes_mut<'a>(&self, memory: &'a mut Memory) -> &'a mut [u8] {
        match self.kind {
            Kind::Local => memory.local_mut(),
            Kind::L2 => memory.l2_mut(),
            Kind::Ddr => memory.ddr_mut(),
        }
    }

    fn elements(&self) -> usize {
        self.sizes.iter().product()
    }

    /// Lane of a channel; 0 outside of local memory.
    pub(super) fn lane(&self, c: usize) -> usize {
        if self.kind == Kind::Local {
            (self.start_lane + c) % LANE_COUNT
        } else {
            0
        }
    }

    /// Byte position of the first element of a plane.
    pub(super) fn plane_start(&self, n: usize, c: usize) -> usize {
        let channel = if self.kind == Kind::Local {
            self.lane(c) * LANE_BYTES + (self.start_lane + c) / LANE_COUNT * self.strides[1]
        } else {
            c * self.strides[1]
        };
        self.offset + n * self.strides[0] + channel
    }

    /// Whether a plane is one run of bytes; else whether a row is.
    pub(super) fn dense(&self) -> (bool, bool) {
        let row = self.strides[3] == self.element || self.sizes[3] == 1;
        let plane = row && (self.strides[2] == self.sizes[3] * self.element || self.sizes[2] == 1);
        (plane, row)
    }

    /// Reads all elements.
    fn gather(&self, memory: &Memory) -> Vec<u8> {
        let [n, c, h, w] = self.sizes;
        let source = self.bytes(memory);
        let mut values = Vec::with_capacity(self.elements() * self.element);
        let (plane_dense, row_dense) = self.dense();
        for (n, c) in (0..n).flat_map(|n| (0..c).map(move |c| (n, c))) {
            let start = self.plane_start(n, c);
            if plane_dense {
                values.extend_from_slice(&source[start..start + h * w * self.element]);
                continue;
            }
            for y in 0..h {
                let start = start + y * self.strides[2];
                if row_dense {
                    values.extend_from_slice(&source[start..start + w * self.element]);
                } else {
                    match self.element {
                        1 => gather_row::<1>(source, start, self.strides[3], w, &mut values),
                        2 => gather_row::<2>(source, start, self.strides[3], w, &mut values),
                        _ => gather_row::<4>(source, start, self.strides[3], w, &mut values),
                    }
                }
            }
        }
        values
    }

    /// Writes all elements, except those of masked lanes.
    fn scatter(&self, memory: &mut Memory, values: &[u8], lane_mask: u64) {
        let [n, c, h, w] = self.sizes;
        let (plane_dense, row_dense) = self.dense();
        let is_local = self.kind == Kind::Local;
        let target = self.bytes_mut(memory);
        let planes = values.chunks_exact(h * w * self.element);
        for ((n, c), plane) in (0..n).flat_map(|n| (0..c).map(move |c| (n, c))).zip(planes) {
            if is_local && lane_mask >> self.lane(c) & 1 == 0 {
                continue;
            }
            let start = self.plane_start(n, c);
            if plane_dense {
                target[start..start + plane.len()].copy_from_slice(plane);
                continue;
            }
            for (y, row) in plane.chunks_exact(w * self.element).enumerate() {
                let start = start + y * self.strides[2];
                if row_dense {
                    target[start..start + row.len()].copy_from_slice(row);
                } else {
                    match self.element {
                        1 => scatter_row::<1>(target, start, self.strides[3], row),
                        2 => scatter_row::<2>(target, start, self.strides[3], row),
                        _ => scatter_row::<4>(target, start, self.strides[3], row),
                    }
                }
            }
        }
    }
}

#[inline]
fn gather_row<const SIZE: usize>(
    source: &[u8],
    start: usize,
    stride: usize,
    count: usize,
    values: &mut Vec<u8>,
) {
    values.extend((0..count).flat_map(|x| {
        let mut element = [0; SIZE];
        element.copy_from_slice(&source[start + x * stride..start + x * stride + SIZE]);
        element
    }));
}

#[inline]
fn scatter_row<const SIZE: usize>(target: &mut [u8], start: usize, stride: usize, row: &[u8]) {
    for (x, element) in row.as_chunks::<SIZE>().0.iter().enumerate() {
        let at = start + x * stride;
        target[at..at + SIZE].copy_from_slice(element);
    }
}

/// Executes one command.
///
/// # Errors
/// [`Problem`] when a field is illegal; memory is unchanged then.
pub(super) fn execute(command: &DmaCommand, memory: &mut Memory, backend: Backend) -> Result<(), Problem> {
    let function = command.function().ok_or(Problem::UnknownCode {
        field: "special_func",
        code: command.special_func(),
    })?;
    let format = |field, code| DmaFormat::from_code(code).ok_or(Problem::UnknownCode { field, code });
    let destination_format = format("dst_data_format", command.dst_data_format())?;
    let source_format = format("src_data_format", command.src_data_format())?;
    for (name, value) in [
        ("common_mode", command.common_mode()),
        ("hold_des_value", command.hold_des_value()),
        ("chw_copy", command.chw_copy()),
        ("src_hshift", command.src_hshift()),
        ("src_wshift", command.src_wshift()),
        ("dst_hshift", command.dst_hshift()),
        ("dst_wshift", command.dst_wshift()),
    ] {
        if value != 0 {
            return Err(Problem::unsupported(format!("{name} = {value}")));
        }
    }
    check_direction(command, function)?;
    if command.acc_write_enable() == 1 && !matches!(function, DmaFunction::Copy | DmaFunction::LrnShift) {
        return Err(Problem::unsupported(format!(
            "accumulation by {}",
            function.mnemonic()
        )));
    }
    if command.sys_mem_type() == 1 {
        return matrix_move(command, function, source_format, destination_format, memory);
    }
    let strided = command.stride_enable() == 1;
    let strides = |strides: [u64; 4]| strided.then_some(strides);
    let source_sizes = [
        command.src_nsize(),
        command.src_csize(),
        command.src_hsize(),
        command.src_wsize(),
    ];
    let source_strides = strides([
        command.src_nstride(),
        command.src_cstride(),
        command.src_hstride(),
        command.src_wstride(),
    ]);
    let mut destination_sizes = [
        command.dst_nsize(),
        command.dst_csize(),
        command.dst_hsize(),
        command.dst_wsize(),
    ];
    let destination_strides = strides([
        command.dst_nstride(),
        command.dst_cstride(),
        command.dst_hstride(),
        command.dst_wstride(),
    ]);
    let source = |sizes: [u64; 4], memory: &Memory| {
        Side::new(
            "source",
            command.source_address(),
            sizes,
            source_strides,
            source_format.bytes(),
            memory,
        )
    };
    let destination = |sizes: [u64; 4], memory: &Memory| {
        let size = destination_format.bytes();
        Side::new(
            "destination",
            command.destination_address(),
            sizes,
            destination_strides,
            size,
            memory,
        )
    };
    let lane_mask = command.localmem_mask_l32() | command.localmem_mask_h32() << 32;
    let same_format = source_format == destination_format;
    if !same_format && !matches!(function, DmaFunction::Convert | DmaFunction::Constant) {
        return Err(Problem::unsupported(format!(
            "{} from {} to {}",
            function.mnemonic(),
            source_format.name(),
            destination_format.name()
        )));
    }
    match function {
        DmaFunction::Constant => {
            let side = destination(destination_sizes, memory)?;
            let value = (command.constant_value() as u32).to_le_bytes();
            let values = value[..side.element].repeat(side.elements());
            side.scatter(memory, &values, lane_mask);
        }
        DmaFunction::Copy | DmaFunction::LrnShift => {
            let (from, to) = (
                source(source_sizes, memory)?,
                destination(destination_sizes, memory)?,
            );
            same_count(&from, &to)?;
            let plain = function == DmaFunction::Copy && command.acc_write_enable() == 0;
            if plain && copy_by_loop(&from, &to, lane_mask, memory, backend) {
                return Ok(());
            }
            let mut values = from.gather(memory);
            if command.acc_write_enable() == 1 {
                if destination_format != DmaFormat::Float32 {
                    return Err(Problem::unsupported("accumulation of integers"));
                }
                accumulate(&mut values, &to.gather(memory));
            } else if function == DmaFunction::LrnShift {
                clear_neighbours(command, &to, memory)?;
            }
            to.scatter(memory, &values, lane_mask);
        }
        DmaFunction::Convert => {
            let (from, to) = (
                source(source_sizes, memory)?,
                destination(destination_sizes, memory)?,
            );
            same_count(&from, &to)?;
            let values = convert(&from.gather(memory), source_format, destination_format)?;
            to.scatter(memory, &values, lane_mask);
        }
        DmaFunction::TransposeNc => {
            // The command's destination sizes are those of the source.
            let [n, c, h, w] = source_sizes;
            let from = source(source_sizes, memory)?;
            let to = destination([c, n, h, w], memory)?;
            let [n, c, h, w] = from.sizes;
            let values = from.gather(memory);
            let plane = h * w * from.element;
            let mut swapped = Vec::with_capacity(values.len());
            for (c, n) in (0..c).flat_map(|c| (0..n).map(move |n| (c, n))) {
                let start = (n * from.sizes[1] + c) * plane;
                swapped.extend_from_slice(&values[start..start + plane]);
            }
            to.scatter(memory, &swapped, lane_mask);
        }
        DmaFunction::TransposeCw => {
            // Only batch 0 and row 0 are moved, columns always one element apart.
            if strided && (command.src_wstride() != 1 || command.dst_wstride() != 1) {
                return Err(Problem::unsupported(
                    "transpose_cw with a column stride other than 1",
                ));
            }
            let [_, c, _, w] = source_sizes;
            destination_sizes = [1, destination_sizes[1], 1, destination_sizes[3]];
            let (from, to) = (
                source([1, c, 1, w], memory)?,
                destination(destination_sizes, memory)?,
            );
            same_count(&from, &to)?;
            let (c, w) = (from.sizes[1], from.sizes[3]);
            let values = from.gather(memory);
            let mut swapped = Vec::with_capacity(values.len());
            for (x, c) in (0..w).flat_map(|x| (0..c).map(move |c| (x, c))) {
                let start = (c * w + x) * from.element;
                swapped.extend_from_slice(&values[start..start + from.element]);
            }
            to.scatter(memory, &swapped, lane_mask);
        }
    }
    Ok(())
}

/// Copies by compiled loops where that is possible and pays; `false`: nothing was done.
#[cfg(feature = "jit")]
fn copy_by_loop(from: &Side, to: &Side, lane_mask: u64, memory: &mut Memory, backend: Backend) -> bool {
    super::specialise::copy(from, to, lane_mask, memory, backend.jit)
}

/// There are no compiled loops.
#[cfg(not(feature = "jit"))]
fn copy_by_loop(_: &Side, _: &Side, _: u64, _: &mut Memory, _: Backend) -> bool {
    false
}

/// The direction field must agree with the addresses.
fn check_direction(command: &DmaCommand, function: DmaFunction) -> Result<(), Problem> {
    let is_local = |address| matches!(Kind::of_address(address), Some((Kind::Local, _)));
    let direction = command.memory_direction();
    let to_local = matches!(direction, Direction::DdrToLocal | Direction::LocalToLocal);
    let from_local = matches!(direction, Direction::LocalToDdr | Direction::LocalToLocal);
    let destination = command.destination_address();
    if to_local != is_local(destination) {
        return Err(Problem::range(
            "destination",
            format!("{destination:#x} does not agree with direction {direction:?}"),
        ));
    }
    let source = command.source_address();
    if function != DmaFunction::Constant && from_local != is_local(source) {
        return Err(Problem::range(
            "source",
            format!("{source:#x} does not agree with direction {direction:?}"),
        ));
    }
    Ok(())
}

fn same_count(from: &Side, to: &Side) -> Result<(), Problem> {
    if from.elements() == to.elements() {
        return Ok(());
    }
    Err(Problem::sizes(format!(
        "source {:?} and destination {:?} differ in elements",
        from.sizes, to.sizes
    )))
}

/// An LRN shift that does not accumulate clears the lanes next to those that it writes: `lrn_shift_num` of them, after the
/// last for direction 0, before the first for direction 1.
fn clear_neighbours(command: &DmaCommand, to: &Side, memory: &mut Memory) -> Result<(), Problem> {
    let count = command.lrn_shift_num() as usize;
    let first = if command.lrn_shift_dir() == 0 {
        Some(to.start_lane + to.sizes[1])
    } else {
        to.start_lane.checked_sub(count)
    };
    let first = first
        .filter(|first| to.kind == Kind::Local && first + count <= LANE_COUNT)
        .ok_or_else(|| Problem::unsupported("lrn_shift that clears lanes beyond the first or last"))?;
    if count == 0 {
        return Ok(());
    }
    let neighbours = Side {
        kind: to.kind,
        start_lane: first,
        offset: to.offset,
        sizes: [to.sizes[0], count, to.sizes[2], to.sizes[3]],
        strides: to.strides,
        element: to.element,
    };
    let zeros = vec![0; neighbours.elements() * neighbours.element];
    neighbours.scatter(memory, &zeros, u64::MAX);
    Ok(())
}

/// Adds f32 values of the destination to those that are moved.
#[inline(never)]
fn accumulate(values: &mut [u8], old: &[u8]) {
    let _flush = FlushDenormals::new();
    for (value, old) in values
        .as_chunks_mut::<4>()
        .0
        .iter_mut()
        .zip(old.as_chunks::<4>().0)
    {
        *value = (f32::from_le_bytes(*value) + f32::from_le_bytes(*old)).to_le_bytes();
    }
}

/// Between floats and 8-bit integers, or the two widths of floats.
fn convert(values: &[u8], from: DmaFormat, to: DmaFormat) -> Result<Vec<u8>, Problem> {
    let unsupported = || {
        Problem::unsupported(format!(
            "conversion from {} to {} (the chip converts between f32, f16 and 8-bit integers)",
            from.name(),
            to.name()
        ))
    };
    let is_float = |format| matches!(format, DmaFormat::Float32 | DmaFormat::Float16);
    if from == to || !(is_float(from) || is_float(to)) {
        return Err(unsupported());
    }
    let floats: Vec<f32> = match from {
        DmaFormat::Float32 => values
            .as_chunks()
            .0
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes))
            .collect(),
        DmaFormat::Float16 => {
            let halves = values.as_chunks().0.iter();
            halves
                .map(|bytes| half_float::to_f32(u16::from_le_bytes(*bytes)))
                .collect()
        }
        DmaFormat::UInt8 => values.iter().map(|byte| f32::from(*byte)).collect(),
        DmaFormat::Int8 => values.iter().map(|byte| f32::from(byte.cast_signed())).collect(),
        DmaFormat::Int16 => return Err(unsupported()),
    };
    Ok(match to {
        DmaFormat::Float32 => floats.into_iter().flat_map(f32::to_le_bytes).collect(),
        DmaFormat::Float16 => {
            let halves = floats.into_iter().map(half_float::from_f32);
            halves.flat_map(u16::to_le_bytes).collect()
        }
        DmaFormat::UInt8 => floats.into_iter().map(half_float::to_u8).collect(),
        DmaFormat::Int8 => floats
            .into_iter()
            .map(|x| half_float::to_i8(x).cast_unsigned())
            .collect(),
        DmaFormat::Int16 => return Err(unsupported()),
    })
}

/// A matrix between DDR (rows, columns, row pitch in the row stride) and local memory (rows in the batch axis,
/// columns split over lanes).
fn matrix_move(
    command: &DmaCommand,
    function: DmaFunction,
    source_format: DmaFormat,
    destination_format: DmaFormat,
    memory: &mut Memory,
) -> Result<(), Problem> {
    let plain = function == DmaFunction::Copy && source_format == destination_format;
    if !plain || command.stride_enable() == 0 || command.acc_write_enable() == 1 {
        return Err(Problem::unsupported(
            "a matrix move that is not a plain strided copy",
        ));
    }
    let size = source_format.bytes();
    let store = match command.memory_direction() {
        Direction::DdrToLocal => false,
        Direction::LocalToDdr => true,
        direction => {
            return Err(Problem::unsupported(format!(
                "a matrix move with direction {direction:?}"
            )));
        }
    };
    let source = command.source_address();
    let source_fields = [
        [
            command.src_nsize(),
            command.src_csize(),
            command.src_hsize(),
            command.src_wsize(),
        ],
        [
            command.src_nstride(),
            command.src_cstride(),
            command.src_hstride(),
            command.src_wstride(),
        ],
    ];
    let destination = command.destination_address();
    let destination_fields = [
        [
            command.dst_nsize(),
            command.dst_csize(),
            command.dst_hsize(),
            command.dst_wsize(),
        ],
        [
            command.dst_nstride(),
            command.dst_cstride(),
            command.dst_hstride(),
            command.dst_wstride(),
        ],
    ];
    let (system_address, [system_sizes, system_strides], local_address, [local_sizes, local_strides]) =
        if store {
            (destination, destination_fields, source, source_fields)
        } else {
            (source, source_fields, destination, destination_fields)
        };
    let [_, _, rows, columns] = system_sizes;
    let [local_rows, lanes, _, width] = local_sizes;
    if rows > local_rows || columns > lanes * width || width == 0 {
        return Err(Problem::sizes(format!(
            "a matrix of {rows}x{columns} in {local_rows} rows of {lanes} lanes with {width} columns"
        )));
    }
    let system_strides = Some([0, 0, system_strides[2], 1]);
    let system = Side::new(
        "matrix",
        system_address,
        [1, 1, rows, columns],
        system_strides,
        size,
        memory,
    )?;
    // Lanes that hold no column stay untouched; the last may be partly filled.
    let used_lanes = columns.div_ceil(width);
    let sizes = [rows, used_lanes, 1, width];
    let local = Side::new(
        "local matrix",
        local_address,
        sizes,
        Some(local_strides),
        size,
        memory,
    )?;
    let row_bytes = columns as usize * size;
    let lane_bytes = used_lanes as usize * width as usize * size;
    let mut lanes_values = local.gather(memory);
    if store {
        let mut values = Vec::with_capacity(rows as usize * row_bytes);
        for row in lanes_values.chunks_exact(lane_bytes) {
            values.extend_from_slice(&row[..row_bytes]);
        }
        system.scatter(memory, &values, u64::MAX);
    } else {
        let values = system.gather(memory);
        for (row, values) in lanes_values
            .chunks_exact_mut(lane_bytes)
            .zip(values.chunks_exact(row_bytes))
        {
            row[..row_bytes].copy_from_slice(values);
        }
        local.scatter(
            memory,
            &lanes_values,
            command.localmem_mask_l32() | command.localmem_mask_h32() << 32,
        );
    }
    Ok(())
}
