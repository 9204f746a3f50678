//! `tpu.Reduce`, f32: mean, sum, maximum, minimum, product, norms and logarithms of sums over any axes.

use super::along_axis::{AlongAxis, Fold};
use super::codegen::Codegen;
use super::error::{Result, unsupported};
use super::tiu::Operand;
use super::transcendental::{self, Base, Range};
use tpuc_dialects::ir::Op;
use tpuc_runtime::isa::TiuOp;

/// Emits the commands.
///
/// # Errors
/// For integers, and for rows that do not fit local memory.
pub fn emit(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let (input, output) = (cg.operand(op, 0)?, cg.result(op)?);
    let mode = cg.ctx().get_str(op, "mode").unwrap_or_default().to_owned();
    let axes = cg.ctx().get_i64s(op, "axes").unwrap_or_default();
    let scratch = if mode == "ReduceLogSumExp" { 2 } else { 0 };
    let mut operation = AlongAxis::new(&input, &output, &axes, false, scratch)?;
    // Products halve the columns.
    operation.side_by_side = mode != "ReduceProd";
    let size = operation.row as f32;
    let float = Operand::Float;
    operation.emit(&mut cg.emitter, &|emitter, piece| {
        let (x, out, [first, second, third]) = (piece.x, piece.out, piece.columns);
        match mode.as_str() {
            "ReduceMean" => piece.fold(emitter, out, x, Fold::Sum(1.0 / size)),
            "ReduceSum" => piece.fold(emitter, out, x, Fold::Sum(1.0)),
            "ReduceMax" => piece.fold(emitter, out, x, Fold::Maximum),
            "ReduceProd" => piece.fold(emitter, out, x, Fold::Product),
            "ReduceMin" => {
                emitter.arith(TiuOp::Mul, x, x, float(-1.0), 0)?;
                piece.fold(emitter, out, x, Fold::Maximum)?;
                emitter.arith(TiuOp::Mul, out, out, float(-1.0), 0)
            }
            "ReduceL1" => {
                transcendental::absolute(emitter, x, x)?;
                piece.fold(emitter, out, x, Fold::Sum(1.0))
            }
            "ReduceSumSquare" | "ReduceL2" => {
                emitter.arith(TiuOp::Mul, x, x, x, 0)?;
                if mode == "ReduceSumSquare" {
                    return piece.fold(emitter, out, x, Fold::Sum(1.0));
                }
                piece.fold(emitter, first, x, Fold::Sum(1.0))?;
                transcendental::square_root(emitter, out, first)
            }
            "ReduceLogSum" => {
                piece.fold(emitter, first, x, Fold::Sum(1.0))?;
                transcendental::logarithm(emitter, out, first, second, Base::E)
            }
            "ReduceLogSumExp" => {
                let power = piece.scratch[1];
                piece.fold(emitter, first, x, Fold::Maximum)?;
                emitter.arith(TiuOp::Sub, x, x, piece.wide(first), 0)?;
                transcendental::exp(emitter, power, x, piece.scratch[0], Range::Below)?;
                piece.fold(emitter, second, power, Fold::Sum(1.0))?;
                transcendental::logarithm(emitter, out, second, third, Base::E)?;
                emitter.arith(TiuOp::Add, out, out, first, 0)
            }
            other => unsupported(format!(
                "{other}; use mean, sum, maximum, minimum, product or a norm"
            )),
        }
    })
}
