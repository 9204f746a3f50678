//! Which commands are loops that the JIT can compile, and running them so.
//!
//! A command qualifies when the interpreter's promise (all results of a lane are computed before the first is
//! written) makes no difference: each operand lies in the result's lanes, and either exactly where the result does,
//! without any element sharing a place with another, or entirely apart from it. Everything else, errors included, is
//! left to the interpreter: `false` means that nothing was done.

mod dma;
#[cfg(test)]
mod tests;

pub(super) use dma::copy;
use rayon::prelude::*;

use super::float_mode::FlushDenormals;
use super::lanes::PARALLEL_ELEMENTS;
use super::layout::Layout;
use super::memory::Memory;
use super::tiu::{Operand, lut, operand0, operand1, result_layout, result_shape, rounding::Requantise};
use crate::isa::memory_map::{LANE_BYTES, LANE_COUNT};
use crate::isa::{Precision, TiuCommand, TiuOp};
use crate::jit::{self, Access, Compiled, Element, Loop, Mode, Narrow, Numbers, Operation, Place, Source};

/// A tensor or constant with the type its elements are read as.
struct Input {
    operand: Operand,
    element: Element,
}

struct Task {
    operation: Operation,
    result: Layout,
    result_element: Element,
    a: Input,
    b: Option<Input>,
    immediate: u32,
    table: Option<Vec<u32>>,
}

/// Runs the command as compiled loops if it is of that kind and code is there or pays.
pub(super) fn command(op: TiuOp, command: &TiuCommand, memory: &mut Memory, mode: Mode) -> bool {
    if mode == Mode::Off {
        return false;
    }
    describe(op, command, memory).is_some_and(|task| task.run(memory, mode))
}

fn integer(precision: Precision, signed: bool) -> Element {
    Element::Integer {
        bytes: precision.bytes() as u8,
        signed,
    }
}

fn describe(op: TiuOp, command: &TiuCommand, memory: &Memory) -> Option<Task> {
    let result = result_layout(command).ok()?;
    let shape = result_shape(command);
    let result_precision = Precision::from_code(command.opt_res0_prec())?;
    let (a, a_precision) = operand0(command, shape).ok()?;
    if op == TiuOp::Lut {
        let fits = a_precision.bytes() == 4
            && result.size == 4
            && command.opd1_h() == 8
            && matches!(a, Operand::Tensor(_));
        return fits.then(|| {
            Some(Task {
                operation: Operation::LookUp,
                result,
                result_element: integer(Precision::Int32, false),
                a: Input {
                    operand: a,
                    element: integer(Precision::Int32, false),
                },
                b: None,
                immediate: 0,
                table: Some(lut::words(memory.l2(), command.opd1_addr(), lut::ENTRIES).ok()?),
            })
        })?;
    }
    let (b, b_precision) = if op == TiuOp::Copy {
        (Operand::Constant(0), a_precision)
    } else {
        operand1(command, shape).ok()?
    };
    let scalar = matches!(
        op,
        TiuOp::ScalarMul | TiuOp::ScalarAdd | TiuOp::ScalarSub | TiuOp::ScalarDivide
    );
    // As in `tiu/arith.rs`: f32 has a stride of 0 for that.
    let broadcast = |operand, precision, single: u64| match operand {
        Operand::Tensor(layout) if !scalar && precision != Precision::Float32 => {
            Operand::Tensor(layout.broadcast_batch(single == 1))
        }
        other => other,
    };
    let (a, b) = (
        broadcast(a, a_precision, command.opd0_neq1()),
        broadcast(b, b_precision, command.opd1_neq1()),
    );
    let float = |operation| {
        let all = [a_precision, b_precision, result_precision];
        all.iter()
            .all(|precision| *precision == Precision::Float32)
            .then_some((operation, [Element::Float; 3]))
    };
    let sizes_agree = a_precision.bytes() == result.size && b_precision.bytes() == result.size;
    let bits = |operation| sizes_agree.then_some((operation, [integer_of_size(result.size); 3]));
    let is_float = [a_precision, b_precision, result_precision].contains(&Precision::Float32);
    let (operation, [a_element, b_element, result_element]) = match op {
        TiuOp::And => bits(Operation::And),
        TiuOp::Or => bits(Operation::Or),
        TiuOp::Xor => bits(Operation::Xor),
        TiuOp::Copy => bits(Operation::Copy),
        TiuOp::Shift => shift(command, &result, a_precision, b, b_precision),
        TiuOp::ScalarMul => float(Operation::FloatMul),
        TiuOp::ScalarAdd => float(Operation::FloatAdd),
        TiuOp::ScalarSub => float(Operation::FloatSub),
        TiuOp::ScalarDivide | TiuOp::Divide => float(Operation::FloatDivide),
        TiuOp::SelectGreater => float(Operation::FloatSelectGreater),
        TiuOp::SelectEqual => float(Operation::FloatSelectEqual),
        TiuOp::Mul if is_float => float(Operation::FloatMul),
        TiuOp::Add if is_float => float(Operation::FloatAdd),
        TiuOp::Sub if is_float => float(Operation::FloatSub),
        TiuOp::Max if is_float => float(Operation::FloatMax),
        TiuOp::Min if is_float => float(Operation::FloatMin),
        TiuOp::Mac if is_float => float(Operation::FloatMac),
        _ => integers(op, command, a_precision, b_precision, result_precision),
    }?;
    Some(Task {
        operation,
        result,
        result_element,
        a: Input {
            operand: a,
            element: a_element,
        },
        b: Some(Input {
            operand: b,
            element: b_element,
        }),
        immediate: command.opd2_addr() as u32,
        table: None,
    })
}

