//! Commands of the compute lanes.
//!
//! Every lane works on groups of 16 positions of one channel at a time, so a tensor takes
//! `batches x ceil(channels / 64) x ceil(positions / 16)` rounds, and a command costs so many cycles a round. Of 8-bit tensors
//! the four batches that share a word are one batch; with fewer than four the rest of the word is idle.

use super::{FLOAT_MACS_PER_CYCLE, INT8_MACS_PER_CYCLE, product};
use crate::isa::memory_map::LANE_COUNT;
use crate::isa::{Precision, TiuCommand, TiuOp};

/// Positions of a channel that a lane works on together.
const POSITIONS: u64 = 16;
/// Bytes that share a word.
const BATCHES_PER_WORD: u64 = 4;
/// Positions of a window operation on 8-bit tensors: there the lanes use all four bytes of a word for one batch.
const BYTE_POSITIONS: u64 = 64;
/// Columns of an 8-bit matrix product that a lane works on together.
const BYTE_COLUMNS: u64 = 64;
/// Iterations of the reciprocal square root take so many cycles a round.
const RSQRT_CYCLES: u64 = 27;
/// The reciprocal in a division is that, squared and multiplied.
const DIVIDE_CYCLES: u64 = RSQRT_CYCLES + 3;
/// Cycles a round of a table look-up: 16 positions, one after the other, and the way to L2.
const LUT_CYCLES: u64 = 24;

/// What a TIU command costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TiuCost {
    /// Cycles of the TIU's clock.
    pub cycles: u64,
    /// Multiply-adds of a convolution, window sum or matrix product; of other commands none are counted.
    pub macs: u64,
    /// Whether they are on 8-bit integers.
    integer: bool,
}

impl TiuCost {
    /// Cycles that the multiply-adds would take if all lanes were busy.
    #[must_use]
    pub fn peak_mac_cycles(&self) -> u64 {
        let rate = if self.integer {
            INT8_MACS_PER_CYCLE
        } else {
            FLOAT_MACS_PER_CYCLE
        };
        self.macs / rate
    }
}

/// Estimated cost of a TIU command; a command with an unknown operation costs nothing.
#[must_use]
pub fn tiu_cost(command: &TiuCommand) -> TiuCost {
    let integer = Precision::from_code(command.opt_opd0_prec()) == Some(Precision::Int8);
    let Some(op) = command.op() else {
        return TiuCost::default();
    };
    let (cycles, macs) = match op {
        TiuOp::Conv => convolution(command, integer),
        TiuOp::Depthwise | TiuOp::MaxPool => window(command, op, integer),
        TiuOp::MatMul => matrix_product(command, integer),
        _ => (element_wise(command, op), 0),
    };
    TiuCost {
        cycles,
        macs,
        integer,
    }
}

fn channel_rows(command: &TiuCommand) -> u64 {
    command.res0_c().div_ceil(LANE_COUNT as u64)
}

fn results(command: &TiuCommand) -> u64 {
    product(&[
        command.res0_n(),
        command.res0_c(),
        command.res0_h(),
        command.res0_w(),
    ])
}

fn has_bias(command: &TiuCommand) -> bool {
    command.tsk_opd_num() == 3
}

/// Two input channels in a cycle for f32, four for 8-bit integers, for each tap of the kernel; then some cycles to take
/// the bias and to write.
fn convolution(command: &TiuCommand, integer: bool) -> (u64, u64) {
    let taps = product(&[command.opd1_h(), command.opd1_w()]);
    let channels = command.opd0_c();
    let bias = if has_bias(command) { 2 } else { 0 };
    let (batches, tap_hundredths, fixed) = if integer {
        let groups = channels.div_ceil(4);
        // With few channels weights and input do not arrive in time: they come from a memory with a clock of its own.
        let hundredths = match groups {
            0..=2 => groups * 100 + 582,
            3..=6 => (groups * 100).max(300 + 55 * groups),
            _ => groups.saturating_mul(100),
        };
        (command.res0_n().div_ceil(BATCHES_PER_WORD), hundredths, 8 + bias)
    } else {
        let cycles = match channels {
            1 => command.res_op_x_str() + 1,
            3 => 5,
            _ => channels.div_ceil(2),
        };
        (command.res0_n(), cycles.saturating_mul(100), 3 + bias)
    };
    let positions = product(&[command.res0_h(), command.res0_w()]);
    let round = product(&[taps, tap_hundredths]).saturating_add(fixed * 100);
    let rounds = [batches, channel_rows(command), positions.div_ceil(POSITIONS)];
    let cycles = product(&[product(&rounds), round]) / 100;
    (cycles, product(&[results(command), channels, taps]))
}

