//! `tpu.Group`: commands of a layer group.
//!
//! The body is walked once for each slice. With one slice its operations are emitted in their order. With several, loads of
//! tensors run one slice ahead and stores one slice behind; weights are loaded once.

use super::super::codegen::{Codegen, LocalPiece, ResultPlace};
use super::super::conv2d::folded_input;
use super::super::emitter::Position;
use super::super::error::{Error, Result, malformed, unsupported};
use super::super::fold::Folded;
use super::super::resident::{Buffer, Frame};
use super::super::tensor::{Dims, Global, Local};
use super::Range;
use super::build::FLAT;
use super::ginfo::GroupInfo;
use super::graph::{Weight, weight_of};
use super::measure::{Placed, emit_entered, enter, enter_weight, load_weight};
use super::moves::{self, Piece, is_move, pieces};
use super::rows::{self, Rows};
use std::collections::HashMap;
use tpuc_dialects::ir::{Context, Op, Value};
use tpuc_runtime::isa::memory_map::LANE_BYTES;

/// What an operation of the body does.
enum Step {
    LoadTensor(Option<(Folded, Dims)>),
    LoadWeight(Weight),
    Compute {
        rows: Rows,
        weights: Vec<(Value, Weight)>,
        inputs_die: bool,
    },
    Store,
}

struct Member {
    op: Op,
    step: Step,
    info: GroupInfo,
}

/// Where a value of the body is.
struct Home {
    info: GroupInfo,
    /// Sizes of the whole tensor.
    dims: Dims,
    /// Slices alternate between two places.
    alternates: bool,
}

struct Group {
    members: Vec<Member>,
    homes: HashMap<Value, Home>,
    /// For each computed tensor: the moves that take channels of it, and which of their pieces.
    moves: HashMap<Value, Vec<(Op, Piece)>>,
    /// The group's result for each tensor that is stored.
    results: HashMap<Value, Value>,
    row_slices: usize,
    slices: usize,
    /// Tensors are seen as rows of elements.
    is_flat: bool,
}

/// Emits the commands.
///
/// # Errors
/// When the group's text does not make sense, or an operation's commands cannot be encoded.
pub fn emit(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let group = Group::read(cg, op)?;
    if group.slices == 1 {
        return group
            .members
            .iter()
            .try_for_each(|member| group.run(cg, member, 0));
    }
    let loads = |cg: &mut Codegen<'_>, slice: usize| {
        let mut members = group
            .members
            .iter()
            .filter(|member| matches!(member.step, Step::LoadTensor(_)));
        members.try_for_each(|member| group.run(cg, member, slice))
    };
    let stores = |cg: &mut Codegen<'_>, slice: usize| {
        let mut members = group
            .members
            .iter()
            .filter(|member| matches!(member.step, Step::Store));
        members.try_for_each(|member| group.run(cg, member, slice))
    };
    loads(cg, 0)?;
    for member in group
        .members
        .iter()
        .filter(|member| matches!(member.step, Step::LoadWeight(_)))
    {
        group.run(cg, member, 0)?;
    }
    for slice in 0..group.slices {
        if slice + 1 < group.slices {
            loads(cg, slice + 1)?;
        }
        if slice > 0 {
            stores(cg, slice - 1)?;
        }
        for member in group
            .members
            .iter()
            .filter(|member| matches!(member.step, Step::Compute { .. }))
        {
            group.run(cg, member, slice)?;
        }
    }
    stores(cg, group.slices - 1)
}

