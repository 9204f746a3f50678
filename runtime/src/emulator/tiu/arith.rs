//! Task type 3: element-wise arithmetic of two tensors, or a tensor and a constant, with free strides.
//!
//! f32: every operation rounds once, denormals count as zero. Integers: exact, then a rounding right shift
//! (not for max and min) and saturation; the result is signed when an operand is, and always for a difference.
//! Mac adds the product to the old result (16 bit for integers). Shift takes the low byte of operand 1 as a signed
//! amount, positive to the left, without rounding or saturation.

use super::rounding::{Requantise, reciprocal};
use super::{Operand, operand0, operand1, precision, require, result_layout, result_shape, result_strides};
use crate::emulator::error::Problem;
use crate::emulator::lanes::{Lanes, for_each_plane};
use crate::emulator::layout::Layout;
use crate::emulator::memory::Memory;
use crate::isa::{Precision, TiuCommand, TiuOp};

pub(super) fn execute(op: TiuOp, command: &TiuCommand, memory: &mut Memory) -> Result<(), Problem> {
    let shape = result_shape(command);
    let result = result_layout(command)?;
    let (a, a_precision) = operand0(command, shape)?;
    let a = broadcast(a, a_precision, command.opd0_neq1());
    let (b, b_precision) = if op == TiuOp::Copy {
        (Operand::Constant(0), a_precision)
    } else {
        operand1(command, shape)?
    };
    let b = broadcast(b, b_precision, command.opd1_neq1());
    let result_precision = precision("opt_res0_prec", command.opt_res0_prec())?;
    let precisions = [a_precision, b_precision, result_precision];
    match op {
        TiuOp::Copy | TiuOp::And | TiuOp::Or | TiuOp::Xor => {
            require(
                precisions
                    .iter()
                    .all(|precision| precision.bytes() == result.size),
                "bitwise operations and copies between widths",
            )?;
            bitwise(op, &result, a, b, memory);
            Ok(())
        }
        TiuOp::Shift => {
            require(
                a_precision.bytes() == result.size && result.size > 1,
                "shift of 8-bit data or between widths",
            )?;
            require(b_precision != Precision::Float32, "shift by a float amount")?;
            shift(command, &result, a, b, memory);
            Ok(())
        }
        _ if precisions.contains(&Precision::Float32) => {
            require(
                precisions
                    .iter()
                    .all(|precision| *precision == Precision::Float32),
                "mixing f32 and integers",
            )?;
            float(op, command.opd2_addr() as u32, &result, a, b, memory)
        }
        _ => integer(op, command, &result, [a, b], precisions, memory),
    }
}

/// Every batch from the first, where batches share words: f32 has a stride of 0 for that and ignores the flag.
fn broadcast(operand: Operand, precision: Precision, single_batch: u64) -> Operand {
    match operand {
        Operand::Tensor(layout) => {
            Operand::Tensor(layout.broadcast_batch(single_batch == 1 && precision != Precision::Float32))
        }
        constant @ Operand::Constant(_) => constant,
    }
}

/// Operand planes of one lane.
#[derive(Default)]
struct Planes<T> {
    a: Vec<T>,
    b: Vec<T>,
}

/// f32 operations on two operands; also used by the scalar task type. `immediate` is what the selects give.
pub(super) fn float(
    op: TiuOp,
    immediate: u32,
    result: &Layout,
    a: Operand,
    b: Operand,
    memory: &mut Memory,
) -> Result<(), Problem> {
    let kernel = float_kernel(op)?;
    let value = f32::from_bits(immediate);
    let starts = [a.start_lane(result), b.start_lane(result)];
    let local = memory.local_mut();
    let compute = |lanes: &Lanes<'_>, c: usize, n: usize, planes: &mut Planes<f32>, out: &mut [f32]| {
        if op == TiuOp::Mac {
            Operand::Tensor(*result).read_f32(lanes, c, n, out);
        }
        for (buffer, operand) in [(&mut planes.a, &a), (&mut planes.b, &b)] {
            // A constant is written once per lane.
            let fresh = buffer.len() != out.len();
            buffer.resize(out.len(), 0.0);
            if fresh || matches!(operand, Operand::Tensor(_)) {
                operand.read_f32(lanes, c, n, buffer);
            }
        }
        kernel(&planes.a, &planes.b, value, out);
    };
    for_each_plane(local, result, &starts, compute, Layout::write_f32);
    Ok(())
}

