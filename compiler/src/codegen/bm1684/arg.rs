//! `tpu.Arg`: index of the largest or smallest element along an axis, and the element itself.
//!
//! The largest element is found by pooling; what has its bits is marked with its index, or with the distance from the
//! end of the axis where the first of several is wanted; and the largest mark is found by pooling again.

use super::along_axis::{AlongAxis, Fold, Piece};
use super::codegen::{Codegen, TensorInfo};
use super::emitter::Emitter;
use super::error::{Result, malformed, unsupported};
use super::tensor::{Element, Local, aligned_bytes};
use super::tiu::Operand;
use tpuc_dialects::ir::Op;
use tpuc_runtime::isa::TiuOp;
use tpuc_runtime::isa::memory_map::{LANE_BYTES, LANE_COUNT};

/// `tpu.Arg`, f32. Indices are 32-bit integers.
///
/// # Errors
/// For integer inputs, and axes that do not fit a lane.
pub fn emit(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let input = cg.operand(op, 0)?;
    let results = cg.ctx().results(op).to_vec();
    let Some(&indices) = results.first() else {
        return malformed("no result");
    };
    if input.element != Element::F32 || cg.flag(op, "use_int_input") {
        return unsupported("the largest of integers; keep it in F32 (qtable)");
    }
    let smallest = match cg.ctx().get_str(op, "mode").unwrap_or_default() {
        "ArgMax" => false,
        "ArgMin" => true,
        other => return malformed(format!("mode '{other}'")),
    };
    let rank = input.shape.len() as i64;
    let axis = cg.int(op, "axis", 0);
    let axis = if axis < 0 { axis + rank } else { axis };
    if !(0..rank).contains(&axis) {
        return malformed(format!("axis {axis} of a tensor of rank {rank}"));
    }
    let axis = axis as usize;
    let size = input.shape[axis];
    let reserved = aligned_bytes(Element::F32, [1, LANE_COUNT, 1, size]);
    let along = |output: &TensorInfo| -> Result<AlongAxis> {
        let mut operation = AlongAxis::new(&input, output, &[axis as i64], false, 0)?;
        operation.reserved = reserved;
        if operation.fits_lane() {
            Ok(operation)
        } else {
            unsupported(format!(
                "an axis of {size} elements does not fit a lane; split it"
            ))
        }
    };
    if let Some(&values) = results.get(1).filter(|value| !cg.ctx().is_none(**value)) {
        let values = cg.tensor(values)?;
        if values.element != Element::F32 {
            return unsupported("the largest element as an integer; keep it in F32 (qtable)");
        }
        along(&values)?.emit(&mut cg.emitter, &|emitter, piece| {
            let out = piece.out;
            largest(emitter, smallest, out, piece)?;
            if smallest {
                emitter.arith(TiuOp::Mul, out, out, Operand::Float(-1.0), 0)?;
            }
            Ok(())
        })?;
    }
    if cg.ctx().is_none(indices) {
        return Ok(());
    }
    let indices = cg.tensor(indices)?;
    if indices.element.bytes() != 4 {
        return malformed("indices that are no 32-bit integers");
    }
    let integers = indices.element != Element::F32;
    let last = cg.ctx().get_bool(op, "select_last_index").unwrap_or(true);
    let operation = along(&indices)?;
    let marks = Local::aligned(LANE_BYTES - reserved, Element::F32, [1, LANE_COUNT, 1, size]);
    count_up(&mut cg.emitter, marks)?;
    let end = Operand::Float(size as f32 - 1.0);
    if !last {
        cg.emitter.arith(TiuOp::Sub, marks, end, marks, 0)?;
    }
    operation.emit(&mut cg.emitter, &|emitter, piece| {
        let (x, out, best) = (piece.x, piece.out, piece.columns[0]);
        largest(emitter, smallest, best, piece)?;
        emitter.choose(TiuOp::SelectEqual, x, x.into(), piece.wide(best).into(), 1.0)?;
        // The marks are the same in all batches, lanes and rows.
        let mut marks = marks;
        marks.shape = x.shape;
        marks.strides[..2].fill(0);
        emitter.arith(TiuOp::Mul, x, x, marks, 0)?;
        piece.fold(emitter, out, x, Fold::Maximum)?;
        if !last {
            emitter.arith(TiuOp::Sub, out, end, out, 0)?;
        }
        if integers {
            emitter.special(TiuOp::FloatToInt, out.as_element(Element::I32), out)?;
        }
        Ok(())
    })
}

/// `out` = the largest of the rows, of their negation if `smallest`. They are negated then, and zeros lose their sign,
/// so that equal numbers have equal bits.
fn largest(emitter: &mut Emitter, smallest: bool, out: Local, piece: &Piece) -> Result<()> {
    let x = piece.x;
    if smallest {
        emitter.arith(TiuOp::Mul, x, x, Operand::Float(-1.0), 0)?;
    }
    emitter.arith(TiuOp::Add, x, x, Operand::Float(0.0), 0)?;
    piece.fold(emitter, out, x, Fold::Maximum)
}

/// 0, 1, 2, ... along the columns, in every lane: each step doubles what is there.
fn count_up(emitter: &mut Emitter, marks: Local) -> Result<()> {
    let columns = marks.shape[3];
    emitter.fill(&marks, 0)?;
    let mut done = 1;
    while done < columns {
        let count = done.min(columns - done);
        let mut known = marks;
        known.shape[3] = count;
        let mut next = known;
        next.address += done * 4;
        emitter.arith(TiuOp::Add, next, known, Operand::Float(done as f32), 0)?;
        done += count;
    }
    Ok(())
}
