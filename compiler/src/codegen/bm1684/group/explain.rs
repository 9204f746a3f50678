//! What the groups of a finished program take, and why operations are in none.
//!
//! The program has addresses: each group and each operation outside of them is emitted by itself, and the cost model and the
//! time line tell of its commands. What `ginfo` says is the local memory.

use super::super::alias::is_alias;
use super::super::codegen::{Codegen, OPS};
use super::super::emitter;
use super::super::error::{Result, malformed};
use super::build::FLAT;
use super::ginfo::GroupInfo;
use super::graph::{Graph, MOST_CHANNELS};
use super::measure::Measure;
use super::measure::end_of;
use super::moves::is_move;
use super::rows;
use super::search::{Effort, Wanted, best_cut};
use super::seen::Kind;
use super::shape::Run;
use super::weights::weight_of;
use crate::program::Program;
use crate::tpu::subnets;
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use tpuc_dialects::ir::{Context, Diagnostic, Op, OpView, Value};
use tpuc_runtime::isa::Direction;
use tpuc_runtime::isa::cost::{ISSUE_CYCLES, dma_cost, tiu_cost};
use tpuc_runtime::isa::memory_map::LANE_BYTES;

/// All groups of a program, and what is in none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Bytes of local memory of a lane.
    pub lane_bytes: usize,
    /// In the order of the program.
    pub groups: Vec<ExplainedGroup>,
    /// In the order of the program.
    pub alone: Vec<ExplainedOperation>,
}

impl Explanation {
    /// Operations in groups.
    pub fn grouped(&self) -> usize {
        self.groups.iter().map(|group| group.operations.len()).sum()
    }

    /// Cycles of everything, one after the other.
    pub fn cycles(&self) -> u64 {
        let groups = self.groups.iter().map(|group| group.time.cycles);
        groups.chain(self.alone.iter().map(|op| op.time.cycles)).sum()
    }
}

/// A group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ExplainedGroup {
    /// Its operations.
    pub operations: Vec<Named>,
    /// Slices over batches.
    pub batch_slices: usize,
    /// Slices over rows.
    pub row_slices: usize,
    /// Tensors are seen as rows of elements, whatever their shapes.
    pub flat: bool,
    /// Bands of rows that lie side by side in lanes; 1 if they do not.
    pub bands: usize,
    /// Local memory where most is used.
    pub memory: LocalMemory,
    /// Its time by the cycle model.
    pub time: Time,
}

/// An operation that is in no group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ExplainedOperation {
    /// Which.
    #[serde(flatten)]
    pub operation: Named,
    /// Its time by the cycle model.
    pub time: Time,
    /// Why it is in no group.
    pub reason: String,
}

/// An operation's kind and name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Named {
    /// `Conv2D`
    pub op: String,
    /// Its name.
    pub name: String,
}

impl Named {
    fn of(ctx: &Context, op: Op) -> Self {
        let kind = ctx.op_name(op);
        Self {
            op: kind.split_once('.').map_or(kind, |(_, kind)| kind).to_owned(),
            name: ctx.name(op).to_owned(),
        }
    }
}

/// Bytes of a lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LocalMemory {
    /// In use at the step at which most is.
    pub used: usize,
    /// Of them tensors.
    pub tensors: usize,
    /// Of them what an operation needs besides.
    pub buffers: usize,
    /// Of them weights.
    pub weights: usize,
}

/// Cycles of the cycle model, those of issuing commands included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Time {
    /// From the first command to the end of the last.
    pub cycles: u64,
    /// In which the TIU computes.
    pub compute: u64,
    /// In which GDMA brings from DDR.
    pub load: u64,
    /// In which GDMA moves inside local memory or inside DDR.
    pub moves: u64,
    /// In which GDMA takes to DDR.
    pub store: u64,
    /// What the time is spent with.
    pub bound: Bound,
}

/// What the time is spent with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Bound {
    /// There are no commands.
    #[default]
    Nothing,
    /// The TIU works nearly always.
    Compute,
    /// GDMA works nearly always, most of it loads.
    Load,
    /// GDMA works nearly always, most of it moves.
    Moves,
    /// GDMA works nearly always, most of it stores.
    Store,
    /// Neither works nearly always: the engines wait for each other, at the beginning and the end of short work above all.
    Waits,
}

