//! The arithmetic by which lowering turns real numbers into integers, shifts and multipliers. It exists here once; the
//! reference inference and the emulator have their own arithmetic on the resulting integers.
//!
//! Formulas and their order of operations (where `f32` rounds, where `f64`) are TPU-MLIR's, because weights must be equal
//! to the bit. "Nearest" means half away from zero unless a name says otherwise.

/// Smallest and largest value of an integer of `bits` bits.
pub fn integer_range(signed: bool, bits: u32) -> (i64, i64) {
    if signed {
        (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
    } else {
        (0, (1 << bits) - 1)
    }
}

/// The nearest integer in the range of an 8-bit integer.
pub fn saturate_i8(value: f64) -> i8 {
    // `as` saturates and turns NaN into 0.
    value.round() as i8
}

/// The nearest integer in 0..=255.
pub fn saturate_u8(value: f64) -> u8 {
    value.round() as u8
}

/// Largest magnitude; 0 for an empty slice.
pub fn max_magnitude(values: &[f32]) -> f32 {
    values.iter().fold(0.0, |max, value| value.abs().max(max))
}

/// Smallest and largest value, NaN passed over; zeros for an empty slice.
pub fn min_max(values: &[f32]) -> (f32, f32) {
    if values.is_empty() {
        return (0.0, 0.0);
    }
    let smaller = |a: f32, b: f32| if b < a { b } else { a };
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    // Side by side, so that no comparison waits for the one before.
    const LANES: usize = 32;
    let (mut low, mut high) = ([f32::INFINITY; LANES], [f32::NEG_INFINITY; LANES]);
    let chunks = values.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for lane in 0..LANES {
            low[lane] = smaller(low[lane], chunk[lane]);
            high[lane] = larger(high[lane], chunk[lane]);
        }
    }
    let min = low
        .into_iter()
        .chain(rest.iter().copied())
        .fold(f32::INFINITY, smaller);
    let max = high
        .into_iter()
        .chain(rest.iter().copied())
        .fold(f32::NEG_INFINITY, larger);
    // Zeros of both signs are equal: the first one counts.
    let first = |wanted: f32| {
        values
            .iter()
            .copied()
            .find(|value| *value == wanted)
            .unwrap_or(wanted)
    };
    let signed = |extreme: f32| if extreme == 0.0 { first(extreme) } else { extreme };
    (signed(min), signed(max))
}

/// Right shift of a layer with weights: the largest `r` with `max_weight * in_scale / out_scale * 2^r` below 127; negative
/// where even `r = 0` does not fit (the layer then stays in floating point). 0 where the product is not positive.
pub fn weight_shift(max_weight: f32, in_scale: f64, out_scale: f64) -> i32 {
    let mut product = f64::from(max_weight) * in_scale / out_scale;
    if product.is_nan() || product <= 0.0 {
        return 0;
    }
    let mut doublings = 0;
    while product < 127.0 {
        product *= 2.0;
        doublings += 1;
    }
    if doublings > 32 { 31 } else { doublings - 1 }
}

/// Right shift of an elementwise operand: `floor(log2(127 / (|factor| * in_scale / out_scale)))`, at most 31; may be negative;
/// 0 for a factor of 0.
pub fn operand_shift(factor: f32, in_scale: f64, out_scale: f64) -> i32 {
    let room = 127.0 / (f64::from(factor.abs()) * in_scale / out_scale);
    // Of a factor of 0 nothing remains to be shifted.
    if room.is_finite() {
        ((room.ln() / 2f64.ln()).floor() as i32).min(31)
    } else {
        0
    }
}

/// `ratio` as `multiplier / 2^shift` with a magnitude of the multiplier below 127, the error as small as possible and the
/// shift as small as possible for that error. Shifts from -32 to 30.
pub fn multiplier_and_shift(ratio: f32) -> (i32, i32) {
    best_multiplier(ratio, -32)
}

/// The same with shifts from 0 to 30.
pub fn multiplier_and_right_shift(ratio: f32) -> (i32, i32) {
    best_multiplier(ratio, 0)
}

fn best_multiplier(ratio: f32, lowest_shift: i32) -> (i32, i32) {
    let ratio = f64::from(ratio);
    let mut smallest = f32::MAX;
    let mut shift = lowest_shift;
    for candidate in lowest_shift..31 {
        let power = f64::from(candidate).exp2();
        let multiplier = (ratio * power).round();
        if multiplier.abs() >= 127.0 {
            break;
        }
        let error = (multiplier / power - ratio).abs() as f32;
        if error < smallest {
            smallest = error;
            shift = candidate;
        }
    }
    ((ratio * f64::from(shift).exp2()).round() as i32, shift)
}