fn integer_of_size(size: usize) -> Element {
    Element::Integer {
        bytes: size as u8,
        signed: false,
    }
}

fn integers(
    op: TiuOp,
    command: &TiuCommand,
    a: Precision,
    b: Precision,
    result: Precision,
) -> Option<(Operation, [Element; 3])> {
    let products = op == TiuOp::Mul;
    let width = if products { 1 } else { 2 };
    if a.bytes() > width || b.bytes() > width || result.bytes() > 2 {
        return None;
    }
    let [a_signed, b_signed] = [command.opt_opd0_sign() == 1, command.opt_opd1_sign() == 1];
    if a_signed != b_signed && result.bytes() == 1 && matches!(op, TiuOp::Max | TiuOp::Min) {
        return None;
    }
    let signed = a_signed || b_signed || op == TiuOp::Sub;
    let shift = if matches!(op, TiuOp::Max | TiuOp::Min) {
        0
    } else {
        command.opt_right_shift()
    };
    if shift > 29 {
        return None;
    }
    let limits = Requantise::new(shift, result, signed, false);
    let narrow = Narrow {
        shift: shift as u8,
        low: limits.low as i32,
        high: limits.high as i32,
    };
    let operation = match op {
        TiuOp::Mul => Operation::IntegerMul(narrow),
        TiuOp::Add => Operation::IntegerAdd(narrow),
        TiuOp::Sub => Operation::IntegerSub(narrow),
        TiuOp::Max => Operation::IntegerMax(narrow),
        TiuOp::Min => Operation::IntegerMin(narrow),
        _ => return None,
    };
    Some((
        operation,
        [integer(a, a_signed), integer(b, b_signed), integer(result, false)],
    ))
}

/// A shift by a constant amount of less than 32 places.
fn shift(
    command: &TiuCommand,
    result: &Layout,
    a: Precision,
    b: Operand,
    b_precision: Precision,
) -> Option<(Operation, [Element; 3])> {
    let Operand::Constant(bits) = b else {
        return None;
    };
    let amount = bits as i8;
    let fits = a.bytes() == result.size && result.size > 1 && b_precision != Precision::Float32;
    if !fits || amount.unsigned_abs() >= 32 {
        return None;
    }
    let operation = if amount >= 0 {
        Operation::ShiftLeft
    } else {
        Operation::ShiftRight
    };
    let element = Element::Integer {
        bytes: result.size as u8,
        signed: command.opt_shift_typ() == 1,
    };
    Some((operation, [element; 3]))
}