/// A window slides over each channel: a cycle for each tap and for each column that it moves on.
fn window(command: &TiuCommand, op: TiuOp, integer: bool) -> (u64, u64) {
    let taps = product(&[command.opd1_h(), command.opd1_w()]);
    let steps = product(&[command.res_op_x_str() + 1, taps]);
    let positions = product(&[command.res0_h(), command.res0_w()]);
    let sums = op == TiuOp::Depthwise;
    let (width, round) = if integer {
        let round = if sums {
            steps.saturating_add(1)
        } else {
            steps.saturating_sub(1)
        };
        (BYTE_POSITIONS, round)
    } else {
        let round = steps.saturating_sub(command.opd1_h());
        (POSITIONS, if sums { round.saturating_add(5) } else { round })
    };
    let cycles = product(&[
        command.res0_n(),
        channel_rows(command),
        positions.div_ceil(width),
        round,
    ]);
    (
        cycles,
        if sums {
            product(&[results(command), taps])
        } else {
            0
        },
    )
}

/// One row of the left matrix after the other; a cycle for each element of the row.
fn matrix_product(command: &TiuCommand, integer: bool) -> (u64, u64) {
    let depth =
        product(&[command.opd0_c().saturating_sub(1), command.opd0_w()]).saturating_add(command.opd1_w());
    let (columns, start) = if integer {
        (BYTE_COLUMNS, 5)
    } else {
        (POSITIONS, 6)
    };
    let bias = if has_bias(command) { 2 } else { 0 };
    let sum = if command.opt_res_add() == 1 { 2 } else { 0 };
    let rows = command.opd0_n();
    let cycles = product(&[
        rows,
        channel_rows(command),
        command.res0_w().div_ceil(columns),
        depth.saturating_add(start + bias + sum),
    ]);
    (
        cycles,
        product(&[rows, command.res0_c(), command.res0_w(), depth]),
    )
}

/// Operations on each element.
fn element_wise(command: &TiuCommand, op: TiuOp) -> u64 {
    let result = Precision::from_code(command.opt_res0_prec());
    let narrow_result = matches!(result, Some(Precision::Int8 | Precision::Int16));
    let round = match op {
        TiuOp::Copy
        | TiuOp::ScalarMul
        | TiuOp::ScalarAdd
        | TiuOp::ScalarSub
        | TiuOp::FloatToInt
        | TiuOp::IntNormalize
        | TiuOp::FloatNormalize => 1,
        TiuOp::Divide | TiuOp::ScalarDivide => DIVIDE_CYCLES,
        TiuOp::Rsqrt => RSQRT_CYCLES,
        TiuOp::Lut => LUT_CYCLES,
        TiuOp::LinearMac | TiuOp::LinearSumSquare | TiuOp::LinearDifferenceSquare => 4,
        // Two multiplications and two additions for each coefficient.
        TiuOp::Taylor => command.opd1_n().saturating_mul(4).saturating_add(2),
        // Two operands are read one after the other.
        _ if !narrow_result => 2,
        TiuOp::Mac => 4,
        TiuOp::And | TiuOp::Or | TiuOp::Xor => 2,
        _ => narrow_arithmetic(command, result),
    };
    let batches = if narrow_result {
        command.res0_n().div_ceil(BATCHES_PER_WORD)
    } else {
        command.res0_n()
    };
    let positions = product(&[command.res0_h(), command.res0_w()]);
    product(&[
        batches,
        channel_rows(command),
        positions.div_ceil(POSITIONS),
        round,
    ])
}

