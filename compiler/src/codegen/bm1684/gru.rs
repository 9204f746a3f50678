//! `tpu.GRU`, f32, gates in the order update, reset, hidden: `h = (1 - update) * new + update * h` where `new` is
//! `tanh(x + reset * (R h + b))`, or `tanh(x + R (reset * h) + b)` without `linear_before_reset`.

use super::codegen::Codegen;
use super::emitter::Emitter;
use super::error::Result;
use super::recurrence::{Recurrence, Step, gate_range, sigmoid, tanh};
use tpuc_dialects::ir::Op;
use tpuc_runtime::isa::TiuOp;

/// Emits the commands.
///
/// # Errors
/// When the layer does not fit the chip.
pub fn emit(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let linear_before_reset = cg.ctx().get_bool(op, "linear_before_reset").unwrap_or(true);
    let layer = Recurrence::of(cg, op, 3, 1)?;
    layer.emit(&mut cg.emitter, &|emitter, step| {
        cell(emitter, step, linear_before_reset)
    })
}

fn cell(emitter: &mut Emitter, step: &Step<'_>, linear_before_reset: bool) -> Result<()> {
    let &[h] = step.states else { return Ok(()) };
    let [sums, gates, other] = step.scratch;
    let part = |tensor, start, count| gate_range(tensor, start, count);
    let scratch = |count| part(other, 0, count);
    for gate in 0..2 {
        step.product(emitter, gate, h, part(sums, gate, 1))?;
    }
    let both = part(sums, 0, 2);
    emitter.arith(TiuOp::Add, both, both, part(step.from_input, 0, 2), 0)?;
    sigmoid(emitter, part(gates, 0, 2), both, scratch(2))?;
    let [update, reset, new] = [0, 1, 2].map(|gate| part(gates, gate, 1));
    let sum = part(sums, 2, 1);
    if linear_before_reset {
        step.product(emitter, 2, h, sum)?;
        emitter.arith(TiuOp::Mul, sum, sum, reset, 0)?;
    } else {
        emitter.arith(TiuOp::Mul, reset, reset, h, 0)?;
        step.product(emitter, 2, reset, sum)?;
    }
    emitter.arith(TiuOp::Add, sum, sum, part(step.from_input, 2, 1), 0)?;
    tanh(emitter, new, sum, scratch(1))?;
    // new + update * (h - new)
    emitter.arith(TiuOp::Sub, h, h, new, 0)?;
    emitter.arith(TiuOp::Mul, h, h, update, 0)?;
    emitter.arith(TiuOp::Add, h, h, new, 0)
}
