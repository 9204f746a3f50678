//! Inner tensors of a run, taken from memory as soon as their last command is done.
//!
//! Where a tensor lies after which command is told by the JSON list that a debug build embeds in the bmodel
//! (`docs/bmodel.md`). Pieces of a tensor, as layer groups compute them, are put together. Tensors that are only
//! moved (loads, stores) and tensors of 3-dimensional groups are left out.

use super::{HostTensor, HostType, MemoryView, Position, tensor::host_type};
use crate::bmodel::{DataType, StoreMode, Tensor};
use crate::isa::{
    Engine,
    memory_map::{LANE_BYTES, LANE_COUNT},
};
use serde_json::Value;
use std::collections::HashMap;

/// No tensor of a chip with 4 GiB is larger.
const LARGEST_TENSOR_BYTES: usize = 1 << 30;
/// A dump that grows larger is cut off: the list of locations is not trusted.
const LARGEST_DUMP_BYTES: usize = 4 << 30;
/// Local memory and rows of lanes are aligned to this many bytes.
const LOCAL_ALIGNMENT: usize = 128;

/// A piece of a tensor and when it can be read.
struct Piece {
    subnet: i64,
    /// Command ids that must be done; 0 = none.
    tiu: u64,
    dma: u64,
    name: String,
    address: u64,
    layout: Layout,
    dtype: DataType,
    /// Shape in memory.
    dims: Vec<usize>,
    /// `None` when the piece is everything.
    place: Option<Place>,
    shape: Vec<usize>,
    scale: Option<(f64, i32)>,
}

/// Where a piece is in its tensor: all as N, C, D, H, W.
struct Place {
    whole: [usize; 5],
    ranges: [(usize, usize); 5],
    /// Elements of the tensor from one to the next.
    strides: [usize; 5],
}