/// `ratio` as `multiplier / 2^shift` with the largest shift whose multiplier is below `max_multiplier`, truncated.
/// A ratio above `max_multiplier` gives that; one too small for 62 shifts gives (0, 0).
pub fn truncated_multiplier(ratio: f64, max_multiplier: i64) -> (i64, i64) {
    if ratio > max_multiplier as f64 {
        return (max_multiplier, 0);
    }
    for shift in 0..63_i64 {
        if ratio * (1_u64 << (shift + 1)) as f64 >= max_multiplier as f64 {
            return ((ratio * (1_u64 << shift) as f64) as i64, shift);
        }
    }
    (0, 0)
}

/// `nearest(value * scale)` of each value in 8 bits, the product rounded to `f32` first.
pub fn quantize_i8(values: &[f32], scale: f32) -> Vec<i8> {
    values
        .iter()
        .map(|value| saturate_i8(f64::from(value * scale)))
        .collect()
}

/// `nearest(value * scale)` of each value in 16 bits, the product rounded to `f32` first, and how many did not fit.
pub fn quantize_i16(values: &[f32], scale: f32) -> (Vec<i16>, usize) {
    let mut overflows = 0;
    let quantized = values
        .iter()
        .map(|value| {
            let nearest = (value * scale).round();
            if !(-32768.0..=32767.0).contains(&nearest) {
                overflows += 1;
            }
            nearest as i16
        })
        .collect();
    (quantized, overflows)
}

/// A 16-bit bias for a layer whose result has `out_scale`: starting from `shift`, the shift is lowered (not below 0) while
/// more than 3 % of the values overflow. Gives the bias and the shift that it belongs to.
pub fn quantize_bias(bias: &[f32], mut shift: i32, out_scale: f64) -> (Vec<i16>, i32) {
    loop {
        let (quantized, overflows) = quantize_i16(bias, bias_scale(shift, out_scale));
        let share = overflows as f32 / bias.len() as f32;
        if f64::from(share) > 0.03 && shift > 0 {
            shift -= 1;
        } else {
            return (quantized, shift);
        }
    }
}

/// `2^shift / out_scale`: what biases are multiplied by.
pub fn bias_scale(shift: i32, out_scale: f64) -> f32 {
    (f64::from(1_u32 << shift) / out_scale) as f32
}

/// `2^shift * in_scale / out_scale`: what weights are multiplied by.
pub fn weight_scale(shift: i32, in_scale: f64, out_scale: f64) -> f32 {
    (f64::from(1_u32 << shift) * in_scale / out_scale) as f32
}

/// `value >> shift` with rounding half up.
pub fn shift_half_up(value: i64, shift: u32) -> i64 {
    if shift == 0 {
        value
    } else {
        (value + (1 << (shift - 1))) >> shift
    }
}

