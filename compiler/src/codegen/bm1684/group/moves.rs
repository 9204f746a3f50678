//! Operations of a group that only move channels: `tpu.Concat`, `tpu.Slice`.
//!
//! They need nothing but their operands, so each operand's channels are moved as soon as it was computed, while the TIU goes
//! on with the next operation; an operand that was loaded is moved when it is the operation's turn. The place of the
//! result is taken from the first move on.

use super::super::codegen::Codegen;
use super::super::emitter::Emitter;
use super::super::error::{Result, malformed};
use super::super::resident_moves;
use super::measure::Placed;
use tpuc_dialects::ir::{Context, Op};

/// Whether an operation only moves channels.
pub fn is_move(ctx: &Context, op: Op) -> bool {
    matches!(ctx.op_name(op), "tpu.Concat" | "tpu.Slice")
}

/// Channels that move together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Piece {
    /// First channel in the operand.
    pub from: usize,
    /// First channel in the result.
    pub to: usize,
    /// Channels.
    pub channels: usize,
}

/// What moves, for each operand that is a tensor.
///
/// # Errors
/// When a tensor is of no type of this chip.
pub fn pieces(cg: &Codegen<'_>, op: Op) -> Result<Vec<Piece>> {
    let ctx = cg.ctx();
    let channels = |shape: &[usize]| shape.get(1).copied().unwrap_or(1);
    if ctx.is(op, "tpu.Slice") {
        let (input, output) = (cg.whole(ctx.operand(op, 0))?, cg.whole(ctx.result(op))?);
        let all = channels(&input.shape);
        let offset = ctx
            .get_i64s(op, "offset")
            .unwrap_or_default()
            .get(1)
            .copied()
            .unwrap_or(0);
        let from = if offset < 0 { offset + all as i64 } else { offset };
        let count = channels(&output.shape);
        let Some(from) = usize::try_from(from).ok().filter(|from| from + count <= all) else {
            return malformed(format!("channels from {offset} of {all}"));
        };
        return Ok(vec![Piece {
            from,
            to: 0,
            channels: count,
        }]);
    }
    let mut to = 0;
    let mut pieces = Vec::new();
    for &value in ctx.operands(op) {
        if ctx.is_none(value) {
            continue;
        }
        let count = channels(&cg.whole(value)?.shape);
        pieces.push(Piece {
            from: 0,
            to,
            channels: count,
        });
        to += count;
    }
    Ok(pieces)
}

/// Moves a piece of the rows of `target`, in each band.
///
/// # Errors
/// When the rows are not there, or a command cannot be encoded.
pub fn emit(
    emitter: &mut Emitter,
    piece: &Piece,
    source: &Placed,
    target: &Placed,
    bands: usize,
) -> Result<()> {
    let rows = target.local.shape[2];
    let Some(offset) = target
        .row
        .checked_sub(source.row)
        .filter(|offset| offset + rows <= source.local.shape[2])
    else {
        return malformed("rows that are not in local memory");
    };
    let mut from = source.local;
    from.address += offset * from.strides[2] * 4;
    from.shape[2] = rows;
    let (all_from, all_to) = (from.shape[1] / bands, target.local.shape[1] / bands);
    (0..bands).try_for_each(|band| {
        let (from_channel, to_channel) = (band * all_from + piece.from, band * all_to + piece.to);
        resident_moves::channels(
            emitter,
            from,
            from_channel,
            target.local,
            to_channel,
            piece.channels,
        )
    })
}
