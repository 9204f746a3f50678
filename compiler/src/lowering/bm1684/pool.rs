//! `top.AvgPool`, `top.MaxPool` -> `tpu.Pool1D`, `tpu.Pool2D`, `tpu.Pool3D`.
//!
//! INT8 for windows of up to 225 elements; larger ones do not fit the command and are computed in F32. The average divides
//! by multiplying with an 8-bit number and shifting: for each window size the multiplier in 1..=255 and shift in 0..=15
//! that are nearest to its reciprocal, made odd.

use super::context::Lowering;
use crate::quantization::Precision;
use tpuc_dialects::ir::{Diagnostic, Op};

/// Largest window that INT8 pooling can do.
const MAX_WINDOW: i64 = 225;

pub(super) fn lower_average(low: &mut Lowering, op: Op, precision: Precision) -> Result<(), Diagnostic> {
    lower(low, op, precision, "Avg")
}

pub(super) fn lower_max(low: &mut Lowering, op: Op, precision: Precision) -> Result<(), Diagnostic> {
    lower(low, op, precision, "Max")
}

fn lower(low: &mut Lowering, op: Op, precision: Precision, mode: &str) -> Result<(), Diagnostic> {
    let kernel = low.ctx.get_i64s(op, "kernel_shape").unwrap_or_default();
    let window = kernel
        .iter()
        .try_fold(1_i64, |product, size| product.checked_mul(*size))
        .unwrap_or(i64::MAX);
    let (name, operands) = match kernel.len() {
        3 => ("tpu.Pool3D", 2),
        2 => ("tpu.Pool2D", 0),
        _ => ("tpu.Pool1D", 0),
    };
    let pool_mode = low.tpu_enum("pool_mode", mode);
    low.ctx.rewriter().set_attr(op, "pool_mode", pool_mode);
    if precision == Precision::F32 || !(1..=MAX_WINDOW).contains(&window) {
        low.float(op, name, operands);
        return Ok(());
    }
    if mode == "Avg" {
        let (multiplier, shift) = reciprocal(window);
        let attrs = [
            ("multiplier", low.ctx.si32_attr(multiplier)),
            ("rshift", low.ctx.si32_attr(shift)),
        ];
        for (name, attr) in attrs {
            low.ctx.rewriter().set_attr(op, name, attr);
        }
    }
    low.int8(op, name, operands)?;
    Ok(())
}

/// `1 / window` as `multiplier / 2^shift` with an odd multiplier below 256.
fn reciprocal(window: i64) -> (i32, i32) {
    let mut shift = 0;
    // The largest shift with a multiplier that fits 8 bits.
    while shift < 15 && nearest(window, shift + 1) <= 255 {
        shift += 1;
    }
    let mut multiplier = nearest(window, shift);
    while multiplier % 2 == 0 && shift > 0 {
        multiplier /= 2;
        shift -= 1;
    }
    (multiplier as i32, shift)
}

/// The nearest integer to `2^shift / window`.
fn nearest(window: i64, shift: i32) -> i64 {
    ((1_i64 << shift) * 2 + window) / (2 * window)
}

#[cfg(test)]
mod tests {
    use super::reciprocal;

    #[test]
    fn reciprocals_of_common_windows() {
        for (window, expected) in [
            (1, (1, 0)),
            (2, (1, 1)),
            (3, (171, 9)),
            (4, (1, 2)),
            (5, (205, 10)),
            (9, (57, 9)),
            (10, (205, 11)),
            (25, (41, 10)),
            (49, (167, 13)),
            (100, (41, 12)),
            (196, (167, 15)),
            (225, (73, 14)),
        ] {
            assert_eq!(reciprocal(window), expected, "{window}");
        }
    }
}
