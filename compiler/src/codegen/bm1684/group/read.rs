//! The text of a `tpu.Group`: what its body does, and where its values are. The text is not trusted.

use super::super::codegen::Codegen;
use super::super::conv2d::folded_input;
use super::super::error::{Error, Result, malformed, unsupported};
use super::super::fold::Folded;
use super::super::tensor::{Dims, Global};
use super::bands::{self, Band};
use super::build::FLAT;
use super::flat::{Flat, View};
use super::ginfo::GroupInfo;
use super::moves::{Piece, is_move, pieces};
use super::rows::{self, Rows};
use super::seen::Seen;
use super::weights::{Weight, weight_of};
use std::collections::HashMap;
use tpuc_dialects::ir::{Context, Op, Value};
use tpuc_runtime::isa::memory_map::{LANE_BYTES, LANE_COUNT};

/// What an operation of the body does.
pub(super) enum Step {
    LoadTensor(Option<(Folded, Dims)>),
    LoadWeight(Weight),
    Compute {
        rows: Rows,
        weights: Vec<(Value, Weight)>,
        inputs_die: bool,
    },
    Store,
}

pub(super) struct Member {
    pub(super) op: Op,
    pub(super) step: Step,
    pub(super) info: GroupInfo,
}

/// Where a value of the body is.
pub(super) struct Home {
    pub(super) info: GroupInfo,
    /// Sizes of the whole tensor, as it is seen.
    pub(super) dims: Dims,
    /// What a band of it has, where there are bands.
    pub(super) band: Band,
    /// Slices alternate between two places.
    pub(super) alternates: bool,
}

pub(super) struct Group {
    pub(super) members: Vec<Member>,
    pub(super) homes: HashMap<Value, Home>,
    /// For each computed tensor: the moves that take channels of it, and which of their pieces.
    pub(super) moves: HashMap<Value, Vec<(Op, Piece)>>,
    /// For each load into the place of a concatenation: that one, and which of its channels.
    pub(super) joined: HashMap<Value, (Value, Piece)>,
    /// The group's result for each tensor that is stored.
    pub(super) results: HashMap<Value, Value>,
    pub(super) row_slices: usize,
    pub(super) slices: usize,
    /// How tensors are seen.
    pub(super) seen: Seen,
}

