//! What operations and moves of a group cost: they are emitted, and the cost model is asked.

use super::super::alias::is_alias;
use super::super::codegen::{Codegen, OPS};
use super::super::conv2d::folded_input;
use super::super::dma::Block;
use super::super::emitter::{Emitter, Group};
use super::super::error::{Result, malformed};
use super::super::resident::{Buffer, Frame};
use super::super::resident_moves;
use super::super::tensor::{Dims, Element, Global, Local, dense_strides};
use super::super::window::padded_depth;
use super::Range;
use super::bands::{self, Band, Source};
use super::graph::{Graph, Node, Tensor};
use super::moves;
use super::rows::Rows;
use super::seen::Seen;
use super::weights::{Form, Weight};
use crate::program::Program;
use rustc_hash::FxHashMap as HashMap;
use tpuc_dialects::ir::{Op, Value};
use tpuc_runtime::isa::cost::{ISSUE_CYCLES, dma_cost, tiu_cost};
use tpuc_runtime::isa::memory_map::{DDR_BASE, LANE_BYTES, LANE_COUNT, Memory};
use tpuc_runtime::profile::Timeline;

/// A tensor's slice in local memory: the whole of it that is there.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Placed {
    /// The value.
    pub value: Value,
    /// Where it is.
    pub local: Local,
    /// First row that is there.
    pub row: usize,
    /// Rows of the whole tensor.
    pub whole: usize,
}

/// Tells the generator where the tensors of an operation are, and what the result's rows read of them.
///
/// # Errors
/// When an operand's rows are not there.
pub fn enter(cg: &mut Codegen<'_>, rows: &Rows, result: &Placed, inputs: &[Placed]) -> Result<()> {
    let range = (result.row, result.local.shape[2]);
    let mut frame = cg.frame.take().unwrap_or_default();
    frame.clear();
    for input in inputs {
        let needed = rows.needed(input.whole, result.whole, range);
        let there = input.local.shape[2];
        let Some(offset) = needed
            .start
            .checked_sub(input.row)
            .filter(|offset| offset + needed.len <= there)
        else {
            return malformed(format!(
                "rows {}..{} of '{}', of which {}..{} are in local memory",
                needed.start,
                needed.start + needed.len,
                cg.program.ctx.value_name(input.value),
                input.row,
                input.row + there
            ));
        };
        let mut view = input.local;
        // Rows that are there besides do no harm where they are less than a step: the tensor is taken whole.
        if offset > 0 || there - needed.len > rows.slack() {
            view.address += offset * view.strides[2] * 4;
            view.shape[2] = needed.len;
        }
        frame.padding = [needed.pad_before, needed.pad_after];
        frame.insert(input.value, view, own_shape(cg, input.value, view.shape));
    }
    frame.row = result.row;
    frame.insert(
        result.value,
        result.local,
        own_shape(cg, result.value, result.local.shape),
    );
    cg.frame = Some(frame);
    Ok(())
}

/// Sizes of a slice in the rank of its tensor.
fn own_shape(cg: &Codegen<'_>, value: Value, dims: Dims) -> Vec<usize> {
    let rank = cg.ctx().shape(value).map_or(4, <[i64]>::len);
    dims[..rank.min(4)].to_vec()
}

/// Tells the generator where a weight is.
pub fn enter_weight(
    frame: &mut Frame,
    value: Value,
    weight: &Weight,
    place: usize,
    result: &Local,
    shape: Vec<usize>,
) {
    match weight.form {
        Form::Compact(_) | Form::Blocks { .. } => {
            frame.insert(value, Local::aligned(place, weight.element, [1, 1, 1, 1]), shape);
        }
        Form::Tensor { mut there, .. } => {
            there[0] = there[0].min(result.shape[0]);
            frame.insert(value, Local::aligned(place, weight.element, there), shape);
        }
    }
}