impl Group {
    fn read(cg: &Codegen<'_>, op: Op) -> Result<Self> {
        let ctx = cg.ctx();
        let count = |name: &str| {
            usize::try_from(ctx.get_i64(op, name).unwrap_or(1))
                .ok()
                .filter(|count| (1..=4096).contains(count))
        };
        let (Some(batch_slices), Some(row_slices)) = (count("nsecs"), count("hsecs")) else {
            return malformed("'nsecs' and 'hsecs' must be from 1 to 4096");
        };
        if ["csecs", "dsecs", "wsecs"]
            .iter()
            .any(|name| count(name) != Some(1))
        {
            return unsupported(
                "slices over channels, depth or columns; group the layers with this tool's --layer-group",
            );
        }
        let Some(body) = ctx.body(op) else {
            return malformed("a group without a body");
        };
        let ops: Vec<Op> = ctx
            .block_ops(body)
            .into_iter()
            .filter(|op| !ctx.is(*op, "tpu.Yield"))
            .collect();
        let slices = batch_slices * row_slices;
        let mut group = Self {
            members: Vec::new(),
            homes: HashMap::new(),
            moves: HashMap::new(),
            results: HashMap::new(),
            row_slices,
            slices,
            is_flat: ctx.get_i64(op, "group_type") == Some(FLAT),
        };
        if let Some(last) = ctx.last_op(body) {
            let results = ctx.results(op).iter().copied();
            group.results = ctx.operands(last).iter().copied().zip(results).collect();
        }
        // The last operation that reads each value.
        let mut last_use: HashMap<Value, Op> = HashMap::new();
        for &inner in &ops {
            for &value in ctx.operands(inner) {
                if !(is_move(ctx, inner) && is_computed(ctx, value)) {
                    last_use.insert(value, inner);
                }
            }
            if is_move(ctx, inner) {
                let pieces = pieces(cg, inner).map_err(|error| inside(cg, inner, error))?;
                let values = ctx.operands(inner).iter().filter(|value| !ctx.is_none(**value));
                for (&value, piece) in values.zip(pieces) {
                    if is_computed(ctx, value) {
                        group.moves.entry(value).or_default().push((inner, piece));
                    }
                }
            }
        }
        for inner in ops {
            let failed = |error: Error| inside(cg, inner, error);
            let Some(info) = GroupInfo::of(ctx, inner) else {
                return malformed(format!(
                    "'{}' ({}) without ginfo in a group; run --layer-group",
                    ctx.op_name(inner),
                    ctx.name(inner)
                ));
            };
            check(&info, batch_slices, row_slices).map_err(failed)?;
            let step = group.step(cg, inner, &last_use).map_err(failed)?;
            let is_store = matches!(step, Step::Store);
            if let (false, Some(&result)) = (is_store, ctx.results(inner).first()) {
                let stored = ctx.users(result).iter().any(|user| ctx.is(*user, "tpu.Store"));
                let alternates = slices > 1 && (matches!(step, Step::LoadTensor(_)) || stored);
                let end = info.out_addr + info.out_size * if alternates { 2 } else { 1 };
                if end > LANE_BYTES || info.buffer_addr + info.buffer_size > LANE_BYTES {
                    return Err(inside(
                        cg,
                        inner,
                        Error::Malformed("memory beyond the end of a lane".into()),
                    ));
                }
                let dims = match &step {
                    Step::LoadTensor(Some((_, dims))) => *dims,
                    Step::LoadWeight(_) => [0; 4],
                    _ => group.view(cg, result, &info).map_err(failed)?.shape,
                };
                group.homes.insert(
                    result,
                    Home {
                        info: info.clone(),
                        dims,
                        alternates,
                    },
                );
            }
            group.members.push(Member {
                op: inner,
                step,
                info,
            });
        }
        Ok(group)
    }

    /// A tensor as the group sees it.
    fn view(&self, cg: &Codegen<'_>, value: Value, info: &GroupInfo) -> Result<Global> {
        let tensor = cg.tensor(value).or_else(|_| cg.whole(value))?;
        if !self.is_flat {
            return tensor.nchw();
        }
        let (&[(_, channels)], &[(_, columns)]) = (info.c.as_slice(), info.w.as_slice()) else {
            return malformed("a flat group with slices over channels or columns");
        };
        let row = channels * columns;
        if row == 0 || !tensor.elements().is_multiple_of(row) {
            return malformed(format!(
                "{} elements in rows of {channels} times {columns}",
                tensor.elements()
            ));
        }
        let dims = [1, channels, tensor.elements() / row, columns];
        Ok(Global::dense(tensor.address, tensor.element, dims))
    }

