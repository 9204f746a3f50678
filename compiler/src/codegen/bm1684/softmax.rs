//! `tpu.Softmax`, f32: `exp(beta * (x - max)) / sum`, or its logarithm, with the chip's exponential and division.

use super::along_axis::{AlongAxis, Fold};
use super::codegen::Codegen;
use super::error::Result;
use super::tiu::Operand;
use super::transcendental::{self, Base};
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
    let operation = AlongAxis::new(&input, &output, &[axis], true, if log { 3 } else { 2 })?;
    operation.emit(&mut cg.emitter, &|emitter, piece| {
        let (x, out, [largest, sum, scratch]) = (piece.x, piece.out, piece.columns);
        piece.fold(emitter, largest, x, Fold::Maximum)?;
        emitter.arith(TiuOp::Sub, x, x, piece.wide(largest), 0)?;
        if (beta - 1.0).abs() > 0.0 {
            emitter.arith(TiuOp::Mul, x, x, Operand::Float(beta), 0)?;
        }
        if !log {
            transcendental::exp(emitter, out, x, piece.scratch[0], piece.scratch[1])?;
            piece.fold(emitter, sum, out, Fold::Sum(1.0))?;
            return emitter.arith(TiuOp::Divide, out, out, piece.wide(sum), 0);
        }
        let power = piece.scratch[2];
        emitter.copy(out, x)?;
        transcendental::exp(emitter, power, x, piece.scratch[0], piece.scratch[1])?;
        piece.fold(emitter, sum, power, Fold::Sum(1.0))?;
        transcendental::logarithm(emitter, largest, sum, scratch, Base::E)?;
        emitter.arith(TiuOp::Sub, out, out, piece.wide(largest), 0)
    })
}
