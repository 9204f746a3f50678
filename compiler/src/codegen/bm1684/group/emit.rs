//! `tpu.Group`: commands of a layer group.
//!
//! The body is walked once for each slice. With one slice its operations are emitted in their order. With several, loads of
//! tensors run one slice ahead and stores one slice behind; weights are loaded once. Channels of what was loaded are moved before the next
//! slice is loaded, so that they do not wait behind it.

use super::super::codegen::{Codegen, LocalPiece, ResultPlace};
use super::super::emitter::Position;
use super::super::error::{Result, malformed};
use super::super::lut;
use super::super::resident::{Buffer, Frame};
use super::super::tensor::Local;
use super::Range;
use super::bands::{self, Source};
use super::ginfo::GroupInfo;
use super::measure::{Placed, emit_entered, enter, enter_weight, load_weight};
use super::moves::{self, is_move, pieces};
use super::read::{Group, Member, Step, inside, is_computed};
use super::seen::Seen;
use tpuc_dialects::ir::{Op, Value};
use tpuc_runtime::isa::memory_map::ROW_ALIGN_BYTES;

/// Tables are brought to L2 so many members of a group before they are used: not behind a store that is larger.
const TABLES_AHEAD: usize = 12;

/// Emits the commands.
///
/// # Errors
/// When the group's text does not make sense, or an operation's commands cannot be encoded.
pub fn emit(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let group = Group::read(cg, op)?;
    if group.slices == 1 {
        let mut ahead = group.members.iter();
        for (index, member) in group.members.iter().enumerate() {
            let reach = if index == 0 { TABLES_AHEAD } else { 1 };
            ahead
                .by_ref()
                .take(reach)
                .try_for_each(|member| group.prefetch(cg, member))?;
            group.run(cg, member, 0)?;
        }
        return Ok(());
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
    let is_early = |cg: &Codegen<'_>, member: &&Member| {
        let (ctx, op) = (cg.ctx(), member.op);
        matches!(member.step, Step::Compute { .. })
            && is_move(ctx, op)
            && !ctx.operands(op).iter().any(|value| is_computed(ctx, *value))
            && !group.moves.contains_key(&ctx.result(op))
    };
    for slice in 0..group.slices {
        for member in &group.members {
            if is_early(cg, &member) {
                group.run(cg, member, slice)?;
            }
        }
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
            if !is_early(cg, &member) {
                group.run(cg, member, slice)?;
            }
        }
    }
    stores(cg, group.slices - 1)
}

impl Group {
    /// A tensor's slice: where it is.
    fn placed(&self, cg: &Codegen<'_>, value: Value, slice: usize) -> Result<Placed> {
        let Some(home) = self.homes.get(&value) else {
            return malformed(format!("'{}' is not in local memory", cg.ctx().value_name(value)));
        };
        let (element, dims) = (cg.whole(value)?.element, home.dims);
        let (batch, rows) = self.part(&home.info, slice)?;
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
    fn part(&self, info: &GroupInfo, slice: usize) -> Result<(Range, Range)> {
        let (batches, rows) = (
            info.n.get(slice / self.row_slices),
            info.h.get(slice % self.row_slices),
        );
        match (batches, rows) {
            (Some(batches), Some(rows)) => Ok((*batches, *rows)),
            _ => malformed("a weight where a tensor's slice is wanted"),
        }
    }

    /// What a member needs in L2.
    fn prefetch(&self, cg: &mut Codegen<'_>, member: &Member) -> Result<()> {
        if !cg.ctx().is(member.op, "tpu.Lut") {
            return Ok(());
        }
        let batches = self.part(&member.info, 0)?.0.1;
        lut::prefetch(cg, member.op, batches).map_err(|error| inside(cg, member.op, error))
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
        let place = |piece| ResultPlace {
            value,
            tensor: &tensor,
            piece,
        };
        let home = self.homes.get(&value).filter(|_| is_computed(cg.ctx(), value));
        let Some(home) = home else {
            cg.record(op, &[place(None)], before);
            return Ok(());
        };
        let placed = self.placed(cg, value, slice)?;
        let (batch, _) = self.part(&home.info, slice)?;
        let bands = self.seen.bands();
        let strides = match self.seen {
            Seen::Flat(view) if view.along => Some(view.strides),
            _ => None,
        };
        // A band's channels are the tensor's, its rows some of them.
        let mut whole = home.dims;
        whole[1] /= bands;
        whole[2] *= bands;
        let places: Vec<ResultPlace<'_>> = bands::parts(placed.local, bands, whole[2], placed.row)
            .map(|(local, row)| {
                place(Some(LocalPiece {
                    local,
                    start: [batch.0, row],
                    whole,
                    strides,
                }))
            })
            .collect();
        cg.record(op, &places, before);
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
                moves::emit(&mut cg.emitter, piece, &source, &target, self.seen.bands())?;
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
        if self.joined.contains_key(&cg.ctx().operand(op, 0)) {
            // It is there since its operands were loaded.
            return Ok(());
        }
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
                moves::emit(&mut cg.emitter, &piece, &source, &target, self.seen.bands())?;
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
                if let Some((joins, piece)) = self.joined.get(&cg.ctx().result(op)) {
                    let target = self.placed(cg, *joins, slice)?;
                    let source = self.view(cg, cg.ctx().operand(op, 0), &member.info)?;
                    let (batch, _) = self.part(&member.info, slice)?;
                    let local = target.local.channels(piece.to, piece.channels);
                    let view = source.slice([batch.0, 0, target.row, 0], local.shape);
                    let before = cg.emitter.position();
                    cg.emitter.load(&view, &local)?;
                    // The last of its operands makes it whole.
                    return match cg.ctx().defining_op(*joins) {
                        Some(concat) => self.record(cg, concat, slice, before),
                        None => Ok(()),
                    };
                }
                let placed = self.placed(cg, cg.ctx().result(op), slice)?;
                let whole = self.view(cg, cg.ctx().operand(op, 0), &member.info)?;
                let (batch, _) = self.part(&member.info, slice)?;
                let source = Source::new(whole, *folded);
                let band = self
                    .homes
                    .get(&placed.value)
                    .map(|home| home.band)
                    .unwrap_or_default();
                let at = [self.seen.bands(), batch.0, placed.row];
                bands::load(&mut cg.emitter, &source, &placed.local, at, band)
            }
            Step::Store => {
                let value = cg.ctx().operand(op, 0);
                let placed = self.placed(cg, value, slice)?;
                let (batch, rows) = self.part(&member.info, slice)?;
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
                bands::store(
                    &mut cg.emitter,
                    &local,
                    &target,
                    [self.seen.bands(), batch.0, rows.0],
                )
            }
            Step::LoadWeight(weight) => {
                let address = cg.tensor(weight.value)?.address;
                load_weight(&mut cg.emitter, weight, address, member.info.out_addr)
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
                if used > member.info.buffer_size.next_multiple_of(ROW_ALIGN_BYTES) {
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
