//! What `tpu.LSTM` and `tpu.GRU` share: a cell that runs over a sequence, forwards and backwards, f32.
//!
//! A state is `[1, hidden, 1, batch]`: hidden units lie in the lanes. Matrix products are 1x1 convolutions, one for each
//! gate, so that all gates of a unit lie in the same lane. The input's share of the gates is computed for many time steps
//! at once; the state's share is computed step by step and then the cell's function. Matrices that fit stay in local
//! memory for the whole sequence; others are brought in pieces each time.

use super::codegen::{Codegen, TensorInfo};
use super::emitter::Emitter;
use super::error::{Result, malformed, unsupported};
use super::tensor::{Element, Global, Local, aligned_bytes, lane_rows};
use super::tiu::{LocalBias, Operand, Requantize, Weights, WindowFields};
use super::transcendental::{Range, exp};
use super::window::padded_depth;
use tpuc_dialects::ir::Op;
use tpuc_runtime::isa::TiuOp;
use tpuc_runtime::isa::memory_map::{LANE_BYTES, LANE_COUNT, ROW_ALIGN_BYTES};

/// Largest depth of one product: the channels of one convolution command.
const MAX_DEPTH: usize = 4095;
/// Largest number of lane rows of one product: its channels, too.
const MAX_ROWS: usize = 63;
/// Bytes per lane that a piece of a matrix takes, if one lane row does not take more.
const PIECE_BYTES: usize = 64 << 10;

/// A recurrent layer.
pub struct Recurrence {
    /// `[time, batch, features]`.
    pub input: TensorInfo,
    /// `[directions, gates * hidden, features]`.
    pub filter: TensorInfo,
    /// `[directions, gates * hidden, hidden]`.
    pub recurrence: TensorInfo,
    /// `[directions, 2 * gates * hidden]`: the input's, then the state's.
    pub bias: Option<TensorInfo>,
    /// First values of the states, `[directions, batch, hidden]`; 0 where there are none.
    pub initial: Vec<Option<TensorInfo>>,
    /// The first state after each step, `[time, directions, batch, hidden]`.
    pub sequence: Option<TensorInfo>,
    /// The states after the last step, `[directions, batch, hidden]`.
    pub last: Vec<Option<TensorInfo>>,
    /// Gates of a unit.
    pub gates: usize,
    /// Units.
    pub hidden: usize,
    /// 1 or 2; the second one runs backwards.
    pub directions: usize,
}

/// What a cell works on in one step. All tensors are distinct.
pub struct Step<'a> {
    /// The input's share of each gate, `[gates, hidden, 1, batch]`; not aligned.
    pub from_input: Local,
    /// The states, `[1, hidden, 1, batch]`; new values are written here.
    pub states: &'a [Local],
    /// Aligned scratch tensors, `[gates, hidden, 1, batch]`.
    pub scratch: [Local; 3],
    /// The state's matrices.
    matrix: &'a Matrix,
}

impl Step<'_> {
    /// `out = recurrence matrix of the gate * vector + its bias`.
    ///
    /// # Errors
    /// When a command cannot be encoded.
    pub fn product(&self, emitter: &mut Emitter, gate: usize, vector: Local, out: Local) -> Result<()> {
        self.matrix.product(emitter, gate, vector, out)
    }
}