impl Bound {
    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Compute => "compute",
            Self::Load => "load",
            Self::Moves => "moves",
            Self::Store => "store",
            Self::Waits => "waits",
        }
    }
}

/// Percent of the time in which an engine works nearly always.
const NEARLY_ALWAYS: u64 = 85;

/// Explains a program that has addresses.
///
/// # Errors
/// When it has no `main` or no addresses.
pub fn explain(program: &Program) -> std::result::Result<Explanation, Diagnostic> {
    let flat = subnets::flattened(program)?;
    let program = flat.as_ref().unwrap_or(program);
    let ctx = &program.ctx;
    if ctx
        .get_i64(program.device_module().op(), "module.neuron_addr")
        .is_none()
    {
        return Err(Diagnostic::error(
            "layer groups are explained of a program with addresses; run --address-assign first",
        ));
    }
    let function = program.main()?;
    let mut reasons = Reasons::new(program, function);
    let mut cg = Codegen::new(program);
    let mut explanation = Explanation {
        lane_bytes: LANE_BYTES,
        ..Explanation::default()
    };
    for op in function.ops(ctx) {
        match ctx.op_name(op) {
            "top.None" | "top.Weight" | "top.Input" | "func.return" => continue,
            _ => {}
        }
        let time = time_of(&mut cg, op);
        if ctx.is(op, "tpu.Group") {
            explanation.groups.push(group(&cg, op, time.unwrap_or_default()));
            continue;
        }
        let reason = match &time {
            _ if is_alias(ctx, op) => "its result has its operand's memory".to_owned(),
            Err(error) => format!("it cannot be compiled: {error}"),
            Ok(time) => reasons.of(op, time.cycles),
        };
        explanation.alone.push(ExplainedOperation {
            operation: Named::of(ctx, op),
            time: time.unwrap_or_default(),
            reason,
        });
    }
    Ok(explanation)
}

fn time_of(cg: &mut Codegen<'_>, op: Op) -> Result<Time> {
    if is_alias(cg.ctx(), op) {
        return Ok(Time::default());
    }
    let name = cg.program.ctx.op_name(op);
    let Some((_, emit)) = OPS.iter().find(|(known, _)| *known == name) else {
        return malformed("an operation without code");
    };
    let done = emit(cg, op);
    let commands = std::mem::take(&mut cg.emitter);
    cg.parts = Default::default();
    done.map(|()| time(&commands.finish()))
}

/// Time of command groups, one after the other.
fn time(groups: &[emitter::Group]) -> Time {
    let mut time = Time::default();
    for group in groups {
        time.cycles += end_of(group);
        for command in &group.tiu {
            time.compute += tiu_cost(command).cycles + ISSUE_CYCLES;
        }
        for command in &group.dma {
            let sum = match command.memory_direction() {
                Direction::DdrToLocal => &mut time.load,
                Direction::LocalToDdr => &mut time.store,
                _ => &mut time.moves,
            };
            *sum += dma_cost(command).cycles + ISSUE_CYCLES;
        }
    }
    let nearly = time.cycles / 100 * NEARLY_ALWAYS;
    let dma = time.load + time.moves + time.store;
    let most = time.load.max(time.moves).max(time.store);
    time.bound = if time.cycles == 0 {
        Bound::Nothing
    } else if time.compute >= nearly && time.compute >= dma {
        Bound::Compute
    } else if dma < nearly {
        Bound::Waits
    } else if time.load == most {
        Bound::Load
    } else if time.store == most {
        Bound::Store
    } else {
        Bound::Moves
    };
    time
}

