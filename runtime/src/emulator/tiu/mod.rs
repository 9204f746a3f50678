//! TIU operations, one file per task type.

mod arith;
mod conv;
mod linear;
pub(super) mod lut;
mod matmul;
mod outer;
mod pool;
pub(super) mod rounding;
mod scalar;
mod select;
mod sfu;
mod window;

use super::Backend;
use super::error::Problem;
use super::layout::{Layout, Shape, Strides};
use super::memory::Memory;
use crate::isa::{Precision, TiuCommand, TiuOp};

/// Executes one command.
///
/// # Errors
/// [`Problem`] when a field is illegal; memory is unchanged then.
pub(super) fn execute(command: &TiuCommand, memory: &mut Memory, backend: Backend) -> Result<(), Problem> {
    let op = command.op().ok_or(Problem::UnknownCode {
        field: "tsk_typ/tsk_eu_typ",
        code: command.tsk_typ() * 100 + command.tsk_eu_typ(),
    })?;
    require(command.opt_winograd() == 0, "opt_winograd")?;
    require(
        command.opt_left_tran() == 0 || op == TiuOp::MatMul,
        "opt_left_tran outside of a matrix product",
    )?;
    #[cfg(feature = "jit")]
    if super::specialise::command(op, command, memory, backend.jit) {
        return Ok(());
    }
    match op {
        TiuOp::Conv => conv::execute(command, memory, backend),
        TiuOp::Depthwise => pool::depthwise(command, memory),
        TiuOp::MaxPool => pool::max_pool(command, memory),
        TiuOp::MatMul => matmul::execute(command, memory),
        TiuOp::Mul
        | TiuOp::Mac
        | TiuOp::Add
        | TiuOp::Sub
        | TiuOp::Max
        | TiuOp::Min
        | TiuOp::Shift
        | TiuOp::And
        | TiuOp::Or
        | TiuOp::Xor
        | TiuOp::SelectGreater
        | TiuOp::SelectEqual
        | TiuOp::Divide
        | TiuOp::Copy => arith::execute(op, command, memory),
        TiuOp::Lut => lut::execute(command, memory),
        TiuOp::ScalarMul | TiuOp::ScalarAdd | TiuOp::ScalarSub | TiuOp::ScalarDivide => {
            scalar::execute(op, command, memory)
        }
        TiuOp::Taylor | TiuOp::FloatToInt | TiuOp::IntNormalize | TiuOp::FloatNormalize | TiuOp::Rsqrt => {
            sfu::execute(op, command, memory)
        }
        TiuOp::LinearMac | TiuOp::LinearSumSquare | TiuOp::LinearDifferenceSquare => {
            linear::execute(op, command, memory)
        }
        TiuOp::Compare | TiuOp::Select | TiuOp::CompareSelect => select::execute(op, command, memory),
        TiuOp::OuterMul
        | TiuOp::OuterAdd
        | TiuOp::OuterSub
        | TiuOp::OuterMax
        | TiuOp::OuterMin
        | TiuOp::OuterDivide => outer::execute(op, command, memory),
    }
}

fn precision(field: &'static str, code: u64) -> Result<Precision, Problem> {
    Precision::from_code(code).ok_or(Problem::UnknownCode { field, code })
}

fn require(condition: bool, what: &str) -> Result<(), Problem> {
    if condition {
        Ok(())
    } else {
        Err(Problem::unsupported(what))
    }
}

pub(super) fn result_shape(command: &TiuCommand) -> Shape {
    Shape::new(
        command.res0_n(),
        command.res0_c(),
        command.res0_h(),
        command.res0_w(),
    )
}

fn result_strides(command: &TiuCommand) -> Strides {
    Strides::from_fields(
        command.short_res0_str(),
        [
            command.res0_n_str(),
            command.res0_c_str(),
            command.res0_h_str(),
            command.res0_w_str(),
        ],
    )
}

fn operand0_strides(command: &TiuCommand) -> Strides {
    Strides::from_fields(
        command.short_opd0_str(),
        [
            command.opd0_n_str(),
            command.opd0_c_str(),
            command.opd0_h_str(),
            command.opd0_w_str(),
        ],
    )
}

fn operand1_strides(command: &TiuCommand) -> Strides {
    Strides::from_fields(
        command.short_opd1_str(),
        [
            command.opd1_n_str(),
            command.opd1_c_str(),
            command.opd1_h_str(),
            command.opd1_w_str(),
        ],
    )
}

/// Placement of result 0 as the command's fields say.
pub(super) fn result_layout(command: &TiuCommand) -> Result<Layout, Problem> {
    let precision = precision("opt_res0_prec", command.opt_res0_prec())?;
    Layout::new(
        "result",
        command.res0_addr(),
        precision,
        result_shape(command),
        result_strides(command),
    )
}

/// Placement of result 0 of a convolution or a sum over windows of this input: aligned, whatever the command says about
/// strides. 16-bit results of 8-bit inputs take two words for each position.
fn window_result(command: &TiuCommand, input: Precision, result: Precision) -> Result<Layout, Problem> {
    let strides = if (input, result) == (Precision::Int8, Precision::Int16) {
        Strides::AlignedPairs
    } else {
        Strides::Aligned
    };
    Layout::new(
        "result",
        command.res0_addr(),
        result,
        result_shape(command),
        strides,
    )
}

/// An element-wise operand.
#[derive(Clone, Copy)]
pub(super) enum Operand {
    /// The bits of the address field.
    Constant(u32),
    /// A tensor in local memory.
    Tensor(Layout),
}

impl Operand {
    fn start_lane(&self, result: &Layout) -> usize {
        match self {
            Operand::Constant(_) => result.start_lane,
            Operand::Tensor(layout) => layout.start_lane,
        }
    }

    /// Reads a plane of floats.
    fn read_f32(&self, lanes: &super::lanes::Lanes<'_>, c: usize, n: usize, out: &mut [f32]) {
        match self {
            Operand::Constant(bits) => out.fill(f32::from_bits(*bits)),
            Operand::Tensor(layout) => {
                let (lane, row) = layout.lane_row(c);
                layout.read_f32(lanes.lane(lane), n, row, out);
            }
        }
    }
}

/// Operand 0 of an element-wise operation: a constant, or a tensor of the result's shape.
pub(super) fn operand0(command: &TiuCommand, shape: Shape) -> Result<(Operand, Precision), Problem> {
    let precision = precision("opt_opd0_prec", command.opt_opd0_prec())?;
    if command.opt_opd0_const() == 1 {
        return Ok((Operand::Constant(command.opd0_addr() as u32), precision));
    }
    let layout = Layout::new(
        "operand 0",
        command.opd0_addr(),
        precision,
        shape,
        operand0_strides(command),
    )?;
    Ok((Operand::Tensor(layout), precision))
}

/// Operand 1 of an element-wise operation: a constant, or a tensor of the result's shape.
pub(super) fn operand1(command: &TiuCommand, shape: Shape) -> Result<(Operand, Precision), Problem> {
    let precision = precision("opt_opd1_prec", command.opt_opd1_prec())?;
    if command.opt_opd1_const() == 1 {
        return Ok((Operand::Constant(command.opd1_addr() as u32), precision));
    }
    let layout = Layout::new(
        "operand 1",
        command.opd1_addr(),
        precision,
        shape,
        operand1_strides(command),
    )?;
    Ok((Operand::Tensor(layout), precision))
}