/// Computes one step.
pub type CellFn<'a> = &'a dyn Fn(&mut Emitter, &Step<'_>) -> Result<()>;

/// Gates `first..first + count` of a tensor of all gates.
pub fn gate_range(gates: Local, first: usize, count: usize) -> Local {
    let mut part = gates;
    part.address += first * gates.strides[0] * 4;
    part.shape[0] = count;
    part
}

/// `out = 1 / (1 + exp(-x))`. Overwrites `x` and `scratch`.
///
/// # Errors
/// When a command cannot be encoded.
pub fn sigmoid(emitter: &mut Emitter, out: Local, x: Local, scratch: Local) -> Result<()> {
    emitter.arith(TiuOp::Mul, x, x, Operand::Float(-1.0), 0)?;
    exp(emitter, out, x, scratch, Range::Any)?;
    emitter.arith(TiuOp::Add, out, out, Operand::Float(1.0), 0)?;
    super::arith::reciprocal(emitter, out)
}

/// `out = tanh(x) = 2 / (1 + exp(-2x)) - 1`. Overwrites `x` and `scratch`.
///
/// # Errors
/// When a command cannot be encoded.
pub fn tanh(emitter: &mut Emitter, out: Local, x: Local, scratch: Local) -> Result<()> {
    emitter.arith(TiuOp::Mul, x, x, Operand::Float(2.0), 0)?;
    sigmoid(emitter, out, x, scratch)?;
    emitter.arith(TiuOp::Mul, out, out, Operand::Float(2.0), 0)?;
    emitter.arith(TiuOp::Sub, out, out, Operand::Float(1.0), 0)
}

/// The matrices of all gates of one direction, `[gates * units, depth]` in DDR, in local memory as a whole or in pieces.
struct Matrix {
    source: u64,
    bias: Option<u64>,
    units: usize,
    depth: usize,
    gates: usize,
    /// Units of a piece.
    piece: usize,
    /// Whether all pieces have a place of their own.
    resident: bool,
    /// Where the pieces lie.
    address: usize,
    /// Pieces brought so far.
    brought: std::cell::Cell<usize>,
}

impl Matrix {
    /// Units of a piece, and bytes per lane of all places.
    fn layout(units: usize, depth: usize, gates: usize, resident: bool) -> (usize, usize) {
        let row = padded_depth(Element::F32, depth) * 4;
        let rows = if resident {
            MAX_ROWS
        } else {
            (PIECE_BYTES / row).clamp(1, MAX_ROWS)
        };
        let piece = (rows * LANE_COUNT).min(units);
        let places = if resident {
            gates * units.div_ceil(piece)
        } else {
            2
        };
        (piece, places * Self::place_bytes(piece, depth))
    }

    /// Bytes per lane of a piece and its bias.
    fn place_bytes(piece: usize, depth: usize) -> usize {
        let weights = lane_rows(piece) * padded_depth(Element::F32, depth) * 4;
        weights.next_multiple_of(ROW_ALIGN_BYTES) + (lane_rows(piece) * 4).next_multiple_of(ROW_ALIGN_BYTES)
    }

    /// Brings everything, if there is a place for it.
    fn load_all(&self, emitter: &mut Emitter) -> Result<()> {
        if !self.resident {
            return Ok(());
        }
        for gate in 0..self.gates {
            for (index, start) in (0..self.units).step_by(self.piece).enumerate() {
                self.load(
                    emitter,
                    gate,
                    start,
                    gate * self.units.div_ceil(self.piece) + index,
                )?;
            }
        }
        Ok(())
    }

    /// Where a piece's weights and bias lie.
    fn place(&self, index: usize) -> (usize, usize) {
        let bytes = Self::place_bytes(self.piece, self.depth);
        let start = self.address + index * bytes;
        (
            start,
            start + bytes - (lane_rows(self.piece) * 4).next_multiple_of(ROW_ALIGN_BYTES),
        )
    }

    fn load(&self, emitter: &mut Emitter, gate: usize, start: usize, place: usize) -> Result<()> {
        let count = self.piece.min(self.units - start);
        let (weights, bias) = self.place(place);
        let row = gate * self.units + start;
        let source = Global {
            address: self.source + (row * self.depth * 4) as u64,
            element: Element::F32,
            shape: [1, count, 1, self.depth],
            strides: [0, self.depth, 0, 1],
        };
        emitter.load_columns(&source, weights, padded_depth(Element::F32, self.depth) * 4)?;
        if let Some(address) = self.bias {
            emitter.load_compact(address + (row * 4) as u64, bias, count, 4)?;
        }
        Ok(())
    }

    /// `out = matrix of the gate * x + bias`; `x` is `[1, depth, rows, columns]`, `out` `[1, units, rows, columns]`.
    fn product(&self, emitter: &mut Emitter, gate: usize, x: Local, out: Local) -> Result<()> {
        for (index, start) in (0..self.units).step_by(self.piece).enumerate() {
            let place = if self.resident {
                gate * self.units.div_ceil(self.piece) + index
            } else {
                let place = self.brought.get() % 2;
                self.brought.set(self.brought.get() + 1);
                self.load(emitter, gate, start, place)?;
                place
            };
            let (weights, bias) = self.place(place);
            let mut part = out;
            part.address += start / LANE_COUNT * out.strides[1] * 4;
            part.shape[1] = self.piece.min(self.units - start);
            let rows = lane_rows(part.shape[1]);
            emitter.conv(
                part,
                x,
                &POINT,
                Weights::Local {
                    address: weights,
                    bytes: rows * padded_depth(Element::F32, self.depth) * 4,
                    element: Element::F32,
                },
                self.bias.map(|_| LocalBias {
                    address: bias,
                    element: Element::F32,
                }),
                Requantize::default(),
            )?;
        }
        Ok(())
    }
}

/// A kernel of one element.
const POINT: WindowFields = WindowFields {
    kernel: [1, 1],
    stride: [1, 1],
    dilation: [1, 1],
    insert: [0, 0],
    pad: [0; 4],
};

/// How much is done at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Plan {
    /// Batches.
    batch: usize,
    /// Time steps whose input is in local memory.
    steps: usize,
    /// Whether the input's matrices stay in local memory.
    filter_stays: bool,
    /// Whether the states' matrices stay in local memory.
    recurrence_stays: bool,
}

