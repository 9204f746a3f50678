//! `tpu.Softmax`, f32: `exp(beta * (x - max)) / sum`, or its logarithm, with the chip's exponential and division.

use super::along_axis::{AlongAxis, Fold, Piece, PieceFn};
use super::arith;
use super::codegen::Codegen;
use super::error::Result;
use super::group::flat::Along;
use super::tensor::Element;
use super::tiu::Operand;
use super::transcendental::{self, Base, Range};
use tpuc_dialects::ir::Op;
use tpuc_runtime::isa::TiuOp;

/// Emits the commands.
///
/// # Errors
/// For integers, and for an axis that does not fit local memory.
pub fn emit(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let (input, output) = (cg.operand(op, 0)?, cg.result(op)?);
    let log = cg.flag(op, "log");
    let beta = cg.float(op, "beta", 1.0) as f32;
    let axis = cg.int(op, "axis", 1);
    let scratch = if log { 2 } else { 1 };
    let compute: PieceFn<'_> = &|emitter, piece| {
        let (x, out, [largest, sum, scratch]) = (piece.x, piece.out, piece.columns);
        piece.fold(emitter, largest, x, Fold::Maximum)?;
        emitter.arith(TiuOp::Sub, x, x, piece.wide(largest), 0)?;
        if (beta - 1.0).abs() > 0.0 {
            emitter.arith(TiuOp::Mul, x, x, Operand::Float(beta), 0)?;
        }
        // Above 0 only where beta is negative.
        let range = if beta > 0.0 { Range::Below } else { Range::Any };
        if !log {
            transcendental::exp(emitter, out, x, piece.scratch[0], range)?;
            piece.fold(emitter, sum, out, Fold::Sum(1.0))?;
            // A quotient is a product with the reciprocal, which is the same for the whole row.
            arith::reciprocal(emitter, sum)?;
            return emitter.arith(TiuOp::Mul, out, out, piece.wide(sum), 0);
        }
        let power = piece.scratch[1];
        emitter.copy(out, x)?;
        transcendental::exp(emitter, power, x, piece.scratch[0], range)?;
        piece.fold(emitter, sum, power, Fold::Sum(1.0))?;
        transcendental::logarithm(emitter, largest, sum, scratch, Base::E)?;
        emitter.arith(TiuOp::Sub, out, out, piece.wide(largest), 0)
    };
    if let (Some(x), Some(out)) = (input.resident, output.resident) {
        let piece = Piece::resident(&mut cg.emitter, x, out, scratch)?;
        return compute(&mut cg.emitter, &piece);
    }
    let mut operation = AlongAxis::new(&input, &output, &[axis], true, scratch)?;
    operation.side_by_side = true;
    operation.emit(&mut cg.emitter, compute)
}

/// The axis.
///
/// # Errors
/// When a tensor is none of this chip.
pub fn along(cg: &Codegen<'_>, op: Op) -> Result<Option<Along>> {
    let (input, output) = (cg.whole(cg.ctx().operand(op, 0))?, cg.whole(cg.ctx().result(op))?);
    let shape = &input.shape;
    let axis = cg.int(op, "axis", 1);
    let axis = if axis < 0 { axis + shape.len() as i64 } else { axis };
    let axis = usize::try_from(axis).ok().filter(|axis| *axis < shape.len());
    Ok(axis
        .filter(|_| [input.element, output.element] == [Element::F32; 2] && output.shape == *shape)
        .map(|axis| Along {
            outer: shape[..axis].iter().product(),
            axis: shape[axis],
            inner: shape[axis + 1..].iter().product(),
        }))
}