fn group(cg: &Codegen<'_>, op: Op, time: Time) -> ExplainedGroup {
    let ctx = cg.ctx();
    let ops = ctx.body(op).map(|body| ctx.block_ops(body)).unwrap_or_default();
    let count = |name: &str| usize::try_from(ctx.get_i64(op, name).unwrap_or(1)).unwrap_or(1);
    let (batch_slices, row_slices) = (count("nsecs"), count("hsecs"));
    let is_work = |op: &&Op| !matches!(ctx.op_name(**op), "tpu.Load" | "tpu.Store" | "tpu.Yield");
    ExplainedGroup {
        operations: ops.iter().filter(is_work).map(|op| Named::of(ctx, *op)).collect(),
        batch_slices,
        row_slices,
        flat: ctx.get_i64(op, "group_type") == Some(FLAT),
        bands: count("bands"),
        memory: memory(ctx, &ops, batch_slices * row_slices > 1),
        time,
    }
}

/// What bytes of a lane hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    Tensor,
    Buffer,
    Weight,
}

/// Bytes of a lane that are taken from one step of a body to another.
struct Taken {
    first: usize,
    last: usize,
    start: usize,
    end: usize,
    content: Content,
}

fn memory(ctx: &Context, ops: &[Op], sliced: bool) -> LocalMemory {
    let mut taken: Vec<Taken> = Vec::new();
    let mut first_of: HashMap<Value, usize> = HashMap::new();
    let step_of: HashMap<Op, usize> = ops.iter().enumerate().map(|(step, op)| (*op, step)).collect();
    for (step, &op) in ops.iter().enumerate() {
        let (Some(info), Some(&result)) = (GroupInfo::of(ctx, op), ctx.results(op).first()) else {
            continue;
        };
        if ctx.is(op, "tpu.Store") {
            continue;
        }
        let is_load = ctx.is(op, "tpu.Load");
        let source = ctx.operands(op).first().and_then(|value| ctx.defining_op(*value));
        let is_weight = is_load && source.is_some_and(|source| ctx.is(source, "top.Weight"));
        let users = ctx.users(result);
        // A move begins as soon as its first operand was computed.
        let mut first = step;
        if is_move(ctx, op) {
            let operands = ctx.operands(op).iter();
            let computed = operands.filter(|value| {
                ctx.defining_op(**value)
                    .is_some_and(|source| !ctx.is(source, "tpu.Load"))
            });
            first = computed
                .filter_map(|value| first_of.get(value))
                .fold(first, |first, other| first.min(*other));
        }
        first_of.insert(result, first);
        let last = users
            .iter()
            .filter_map(|user| step_of.get(user))
            .fold(step, |last, user| last.max(*user));
        let alternates =
            sliced && !is_weight && (is_load || users.iter().any(|user| ctx.is(*user, "tpu.Store")));
        let whole_time = sliced && (is_weight || alternates);
        taken.push(Taken {
            first: if whole_time { 0 } else { first },
            last: if whole_time { ops.len() } else { last },
            start: info.out_addr,
            end: info.out_addr + info.out_size * if alternates { 2 } else { 1 },
            content: if is_weight {
                Content::Weight
            } else {
                Content::Tensor
            },
        });
        if info.buffer_size > 0 {
            taken.push(Taken {
                first: step,
                last: step,
                start: info.buffer_addr,
                end: info.buffer_addr + info.buffer_size,
                content: Content::Buffer,
            });
        }
    }
    taken.sort_by_key(|taken| taken.start);
    let at = |step: usize| {
        let mut memory = LocalMemory::default();
        // Bytes that two share count once, for the one that begins first.
        let mut reached = 0;
        for taken in taken
            .iter()
            .filter(|taken| taken.first <= step && step <= taken.last)
        {
            let bytes = taken.end.saturating_sub(taken.start.max(reached));
            reached = reached.max(taken.end);
            memory.used += bytes;
            *match taken.content {
                Content::Tensor => &mut memory.tensors,
                Content::Buffer => &mut memory.buffers,
                Content::Weight => &mut memory.weights,
            } += bytes;
        }
        memory
    };
    let mut most = LocalMemory::default();
    for step in 0..ops.len() {
        let memory = at(step);
        if memory.used > most.used {
            most = memory;
        }
    }
    most
}

/// Finds out why operations are in no group.
struct Reasons<'a> {
    graph: Graph,
    measure: Measure<'a>,
    number: HashMap<Op, usize>,
    /// Whether groups were made at all.
    any_group: bool,
}