/// What an operation does to rows of two operands, with the immediate of the selects, into a row of results.
pub(super) type FloatKernel = fn(&[f32], &[f32], f32, &mut [f32]);

/// The kernel of an f32 operation on two operands.
pub(super) fn float_kernel(op: TiuOp) -> Result<FloatKernel, Problem> {
    let kernel: FloatKernel = match op {
        TiuOp::Mul | TiuOp::ScalarMul | TiuOp::OuterMul => |a, b, _, out| map(a, b, out, |a, b| a * b),
        TiuOp::Add | TiuOp::ScalarAdd | TiuOp::OuterAdd => |a, b, _, out| map(a, b, out, |a, b| a + b),
        TiuOp::Sub | TiuOp::ScalarSub | TiuOp::OuterSub => |a, b, _, out| map(a, b, out, |a, b| a - b),
        TiuOp::Divide | TiuOp::ScalarDivide | TiuOp::OuterDivide => {
            |a, b, _, out| map(a, b, out, |a, b| a * reciprocal(b))
        }
        TiuOp::Max | TiuOp::OuterMax => |a, b, _, out| map(a, b, out, maximum),
        TiuOp::Min | TiuOp::OuterMin => |a, b, _, out| map(a, b, out, |a, b| if a <= b { a } else { b }),
        TiuOp::SelectGreater => |a, b, value, out| map(a, b, out, |a, b| if a > b { value } else { 0.0 }),
        TiuOp::SelectEqual => |a, b, value, out| {
            map(
                a,
                b,
                out,
                |a, b| if a.to_bits() == b.to_bits() { value } else { 0.0 },
            );
        },
        TiuOp::Mac => |a, b, _, out| {
            for ((slot, a), b) in out.iter_mut().zip(a).zip(b) {
                *slot += a * b;
            }
        },
        _ => return Err(Problem::unsupported(format!("{} on f32", op.mnemonic()))),
    };
    Ok(kernel)
}

/// `a > b ? a : b`, with a denormal result flushed.
#[inline(always)]
pub(super) fn maximum(a: f32, b: f32) -> f32 {
    flush(if a > b { a } else { b })
}

/// Turns a denormal into zero of the same sign, whatever the host's mode.
#[inline(always)]
pub(super) fn flush(x: f32) -> f32 {
    let bits = x.to_bits();
    let keep = if bits & 0x7f80_0000 == 0 {
        0x8000_0000
    } else {
        u32::MAX
    };
    f32::from_bits(bits & keep)
}

#[inline(always)]
fn map(a: &[f32], b: &[f32], out: &mut [f32], f: impl Fn(f32, f32) -> f32) {
    for ((slot, a), b) in out.iter_mut().zip(a).zip(b) {
        *slot = f(*a, *b);
    }
}

/// Reads an operand's plane as integers; constants are cut to the precision first.
fn read_integers(
    operand: &Operand,
    precision: Precision,
    signed: bool,
    lanes: &Lanes<'_>,
    c: usize,
    n: usize,
    out: &mut [i32],
) {
    match operand {
        Operand::Constant(bits) => out.fill(match (precision.bytes(), signed) {
            (1, false) => i32::from(*bits as u8),
            (1, true) => i32::from(*bits as i8),
            (2, false) => i32::from(*bits as u16),
            (2, true) => i32::from(*bits as i16),
            _ => *bits as i32,
        }),
        Operand::Tensor(layout) => {
            let (lane, row) = layout.lane_row(c);
            layout.read_i32(lanes.lane(lane), n, row, signed, out);
        }
    }
}

