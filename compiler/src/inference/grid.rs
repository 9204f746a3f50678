//! Rounding of real numbers to the grid of 8-bit integers, and the distance that it makes: the inner loops of threshold tuning.

use super::kernels::{Vectorised, vectorised};

/// Adding this to a number below 2^22 in magnitude leaves no room for a fraction: what is rounded off is rounded to the nearest
/// whole number, halves to the even one. The whole number is in the lower bits then.
const ROUNDER: f32 = 12_582_912.0;
/// Sums kept side by side, whose order is the same on every machine.
const LANES: usize = 8;

/// `clamp(round(x * scale), -128, 127) / scale` of each value, in the buffer of `out`.
pub fn round_to_grid(values: &[f32], scale: f32, out: &mut Vec<f32>) {
    out.resize(values.len(), 0.0);
    vectorised(Reals { values, scale, out });
}

/// `clamp(round(x * scale), -128, 127)` of each value, in the buffer of `out`.
pub fn integers_on_grid(values: &[f32], scale: f32, out: &mut Vec<i16>) {
    out.resize(values.len(), 0);
    vectorised(Integers { values, scale, out });
}

/// `sum (a - b)^2`, differences in f32, squares and sums in f64.
pub fn squared_distance(a: &[f32], b: &[f32]) -> f64 {
    vectorised(Distance { a, b })
}

/// `sum |x|` in f64.
pub fn sum_of_magnitudes(values: &[f32]) -> f64 {
    vectorised(Magnitudes { values })
}

#[inline(always)]
fn shifted(value: f32, scale: f32) -> f32 {
    (value * scale).clamp(-128.0, 127.0) + ROUNDER
}

struct Reals<'a> {
    values: &'a [f32],
    scale: f32,
    out: &'a mut [f32],
}

impl Vectorised for Reals<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (out, value) in self.out.iter_mut().zip(self.values) {
            *out = (shifted(*value, self.scale) - ROUNDER) / self.scale;
        }
    }
}

struct Integers<'a> {
    values: &'a [f32],
    scale: f32,
    out: &'a mut [i16],
}

impl Vectorised for Integers<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (out, value) in self.out.iter_mut().zip(self.values) {
            *out = shifted(*value, self.scale).to_bits() as i16;
        }
    }
}

struct Distance<'a> {
    a: &'a [f32],
    b: &'a [f32],
}

impl Vectorised for Distance<'_> {
    type Output = f64;

    #[inline(always)]
    fn run(self) -> f64 {
        let mut sums = [0f64; LANES];
        let (a, b) = (self.a.chunks_exact(LANES), self.b.chunks_exact(LANES));
        let rest: f64 = a
            .remainder()
            .iter()
            .zip(b.remainder())
            .map(|(a, b)| f64::from(b - a) * f64::from(b - a))
            .sum();
        for (a, b) in a.zip(b) {
            for lane in 0..LANES {
                let difference = f64::from(b[lane] - a[lane]);
                sums[lane] += difference * difference;
            }
        }
        sums.iter().sum::<f64>() + rest
    }
}

struct Magnitudes<'a> {
    values: &'a [f32],
}

impl Vectorised for Magnitudes<'_> {
    type Output = f64;

    #[inline(always)]
    fn run(self) -> f64 {
        let mut sums = [0f64; LANES];
        let chunks = self.values.chunks_exact(LANES);
        let rest: f64 = chunks
            .remainder()
            .iter()
            .map(|value| f64::from(value.abs()))
            .sum();
        for chunk in chunks {
            for lane in 0..LANES {
                sums[lane] += f64::from(chunk[lane].abs());
            }
        }
        sums.iter().sum::<f64>() + rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_to_the_even_neighbour_and_saturates() {
        let values: Vec<f32> = (-2100..2100).map(|index| index as f32 / 16.0 + 1e-3).collect();
        let halves: Vec<f32> = (-300..300).map(|index| index as f32 + 0.5).collect();
        for values in [values, halves, vec![f32::INFINITY, -1e30, 0.0]] {
            for scale in [1.0f32, 0.37, 3.0] {
                let (mut reals, mut integers) = (vec![9.0; 3], vec![9; 7]);
                round_to_grid(&values, scale, &mut reals);
                integers_on_grid(&values, scale, &mut integers);
                for (index, value) in values.iter().enumerate() {
                    let wanted = (value * scale).round_ties_even().clamp(-128.0, 127.0);
                    assert_eq!(f32::from(integers[index]), wanted, "{value} * {scale}");
                    assert_eq!(reals[index], wanted / scale);
                }
                assert_eq!((reals.len(), integers.len()), (values.len(), values.len()));
            }
        }
    }

    #[test]
    fn sums_of_any_length() {
        for length in [0, 1, 7, 8, 19, 64] {
            let a: Vec<f32> = (0..length).map(|index| index as f32).collect();
            let b: Vec<f32> = (0..length).map(|index| -(index as f32)).collect();
            let squares: f64 = a.iter().map(|value| 4.0 * f64::from(*value).powi(2)).sum();
            assert_eq!(squared_distance(&a, &b), squares);
            assert_eq!(
                sum_of_magnitudes(&b),
                a.iter().map(|value| f64::from(*value)).sum::<f64>()
            );
        }
    }
}