impl Task {
    fn run(&self, memory: &mut Memory, mode: Mode) -> bool {
        let Some(inputs) = self.inputs() else {
            return false;
        };
        let shape = self.result.shape;
        let [a, b] = inputs;
        let layouts: Vec<Layout> = [a.0, b.0].into_iter().flatten().collect();
        let one_row = shape.h == 1
            || layouts.iter().chain([&self.result]).all(|layout| {
                let [row, column] = layout.plane_strides();
                row == column * shape.w
            });
        let (rows, columns) = if one_row {
            (1, shape.plane())
        } else {
            (shape.h, shape.w)
        };
        let numbers = Numbers {
            rows: rows as u64,
            columns: columns as u64,
            constant_a: constant(Some(&self.a)),
            constant_b: match self.operation {
                Operation::ShiftLeft | Operation::ShiftRight => {
                    u32::from((constant(self.b.as_ref()) as i8).unsigned_abs())
                }
                _ => constant(self.b.as_ref()),
            },
            immediate: self.immediate,
        };
        // Batches that share a word stand at different places in it.
        let slots = shape.n.min(4 / self.result.size.min(smallest(&layouts)));
        let mut codes: Vec<Compiled> = Vec::with_capacity(slots);
        for n in 0..slots {
            let access = |layout: &Layout, element| access(layout, element, n, one_row);
            let source = |(layout, element): (Option<Layout>, Element)| match layout {
                None => Source::Constant,
                Some(layout) if layout == self.result => Source::Result(element),
                Some(layout) => Source::Memory(access(&layout, element)),
            };
            let key = Loop {
                operation: self.operation,
                result: access(&self.result, self.result_element),
                a: source(a),
                b: match &self.table {
                    Some(_) => Source::Memory(Access {
                        element: self.result_element,
                        row_stride: 0,
                        column_stride: 4,
                        in_word: None,
                    }),
                    None => source(b),
                },
            };
            match jit::compiled(&key, (shape.elements() / slots) as u64, mode) {
                Some(code) => codes.push(code),
                None => return false,
            }
        }
        let table: &[u8] = bytemuck::cast_slice(self.table.as_deref().unwrap_or_default());
        let run_lane = |(lane, bytes): (usize, &mut [u8])| {
            let _flush = FlushDenormals::new();
            let first = (lane + LANE_COUNT - self.result.start_lane) % LANE_COUNT;
            for c in (first..shape.c).step_by(LANE_COUNT) {
                let row = self.result.lane_row(c).1;
                for n in 0..shape.n {
                    let start = |layout: &Layout| {
                        let start = layout.plane_start(n, row);
                        if layout.size < 4 { start & !3 } else { start }
                    };
                    let place = |layout: Option<Layout>| match layout {
                        Some(layout) if layout != self.result => Place::Here(start(&layout)),
                        _ => Place::None,
                    };
                    let second = if self.table.is_some() {
                        Place::There(table, 0)
                    } else {
                        place(b.0)
                    };
                    codes[n % slots].run(bytes, start(&self.result), [place(a.0), second], &numbers);
                }
            }
        };
        let local = memory.local_mut();
        if shape.elements() >= PARALLEL_ELEMENTS {
            local
                .par_chunks_exact_mut(LANE_BYTES)
                .enumerate()
                .for_each(run_lane);
        } else {
            local.chunks_exact_mut(LANE_BYTES).enumerate().for_each(run_lane);
        }
        true
    }

    /// Placements of the operands that are tensors; `None` when one lies so that the order of elements matters.
    fn inputs(&self) -> Option<[(Option<Layout>, Element); 2]> {
        let reads_result = self.operation == Operation::FloatMac;
        if reads_result && !self.result.is_injective() {
            return None;
        }
        let check = |input: &Input| -> Option<(Option<Layout>, Element)> {
            let Operand::Tensor(layout) = input.operand else {
                return Some((None, input.element));
            };
            let (own, other) = (self.result.words(), layout.words());
            let apart = own.end <= other.start || other.end <= own.start;
            let same = layout == self.result && self.result.is_injective();
            (layout.start_lane == self.result.start_lane && (apart || same))
                .then_some((Some(layout), input.element))
        };
        let a = check(&self.a)?;
        let b = self.b.as_ref().map_or(Some((None, self.result_element)), check)?;
        Some([a, b])
    }
}

/// The size of the smallest element.
fn smallest(layouts: &[Layout]) -> usize {
    layouts.iter().map(|layout| layout.size).min().unwrap_or(4)
}

/// The bits of a constant as its loop takes them: cut to the precision, widened.
fn constant(input: Option<&Input>) -> u32 {
    let Some(Input {
        operand: Operand::Constant(bits),
        element,
    }) = input
    else {
        return 0;
    };
    match element {
        Element::Integer {
            bytes: 1,
            signed: false,
        } => u32::from(*bits as u8),
        Element::Integer {
            bytes: 1,
            signed: true,
        } => i32::from(*bits as i8) as u32,
        Element::Integer {
            bytes: 2,
            signed: false,
        } => u32::from(*bits as u16),
        Element::Integer {
            bytes: 2,
            signed: true,
        } => i32::from(*bits as i16) as u32,
        _ => *bits,
    }
}

fn access(layout: &Layout, element: Element, n: usize, one_row: bool) -> Access {
    let [row_stride, column_stride] = layout.plane_strides().map(|stride| stride as u32);
    Access {
        element,
        row_stride: if one_row { 0 } else { row_stride },
        column_stride,
        // Only the place in the word counts; rows of channels are whole words apart.
        in_word: (layout.size < 4).then(|| (layout.plane_start(n, 0) & 3) as u8),
    }
}
