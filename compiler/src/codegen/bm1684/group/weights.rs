//! Weights that operations of a group read from local memory: how they lie there.

use super::super::codegen::Codegen;
use super::super::conv2d::folded_input;
use super::super::error::{Result, unsupported};
use super::super::resident::shifts_offset;
use super::super::tensor::{Dims, Element, aligned_bytes, lane_rows};
use super::super::window::{SHIFT_WORD_BYTES, padded_depth};
use tpuc_dialects::ir::{Op, Value};
use tpuc_runtime::isa::memory_map::ROW_ALIGN_BYTES;

/// How a weight lies in local memory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Form {
    /// Dense in each lane: parts of so many bytes a channel.
    Compact(Vec<Part>),
    /// As a tensor, in the lanes of each band.
    Tensor {
        /// Sizes of the weight itself.
        own: Dims,
        /// Sizes in local memory: the weight is repeated where it is smaller.
        there: Dims,
        /// How often it lies there, behind each other in lanes.
        bands: usize,
    },
    /// A filter for each band, along the diagonal of a larger one.
    Blocks {
        /// How many.
        bands: usize,
        /// Output channels of one.
        channels: usize,
        /// What is in it.
        filter: Filter,
    },
}

/// A dense filter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Filter {
    /// Rows times columns of the kernel.
    pub taps: usize,
    /// Input channels.
    pub depth: usize,
}

/// A part of a dense weight.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part {
    /// First lane.
    pub lane: usize,
    /// First byte in DDR, from the weight's address.
    pub source: usize,
    /// First byte in a lane, from the weight's place.
    pub target: usize,
    /// Channels.
    pub channels: usize,
    /// Bytes of one channel.
    pub bytes: usize,
}

/// A weight that an operation reads from local memory.
#[derive(Clone, Debug)]
pub struct Weight {
    /// The value.
    pub value: Value,
    /// Element type.
    pub element: Element,
    /// How it lies in local memory.
    pub form: Form,
    /// What is in it, if it is a dense filter.
    pub filter: Option<Filter>,
}

impl Weight {
    /// The same weight for so many bands; `None` where it cannot lie so.
    pub fn in_bands(&self, bands: usize) -> Option<Self> {
        let form = match (&self.form, self.filter) {
            (Form::Compact(parts), Some(filter)) => match parts.as_slice() {
                // f32 sums depend on where a product stands in the filter, modulo 4: it must not matter.
                [part] if self.element.is_byte() || filter.depth.is_multiple_of(4) => Form::Blocks {
                    bands,
                    channels: part.channels,
                    filter,
                },
                // Or shifts of the channels are behind the filter.
                _ => return None,
            },
            (Form::Compact(parts), None) => Form::Compact(
                (0..bands)
                    .flat_map(|band| parts.iter().map(move |part| (band, part)))
                    .map(|(band, part)| Part {
                        lane: band * part.channels,
                        ..*part
                    })
                    .collect(),
            ),
            // A weight with rows of its own would be cut like the tensor.
            (Form::Tensor { own, there, .. }, _) if own[2] == 1 => Form::Tensor {
                own: *own,
                there: [there[0], there[1] * bands, there[2], there[3]],
                bands,
            },
            _ => return None,
        };
        Some(Self { form, ..self.clone() })
    }

    /// Bytes of a lane that it takes.
    pub fn lane_bytes(&self) -> usize {
        let bytes = match &self.form {
            Form::Compact(parts) => parts
                .iter()
                .map(|part| part.target + lane_rows(part.lane + part.channels) * part.bytes)
                .max()
                .unwrap_or(0),
            Form::Tensor { there, .. } => aligned_bytes(self.element, *there),
            Form::Blocks {
                bands,
                channels,
                filter,
            } => {
                let depth = padded_depth(self.element, bands * filter.depth);
                lane_rows(bands * channels) * filter.taps * depth * self.element.bytes()
            }
        };
        bytes.next_multiple_of(ROW_ALIGN_BYTES)
    }
}