    fn step(&self, cg: &Codegen<'_>, op: Op, last_use: &HashMap<Value, Op>) -> Result<Step> {
        let ctx = cg.ctx();
        match ctx.op_name(op) {
            "tpu.Store" => return Ok(Step::Store),
            "tpu.Load" => {
                let user = ctx.users(ctx.result(op)).first().copied();
                let source = ctx.operand(op, 0);
                if !ctx
                    .defining_op(source)
                    .is_some_and(|source| ctx.is(source, "top.Weight"))
                {
                    let folds = ctx.get_i64(op, "use_3ic_optimize").unwrap_or(0) != 0;
                    let folded = match user.filter(|_| folds) {
                        Some(user) => folded_input(cg, user)?,
                        None => None,
                    };
                    if folds && folded.is_none() {
                        return malformed("a folded tensor that no convolution reads");
                    }
                    return Ok(Step::LoadTensor(folded));
                }
                let Some(user) = user else {
                    return malformed("a weight that nothing reads");
                };
                let index = ctx
                    .operands(user)
                    .iter()
                    .position(|value| *value == ctx.result(op))
                    .unwrap_or(0);
                return match weight_of(cg, user, index, source)? {
                    Some(weight) => Ok(Step::LoadWeight(weight)),
                    None => malformed("a weight that its operation does not read from local memory"),
                };
            }
            _ => {}
        }
        let rows = if self.is_flat {
            Some(Rows::Same)
        } else {
            rows::of(cg, op)
        };
        let Some(rows) = rows else {
            return unsupported(
                "an operation that cannot be computed in local memory; group the layers with this tool's --layer-group",
            );
        };
        let mut weights = Vec::new();
        let mut inputs_die = true;
        for (index, &value) in ctx.operands(op).iter().enumerate() {
            let Some(load) = ctx.defining_op(value) else {
                continue;
            };
            if ctx.is(load, "tpu.Load") && is_weight_load(cg, load) {
                if let Some(weight) = weight_of(cg, op, index, ctx.operand(load, 0))? {
                    weights.push((value, weight));
                }
            } else if self.homes.contains_key(&value) {
                inputs_die &= last_use.get(&value) == Some(&op);
            }
        }
        Ok(Step::Compute {
            rows,
            weights,
            inputs_die,
        })
    }

    /// A tensor's slice: where it is.
    fn placed(&self, cg: &Codegen<'_>, value: Value, slice: usize) -> Result<Placed> {
        let Some(home) = self.homes.get(&value) else {
            return malformed(format!("'{}' is not in local memory", cg.ctx().value_name(value)));
        };
        let (element, dims) = (cg.whole(value)?.element, home.dims);
        let (batch, rows) = self.part(&home.info, slice);
        let place = home.info.out_addr
            + if home.alternates {
                slice % 2 * home.info.out_size
            } else {
                0
            };
        let local = Local::aligned(place, element, [batch.1, dims[1], rows.1, dims[3]]);
        if rows.0 + rows.1 > dims[2]
            || batch.0 + batch.1 > dims[0]
            || local.extent_bytes() > home.info.out_size
        {
            return malformed(format!(
                "slice {slice} of '{}' does not fit its place",
                cg.ctx().value_name(value)
            ));
        }
        Ok(Placed {
            value,
            local,
            row: rows.0,
            whole: dims[2],
        })
    }

    /// Batches and rows of a slice.
    fn part(&self, info: &GroupInfo, slice: usize) -> (Range, Range) {
        (info.n[slice / self.row_slices], info.h[slice % self.row_slices])
    }

    fn run(&self, cg: &mut Codegen<'_>, member: &Member, slice: usize) -> Result<()> {
        self.run_member(cg, member, slice)
            .map_err(|error| inside(cg, member.op, error))
    }