impl Group {
    pub(super) fn read(cg: &Codegen<'_>, op: Op) -> Result<Self> {
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
            joined: HashMap::new(),
            results: HashMap::new(),
            row_slices,
            slices,
            seen: Seen::Own,
        };
        if ctx.get_i64(op, "group_type") == Some(FLAT) {
            group.seen = Seen::Flat(flat_view(cg, op, &ops)?);
        } else if let Some(bands) = ctx.get_i64(op, "bands") {
            let bands = usize::try_from(bands)
                .ok()
                .filter(|bands| (1..=LANE_COUNT).contains(bands));
            let Some(bands) = bands else {
                return malformed(format!("'bands' must be from 1 to {LANE_COUNT}"));
            };
            group.seen = Seen::Bands(bands);
        }
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
        group
            .find_joined(cg, &ops)
            .map_err(|(op, error)| inside(cg, op, error))?;
        for inner in ops {
            let failed = |error: Error| inside(cg, inner, error);
            let Some(info) = GroupInfo::of(ctx, inner) else {
                return malformed(format!(
                    "'{}' ({}) in a group without a ginfo that makes sense; group the layers with this tool's --layer-group",
                    ctx.op_name(inner),
                    ctx.name(inner)
                ));
            };
            let step = group.step(cg, inner, &last_use).map_err(failed)?;
            if !matches!(step, Step::LoadWeight(_)) {
                check(&info, batch_slices, row_slices).map_err(failed)?;
            }
            let is_store = matches!(step, Step::Store);
            if let (false, Some(&result)) = (is_store, ctx.results(inner).first()) {
                let stored = ctx.users(result).iter().any(|user| ctx.is(*user, "tpu.Store"));
                let joins = group.joined.values().any(|(joins, _)| *joins == result);
                let alternates = slices > 1 && (matches!(step, Step::LoadTensor(_)) || stored || joins);
                let end = info.out_addr + info.out_size * if alternates { 2 } else { 1 };
                if end > LANE_BYTES || info.buffer_addr + info.buffer_size > LANE_BYTES {
                    return Err(inside(
                        cg,
                        inner,
                        Error::Malformed("memory beyond the end of a lane".into()),
                    ));
                }
                let own = match &step {
                    Step::LoadTensor(Some((_, dims))) => *dims,
                    Step::LoadWeight(_) => [0; 4],
                    _ => group.view(cg, result, &info).map_err(failed)?.shape,
                };
                let (dims, band) = match (&step, group.seen) {
                    (Step::LoadWeight(_), _) | (_, Seen::Own | Seen::Flat(_)) => (own, Band::default()),
                    (_, Seen::Bands(bands)) => banded(cg, result, own, bands).map_err(failed)?,
                };
                group.homes.insert(
                    result,
                    Home {
                        info: info.clone(),
                        dims,
                        band,
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
    pub(super) fn view(&self, cg: &Codegen<'_>, value: Value, info: &GroupInfo) -> Result<Global> {
        let tensor = cg.tensor(value).or_else(|_| cg.whole(value))?;
        let Seen::Flat(view) = self.seen else {
            return tensor.nchw();
        };
        let [batches, channels, rows, columns] = view.dims;
        if info.c != [(0, channels)]
            || info.w != [(0, columns)]
            || tensor.elements() != batches * channels * rows * columns
        {
            return malformed(format!(
                "{} elements, channels {:?} and columns {:?} in a group of {:?}",
                tensor.elements(),
                info.c,
                info.w,
                view.dims
            ));
        }
        if view.along && self.row_slices != 1 {
            return malformed("slices over the axis of an operation");
        }
        Ok(view.global(tensor.address, tensor.element))
    }

    /// Concatenations of what is loaded for them only, and moved on by nobody ([`super::shape::Run::is_joined`]).
    fn find_joined(&mut self, cg: &Codegen<'_>, ops: &[Op]) -> std::result::Result<(), (Op, Error)> {
        let ctx = cg.ctx();
        for &op in ops {
            let values = ctx.operands(op).to_vec();
            let is_loaded = |value: &Value| {
                ctx.defining_op(*value)
                    .is_some_and(|load| ctx.is(load, "tpu.Load") && !is_weight_load(cg, load))
                    && ctx.users(*value).len() == 1
            };
            let joins = self.seen == Seen::Own
                && ctx.is(op, "tpu.Concat")
                && values.len() > 1
                && values.iter().all(is_loaded)
                && !ctx
                    .users(ctx.result(op))
                    .iter()
                    .any(|user| is_move(ctx, *user) || ctx.is(*user, "tpu.Store"));
            if joins {
                let pieces = pieces(cg, op).map_err(|error| (op, error))?;
                for (value, piece) in values.into_iter().zip(pieces) {
                    self.joined.insert(value, (ctx.result(op), piece));
                }
            }
        }
        Ok(())
    }

    /// A weight as the group's lanes hold it.
    fn weight(&self, weight: Option<Weight>) -> Result<Option<Weight>> {
        match (weight, self.seen) {
            (Some(weight), Seen::Bands(bands)) => match weight.in_bands(bands) {
                Some(weight) => Ok(Some(weight)),
                None => unsupported("a weight that cannot be repeated for bands of rows"),
            },
            (weight, _) => Ok(weight),
        }
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
                return match self.weight(weight_of(cg, user, index, source)?)? {
                    Some(weight) => Ok(Step::LoadWeight(weight)),
                    None => malformed("a weight that its operation does not read from local memory"),
                };
            }
            _ => {}
        }
        let Some(rows) = self.seen.rule(rows::of(cg, op)) else {
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
                if let Some(weight) = self.weight(weight_of(cg, op, index, ctx.operand(load, 0))?)? {
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
}

/// A tensor of sizes `own` as so many bands: its sizes, and what a band has.
fn banded(cg: &Codegen<'_>, value: Value, own: Dims, bands: usize) -> Result<(Dims, Band)> {
    let ctx = cg.ctx();
    let [n, c, h, w] = own;
    let band = if is_computed(ctx, value) {
        Band::of(h, bands)
    } else {
        // What is read beside a band is told by the operations that read it, which must agree.
        let mut read = Vec::new();
        for user in ctx.users(value) {
            let results = cg.whole(ctx.result(user))?.nchw()?.shape[2];
            read.push(rows::of(cg, user).and_then(|rule| Band::read(rule, h, results, bands)));
        }
        let first = read.first().copied().flatten();
        first.filter(|_| read.iter().all(|band| *band == first))
    };
    let band = band.filter(|_| c * bands <= bands::MOST_CHANNELS && bands::knows_all(cg, value));
    match band {
        Some(band) => Ok(([n, c * bands, band.rows, w], band)),
        None => malformed(format!(
            "{own:?} in {bands} bands of rows, which do not go together"
        )),
    }
}

/// Sizes by which a flat group's tensors are seen.
fn flat_view(cg: &Codegen<'_>, group: Op, ops: &[Op]) -> Result<View> {
    let ctx = cg.ctx();
    let elements = match ctx.operands(group).first() {
        Some(input) => cg.whole(*input)?.elements(),
        None => 0,
    };
    let wanted = ops.iter().filter_map(|op| rows::along(cg, *op)).map(Flat::Along);
    View::of(wanted, elements).map_or_else(
        || {
            malformed(format!(
                "a flat group of {elements} elements, which do not go into the lanes evenly"
            ))
        },
        Ok,
    )
}

/// Whether a value of the body is the result of an operation, not of a load.
pub(super) fn is_computed(ctx: &Context, value: Value) -> bool {
    ctx.defining_op(value).is_some_and(|op| !ctx.is(op, "tpu.Load"))
}

fn is_weight_load(cg: &Codegen<'_>, load: Op) -> bool {
    let ctx = cg.ctx();
    ctx.defining_op(ctx.operand(load, 0))
        .is_some_and(|source| ctx.is(source, "top.Weight"))
}

fn check(info: &GroupInfo, batch_slices: usize, row_slices: usize) -> Result<()> {
    if info.n.len() != batch_slices || info.h.len() != row_slices {
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

pub(super) fn inside(cg: &Codegen<'_>, op: Op, error: Error) -> Error {
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
