//! Operations whose tensors are in local memory already: those of a layer group.
//!
//! A [`Frame`] says where the tensors of the operation at hand are, for the slice at hand. With it
//! [`super::codegen::Codegen::tensor`] gives tensors that have a place in local memory ([`TensorInfo::resident`]), and the
//! drivers compute there, instead of cutting tiles, loading and storing.

use super::codegen::{Codegen, TensorInfo};
use super::elementwise::{Elementwise, InputUse};
use super::emitter::Emitter;
use super::error::{Result, malformed, unsupported};
use super::tensor::{Dims, Element, Local, aligned_bytes};
use super::tiu::WindowFields;
use super::window::{Kind, Places, ResidentWindow, WindowOp};
use rustc_hash::FxHashMap as HashMap;
use tpuc_dialects::ir::Value;
use tpuc_runtime::isa::memory_map::{DDR_BASE, ROW_ALIGN_BYTES};

/// Where the tensors of the operation at hand are.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    views: HashMap<Value, (Local, Vec<usize>)>,
    /// Padding above and below the slice's input, for windows.
    pub padding: [usize; 2],
    /// The result's first row in the whole tensor.
    pub row: usize,
    pretend: bool,
}

impl Frame {
    /// A frame in which tensors outside of local memory have some address: for estimates.
    pub fn pretending() -> Self {
        Self {
            pretend: true,
            ..Self::default()
        }
    }

    /// An address for tensors that have none yet.
    pub fn pretended_address(&self) -> Option<i64> {
        self.pretend.then_some(DDR_BASE as i64 + (1 << 28))
    }

    /// Says where a tensor's slice is, and its sizes in the tensor's own rank.
    pub fn insert(&mut self, value: Value, local: Local, shape: Vec<usize>) {
        self.views.insert(value, (local, shape));
    }

    /// Forgets the tensors of the last operation.
    pub fn clear(&mut self) {
        self.views.clear();
        self.padding = [0; 2];
    }

    /// Where a tensor's slice is, and its sizes.
    pub fn view(&self, value: Value) -> Option<(Local, Vec<usize>)> {
        self.views.get(&value).cloned()
    }
}

/// Memory for what an operation needs besides its operands and results: each takes from the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Buffer {
    /// First byte of it in each lane.
    pub start: usize,
    /// Bytes taken so far.
    pub used: usize,
    /// Nothing reads the operands after this operation.
    pub inputs_die: bool,
}

impl Buffer {
    /// Takes the next `bytes` of it.
    pub fn take(&mut self, bytes: usize) -> usize {
        let place = self.start + self.used;
        self.used += bytes.next_multiple_of(ROW_ALIGN_BYTES);
        place
    }

    /// Takes the next bytes for a tensor.
    pub fn tensor(&mut self, element: Element, shape: Dims) -> Local {
        Local::aligned(self.take(aligned_bytes(element, shape)), element, shape)
    }
}

/// The tensor read over and over where it is smaller than `shape`.
fn stretched(local: Local, shape: Dims) -> Result<Local> {
    let mut result = local;
    for dim in 0..4 {
        if local.shape[dim] == shape[dim] {
            continue;
        }
        if local.shape[dim] != 1 {
            return malformed(format!(
                "{:?} in local memory where {shape:?} is wanted",
                local.shape
            ));
        }
        result.shape[dim] = shape[dim];
        result.strides[dim] = 0;
    }
    Ok(result)
}

/// Computes an element-wise operation in local memory.
///
/// # Errors
/// When an operand is not there, or a command cannot be encoded.
pub fn elementwise(each: &Elementwise<'_>, emitter: &mut Emitter, output: Local) -> Result<()> {
    let mut inputs = Vec::new();
    for input in &each.inputs {
        let Some(local) = input.resident else {
            return malformed("an operand that is not in local memory");
        };
        let local = stretched(local, output.shape)?;
        let copied = match each.input_use {
            InputUse::Strided => false,
            InputUse::Aligned => !local.is_aligned(),
            InputUse::Overwritten => !local.is_aligned() || !emitter.buffer.inputs_die,
        };
        inputs.push(if copied {
            let copy = emitter.buffer.tensor(input.element, output.shape);
            emitter.copy(copy, local)?;
            copy
        } else {
            local
        });
    }
    let scratch: Vec<Local> = each
        .scratch
        .iter()
        .map(|&element| emitter.buffer.tensor(element, output.shape))
        .collect();
    (each.local)(emitter, &inputs, output, &scratch)
}

/// Computes a window operation in local memory.
///
/// # Errors
/// When a command cannot be encoded.
pub fn window(op: &WindowOp, emitter: &mut Emitter, at: &ResidentWindow) -> Result<()> {
    if op.groups != 1 {
        return unsupported("a grouped convolution inside a layer group");
    }
    let mut input = at.input;
    if op.kind != Kind::Dense && !input.is_aligned() {
        let copy = emitter.buffer.tensor(op.input.element, input.shape);
        emitter.copy(copy, input)?;
        input = copy;
    }
    let wide = if op.channel_shifts.is_some() {
        emitter
            .buffer
            .take(2 * aligned_bytes(Element::I8, at.output.shape))
    } else {
        0
    };
    let places = Places {
        weights: at.weights,
        bias: at.bias,
        shifts: at.weights + shifts_offset(op.weight_bytes(at.output.shape[1])),
        wide,
    };
    op.compute(emitter, &places, &op.window, input, at.output)
}

/// Where the channels' shifts are behind the weights of `weight_bytes` in a lane.
pub fn shifts_offset(weight_bytes: usize) -> usize {
    weight_bytes.next_multiple_of(ROW_ALIGN_BYTES)
}

impl Codegen<'_> {
    /// The tensors of a window operation, if they are in local memory.
    pub fn resident_window(
        &self,
        input: &TensorInfo,
        output: &TensorInfo,
        weights: Option<&TensorInfo>,
        bias: Option<&TensorInfo>,
    ) -> Option<ResidentWindow> {
        let place = |tensor: Option<&TensorInfo>| {
            tensor
                .and_then(|tensor| tensor.resident)
                .map_or(0, |local| local.address)
        };
        Some(ResidentWindow {
            input: input.resident?,
            output: output.resident?,
            weights: place(weights),
            bias: place(bias),
        })
    }

    /// The padding of the slice at hand instead of the tensor's, above and below.
    pub fn slice_padding(&self, window: &mut WindowFields) {
        if let Some(frame) = self.frame.as_ref().filter(|frame| !frame.views.is_empty()) {
            [window.pad[0], window.pad[1]] = frame.padding;
        }
    }
}
