//! `tpu.LSTM`, f32, gates in the order input, output, forget, cell:
//! `c = forget * c + input * tanh(cell)`, `h = output * tanh(c)`, with the logistic function on the first three.

use super::codegen::Codegen;
use super::emitter::Emitter;
use super::error::{Result, unsupported};
use super::recurrence::{Recurrence, Step, gate_range, sigmoid, tanh};
use tpuc_dialects::ir::Op;
use tpuc_runtime::isa::TiuOp;

/// Emits the commands.
///
/// # Errors
/// When the layer does not fit the chip.
pub fn emit(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    if cg.optional_operand(op, 6)?.is_some() {
        return unsupported("an LSTM whose sequences go on from step to step ('cont'); leave it out");
    }
    let layer = Recurrence::of(cg, op, 4, 2)?;
    layer.emit(&mut cg.emitter, &cell)
}

fn cell(emitter: &mut Emitter, step: &Step<'_>) -> Result<()> {
    let &[h, c] = step.states else { return Ok(()) };
    let [sums, gates, other] = step.scratch;
    for gate in 0..4 {
        step.product(emitter, gate, h, gate_range(sums, gate, 1))?;
    }
    emitter.arith(TiuOp::Add, sums, sums, step.from_input, 0)?;
    let part = |tensor, start, count| gate_range(tensor, start, count);
    let scratch = |count| part(other, 0, count);
    sigmoid(emitter, part(gates, 0, 3), part(sums, 0, 3), scratch(3))?;
    tanh(emitter, part(gates, 3, 1), part(sums, 3, 1), scratch(1))?;
    let [input, output, forget, new] = [0, 1, 2, 3].map(|gate| part(gates, gate, 1));
    emitter.arith(TiuOp::Mul, c, c, forget, 0)?;
    emitter.arith(TiuOp::Mul, new, new, input, 0)?;
    emitter.arith(TiuOp::Add, c, c, new, 0)?;
    emitter.copy(input, c)?;
    tanh(emitter, h, input, scratch(1))?;
    emitter.arith(TiuOp::Mul, h, h, output, 0)
}