/// Drives `kernel(a, b, out)` over planes of integers.
fn integer_planes(
    result: &Layout,
    operands: [(Operand, Precision, bool); 2],
    memory: &mut Memory,
    prepare: impl Fn(&Lanes<'_>, usize, usize, &mut [i32]) + Sync,
    kernel: impl Fn(&[i32], &[i32], &mut [i32]) + Sync,
) {
    let starts = operands.map(|(operand, ..)| operand.start_lane(result));
    let compute = |lanes: &Lanes<'_>, c: usize, n: usize, planes: &mut Planes<i32>, out: &mut [i32]| {
        prepare(lanes, c, n, out);
        for (buffer, (operand, precision, signed)) in
            [&mut planes.a, &mut planes.b].into_iter().zip(&operands)
        {
            let fresh = buffer.len() != out.len();
            buffer.resize(out.len(), 0);
            if fresh || matches!(operand, Operand::Tensor(_)) {
                read_integers(operand, *precision, *signed, lanes, c, n, buffer);
            }
        }
        kernel(&planes.a, &planes.b, out);
    };
    for_each_plane(memory.local_mut(), result, &starts, compute, Layout::write_i32);
}

#[inline(always)]
fn map_i32(a: &[i32], b: &[i32], out: &mut [i32], f: impl Fn(i32, i32) -> i32) {
    for ((slot, a), b) in out.iter_mut().zip(a).zip(b) {
        *slot = f(*a, *b);
    }
}

fn bitwise(op: TiuOp, result: &Layout, a: Operand, b: Operand, memory: &mut Memory) {
    let precision = match result.size {
        1 => Precision::Int8,
        2 => Precision::Int16,
        _ => Precision::Int32,
    };
    let operands = [(a, precision, false), (b, precision, false)];
    let kernel = |a: &[i32], b: &[i32], out: &mut [i32]| match op {
        TiuOp::And => map_i32(a, b, out, |a, b| a & b),
        TiuOp::Or => map_i32(a, b, out, |a, b| a | b),
        TiuOp::Xor => map_i32(a, b, out, |a, b| a ^ b),
        _ => out.copy_from_slice(a),
    };
    integer_planes(result, operands, memory, |_, _, _, _| {}, kernel);
}

fn shift(command: &TiuCommand, result: &Layout, a: Operand, b: Operand, memory: &mut Memory) {
    let arithmetic = command.opt_shift_typ() == 1;
    let precision = if result.size == 2 {
        Precision::Int16
    } else {
        Precision::Int32
    };
    // The amount is the low byte, whatever the precision, and that byte is the first of the element.
    let amount_precision = Precision::from_code(command.opt_opd1_prec()).unwrap_or(Precision::Int8);
    let operands = [(a, precision, arithmetic), (b, amount_precision, false)];
    let one = |value: i32, amount: i32| -> i32 {
        let amount = amount as i8;
        if amount >= 0 {
            value.checked_shl(amount as u32).unwrap_or(0)
        } else if arithmetic {
            value >> amount.unsigned_abs().min(31)
        } else {
            (value as u32)
                .checked_shr(u32::from(amount.unsigned_abs()))
                .unwrap_or(0) as i32
        }
    };
    let kernel = |a: &[i32], b: &[i32], out: &mut [i32]| match b.first() {
        // One amount for all: a loop without branches.
        Some(&first) if b.iter().all(|amount| *amount == first) => {
            let amount = first as i8;
            let places = u32::from(amount.unsigned_abs());
            match (amount >= 0, places < 32, arithmetic) {
                (true, true, _) => map_i32(a, b, out, |a, _| a << places),
                (false, true, false) => map_i32(a, b, out, |a, _| (a as u32 >> places) as i32),
                (false, true, true) => map_i32(a, b, out, |a, _| a >> places),
                (_, false, _) => map_i32(a, b, out, one),
            }
        }
        _ => map_i32(a, b, out, one),
    };
    integer_planes(result, operands, memory, |_, _, _, _| {}, kernel);
}