/// Emits the operation whose tensors were entered.
///
/// # Errors
/// As the operation's own code.
pub fn emit_entered(cg: &mut Codegen<'_>, op: Op, buffer: Buffer) -> Result<()> {
    let name = cg.program.ctx.op_name(op);
    if is_alias(&cg.program.ctx, op) {
        let (from, to) = (cg.operand(op, 0)?.resident, cg.result(op)?.resident);
        let (Some(from), Some(to)) = (from, to) else {
            return malformed("an operand that is not in local memory");
        };
        return resident_moves::copy(&mut cg.emitter, from, to);
    }
    let Some((_, emit)) = OPS.iter().find(|(known, _)| *known == name) else {
        return malformed("an operation without code in a layer group");
    };
    cg.emitter.buffer = buffer;
    emit(cg, op)
}

/// Loads a weight into local memory.
///
/// # Errors
/// When a command cannot be encoded.
pub fn load_weight(emitter: &mut Emitter, weight: &Weight, address: u64, place: usize) -> Result<()> {
    match &weight.form {
        Form::Compact(parts) => parts.iter().try_for_each(|part| {
            emitter.load_compact(
                address + part.source as u64,
                part.lane % LANE_COUNT * LANE_BYTES
                    + place
                    + part.target
                    + part.lane / LANE_COUNT * part.bytes,
                part.channels,
                part.bytes,
            )
        }),
        Form::Blocks {
            bands,
            channels,
            filter,
        } => {
            let element = weight.element;
            let target_depth = padded_depth(element, bands * filter.depth);
            let words = filter.taps * target_depth * element.bytes() / 4;
            let mut all = Local::aligned(place, Element::I32, [1, bands * channels, 1, words]);
            all.strides[1] = words;
            emitter.fill(&all, 0)?;
            (0..*bands).try_for_each(|band| {
                emitter.load_block(&Block {
                    source: address,
                    element,
                    lane: band * channels % LANE_COUNT,
                    target: place
                        + band * channels / LANE_COUNT * words * 4
                        + band * filter.depth * element.bytes(),
                    channels: *channels,
                    taps: filter.taps,
                    depth: filter.depth,
                    depths: [padded_depth(element, filter.depth), target_depth],
                })
            })
        }
        Form::Tensor { own, there, bands } => {
            let dense = dense_strides(*own);
            let mut shape = *there;
            shape[1] /= bands;
            let view = Global {
                address,
                element: weight.element,
                shape,
                strides: std::array::from_fn(|dim| if own[dim] == 1 { 0 } else { dense[dim] }),
            };
            let local = Local::aligned(place, weight.element, *there);
            if *bands == 1 || own[1] == 1 {
                return emitter.load(
                    &Global {
                        shape: *there,
                        ..view
                    },
                    &local,
                );
            }
            bands::parts(local, *bands, 0, 0).try_for_each(|(part, _)| emitter.load(&view, &part))
        }
    }
}

/// Cycles of both engines, issue included, and the buffer that is needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// TIU.
    pub tiu: u64,
    /// GDMA.
    pub dma: u64,
    /// Of these, to bring tables to L2, which is done once.
    pub tables: u64,
    /// Bytes of a lane besides operands and results.
    pub buffer: usize,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    node: usize,
    seen: Seen,
    batches: usize,
    rows: Range,
    there: Vec<Range>,
    dies: bool,
}

/// Asks the cost model, and remembers.
pub struct Measure<'a> {
    cg: Codegen<'a>,
    operations: HashMap<Key, Option<Cost>>,
    moves: HashMap<(usize, Seen, usize, usize, bool), u64>,
    weights: HashMap<(usize, Seen), (usize, u64)>,
}

/// Some address for what has none yet.
const SOMEWHERE: u64 = DDR_BASE + (1 << 28);

impl<'a> Measure<'a> {
    /// Nothing measured yet.
    pub fn new(program: &'a Program) -> Self {
        let mut cg = Codegen::new(program);
        cg.frame = Some(Frame::pretending());
        Self {
            cg,
            operations: HashMap::default(),
            moves: HashMap::default(),
            weights: HashMap::default(),
        }
    }

    /// Another one for the same program, which has measured nothing yet.
    pub fn fresh(&self) -> Self {
        Self::new(self.cg.program)
    }

    /// Takes over what another one has measured.
    pub fn absorb(&mut self, other: Self) {
        self.operations.extend(other.operations);
        self.moves.extend(other.moves);
        self.weights.extend(other.weights);
    }