/// `value >> shift` with rounding half away from zero.
pub fn shift_half_away(value: i64, shift: u32) -> i64 {
    if value < 0 {
        -shift_half_up(-value, shift)
    } else {
        shift_half_up(value, shift)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_of_any_length() {
        for length in [1, 31, 32, 33, 100] {
            let mut values: Vec<f32> = (0..length)
                .map(|index| ((index * 37) % 101) as f32 - 50.0)
                .collect();
            let sorted = |values: &[f32]| {
                let mut sorted: Vec<f32> = values.iter().copied().filter(|value| !value.is_nan()).collect();
                sorted.sort_by(f32::total_cmp);
                (sorted[0], sorted[sorted.len() - 1])
            };
            assert_eq!(min_max(&values), sorted(&values));
            values.insert(length / 2, f32::NAN);
            assert_eq!(min_max(&values), sorted(&values));
        }
        // The first of the zeros.
        let mut zeros = vec![0.0f32; 100];
        zeros[40] = -0.0;
        let (min, max) = min_max(&zeros);
        assert!(min.is_sign_positive() && max.is_sign_positive());
        zeros[0] = -0.0;
        let (min, max) = min_max(&zeros);
        assert!(min.is_sign_negative() && max.is_sign_negative());
        assert_eq!(min_max(&[]), (0.0, 0.0));
    }

    #[test]
    fn weight_shift_pins_the_largest_weight_below_127() {
        // (max weight, in, out, shift)
        for (max, input, output, shift) in [
            (1.0, 1.0, 1.0, 6), // 1 << 6 = 64, 1 << 7 = 128 does not fit
            (0.5, 1.0, 1.0, 7),
            (126.0, 1.0, 1.0, 0),
            (127.0, 1.0, 1.0, -1), // exactly 127 is already too large
            (1e9, 1.0, 1.0, -1),
            (1e-12, 1.0, 1.0, 31), // more than 32 doublings
            (0.0, 1.0, 1.0, 0),
            (1.0, 0.01, 0.02, 7),
        ] {
            assert_eq!(weight_shift(max, input, output), shift, "{max} {input} {output}");
        }
    }

    #[test]
    fn operand_shift_is_a_logarithm() {
        for (factor, input, output, shift) in [
            (1.0, 1.0, 1.0, 6),
            (-1.0, 1.0, 1.0, 6),
            (1.0, 2.0, 1.0, 5),
            (1.0, 1.0, 2.0, 7),
            (1.0, 1.0, 1e12, 31),
            (1.0, 300.0, 1.0, -2),
        ] {
            assert_eq!(
                operand_shift(factor, input, output),
                shift,
                "{factor} {input} {output}"
            );
        }
    }

    #[test]
    fn multipliers_have_seven_bits_and_the_smallest_error() {
        for (ratio, expected) in [
            (1.0, (1, 0)),
            (0.2, (51, 8)),
            (0.67, (43, 6)),
            (0.5, (1, 1)),
            (0.0, (0, 0)),
            (100.0, (100, 0)),
        ] {
            assert_eq!(multiplier_and_right_shift(ratio), expected, "{ratio}");
        }
        assert_eq!(multiplier_and_shift(1.0), (1, 0));
        assert_eq!(multiplier_and_shift(-0.2), (-51, 8));
        assert_eq!(multiplier_and_shift(256.0), (1, -8));
        // For every ratio of a small grid: no other pair within the limits is closer.
        for step in 1..400 {
            let ratio = step as f32 / 64.0;
            let (multiplier, shift) = multiplier_and_right_shift(ratio);
            let error = |m: f64, s: i32| (m / f64::from(s).exp2() - f64::from(ratio)).abs() as f32;
            for other in 0..31 {
                let near = (f64::from(ratio) * f64::from(other).exp2()).round();
                if near < 127.0 {
                    assert!(
                        error(f64::from(multiplier), shift) <= error(near, other),
                        "{ratio}"
                    );
                }
            }
        }
    }

    #[test]
    fn quantized_values_round_half_away_and_saturate() {
        assert_eq!(
            quantize_i8(&[0.5, -0.5, 1.4, 200.0, -200.0, f32::NAN], 1.0),
            [1, -1, 1, 127, -128, 0]
        );
        let (values, overflows) = quantize_i16(&[0.5, -2.5, 32767.4, 32768.0, -40000.0], 1.0);
        assert_eq!((values, overflows), (vec![1, -3, 32767, 32767, -32768], 2));
        assert_eq!(
            (saturate_u8(-1.0), saturate_u8(254.5), saturate_u8(300.0)),
            (0, 255, 255)
        );
    }

    #[test]
    fn bias_lowers_the_shift_until_few_values_overflow() {
        // 1000 * 2^r fits 16 bits up to r = 5.
        assert_eq!(quantize_bias(&[1000.0], 10, 1.0), (vec![32000], 5));
        // One of a hundred may overflow.
        let mut bias = vec![1.0; 99];
        bias.push(1000.0);
        let (quantized, shift) = quantize_bias(&bias, 10, 1.0);
        assert_eq!((quantized[0], quantized[99], shift), (1024, 32767, 10));
    }

    #[test]
    fn truncation_keeps_the_multiplier_below_the_limit() {
        assert_eq!(truncated_multiplier(1.0, 127), (64, 6));
        assert_eq!(truncated_multiplier(200.0, 127), (127, 0));
        assert_eq!(truncated_multiplier(0.25, 127), (64, 8));
        assert_eq!(truncated_multiplier(1e-30, 127), (0, 0));
    }

    #[test]
    fn shifts_round_exhaustively() {
        for value in -300_i64..300 {
            for shift in 0..8_u32 {
                let exact = value as f64 / f64::from(1 << shift);
                assert_eq!(
                    shift_half_up(value, shift) as f64,
                    (exact + 0.5).floor(),
                    "{value} >> {shift}"
                );
                assert_eq!(
                    shift_half_away(value, shift) as f64,
                    exact.round(),
                    "{value} >> {shift}"
                );
            }
        }
    }
}
