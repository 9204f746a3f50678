//! Integer arithmetic of quantised programs: rounding shifts, multipliers, saturation.
//!
//! Rules of TPU-MLIR's interpreter for BM1684 (`lib/Support/MathUtils.cpp`); the emulator has its own, independent copy.

/// How the bits that a right shift drops decide.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rounding {
    /// To nearest, halves towards positive infinity: `floor(v / 2^s + 1/2)`.
    HalfUp,
    /// To nearest, halves away from zero.
    HalfAwayFromZero,
    /// To nearest, halves to even.
    HalfToEven,
    /// To nearest, halves towards negative infinity.
    HalfDown,
    /// Towards zero.
    TowardsZero,
    /// Towards positive infinity.
    Up,
    /// Towards negative infinity.
    Down,
}

impl Rounding {
    /// The case of `#tpu<round_mode CASE>`.
    pub fn from_case(case: &str) -> Option<Self> {
        Some(match case {
            "HalfUp" => Self::HalfUp,
            "HalfAwayFromZero" => Self::HalfAwayFromZero,
            "HalfToEven" => Self::HalfToEven,
            "HalfDown" => Self::HalfDown,
            "TowardsZero" => Self::TowardsZero,
            "Up" => Self::Up,
            "Down" => Self::Down,
            _ => return None,
        })
    }
}

/// `value / 2^shift`, rounded; a negative shift multiplies. Shifts beyond 63 act as 63.
#[inline]
pub fn shift_right(value: i64, shift: i64, rounding: Rounding) -> i64 {
    if shift == 0 {
        return value;
    }
    if shift < 0 {
        return value.wrapping_shl(shift.unsigned_abs().min(63) as u32);
    }
    let shift = shift.min(63) as u32;
    let down = value >> shift;
    let dropped = value as u64 & ((1_u64 << shift) - 1);
    let half = 1_u64 << (shift - 1);
    let up = match rounding {
        Rounding::HalfUp => dropped >= half,
        Rounding::HalfAwayFromZero => dropped > half || (dropped == half && value >= 0),
        Rounding::HalfToEven => dropped > half || (dropped == half && down & 1 == 1),
        Rounding::HalfDown => dropped > half,
        Rounding::TowardsZero => value < 0 && dropped != 0,
        Rounding::Up => dropped != 0,
        Rounding::Down => false,
    };
    down + i64::from(up)
}

/// `value * multiplier / 2^shift`, halves up: TPU-MLIR's "multiplier and shift" requantisation.
#[inline]
pub fn multiply_shift(value: i64, multiplier: i64, shift: i64) -> i64 {
    shift_right(value.wrapping_mul(multiplier), shift, Rounding::HalfUp)
}

/// A real number as the nearest integer, halves away from zero.
#[inline]
pub fn round_half_away(value: f32) -> f32 {
    // `f32::round` does exactly this.
    value.round()
}

/// Range of an 8-bit storage type.
#[inline]
pub fn byte_range(signed: bool) -> (i64, i64) {
    if signed { (-128, 127) } else { (0, 255) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shifts_round_as_their_names_say() {
        let exact = |value: i64, shift: i64| value as f64 / f64::powi(2.0, shift as i32);
        for value in -70..=70 {
            for shift in 1..6 {
                let real = exact(value, shift);
                let table = [
                    (Rounding::HalfUp, (real + 0.5).floor()),
                    (Rounding::HalfAwayFromZero, real.round()),
                    (Rounding::HalfToEven, real.round_ties_even()),
                    (Rounding::HalfDown, (real - 0.5).ceil()),
                    (Rounding::TowardsZero, real.trunc()),
                    (Rounding::Up, real.ceil()),
                    (Rounding::Down, real.floor()),
                ];
                for (rounding, wanted) in table {
                    assert_eq!(
                        shift_right(value, shift, rounding),
                        wanted as i64,
                        "{value} >> {shift} {rounding:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn extreme_shifts() {
        assert_eq!(shift_right(5, 0, Rounding::HalfUp), 5);
        assert_eq!(shift_right(5, -3, Rounding::HalfUp), 40);
        assert_eq!(shift_right(i64::MAX, 100, Rounding::Down), 0);
        assert_eq!(shift_right(-1, 63, Rounding::HalfUp), 0);
        assert_eq!(multiply_shift(-3, 1, 1), -1);
    }
}