    /// The generator, in whose eyes tensors have some address.
    pub fn generator(&self) -> &Codegen<'a> {
        &self.cg
    }

    /// Cycles of operation `number` for `rows` of its result, with `there` of its inputs in local memory; `None` if it cannot
    /// be done there. `dies`: nothing reads its inputs afterwards.
    #[allow(clippy::too_many_arguments)]
    pub fn operation(
        &mut self,
        graph: &Graph,
        seen: Seen,
        number: usize,
        batches: usize,
        rows: Range,
        there: &[Range],
        dies: bool,
    ) -> Option<Cost> {
        let key = Key {
            node: number,
            seen,
            batches,
            rows,
            there: there.to_vec(),
            dies,
        };
        if let Some(cost) = self.operations.get(&key) {
            return *cost;
        }
        let cost = self.emit(graph, &key).ok();
        self.operations.insert(key, cost);
        cost
    }

    fn emit(&mut self, graph: &Graph, key: &Key) -> Result<Cost> {
        let node = &graph.nodes[key.node];
        let (Some(rule), Some(result)) = (key.seen.rule(node.rows), node.result) else {
            return malformed("not for groups");
        };
        let result = &graph.tensors[result];
        let placed = |tensor: &Tensor, dims: Option<Dims>, range: Range| {
            let Some([_, c, whole, w]) = dims else {
                return malformed("not for bands");
            };
            Ok(Placed {
                value: tensor.value,
                local: Local::aligned(0, tensor.element, [key.batches, c, range.1, w]),
                row: range.0,
                whole,
            })
        };
        let mut inputs = Vec::with_capacity(node.inputs.len());
        for (&tensor, &range) in node.inputs.iter().zip(&key.there) {
            let tensor = &graph.tensors[tensor];
            inputs.push(placed(tensor, key.seen.read(tensor, node, result), range)?);
        }
        let result = placed(result, key.seen.made(result), key.rows)?;
        let done = self.commands(node, &rule, &result, &inputs, key);
        let used = self.cg.emitter.buffer.used;
        let emitter = std::mem::take(&mut self.cg.emitter);
        done?;
        if let Some(frame) = &mut self.cg.frame {
            frame.clear();
        }
        let mut cost = Cost {
            buffer: used,
            ..Cost::default()
        };
        for group in emitter.finish() {
            let tiu = group
                .tiu
                .iter()
                .map(|command| tiu_cost(command).cycles + ISSUE_CYCLES);
            let dma = group
                .dma
                .iter()
                .map(|command| dma_cost(command).cycles + ISSUE_CYCLES);
            cost.tiu += tiu.sum::<u64>();
            cost.dma += dma.sum::<u64>();
            let tables = group.dma.iter().filter(|command| {
                matches!(
                    Memory::of_address(command.destination_address()),
                    Some((Memory::L2, _))
                )
            });
            cost.tables += tables
                .map(|command| dma_cost(command).cycles + ISSUE_CYCLES)
                .sum::<u64>();
        }
        Ok(cost)
    }

    fn commands(
        &mut self,
        node: &Node,
        rule: &Rows,
        result: &Placed,
        inputs: &[Placed],
        key: &Key,
    ) -> Result<()> {
        if node.is_move {
            let pieces = moves::pieces(&self.cg, node.op)?;
            let (mut pairs, bands) = (pieces.iter().zip(inputs), key.seen.bands());
            return pairs.try_for_each(|(piece, input)| {
                moves::emit(&mut self.cg.emitter, piece, input, result, bands)
            });
        }
        enter(&mut self.cg, rule, result, inputs)?;
        let Some(weights) = key.seen.weights(node) else {
            return malformed("not for bands");
        };
        for weight in weights.iter() {
            let shape = self.cg.whole(weight.value)?.shape;
            if let Some(frame) = &mut self.cg.frame {
                enter_weight(frame, weight.value, weight, 0, &result.local, shape);
            }
        }
        let buffer = Buffer {
            inputs_die: key.dies,
            ..Buffer::default()
        };
        emit_entered(&mut self.cg, node.op, buffer)
    }

    /// Cycles of loading or storing `rows` rows of a tensor.
    pub fn transfer(
        &mut self,
        graph: &Graph,
        seen: Seen,
        tensor: usize,
        batches: usize,
        rows: usize,
        load: bool,
    ) -> u64 {
        let key = (tensor, seen, batches, rows, load);
        if let Some(&cycles) = self.moves.get(&key) {
            return cycles;
        }
        let info = &graph.tensors[tensor];
        let [_, c, _, w] = match seen {
            Seen::Flat(view) => view.dims,
            Seen::Own | Seen::Bands(_) => info.dims,
        };
        let bands = seen.bands();
        let local = Local::aligned(0, info.element, [batches, c * bands, rows, w]);
        let whole = match seen {
            Seen::Flat(view) => view.global(SOMEWHERE, info.element),
            Seen::Own | Seen::Bands(_) => Global::dense(SOMEWHERE, info.element, info.dims),
        };
        let folded = info.folded.and_then(|(_, op)| folded_input(&self.cg, op).ok()?);
        let source = Source::new(whole, folded);
        let cycles = dma_cycles(|emitter| {
            if load {
                // Where a band begins does not matter much.
                let band = Band::of(whole.shape[2], bands).unwrap_or_default();
                bands::load(emitter, &source, &local, [bands, 0, 0], band)
            } else {
                bands::store(emitter, &local, &whole, [bands, 0, 0])
            }
        });
        self.moves.insert(key, cycles);
        cycles
    }

    /// Cycles of loading a weight.
    pub fn weight(&self, weight: &Weight) -> u64 {
        dma_cycles(|emitter| load_weight(emitter, weight, SOMEWHERE, 0))
    }

    /// Bytes of a lane that the weights of operation `number` take, and cycles of loading them.
    pub fn weights_of(&mut self, graph: &Graph, number: usize, seen: Seen) -> (usize, u64) {
        if let Some(known) = self.weights.get(&(number, seen)) {
            return *known;
        }
        let weights = seen.weights(&graph.nodes[number]).unwrap_or_default();
        let bytes = weights.iter().map(Weight::lane_bytes).sum();
        let cycles = weights.iter().map(|weight| self.weight(weight)).sum();
        self.weights.insert((number, seen), (bytes, cycles));
        (bytes, cycles)
    }

    /// Cycles of an operation for itself, from DDR to DDR; `None` where it cannot be compiled.
    pub fn alone(&mut self, op: Op) -> Option<u64> {
        if is_alias(self.cg.ctx(), op) {
            return Some(0);
        }
        let name = self.cg.ctx().op_name(op);
        let (_, emit) = OPS.iter().find(|(known, _)| *known == name)?;
        let done = emit(&mut self.cg, op);
        let emitter = std::mem::take(&mut self.cg.emitter);
        self.cg.parts = Default::default();
        done.ok()?;
        Some(emitter.finish().iter().map(end_of).sum())
    }
}

