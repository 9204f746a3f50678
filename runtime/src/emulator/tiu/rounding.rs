//! Integer rounding and saturation, and the two approximations of the floating-point units.

use crate::isa::Precision;

/// What happens to an integer sum before it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::emulator) struct Requantise {
    /// Right shift, half rounds up.
    pub shift: u32,
    /// Smallest storable value, or 0 with relu.
    pub low: i64,
    /// Largest storable value.
    pub high: i64,
}

impl Requantise {
    /// Saturation to the range of an integer precision; relu clamps at 0 and saturates unsigned.
    pub(in crate::emulator) fn new(shift: u64, precision: Precision, signed: bool, relu: bool) -> Self {
        let bits = precision.bytes() as u32 * 8;
        let (low, high) = if signed && !relu {
            (-(1i64 << (bits - 1)), (1i64 << (bits - 1)) - 1)
        } else {
            (0, (1i64 << bits) - 1)
        };
        Self {
            shift: shift as u32,
            low,
            high,
        }
    }

    /// Shifts with rounding and saturates.
    #[inline]
    pub(super) fn apply(&self, value: i64) -> i64 {
        let rounded = if self.shift == 0 {
            value
        } else {
            (value + (1 << (self.shift - 1))) >> self.shift
        };
        rounded.clamp(self.low, self.high)
    }

    /// The same in 32 bits, for values below 2^30 in magnitude and results of at most 16 bits.
    #[inline]
    pub(super) fn apply_i32(&self, value: i32) -> i32 {
        let half = if self.shift == 0 { 0 } else { 1 << (self.shift - 1) };
        ((value + half) >> self.shift).clamp(self.low as i32, self.high as i32)
    }
}

/// Approximate reciprocal square root: the well-known bit trick (the shift is arithmetic) and three Newton steps.
#[inline(always)]
pub(super) fn reciprocal_square_root(x: f32) -> f32 {
    let start = 0x5f37_59dfu32.wrapping_sub((x.to_bits().cast_signed() >> 1).cast_unsigned());
    let half = x * 0.5;
    let mut y = f32::from_bits(start);
    for _ in 0..3 {
        y *= 1.5 - half * y * y;
    }
    y
}

/// Approximate reciprocal: the square of [`reciprocal_square_root`] of the magnitude, with the sign of `x`.
#[inline(always)]
pub(super) fn reciprocal(x: f32) -> f32 {
    let root = reciprocal_square_root(x.abs());
    (root * root).copysign(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_rounds_up() {
        let plain = Requantise::new(1, Precision::Int16, true, false);
        for (value, expected) in [(5, 3), (-5, -2), (4, 2), (-4, -2), (1, 1), (-1, 0)] {
            assert_eq!(plain.apply(value), expected, "{value}");
            assert_eq!(plain.apply_i32(value as i32), expected as i32, "{value}");
        }
    }

    #[test]
    fn relu_saturates_unsigned() {
        let relu = Requantise::new(0, Precision::Int8, true, true);
        assert_eq!([relu.apply(300), relu.apply(-3)], [255, 0]);
        let signed = Requantise::new(0, Precision::Int8, true, false);
        assert_eq!([signed.apply(300), signed.apply(-300)], [127, -128]);
    }

    #[test]
    fn approximations_are_off_by_the_known_amount() {
        assert_eq!(reciprocal(1.0).to_bits(), 0x3f7f_fffe);
        assert_eq!(reciprocal_square_root(1.0).to_bits(), 0x3f7f_ffff);
        assert_eq!(reciprocal_square_root(0.0).to_bits(), 0x601a_b3d4);
        assert_eq!(reciprocal_square_root(-1.0), f32::INFINITY);
        assert_eq!(reciprocal(0.0), f32::INFINITY);
        assert_eq!(reciprocal(-0.0), f32::NEG_INFINITY);
    }
}
