//! From 32-bit sums to 8-bit outputs: bias, multiplier, rounding shift, zero point, saturation.

use super::math::{Rounding, byte_range, shift_right};

/// An 8-bit storage type.
pub trait Byte: Copy + Send + Sync + 'static {
    /// Whether it is signed.
    const SIGNED: bool;
    /// The low byte of a number that is in range.
    fn from_i64(value: i64) -> Self;
    /// As [`Byte::from_i64`].
    fn from_i32(value: i32) -> Self;
}

impl Byte for i8 {
    const SIGNED: bool = true;
    #[inline(always)]
    fn from_i64(value: i64) -> Self {
        value as Self
    }
    #[inline(always)]
    fn from_i32(value: i32) -> Self {
        value as Self
    }
}

impl Byte for u8 {
    const SIGNED: bool = false;
    #[inline(always)]
    fn from_i64(value: i64) -> Self {
        value as Self
    }
    #[inline(always)]
    fn from_i32(value: i32) -> Self {
        value as Self
    }
}

/// `clamp(round((sum + bias) * multiplier / 2^shift) + zero_point)`, each constant for a row or for all rows.
#[derive(Clone, Debug)]
pub struct Requantise {
    /// One for each row, or empty for none.
    pub bias: Vec<i32>,
    /// One for each row or one for all.
    pub multipliers: Vec<i64>,
    /// One for each row or one for all; right shifts.
    pub shifts: Vec<i64>,
    /// Rounding of the shift.
    pub rounding: Rounding,
    /// Added after the shift.
    pub zero_point: i64,
    /// Results below the zero point become the zero point.
    pub relu: bool,
}

impl Requantise {
    /// Converts the sums of one output row. `bound` is the largest magnitude that a sum can have.
    #[inline(always)]
    pub fn apply<B: Byte>(&self, row: usize, bound: i64, sums: &[i32], out: &mut [B]) {
        let pick = |values: &[i64]| values[if values.len() == 1 { 0 } else { row }];
        let (multiplier, shift) = (pick(&self.multipliers), pick(&self.shifts));
        let bias = self.bias.get(row).copied().unwrap_or(0);
        let (mut low, high) = byte_range(B::SIGNED);
        if self.relu {
            low = low.max(self.zero_point);
        }
        let half = if (1..31).contains(&shift) {
            1_i64 << (shift - 1)
        } else {
            0
        };
        let fits = bound + i64::from(bias).abs() + half <= i64::from(i32::MAX);
        if multiplier == 1
            && self.rounding == Rounding::HalfUp
            && (0..31).contains(&shift)
            && self.zero_point == 0
            && fits
        {
            // The common case in 32 bits: an arithmetic shift of the sum plus a half.
            let (add, low, high) = (bias + half as i32, low as i32, high as i32);
            for (out, sum) in out.iter_mut().zip(sums) {
                *out = B::from_i32(((sum + add) >> shift).clamp(low, high));
            }
            return;
        }
        for (out, sum) in out.iter_mut().zip(sums) {
            let value = (i64::from(*sum) + i64::from(bias)).wrapping_mul(multiplier);
            let value = shift_right(value, shift, self.rounding).saturating_add(self.zero_point);
            *out = B::from_i64(value.clamp(low, high));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_way_agree() {
        let sums: Vec<i32> = (-3000..3000).map(|v| v * 7).collect();
        for shift in 0..12 {
            for relu in [false, true] {
                let requantise = Requantise {
                    bias: vec![0, -77],
                    multipliers: vec![1],
                    shifts: vec![shift],
                    rounding: Rounding::HalfUp,
                    zero_point: 0,
                    relu,
                };
                let (mut short, mut long) = (vec![0_i8; sums.len()], vec![0_i8; sums.len()]);
                requantise.apply(1, 21000, &sums, &mut short);
                requantise.apply(1, i64::from(i32::MAX), &sums, &mut long);
                assert_eq!(short, long, "{shift} {relu}");
            }
        }
    }
}