    fn run_member(&self, cg: &mut Codegen<'_>, member: &Member, slice: usize) -> Result<()> {
        let before = cg.emitter.position();
        self.commands(cg, member, slice)?;
        if is_move(cg.ctx(), member.op) {
            return Ok(());
        }
        self.record(cg, member.op, slice, before)?;
        if matches!(member.step, Step::Compute { .. }) {
            self.move_channels(cg, cg.ctx().result(member.op), slice)?;
        }
        Ok(())
    }

    /// Notes where the result of an operation can be read after its commands since `before`.
    fn record(&self, cg: &mut Codegen<'_>, op: Op, slice: usize, before: Position) -> Result<()> {
        let value = cg.ctx().result(op);
        let tensor = cg.whole(value)?;
        let piece = match self.homes.get(&value).filter(|_| is_computed(cg.ctx(), value)) {
            Some(home) => {
                let placed = self.placed(cg, value, slice)?;
                let (batch, _) = self.part(&home.info, slice);
                Some(LocalPiece {
                    local: placed.local,
                    start: [batch.0, placed.row],
                    whole: home.dims,
                })
            }
            None => None,
        };
        let place = ResultPlace {
            value,
            tensor: &tensor,
            piece,
        };
        cg.record(op, &[place], before);
        Ok(())
    }

    /// Moves what others take of a tensor that is there now, and of what is there thereby.
    fn move_channels(&self, cg: &mut Codegen<'_>, value: Value, slice: usize) -> Result<()> {
        // Not by recursion: the text may hold long chains.
        let mut there = vec![value];
        while let Some(value) = there.pop() {
            for (op, piece) in self.moves.get(&value).into_iter().flatten() {
                let result = cg.ctx().result(*op);
                let (source, target) = (self.placed(cg, value, slice)?, self.placed(cg, result, slice)?);
                let before = cg.emitter.position();
                moves::emit(&mut cg.emitter, piece, &source, &target)?;
                // The last of its pieces makes it whole.
                self.record(cg, *op, slice, before)?;
                if cg.ctx().is(*op, "tpu.Slice") {
                    there.push(result);
                }
            }
        }
        Ok(())
    }

    /// Moves the operands that were loaded; the others are there.
    fn move_loaded(&self, cg: &mut Codegen<'_>, op: Op, slice: usize) -> Result<()> {
        let target = self.placed(cg, cg.ctx().result(op), slice)?;
        let ctx = cg.ctx();
        let values: Vec<Value> = ctx
            .operands(op)
            .iter()
            .copied()
            .filter(|value| !ctx.is_none(*value))
            .collect();
        for (value, piece) in values.into_iter().zip(pieces(cg, op)?) {
            if !is_computed(cg.ctx(), value) {
                let source = self.placed(cg, value, slice)?;
                let before = cg.emitter.position();
                moves::emit(&mut cg.emitter, &piece, &source, &target)?;
                self.record(cg, op, slice, before)?;
            }
        }
        // What takes channels of it in turn.
        if cg.ctx().is(op, "tpu.Concat") || !is_computed(cg.ctx(), cg.ctx().operand(op, 0)) {
            self.move_channels(cg, cg.ctx().result(op), slice)?;
        }
        Ok(())
    }