impl Recurrence {
    /// The layer of an operation with `gates` gates and `states` states, whose operands are input, filter, recurrence,
    /// bias and the states' first values, and whose results are the sequence and the states.
    ///
    /// # Errors
    /// When shapes do not match, or the batch comes first.
    pub fn of(cg: &Codegen<'_>, op: Op, gates: usize, states: usize) -> Result<Self> {
        if cg.flag(op, "batch_first") {
            return unsupported("a recurrent layer whose batch comes first; permute its input and output");
        }
        let hidden = cg.int(op, "hidden_size", 0).max(0) as usize;
        let directions = if cg.flag(op, "bidirectional") { 2 } else { 1 };
        let result = |index: usize| -> Result<Option<TensorInfo>> {
            match cg.ctx().results(op).get(index) {
                Some(&value) if !cg.ctx().is_none(value) => cg.tensor(value).map(Some),
                _ => Ok(None),
            }
        };
        let layer = Self {
            input: cg.operand(op, 0)?,
            filter: cg.operand(op, 1)?,
            recurrence: cg.operand(op, 2)?,
            bias: cg.optional_operand(op, 3)?,
            initial: (0..states)
                .map(|state| cg.optional_operand(op, 4 + state))
                .collect::<Result<_>>()?,
            sequence: result(0)?,
            last: (0..states)
                .map(|state| result(1 + state))
                .collect::<Result<_>>()?,
            gates,
            hidden,
            directions,
        };
        let &[time, batch, features] = layer.input.shape.as_slice() else {
            return malformed("an input of rank other than 3: time, batch, features");
        };
        let rows = directions * gates * hidden;
        let state = directions * batch * hidden;
        let expected = [
            (Some(&layer.filter), rows * features),
            (Some(&layer.recurrence), rows * hidden),
            (layer.bias.as_ref(), 2 * rows),
            (layer.sequence.as_ref(), time * state),
        ];
        let states = layer.initial.iter().chain(&layer.last);
        let states = states.map(|tensor| (tensor.as_ref(), state));
        for (tensor, elements) in expected.into_iter().chain(states) {
            if let Some(tensor) = tensor
                && (tensor.elements() != elements || tensor.element != Element::F32)
            {
                return malformed(format!(
                    "a tensor of {:?} elements of type {:?} where {elements} of type F32 are expected",
                    tensor.shape, tensor.element
                ));
            }
        }
        if hidden == 0 || features == 0 || hidden > MAX_DEPTH || features > MAX_DEPTH {
            return unsupported(format!(
                "{hidden} units over {features} features; 1 to {MAX_DEPTH} fit a command"
            ));
        }
        Ok(layer)
    }

    fn sizes(&self) -> [usize; 3] {
        [self.input.shape[0], self.input.shape[1], self.input.shape[2]]
    }

    /// Bytes per lane of everything that a plan keeps in local memory.
    fn bytes(&self, plan: &Plan) -> usize {
        let features = self.sizes()[2];
        let matrix = |depth, stays| Matrix::layout(self.hidden, depth, self.gates, stays).1;
        let tensor = |n, c, h| aligned_bytes(Element::F32, [n, c, h, plan.batch]);
        matrix(features, plan.filter_stays)
            + matrix(self.hidden, plan.recurrence_stays)
            + tensor(1, features, plan.steps)
            + tensor(self.gates, self.hidden, plan.steps)
            + tensor(self.last.len() + 4 * self.gates, self.hidden, 1)
    }

    /// Keeps as much as fits: the states' matrices, the input's, then as many batches and steps as possible.
    fn plan(&self) -> Result<Plan> {
        let [time, batches, _] = self.sizes();
        let mut batch = batches;
        loop {
            for (recurrence_stays, filter_stays) in [(true, true), (true, false), (false, false)] {
                let plan = |steps: usize| Plan {
                    batch,
                    steps,
                    filter_stays,
                    recurrence_stays,
                };
                let fitting = |steps: &usize| self.bytes(&plan(*steps)) <= LANE_BYTES;
                let most =
                    std::iter::successors(Some(time.max(1)), |steps| (*steps > 1).then(|| steps.div_ceil(2)));
                if let Some(steps) = most.into_iter().find(fitting) {
                    return Ok(plan(steps));
                }
            }
            if batch <= 1 {
                return unsupported(format!(
                    "a recurrent layer of {} units: its state needs more than the {LANE_BYTES} bytes of a lane",
                    self.hidden
                ));
            }
            batch = batch.div_ceil(2);
        }
    }

