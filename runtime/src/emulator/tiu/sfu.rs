//! Task type 9: special functions of f32 tensors.

use super::rounding::reciprocal_square_root;
use super::{lut, operand0, require, result_layout, result_shape};
use crate::emulator::error::Problem;
use crate::emulator::lanes::{Lanes, for_each_plane};
use crate::emulator::layout::Layout;
use crate::emulator::memory::Memory;
use crate::isa::{Precision, TiuCommand, TiuOp};

pub(super) fn execute(op: TiuOp, command: &TiuCommand, memory: &mut Memory) -> Result<(), Problem> {
    let result = result_layout(command)?;
    require(command.opt_opd0_const() == 0, "a constant operand 0")?;
    let (x, precision) = operand0(command, result_shape(command))?;
    require(precision == Precision::Float32, "special functions of integers")?;
    require(
        result.size == 4,
        "special functions with results that are not 32 bits wide",
    )?;
    let coefficients: Vec<f32> = if op == TiuOp::Taylor {
        let count = command.opd1_n() as usize;
        if count == 0 {
            return Err(Problem::sizes("a polynomial without coefficients (opd1_n = 0)"));
        }
        lut::words(memory.l2(), command.opd1_addr(), count)?
            .into_iter()
            .map(f32::from_bits)
            .collect()
    } else {
        Vec::new()
    };
    let starts = [x.start_lane(&result)];
    let compute = |lanes: &Lanes<'_>, c: usize, n: usize, input: &mut Vec<f32>, out: &mut [f32]| {
        input.resize(out.len(), 0.0);
        x.read_f32(lanes, c, n, input);
        match op {
            TiuOp::Taylor => polynomial(input, &coefficients, out),
            TiuOp::FloatToInt => map(input, out, |x| f32::from_bits(truncate(x).cast_unsigned())),
            TiuOp::IntNormalize => map(input, out, |x| f32::from_bits(exponent(x))),
            TiuOp::FloatNormalize => map(input, out, power_of_two),
            _ => map(input, out, reciprocal_square_root),
        }
    };
    for_each_plane(memory.local_mut(), &result, &starts, compute, Layout::write_f32);
    Ok(())
}

#[inline(always)]
fn map(input: &[f32], out: &mut [f32], f: impl Fn(f32) -> f32) {
    for (slot, x) in out.iter_mut().zip(input) {
        *slot = f(*x);
    }
}

/// Horner from the last coefficient, then one more multiplication by `x`.
#[inline(never)]
fn polynomial(input: &[f32], coefficients: &[f32], out: &mut [f32]) {
    let Some((last, rest)) = coefficients.split_last() else {
        return;
    };
    // Blocks keep the running values in cache and let the inner loop use vectors.
    for (out, input) in out.chunks_mut(64).zip(input.chunks(64)) {
        out.fill(*last);
        for coefficient in rest.iter().rev() {
            for (slot, x) in out.iter_mut().zip(input) {
                *slot = *slot * x + coefficient;
            }
        }
        for (slot, x) in out.iter_mut().zip(input) {
            *slot *= x;
        }
    }
}

/// Toward zero, saturating; NaN gives the largest integer.
fn truncate(x: f32) -> i32 {
    if x.is_nan() { i32::MAX } else { x as i32 }
}

/// Biased exponent; for positive values one more when the value is above 4/3 of its power of two.
fn exponent(x: f32) -> u32 {
    let bits = x.to_bits();
    if bits >> 31 == 0 {
        (bits + 0x55_5554) >> 23
    } else {
        (bits >> 23) & 0xff
    }
}

/// The power of two that belongs to [`exponent`], with the sign of `x`.
fn power_of_two(x: f32) -> f32 {
    let bits = x.to_bits();
    let sum = if bits >> 31 == 0 { bits + 0x55_5554 } else { bits };
    f32::from_bits((sum & 0x7f80_0000) | (bits & 0x8000_0000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn truncation_saturates() {
        for (x, expected) in [
            (1.9, 1),
            (-1.9, -1),
            (3e9, i32::MAX),
            (-3e9, i32::MIN),
            (f32::NAN, i32::MAX),
        ] {
            assert_eq!(truncate(x), expected, "{x}");
        }
    }

    #[test]
    fn exponents_round_up_above_four_thirds() {
        for (x, expected) in [
            (1.0, 127),
            (1.3333, 127),
            (1.3334, 128),
            (-1.9, 127),
            (0.0, 0),
            (f32::INFINITY, 255),
        ] {
            assert_eq!(exponent(x), expected, "{x}");
        }
        assert_eq!(exponent(f32::from_bits(0x7fc0_0000)), 256);
        assert_eq!(
            [power_of_two(1.5), power_of_two(-1.5), power_of_two(1.25)],
            [2.0, -1.0, 1.0]
        );
    }

    #[test]
    fn polynomials_have_no_constant_term() {
        let mut out = [0.0; 2];
        polynomial(&[2.0, -1.0], &[1.0, 0.5], &mut out);
        assert_eq!(out, [4.0, -0.5]);
    }
}
