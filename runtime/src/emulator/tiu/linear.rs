//! Task type 10: f32 tensor with one value per channel, broadcast over batches, rows and columns.

use super::{operand0, require, result_layout, result_shape};
use crate::emulator::error::Problem;
use crate::emulator::lanes::{Lanes, for_each_plane};
use crate::emulator::layout::{Layout, Shape, Strides};
use crate::emulator::memory::Memory;
use crate::isa::{Precision, TiuCommand, TiuOp};

/// One word per channel, rows of channels one word apart; or a constant.
fn per_channel(
    what: &'static str,
    constant: u64,
    address: u64,
    shape: Shape,
    local: &[u8],
) -> Result<Vec<f32>, Problem> {
    if constant == 1 {
        return Ok(vec![f32::from_bits(address as u32); shape.c]);
    }
    let shape = Shape {
        n: 1,
        h: 1,
        w: 1,
        ..shape
    };
    let layout = Layout::new(
        what,
        address,
        Precision::Float32,
        shape,
        Strides::Words([0, 1, 0, 0]),
    )?;
    let lanes = Lanes::All(local);
    let read = |c| {
        let (lane, row) = layout.lane_row(c);
        let mut value = [0.0];
        layout.read_f32(lanes.lane(lane), 0, row, &mut value);
        value[0]
    };
    Ok((0..shape.c).map(read).collect())
}

pub(super) fn execute(op: TiuOp, command: &TiuCommand, memory: &mut Memory) -> Result<(), Problem> {
    let shape = result_shape(command);
    let result = result_layout(command)?;
    require(command.opt_opd0_const() == 0, "a constant operand 0")?;
    let (x, precision) = operand0(command, shape)?;
    let float = Precision::Float32;
    require(
        precision == float && command.opt_res0_prec() == float.code(),
        "linear operations on integers",
    )?;
    let addend = per_channel(
        "operand 1",
        command.opt_opd1_const(),
        command.opd1_addr(),
        shape,
        memory.local(),
    )?;
    let factor = if op == TiuOp::LinearMac {
        per_channel(
            "operand 2",
            command.opt_opd2_const(),
            command.opd2_addr(),
            shape,
            memory.local(),
        )?
    } else {
        vec![1.0; shape.c]
    };
    let starts = [x.start_lane(&result)];
    let compute = |lanes: &Lanes<'_>, c: usize, n: usize, input: &mut Vec<f32>, out: &mut [f32]| {
        input.resize(out.len(), 0.0);
        x.read_f32(lanes, c, n, input);
        kernel(op, input, addend[c], factor[c], out);
    };
    for_each_plane(memory.local_mut(), &result, &starts, compute, Layout::write_f32);
    Ok(())
}

#[inline(never)]
fn kernel(op: TiuOp, input: &[f32], addend: f32, factor: f32, out: &mut [f32]) {
    for (slot, x) in out.iter_mut().zip(input) {
        *slot = match op {
            TiuOp::LinearMac => x * factor + addend,
            TiuOp::LinearSumSquare => (x + addend) * (x + addend),
            _ => (x - addend) * (x - addend),
        };
    }
}