impl Place {
    /// `None` where the strides lead out of the tensor, or the ranges out of the sizes.
    fn new(whole: [usize; 5], ranges: [(usize, usize); 5], strides: Option<[usize; 5]>) -> Option<Self> {
        let inside = |(range, dim): (&(usize, usize), &usize)| range.0 <= range.1 && range.1 <= *dim;
        if !ranges.iter().zip(&whole).all(inside) {
            return None;
        }
        let elements = whole.iter().try_fold(1_usize, |all, dim| all.checked_mul(*dim))?;
        let strides = strides.unwrap_or_else(|| {
            let mut strides = [1; 5];
            for dim in (0..4).rev() {
                strides[dim] = strides[dim + 1] * whole[dim + 1];
            }
            strides
        });
        let last = whole
            .iter()
            .zip(&strides)
            .try_fold(0_usize, |last, (dim, stride)| {
                last.checked_add(dim.saturating_sub(1).checked_mul(*stride)?)
            })?;
        (last < elements.max(1)).then_some(Self {
            whole,
            ranges,
            strides,
        })
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Layout {
    Local { aligned: bool, packed: bool },
    Ddr { packed: bool },
}

/// Collects the tensors of one run.
pub(super) struct Dump {
    pending: Vec<Piece>,
    done: HashMap<i64, (u64, u64)>,
    tensors: Vec<HostTensor>,
    index: HashMap<String, usize>,
    bytes_left: usize,
    fixed: bool,
}

impl Dump {
    /// Reads the list of tensor locations. `fixed`: leave quantised tensors as they are.
    pub(super) fn new(json: &[u8], fixed: bool) -> Result<Self, String> {
        let list = parse(json)?;
        let entries = list
            .as_array()
            .ok_or("the list of tensor locations is not a list")?;
        let mut pending = Vec::new();
        for (idx, entry) in entries.iter().enumerate() {
            read_entry(entry, &mut pending).ok_or_else(|| format!("tensor location {idx} is incomplete"))?;
        }
        let bytes_left = LARGEST_DUMP_BYTES;
        Ok(Self {
            pending,
            done: HashMap::new(),
            tensors: Vec::new(),
            index: HashMap::new(),
            bytes_left,
            fixed,
        })
    }

    /// Takes what a command completed.
    pub(super) fn after(&mut self, position: Position, memory: &dyn MemoryView) {
        let subnet = i64::from(position.subnet);
        let done = self.done.entry(subnet).or_default();
        match position.done.engine {
            Engine::Tiu => done.0 = position.done.id,
            Engine::Dma => done.1 = position.done.id,
        }
        let (tiu, dma) = *done;
        let ready = |piece: &Piece| piece.subnet == subnet && piece.tiu <= tiu && piece.dma <= dma;
        for piece in std::mem::take(&mut self.pending) {
            if ready(&piece) {
                self.take(&piece, memory);
            } else {
                self.pending.push(piece);
            }
        }
    }

    /// The tensors, in the order in which they were first seen. Those that wait for no command, where none came, are
    /// taken now.
    pub(super) fn finish(mut self, memory: &dyn MemoryView) -> Vec<HostTensor> {
        for piece in std::mem::take(&mut self.pending) {
            if (piece.tiu, piece.dma) == (0, 0) {
                self.take(&piece, memory);
            }
        }
        self.tensors
    }

    fn take(&mut self, piece: &Piece, memory: &dyn MemoryView) {
        let Some(elements) = read_piece(piece, memory) else {
            return;
        };
        let Some(data) = convert(&elements, piece, self.fixed) else {
            return;
        };
        let (dtype, data) = data;
        let size = dtype.bytes();
        let slot = match self.index.get(&piece.name) {
            Some(slot) => *slot,
            None => {
                let count: usize = piece.shape.iter().product();
                let Some(left) = self.bytes_left.checked_sub(count * size) else {
                    return;
                };
                self.bytes_left = left;
                let tensor = HostTensor {
                    name: piece.name.clone(),
                    dtype,
                    shape: piece.shape.clone(),
                    data: vec![0; count * size],
                };
                self.tensors.push(tensor);
                self.index.insert(piece.name.clone(), self.tensors.len() - 1);
                self.tensors.len() - 1
            }
        };
        let target = &mut self.tensors[slot];
        if target.dtype != dtype {
            return;
        }
        match &piece.place {
            None if target.data.len() == data.len() => target.data = data,
            None => {}
            Some(place) if place.whole.iter().product::<usize>() * size == target.data.len() => {
                put(&mut target.data, &data, place, size);
            }
            Some(_) => {}
        }
    }
}

/// Reads the list. TPU-MLIR embeds it while the file it wrote is not flushed, so that its end can be missing: the
/// complete entries count.
pub(crate) fn parse(json: &[u8]) -> Result<Value, String> {
    let error = match serde_json::from_slice(json) {
        Ok(list) => return Ok(list),
        Err(error) => error,
    };
    const ENTRY_END: &[u8] = b"\n  },";
    let last = json
        .windows(ENTRY_END.len())
        .rposition(|window| window == ENTRY_END);
    if let (true, Some(last)) = (error.is_eof(), last) {
        let mut complete = json[..last + ENTRY_END.len() - 1].to_vec();
        complete.push(b']');
        return serde_json::from_slice(&complete).map_err(|error| error.to_string());
    }
    Err(format!("the list of tensor locations is damaged: {error}"))
}

/// Adds the results of one operation; `None` when a field is missing.
fn read_entry(entry: &Value, pending: &mut Vec<Piece>) -> Option<()> {
    let ids = |key: &str| -> Option<(u64, u64)> {
        let pair = entry.get(key)?.as_array()?;
        Some((pair.first()?.as_u64()?, pair.get(1)?.as_u64()?))
    };
    let (before, after) = (ids("tiu_dma_id(before)")?, ids("tiu_dma_id(after)")?);
    let opcode = entry.get("opcode")?.as_str()?;
    if matches!(opcode, "tpu.Load" | "tpu.Store") {
        return Some(());
    }
    // Only the engines that worked for the operation tell when it is done: the other may run ahead or behind.
    let worked = (after.0 > before.0, after.1 > before.1);
    let nothing = worked == (false, false);
    for value in entry.get("results")?.as_array()? {
        if value.as_object()?.is_empty() {
            continue;
        }
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        let Some((dims, dtype)) = memory_type(text("memory_type")?) else {
            continue;
        };
        let layout = match text("layout")? {
            "eu_align" => Layout::Local {
                aligned: true,
                packed: false,
            },
            "eu_align_xn" => Layout::Local {
                aligned: true,
                packed: true,
            },
            "compact" => Layout::Local {
                aligned: false,
                packed: false,
            },
            "compact_xn" => Layout::Local {
                aligned: false,
                packed: true,
            },
            "continuous" => Layout::Ddr { packed: false },
            "continuous_xn" => Layout::Ddr { packed: true },
            _ => continue,
        };
        let shape: Vec<usize> = value
            .get("shape")?
            .as_array()?
            .iter()
            .map(|dim| Some(dim.as_u64()? as usize))
            .collect::<Option<_>>()?;
        let place = match text("slice")? {
            "[...]" => None,
            slice => {
                let whole = five(
                    text("reshape")?
                        .trim_matches(['<', '>'])
                        .split('x')
                        .map(|dim| dim.parse().ok()),
                )?;
                let ranges = slice.trim_matches(['[', ']']).split(',').map(|range| {
                    let (from, to) = range.trim().split_once(':')?;
                    Some((from.parse::<usize>().ok()?, to.parse::<usize>().ok()?))
                });
                let strides = match value.get("strides") {
                    Some(list) => Some(five(
                        list.as_array()?
                            .iter()
                            .map(|stride| Some(stride.as_u64()? as usize)),
                    )?),
                    None => None,
                };
                Some(Place::new(whole, five(ranges)?, strides)?)
            }
        };
        bytes_of(&shape, dtype)?;
        bytes_of(&dims, dtype)?;
        if let Some(place) = &place {
            bytes_of(&place.whole, dtype)?;
        }
        pending.push(Piece {
            subnet: entry.get("subnet_id")?.as_i64()?,
            tiu: if worked.0 || nothing { after.0 } else { 0 },
            dma: if worked.1 || nothing { after.1 } else { 0 },
            name: text("name")?.to_owned(),
            address: value.get("address")?.as_u64()?,
            layout,
            dtype,
            dims,
            place,
            shape,
            scale: text("type").and_then(quantisation),
        });
    }
    Some(())
}

fn five<T: Copy>(mut items: impl Iterator<Item = Option<T>>) -> Option<[T; 5]> {
    let mut next = || items.next().flatten();
    let five = [next()?, next()?, next()?, next()?, next()?];
    items.next().is_none().then_some(five)
}

fn bytes_of(shape: &[usize], dtype: DataType) -> Option<usize> {
    let bytes = shape
        .iter()
        .try_fold(dtype.bytes(), |product, dim| product.checked_mul(*dim));
    bytes.filter(|bytes| *bytes <= LARGEST_TENSOR_BYTES)
}

/// `<1x8x28x28xui8>` as dims and type; `None` for types the chip does not have.
fn memory_type(text: &str) -> Option<(Vec<usize>, DataType)> {
    let mut words: Vec<&str> = text.trim_matches(['<', '>']).split('x').collect();
    let dtype = match words.pop()? {
        "f32" => DataType::F32,
        "si8" | "i8" => DataType::I8,
        "ui8" | "u8" => DataType::U8,
        "si16" | "i16" => DataType::I16,
        "ui16" | "u16" => DataType::U16,
        "si32" | "i32" => DataType::I32,
        "ui32" | "u32" => DataType::U32,
        _ => return None,
    };
    let dims = words
        .into_iter()
        .map(|word| word.parse().ok())
        .collect::<Option<_>>()?;
    Some((dims, dtype))
}

/// Scale and zero point in the text of a type such as `tensor<1x!quant.uniform<i8:f32, 0.5:-3>>`.
fn quantisation(ty: &str) -> Option<(f64, i32)> {
    let (_, rest) = ty.split_once("!quant.uniform<")?;
    let (inner, _) = rest.split_once('>')?;
    let (_, numbers) = inner.split_once(',')?;
    match numbers.trim().split_once(':') {
        Some((scale, zero)) => Some((scale.parse().ok()?, zero.parse().ok()?)),
        None => Some((numbers.trim().parse().ok()?, 0)),
    }
}

/// The piece's elements in row-major order; `None` when it is not all in memory.
fn read_piece(piece: &Piece, memory: &dyn MemoryView) -> Option<Vec<u8>> {
    let size = piece.dtype.bytes();
    match piece.layout {
        Layout::Ddr { packed } => {
            let store_mode = match (packed, size) {
                (true, 1) => StoreMode::N4,
                (true, 2) => StoreMode::N2,
                _ => StoreMode::N1,
            };
            let dims = piece.dims.iter().map(|dim| *dim as u64).collect();
            let tensor = Tensor {
                dtype: piece.dtype,
                store_mode,
                shapes: vec![dims],
                ..Tensor::default()
            };
            let bytes = super::tensor::device_bytes(&tensor)?;
            Some(super::tensor::unpack(memory.ddr(piece.address, bytes)?, &tensor))
        }
        Layout::Local { aligned, packed } => {
            let [batch, channels, height, width] = piece.dims[..] else {
                return None;
            };
            let share = if packed { 4 / size } else { 1 };
            let unit = size * share;
            let plane = height * width;
            let row_bytes = if aligned {
                (plane * unit).next_multiple_of(LOCAL_ALIGNMENT)
            } else {
                plane * unit
            };
            let address = (piece.address % (LANE_BYTES * LANE_COUNT) as u64) as usize;
            let (first_lane, base) = (address / LANE_BYTES, address % LANE_BYTES);
            let rows = (first_lane + channels).div_ceil(LANE_COUNT);
            let mut elements = Vec::with_capacity(batch * channels * plane * size);
            for n in 0..batch {
                for c in 0..channels {
                    let lane = (first_lane + c) % LANE_COUNT;
                    let row = (first_lane + c) / LANE_COUNT;
                    let offset = base + ((n / share) * rows + row) * row_bytes;
                    let bytes = memory.lane(lane, offset, plane * unit)?;
                    let first = n % share * size;
                    for word in bytes.chunks_exact(unit) {
                        elements.extend_from_slice(&word[first..first + size]);
                    }
                }
            }
            Some(elements)
        }
    }
}

/// Elements as they are, or 8-bit ones in units.
fn convert(elements: &[u8], piece: &Piece, fixed: bool) -> Option<(HostType, Vec<u8>)> {
    let dtype = host_type(piece.dtype)?;
    let (Some((scale, zero)), false) = (piece.scale, fixed) else {
        return Some((dtype, elements.to_vec()));
    };
    // Single precision, as the reference inference of TPU-MLIR does it.
    let units = |q: i32| ((q - zero) as f32 * scale as f32).to_le_bytes();
    let data = match dtype {
        HostType::I8 => elements.iter().flat_map(|q| units(i32::from(*q as i8))).collect(),
        HostType::U8 => elements.iter().flat_map(|q| units(i32::from(*q))).collect(),
        _ => return Some((dtype, elements.to_vec())),
    };
    Some((HostType::F32, data))
}

/// Copies a piece into the whole, row by row.
fn put(whole: &mut [u8], piece: &[u8], place: &Place, size: usize) {
    let [ns, cs, ds, hs, ws] = place.ranges;
    let [n_step, c_step, d_step, h_step, w_step] = place.strides;
    let expected: usize = place.ranges.iter().map(|(from, to)| to - from).product();
    let row = (ws.1 - ws.0) * size;
    if piece.len() != expected * size || row == 0 {
        return;
    }
    let mut rows = piece.chunks_exact(row);
    for n in ns.0..ns.1 {
        for c in cs.0..cs.1 {
            for d in ds.0..ds.1 {
                for h in hs.0..hs.1 {
                    let start = n * n_step + c * c_step + d * d_step + h * h_step;
                    let Some(source) = rows.next() else { return };
                    for (w, element) in (ws.0..ws.1).zip(source.chunks_exact(size)) {
                        let at = (start + w * w_step) * size;
                        whole[at..at + size].copy_from_slice(element);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::{Command, TiuCommand};
    use crate::session::Done;

    struct Memory(Vec<u8>);

    impl MemoryView for Memory {
        fn ddr(&self, address: u64, bytes: usize) -> Option<&[u8]> {
            let start = (address - 0x1_0000_0000) as usize;
            self.0.get(start..start + bytes)
        }
        fn lane(&self, lane: usize, offset: usize, bytes: usize) -> Option<&[u8]> {
            self.0.get(lane * 1024 + offset..lane * 1024 + offset + bytes)
        }
        fn l2(&self, _offset: usize, _bytes: usize) -> Option<&[u8]> {
            None
        }
    }

    fn entry(opcode: &str, after: (u64, u64), result: &str) -> String {
        format!(
            r#"{{"opcode": "{opcode}", "subnet_id": 0, "tiu_dma_id(before)": [0, 0],
                "tiu_dma_id(after)": [{}, {}], "results": [{result}]}}"#,
            after.0, after.1
        )
    }

    #[test]
    fn pieces_are_taken_when_ready_and_put_together() {
        let piece = |address: usize, from: usize| {
            format!(
                r#"{{"address": {address}, "layout": "eu_align_xn", "memory_type": "<1x2x1x2xui8>", "name": "a",
                    "reshape": "<1x2x1x2x2>", "shape": [1, 2, 2, 2], "slice": "[0:1, 0:2, 0:1, {from}:{}, 0:2]",
                    "type": "tensor<1x!quant.uniform<u8:f32, 5.0e-01:1>>"}}"#,
                from + 1
            )
        };
        let ddr = r#"{"address": 4294967296, "layout": "continuous_xn", "memory_type": "<2x1xsi8>", "name": "b",
            "reshape": "", "shape": [2], "slice": "[...]", "type": "tensor<2xi8>"}"#;
        let json = format!(
            "[{}, {}, {}, {}]",
            entry("tpu.Load", (0, 1), &piece(0, 0)),
            entry("tpu.Conv2D", (1, 0), &piece(0, 0)),
            entry("tpu.Conv2D", (2, 0), &piece(256, 1)),
            entry("tpu.MatMul", (2, 1), ddr)
        );
        let mut dump = Dump::new(json.as_bytes(), false).unwrap();
        let memory = Memory((0..4096).map(|byte| (byte % 251) as u8).collect());
        let position = |engine, id| Position {
            subnet: 0,
            group: 0,
            done: Done {
                engine,
                id,
                command: Command::Tiu(TiuCommand::new()),
            },
        };
        dump.after(position(Engine::Tiu, 1), &memory);
        assert_eq!(dump.tensors.len(), 1);
        dump.after(position(Engine::Tiu, 2), &memory);
        assert_eq!(dump.tensors.len(), 1);
        dump.after(position(Engine::Dma, 1), &memory);
        let tensors = dump.finish(&memory);
        let byte = |at: usize| (f32::from((at % 251) as u8) - 1.0) * 0.5;
        let lanes = [0, 4, 256, 260, 1024, 1028, 1280, 1284].map(byte);
        assert_eq!(tensors[0], HostTensor::from_f32("a", &[1, 2, 2, 2], &lanes));
        assert_eq!(
            (tensors[1].dtype, &tensors[1].data[..]),
            (HostType::I8, &[0u8, 1][..])
        );
    }

    #[test]
    fn strides_put_pieces_elsewhere() {
        let place = |strides| {
            Place::new(
                [1, 2, 1, 3, 2],
                [(0, 1), (0, 2), (0, 1), (1, 2), (0, 2)],
                Some(strides),
            )
        };
        let mut whole = [0; 12];
        // Channels are pairs of columns, rows come before them.
        put(&mut whole, &[1, 2, 3, 4], &place([12, 2, 12, 4, 1]).unwrap(), 1);
        assert_eq!(whole, [0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0]);
        assert!(place([12, 2, 12, 5, 1]).is_none());
        assert!(place([12, usize::MAX, 12, 4, 1]).is_none());
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(Dump::new(b"{}", false).is_err());
        assert!(Dump::new(b"[{}]", false).is_err());
        let huge = r#"{"address": 0, "layout": "eu_align", "memory_type": "<99999999x99999999x1x1xf32>", "name": "a",
            "reshape": "", "shape": [1], "slice": "[...]", "type": ""}"#;
        assert!(Dump::new(format!("[{}]", entry("tpu.Add", (1, 0), huge)).as_bytes(), false).is_err());
    }

    #[test]
    fn a_list_without_its_end_counts_as_far_as_it_goes() {
        assert_eq!(
            parse(b"[\n  {\n  },\n  {\n  \"a\": [\n").unwrap(),
            serde_json::json!([{}])
        );
        assert!(parse(b"[\n  {\n  },\n  ]]").is_err());
        assert!(parse(b"[").is_err());
    }

    #[test]
    fn scales_are_read_from_types() {
        assert_eq!(
            quantisation("tensor<1x!quant.uniform<i8:f32, 14.5>, 437 : i64>"),
            Some((14.5, 0))
        );
        assert_eq!(
            quantisation("tensor<1x!quant.uniform<u8:f32, 1.0e-01:-3>>"),
            Some((0.1, -3))
        );
        assert_eq!(quantisation("tensor<1xf32>"), None);
    }
}
