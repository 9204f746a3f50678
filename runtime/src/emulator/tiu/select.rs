//! Task type 13: maximum of two f32 tensors, selection between two values by their comparison, or both at once.

use super::{Operand, arith, operand1, require, result_shape};
use crate::emulator::error::Problem;
use crate::emulator::lanes::{Lanes, for_each_plane};
use crate::emulator::layout::{Layout, Strides};
use crate::emulator::memory::Memory;
use crate::isa::{Precision, TiuCommand, TiuOp};

pub(super) fn execute(op: TiuOp, command: &TiuCommand, memory: &mut Memory) -> Result<(), Problem> {
    let shape = result_shape(command);
    let float = Precision::Float32;
    let aligned = |what, address| Layout::new(what, address, float, shape, Strides::Aligned);
    let tensor_or_constant = |what, constant, address| -> Result<Operand, Problem> {
        if constant == 1 {
            Ok(Operand::Constant(address as u32))
        } else {
            Ok(Operand::Tensor(aligned(what, address)?))
        }
    };
    for (field, code) in [
        ("opt_res0_prec", command.opt_res0_prec()),
        ("opt_opd0_prec", command.opt_opd0_prec()),
    ] {
        require(code == float.code(), &format!("select with {field} = {code}"))?;
    }
    let a = tensor_or_constant("operand 0", command.opt_opd0_const(), command.opd0_addr())?;
    let (b, b_precision) = operand1(command, shape)?;
    require(b_precision == float, "select on integers")?;
    let when_greater = tensor_or_constant("operand 2", command.opt_opd2_const(), command.opd2_addr())?;
    let otherwise = tensor_or_constant("operand 3", command.opt_opd3_const(), command.opd3_addr())?;
    let operands = [a, b, when_greater, otherwise];
    if op != TiuOp::Select {
        // The maximum is written after the selection; what happens when it overlaps operands is not known.
        aligned("result", command.res0_addr())?;
    }
    if op != TiuOp::Compare {
        let result = aligned("second result", command.res1_addr())?;
        let starts = operands.map(|operand| operand.start_lane(&result));
        let compute = |lanes: &Lanes<'_>, c: usize, n: usize, planes: &mut [Vec<f32>; 4], out: &mut [f32]| {
            for (plane, operand) in planes.iter_mut().zip(&operands) {
                plane.resize(out.len(), 0.0);
                operand.read_f32(lanes, c, n, plane);
            }
            kernel(planes, out);
        };
        for_each_plane(memory.local_mut(), &result, &starts, compute, Layout::write_f32);
    }
    if op != TiuOp::Select {
        let result = aligned("result", command.res0_addr())?;
        arith::float(TiuOp::Max, 0, &result, a, b, memory)?;
    }
    Ok(())
}

/// The chosen value's bits are moved: denormals and NaN payloads survive.
#[inline(never)]
fn kernel([a, b, x, y]: &[Vec<f32>; 4], out: &mut [f32]) {
    for (index, slot) in out.iter_mut().enumerate() {
        *slot = if a[index] > b[index] { x[index] } else { y[index] };
    }
}
