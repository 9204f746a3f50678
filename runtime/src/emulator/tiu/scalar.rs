//! Task type 8: f32 arithmetic on aligned tensors.

use super::{arith, operand0, operand1, require, result_layout, result_shape};
use crate::emulator::error::Problem;
use crate::emulator::memory::Memory;
use crate::isa::{Precision, TiuCommand, TiuOp};

pub(super) fn execute(op: TiuOp, command: &TiuCommand, memory: &mut Memory) -> Result<(), Problem> {
    let shape = result_shape(command);
    let result = result_layout(command)?;
    let (a, a_precision) = operand0(command, shape)?;
    let (b, b_precision) = operand1(command, shape)?;
    let float = Precision::Float32;
    require(
        a_precision == float && b_precision == float && command.opt_res0_prec() == float.code(),
        "scalar operations on integers",
    )?;
    arith::float(op, 0, &result, a, b, memory)
}