/// When the last command of a group of commands ends, by the cycle model.
pub fn end_of(group: &Group) -> u64 {
    let mut line = Timeline::default();
    let mut dma = group.dma.iter().enumerate().peekable();
    // Each engine in its own order; a command that waits for the other engine comes after what it waits for.
    for (done, command) in group.tiu.iter().enumerate() {
        while let Some((_, next)) = dma.next_if(|(index, next)| {
            (*index as u64) < command.cmd_id_gdma() || next.eng0_sync_id() <= done as u64
        }) {
            line.dma(next.eng0_sync_id() as usize, dma_cost(next).cycles);
        }
        line.tiu(command.cmd_id_gdma() as usize, tiu_cost(command).cycles);
    }
    for (_, next) in dma {
        line.dma(next.eng0_sync_id() as usize, dma_cost(next).cycles);
    }
    line.end()
}

fn dma_cycles(emit: impl FnOnce(&mut Emitter) -> Result<()>) -> u64 {
    let mut emitter = Emitter::new();
    if emit(&mut emitter).is_err() {
        return u64::MAX / 1024;
    }
    emitter
        .finish()
        .iter()
        .flat_map(|group| &group.dma)
        .map(|command| dma_cost(command).cycles + ISSUE_CYCLES)
        .sum()
}