/// Cycles a round of an operation with 8- or 16-bit results: 16-bit operands cost one more to read, 8-bit results one
/// more to saturate and pack.
fn narrow_arithmetic(command: &TiuCommand, result: Option<Precision>) -> u64 {
    let wide_operands = Precision::from_code(command.opt_opd0_prec()) != Some(Precision::Int8);
    2 + u64::from(wide_operands) + u64::from(result == Some(Precision::Int8))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::TiuField;

    fn command(op: TiuOp, precision: Precision, fields: &[(TiuField, u64)]) -> TiuCommand {
        let mut command = TiuCommand::new();
        command.set_op(op);
        for field in [
            TiuField::OptRes0Prec,
            TiuField::OptOpd0Prec,
            TiuField::OptOpd1Prec,
        ] {
            command.set(field, precision.code()).unwrap();
        }
        for (field, value) in fields {
            command.set(*field, *value).unwrap();
        }
        command
    }

    fn shape(n: u64, c: u64, h: u64, w: u64) -> Vec<(TiuField, u64)> {
        vec![
            (TiuField::Res0N, n),
            (TiuField::Res0C, c),
            (TiuField::Res0H, h),
            (TiuField::Res0W, w),
        ]
    }

    /// Cycles of commands as the vendor's static estimate prints them (`docs/cycle-model.md`).
    #[test]
    fn cycles_of_known_commands() {
        use Precision::{Float32, Int8, Int16};
        use TiuField::{
            Opd0C, Opd0N, Opd0W, Opd1H, Opd1N, Opd1W, OptOpd0Prec, OptOpd1Prec, ResOpXStr, TskOpdNum,
        };
        let conv = [(Opd0C, 64), (Opd1H, 1), (Opd1W, 1), (TskOpdNum, 3)];
        let first = [(Opd0C, 3), (Opd1H, 7), (Opd1W, 7), (TskOpdNum, 3), (ResOpXStr, 2)];
        let window = [(Opd1H, 3), (Opd1W, 3), (ResOpXStr, 2)];
        let matrix = [(Opd0N, 1), (Opd0C, 32), (Opd0W, 32), (Opd1W, 32), (TskOpdNum, 2)];
        let wide = [(OptOpd0Prec, Int16.code()), (OptOpd1Prec, Int16.code())];
        let rows: &[(TiuOp, Precision, Vec<(TiuField, u64)>, &[(TiuField, u64)], u64)] = &[
            (TiuOp::Conv, Float32, shape(1, 64, 30, 40), &conv, 2775),
            (TiuOp::Conv, Int8, shape(1, 64, 30, 40), &conv, 1950),
            (TiuOp::Conv, Int8, shape(4, 64, 30, 40), &conv, 1950),
            (TiuOp::Conv, Float32, shape(1, 64, 112, 112), &first, 196_000),
            (TiuOp::Depthwise, Float32, shape(1, 32, 60, 80), &window, 8700),
            (TiuOp::Depthwise, Int8, shape(1, 32, 60, 80), &window, 2100),
            (TiuOp::MaxPool, Float32, shape(1, 24, 44, 88), &window, 5808),
            (TiuOp::MatMul, Float32, shape(1, 32, 1, 32), &matrix, 2060),
            (TiuOp::Mul, Float32, shape(1, 3, 59, 352), &[], 2596),
            (TiuOp::Copy, Float32, shape(1, 48, 22, 22), &[], 31),
            (TiuOp::Add, Int8, shape(1, 48, 22, 22), &wide, 124),
            (TiuOp::Max, Int16, shape(4, 256, 56, 56), &[], 2352),
            (TiuOp::Taylor, Float32, shape(1, 64, 1, 80), &[(Opd1N, 32)], 650),
            (TiuOp::Lut, Float32, shape(1, 64, 1, 80), &[], 120),
            (TiuOp::Rsqrt, Float32, shape(1, 64, 73, 32), &[], 3942),
            (TiuOp::Divide, Float32, shape(6, 11, 39, 29), &[], 12_780),
        ];
        let mut wrong = Vec::new();
        for (op, precision, dims, more, expected) in rows {
            let found = tiu_cost(&command(*op, *precision, &[dims, *more].concat())).cycles;
            if found != *expected {
                wrong.push(format!(
                    "{} {}: {found}, expected {expected}",
                    op.mnemonic(),
                    precision.name()
                ));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn multiply_adds_are_counted() {
        let fields = [
            shape(2, 65, 3, 11),
            vec![(TiuField::Opd0C, 16), (TiuField::Opd1H, 3), (TiuField::Opd1W, 5)],
        ];
        let cost = tiu_cost(&command(TiuOp::Conv, Precision::Float32, &fields.concat()));
        assert_eq!(cost.macs, 2 * 65 * 33 * 16 * 15);
        assert!(cost.peak_mac_cycles() < cost.cycles);
        assert_eq!(
            tiu_cost(&command(TiuOp::Add, Precision::Float32, &fields.concat())).macs,
            0
        );
    }

    #[test]
    fn hostile_sizes_saturate() {
        let cost = tiu_cost(&TiuCommand([u64::MAX; 16]));
        assert_eq!(cost.macs, 0);
        for op in TiuOp::ALL {
            let mut command = TiuCommand([u64::MAX; 16]);
            command.set_op(*op);
            assert!(tiu_cost(&command).cycles > 0, "{}", op.mnemonic());
        }
    }
}