    fn commands(&self, cg: &mut Codegen<'_>, member: &Member, slice: usize) -> Result<()> {
        let op = member.op;
        match &member.step {
            Step::LoadTensor(folded) => {
                let placed = self.placed(cg, cg.ctx().result(op), slice)?;
                let source = self.view(cg, cg.ctx().operand(op, 0), &member.info)?;
                let (batch, _) = self.part(&member.info, slice);
                if let Some((mut folded, _)) = *folded {
                    folded.move_to(source.address);
                    return folded.load(&mut cg.emitter, &placed.local, [batch.0, placed.row, 0]);
                }
                let view = source.slice([batch.0, 0, placed.row, 0], placed.local.shape);
                cg.emitter.load(&view, &placed.local)
            }
            Step::Store => {
                let value = cg.ctx().operand(op, 0);
                let placed = self.placed(cg, value, slice)?;
                let (batch, rows) = self.part(&member.info, slice);
                let Some(offset) = rows
                    .0
                    .checked_sub(placed.row)
                    .filter(|offset| offset + rows.1 <= placed.local.shape[2])
                else {
                    return malformed("rows that are not in local memory");
                };
                let mut local = placed.local;
                local.address += offset * local.strides[2] * 4;
                local.shape[2] = rows.1;
                let stored = cg.ctx().result(op);
                let result = self.results.get(&stored).copied().unwrap_or(stored);
                let target = self.view(cg, result, &member.info)?;
                cg.emitter
                    .store(&local, &target.slice([batch.0, 0, rows.0, 0], local.shape))
            }
            Step::LoadWeight(weight) => {
                let info = cg.tensor(weight.value)?;
                load_weight(
                    &mut cg.emitter,
                    weight,
                    info.address,
                    &info.shape,
                    member.info.out_addr,
                )
            }
            Step::Compute {
                rows,
                weights,
                inputs_die,
            } => {
                if is_move(cg.ctx(), op) {
                    return self.move_loaded(cg, op, slice);
                }
                let result = self.placed(cg, cg.ctx().result(op), slice)?;
                let mut inputs = Vec::new();
                for &value in cg.ctx().operands(op) {
                    if self.homes.contains_key(&value) && !weights.iter().any(|(weight, _)| *weight == value)
                    {
                        inputs.push(self.placed(cg, value, slice)?);
                    }
                }
                cg.frame = Some(Frame::default());
                enter(cg, rows, &result, &inputs)?;
                for (value, weight) in weights {
                    let shape = cg.whole(weight.value)?.shape;
                    let place = self.homes.get(value).map_or(0, |home| home.info.out_addr);
                    if let Some(frame) = &mut cg.frame {
                        enter_weight(frame, *value, weight, place, &result.local, shape);
                    }
                }
                let buffer = Buffer {
                    start: member.info.buffer_addr,
                    used: 0,
                    inputs_die: *inputs_die,
                };
                let done = emit_entered(cg, op, buffer);
                cg.frame = None;
                let used = cg.emitter.buffer.used;
                cg.emitter.buffer = Buffer::default();
                done?;
                if used > member.info.buffer_size.next_multiple_of(128) {
                    return malformed(format!(
                        "a buffer of {used} bytes where {} are set aside",
                        member.info.buffer_size
                    ));
                }
                Ok(())
            }
        }
    }
}

/// Whether a value of the body is the result of an operation, not of a load.
fn is_computed(ctx: &Context, value: Value) -> bool {
    ctx.defining_op(value).is_some_and(|op| !ctx.is(op, "tpu.Load"))
}

fn is_weight_load(cg: &Codegen<'_>, load: Op) -> bool {
    let ctx = cg.ctx();
    ctx.defining_op(ctx.operand(load, 0))
        .is_some_and(|source| ctx.is(source, "top.Weight"))
}

fn check(info: &GroupInfo, batch_slices: usize, row_slices: usize) -> Result<()> {
    let is_weight = info.n.len() == 1 && info.h.len() == 1;
    if (info.n.len() != batch_slices || info.h.len() != row_slices) && !is_weight {
        return malformed(format!(
            "{} and {} slices where the group has {batch_slices} and {row_slices}",
            info.n.len(),
            info.h.len()
        ));
    }
    if info.h.iter().chain(&info.n).any(|range| range.1 == 0) {
        return malformed("an empty slice");
    }
    Ok(())
}

fn inside(cg: &Codegen<'_>, op: Op, error: Error) -> Error {
    let place = format!(
        "'{}' ({}) in a group: {error}",
        cg.ctx().op_name(op),
        cg.ctx().name(op)
    );
    match error {
        Error::Unsupported(_) => Error::Unsupported(place),
        _ => Error::Malformed(place),
    }
}