impl<'a> Reasons<'a> {
    fn new(program: &'a Program, function: tpuc_dialects::func::Func) -> Self {
        let measure = Measure::new(program);
        let graph = Graph::new(measure.generator(), function);
        let nodes = graph.nodes.iter().enumerate();
        let number = nodes.map(|(number, node)| (node.op, number)).collect();
        let ops = function.ops(&program.ctx);
        let any_group = ops.iter().any(|op| program.ctx.is(*op, "tpu.Group"));
        Self {
            graph,
            measure,
            number,
            any_group,
        }
    }

    /// `cycles`: what it takes alone.
    fn of(&mut self, op: Op, cycles: u64) -> String {
        let Some(&number) = self.number.get(&op) else {
            return "it is not in the list of operations".to_owned();
        };
        let node = &self.graph.nodes[number];
        let is_flat = node.rows.is_none();
        if is_flat && node.flat.is_none() {
            return self.refusal(number);
        }
        if !self.any_group {
            return "no groups were made".to_owned();
        }
        let wanted = Wanted {
            effort: Effort::Quick,
            row_slices: 1,
            prefer: None,
        };
        let kind = if is_flat { Kind::Flat } else { Kind::Own };
        let Some(run) = Run::new(&self.graph, number, number + 1, kind) else {
            return self.refusal(number);
        };
        let found = best_cut(&self.graph, &mut self.measure, &run, 0, wanted);
        match found {
            None => {
                "its tensors and weights do not fit local memory, in slices of one row neither".to_owned()
            }
            Some((.., found)) if found.cycles >= cycles => format!(
                "it is quicker alone: {cycles} cycles, as a group of its own {}",
                found.cycles
            ),
            Some(_) => "no group with it was found to be quicker".to_owned(),
        }
    }

    /// Why an operation can be in no group.
    fn refusal(&self, number: usize) -> String {
        let cg = self.measure.generator();
        let ctx = cg.ctx();
        let node = &self.graph.nodes[number];
        let name = ctx.op_name(node.op);
        if !rows::OPS.iter().any(|(known, _)| *known == name) {
            return "it is not cut into rows: no rule says which rows it reads".to_owned();
        }
        if ctx
            .results(node.op)
            .iter()
            .filter(|value| !ctx.is_none(**value))
            .count()
            != 1
        {
            return "it has several results".to_owned();
        }
        if rows::of(cg, node.op).is_none() {
            return "it is not cut into rows: its sizes or options are none that the rule covers".to_owned();
        }
        let operands = ctx.operands(node.op).iter().enumerate();
        let tensors: HashSet<Value> = node
            .inputs
            .iter()
            .map(|tensor| self.graph.tensors[*tensor].value)
            .collect();
        for (index, value) in operands {
            let is_weight = super::super::coefficient::is_weight(cg.program, *value);
            if is_weight && !ctx.is_none(*value) && weight_of(cg, node.op, index, *value).is_err() {
                return format!(
                    "its weight '{}' is not read from local memory",
                    ctx.value_name(*value)
                );
            }
            if !is_weight && !ctx.is_none(*value) && !tensors.contains(value) {
                return format!(
                    "its operand '{}' is no tensor of four dimensions",
                    ctx.value_name(*value)
                );
            }
        }
        let all = node.inputs.iter().chain(&node.result);
        for tensor in all.map(|index| &self.graph.tensors[*index]) {
            let name = ctx.value_name(tensor.value);
            if tensor.element.bytes() == 2
                || (tensor.element.bytes() == 4 && tensor.element != super::super::tensor::Element::F32)
            {
                return format!("'{name}' is neither F32 nor of 8 bits");
            }
            if tensor.dims[1] > MOST_CHANNELS {
                return format!("'{name}' has more than {MOST_CHANNELS} channels");
            }
            let batches = node.result.map(|result| self.graph.tensors[result].dims[0]);
            if Some(tensor.dims[0]) != batches {
                return "its tensors have different numbers of batches".to_owned();
            }
        }
        "its operands are repeated in a way that slices do not allow".to_owned()
    }
}