fn integer(
    op: TiuOp,
    command: &TiuCommand,
    result: &Layout,
    [a, b]: [Operand; 2],
    [a_precision, b_precision, result_precision]: [Precision; 3],
    memory: &mut Memory,
) -> Result<(), Problem> {
    require(
        a_precision.bytes() <= 2 && b_precision.bytes() <= 2 && result.size <= 2,
        "integer arithmetic on 32 bits (the vendor simulator gives no usable result)",
    )?;
    let products = matches!(op, TiuOp::Mul | TiuOp::Mac);
    require(
        !products || (a_precision == Precision::Int8 && b_precision == Precision::Int8),
        "integer products of 16-bit operands (the vendor simulator gives no usable result)",
    )?;
    let [a_signed, b_signed] = [command.opt_opd0_sign() == 1, command.opt_opd1_sign() == 1];
    require(
        a_signed == b_signed || result.size > 1 || !matches!(op, TiuOp::Max | TiuOp::Min),
        "maximum or minimum of a signed and an unsigned 8-bit operand",
    )?;
    require(
        result.size > 1
            || (a_precision == Precision::Int8 && b_precision == Precision::Int8)
            || !matches!(op, TiuOp::Max | TiuOp::Min),
        "maximum or minimum of 16-bit operands in 8 bits",
    )?;
    let signed = a_signed || b_signed || op == TiuOp::Sub;
    let shift = if matches!(op, TiuOp::Max | TiuOp::Min) {
        0
    } else {
        command.opt_right_shift()
    };
    let requantise = Requantise::new(shift, result_precision, signed, false);
    let operands = [(a, a_precision, a_signed), (b, b_precision, b_signed)];
    let nothing = |_: &Lanes<'_>, _: usize, _: usize, _: &mut [i32]| {};
    let mut run = |f: fn(i32, i32) -> i32| {
        let kernel = |a: &[i32], b: &[i32], out: &mut [i32]| {
            if shift <= 29 {
                map_i32(a, b, out, |a, b| requantise.apply_i32(f(a, b)));
            } else {
                map_i32(a, b, out, |a, b| requantise.apply(i64::from(f(a, b))) as i32);
            }
        };
        integer_planes(result, operands, memory, nothing, kernel);
    };
    match op {
        TiuOp::Mul => run(|a, b| a * b),
        TiuOp::Add => run(|a, b| a + b),
        TiuOp::Sub => run(|a, b| a - b),
        TiuOp::Max => run(i32::max),
        TiuOp::Min => run(i32::min),
        TiuOp::Mac => {
            let strides = result_strides(command);
            let old = Layout::new(
                "old result",
                command.res0_addr(),
                Precision::Int16,
                result.shape,
                strides,
            )?;
            let left = command.opt_left_shift();
            // The old result is signed when the new one is, whatever opt_res_add_sign says.
            let prepare = |lanes: &Lanes<'_>, c: usize, n: usize, out: &mut [i32]| {
                let (lane, row) = old.lane_row(c);
                old.read_i32(lanes.lane(lane), n, row, signed, out);
            };
            let kernel = |a: &[i32], b: &[i32], out: &mut [i32]| {
                for ((slot, a), b) in out.iter_mut().zip(a).zip(b) {
                    let sum = i64::from(a * b) + (i64::from(*slot) << left);
                    *slot = requantise.apply(sum) as i32;
                }
            };
            integer_planes(result, operands, memory, prepare, kernel);
        }
        _ => return Err(Problem::unsupported(format!("{} on integers", op.mnemonic()))),
    }
    Ok(())
}