    /// Emits everything: loads, steps, stores.
    ///
    /// # Errors
    /// When the layer does not fit the chip.
    pub fn emit(&self, emitter: &mut Emitter, cell: CellFn<'_>) -> Result<()> {
        let plan = self.plan()?;
        for direction in 0..self.directions {
            self.emit_direction(emitter, cell, &plan, direction)?;
        }
        Ok(())
    }

    fn emit_direction(
        &self,
        emitter: &mut Emitter,
        cell: CellFn<'_>,
        plan: &Plan,
        direction: usize,
    ) -> Result<()> {
        let [time, batches, features] = self.sizes();
        let mut next = 0;
        let rows = direction * self.gates * self.hidden;
        let mut matrix = |tensor: &TensorInfo, depth: usize, resident: bool, second_bias: usize| {
            let (piece, bytes) = Matrix::layout(self.hidden, depth, self.gates, resident);
            let bias_row = 2 * rows + second_bias * self.gates * self.hidden;
            let matrix = Matrix {
                source: tensor.address + (rows * depth * 4) as u64,
                bias: self
                    .bias
                    .as_ref()
                    .map(|bias| bias.address + (bias_row * 4) as u64),
                units: self.hidden,
                depth,
                gates: self.gates,
                piece,
                resident,
                address: next,
                brought: std::cell::Cell::new(0),
            };
            next += bytes;
            matrix
        };
        let filter = matrix(&self.filter, features, plan.filter_stays, 0);
        let recurrence = matrix(&self.recurrence, self.hidden, plan.recurrence_stays, 1);
        filter.load_all(emitter)?;
        recurrence.load_all(emitter)?;
        for first in (0..batches).step_by(plan.batch) {
            let batch = plan.batch.min(batches - first);
            let mut next = next;
            let mut tensor = |n: usize, c: usize, h: usize| {
                let tensor = Local::aligned(next, Element::F32, [n, c, h, batch]);
                next += aligned_bytes(Element::F32, tensor.shape);
                tensor
            };
            let states: Vec<Local> = self.last.iter().map(|_| tensor(1, self.hidden, 1)).collect();
            let scratch = [(); 3].map(|()| tensor(self.gates, self.hidden, 1));
            let inputs = tensor(1, features, plan.steps);
            let shares = tensor(self.gates, self.hidden, plan.steps);
            let state_view = |tensor: &TensorInfo, row: usize| Global {
                address: tensor.address + ((row * batches + first) * self.hidden * 4) as u64,
                element: Element::F32,
                shape: [1, self.hidden, 1, batch],
                strides: [0, 1, 0, self.hidden],
            };
            for (state, initial) in states.iter().zip(&self.initial) {
                match initial {
                    Some(initial) => emitter.load(&state_view(initial, direction), state)?,
                    None => emitter.fill(state, 0)?,
                }
            }
            let order = |step: usize| if direction == 0 { step } else { time - 1 - step };
            for start in (0..time).step_by(plan.steps) {
                let steps = plan.steps.min(time - start);
                // The first moment in memory of these steps.
                let moment = order(start).min(order(start + steps - 1));
                let cut = |tensor: Local| {
                    Local::aligned(
                        tensor.address,
                        Element::F32,
                        [tensor.shape[0], tensor.shape[1], steps, batch],
                    )
                };
                let (inputs, shares) = (cut(inputs), cut(shares));
                let source = Global {
                    address: self.input.address + ((moment * batches + first) * features * 4) as u64,
                    element: Element::F32,
                    shape: inputs.shape,
                    strides: [0, 1, batches * features, features],
                };
                emitter.load(&source, &inputs)?;
                for gate in 0..self.gates {
                    filter.product(emitter, gate, inputs, gate_range(shares, gate, 1))?;
                }
                for step in start..start + steps {
                    let mut from_input = shares;
                    from_input.address += (order(step) - moment) * shares.strides[2] * 4;
                    from_input.shape[2] = 1;
                    cell(
                        emitter,
                        &Step {
                            from_input,
                            states: &states,
                            scratch,
                            matrix: &recurrence,
                        },
                    )?;
                    if let Some(sequence) = &self.sequence {
                        let row = order(step) * self.directions + direction;
                        emitter.store(&states[0], &state_view(sequence, row))?;
                    }
                }
            }
            for (state, last) in states.iter().zip(&self.last) {
                if let Some(last) = last {
                    emitter.store(state, &state_view(last, direction))?;
                }
            }
        }
        Ok(())
    }
}