/// How operand `index` of an operation, the weight `value`, lies in local memory; `None` if it is read from DDR.
///
/// # Errors
/// When it is not known how.
pub fn weight_of(cg: &Codegen<'_>, op: Op, index: usize, value: Value) -> Result<Option<Weight>> {
    let ctx = cg.ctx();
    let (info, result) = (cg.whole(value)?, cg.whole(ctx.result(op))?);
    let dims = result.nchw()?.shape;
    let form = match (ctx.op_name(op), index) {
        // Read from DDR by the operation itself.
        ("tpu.Lut", 1) => return Ok(None),
        ("tpu.Conv2D" | "tpu.Deconv" | "tpu.MatMul", 1 | 2) => compact_parts(
            dims[1],
            info.elements() * info.element.bytes(),
            index == 1 && cg.flag(op, "coeff_merged"),
            filter_bytes(cg, op, info.element, dims[1]),
        )
        .map(Form::Compact),
        (
            "tpu.Conv2D" | "tpu.Deconv" | "tpu.MatMul" | "tpu.Pool2D" | "tpu.Concat" | "tpu.Slice"
            | "tpu.Upsample",
            _,
        ) => None,
        (name, _) => own_dims(name, &info.shape, dims, result.shape.len())
            .and_then(|own| tensor_form(own, info.element, dims)),
    };
    let Some(form) = form else {
        return unsupported("a weight that is not read from local memory");
    };
    Ok(Some(Weight {
        value,
        element: info.element,
        form,
        filter: if index == 1 { dense_filter(cg, op) } else { None },
    }))
}

/// What is in the filter of a convolution of one group.
fn dense_filter(cg: &Codegen<'_>, op: Op) -> Option<Filter> {
    if !cg.ctx().is(op, "tpu.Conv2D") || cg.int(op, "group", 1) > 1 {
        return None;
    }
    if let Some((folded, dims)) = folded_input(cg, op).ok()? {
        let [rows, columns] = folded.fold.rest(&folded.window).kernel;
        return Some(Filter {
            taps: rows * columns,
            depth: dims[1],
        });
    }
    Some(Filter {
        taps: cg.sizes(op, "kernel_shape").ok()?.iter().product(),
        depth: cg.whole(cg.ctx().operand(op, 0)).ok()?.nchw().ok()?.shape[1],
    })
}

/// Bytes of one output channel's filter.
fn filter_bytes(cg: &Codegen<'_>, op: Op, element: Element, outputs: usize) -> Option<usize> {
    if let Some((folded, dims)) = folded_input(cg, op).ok()? {
        let [rows, columns] = folded.fold.rest(&folded.window).kernel;
        return Some(rows * columns * padded_depth(element, dims[1]) * element.bytes());
    }
    let groups = cg.int(op, "group", 1).max(1) as usize;
    let inputs = cg.whole(cg.ctx().operand(op, 0)).ok()?.nchw().ok()?.shape[1];
    let taps: usize = cg.sizes(op, "kernel_shape").ok()?.iter().product();
    let depth = if groups > 1 && groups == inputs && groups == outputs {
        1
    } else {
        padded_depth(element, inputs / groups)
    };
    Some(taps * depth * element.bytes())
}

/// Parts of `bytes` for `channels` channels. With shifts behind it, a filter of `taps_bytes` a channel.
fn compact_parts(
    channels: usize,
    bytes: usize,
    with_shifts: bool,
    taps_bytes: Option<usize>,
) -> Option<Vec<Part>> {
    let shifts = if with_shifts {
        channels * SHIFT_WORD_BYTES
    } else {
        0
    };
    let filter = bytes.checked_sub(shifts)?;
    // What follows the filter begins at a whole word.
    let per_channel = match channels {
        0 => return None,
        _ if with_shifts => taps_bytes?,
        _ => filter / channels,
    };
    if per_channel * channels > filter {
        return None;
    }
    let mut parts = vec![Part {
        lane: 0,
        source: 0,
        target: 0,
        channels,
        bytes: per_channel,
    }];
    if with_shifts {
        parts.push(Part {
            lane: 0,
            source: filter,
            target: shifts_offset(lane_rows(channels) * per_channel),
            channels,
            bytes: SHIFT_WORD_BYTES,
        });
    }
    Some(parts)
}

/// The sizes of a weight of `shape` as batch, channel, row, column beside a result of that rank; `None` where it is not known which
/// dimension is which.
fn own_dims(name: &str, shape: &[usize], result: Dims, rank: usize) -> Option<Dims> {
    let elements: usize = shape.iter().product();
    if elements == 1 {
        return Some([1; 4]);
    }
    // Its parameters are those of channels, however they are written.
    if name == "tpu.Scale" {
        return (elements == result[1]).then_some([1, elements, 1, 1]);
    }
    if shape.len() != rank {
        return None;
    }
    let mut own = [1; 4];
    own.get_mut(..rank)?.copy_from_slice(shape);
    Some(own)
}

/// How a weight of sizes `own` lies in local memory beside a result.
fn tensor_form(own: Dims, element: Element, result: Dims) -> Option<Form> {
    if own[2] != 1 && own[2] != result[2] || own[0] != 1 {
        return None;
    }
    // All lanes need it, and all batches that share a word.
    let mut there = own;
    there[1] = result[1];
    if element.bytes() < 4 {
        there[0] = result[0].min(4);
    }
    Some(Form::Tensor { own, there, bands: 1 })
}
