//! The threshold of least mean squared error by OCTAV's fixed point iteration (Sakr et al., "Optimal Clipping and
//! Magnitude-aware Differentiation for Improved Quantization-aware Training", 2022), for one sample.

use rayon::prelude::*;

/// Steps of the iteration at most.
const STEPS: usize = 20;
/// A step smaller than this ends it.
const LEAST_STEP: f64 = 1e-6;
/// Values that one task counts.
const CHUNK: usize = 1 << 16;
/// Sums kept side by side, so that the loop becomes vector instructions.
const LANES: usize = 8;

/// The threshold for 8 bits: `s <- sum(|x| > s) / (count(|x| <= s) / (4^8 * 3 * u) + count(|x| > s))`, where `u` is 4 for values
/// that are never negative and 1 else. 1 if every value is zero.
pub fn threshold(values: &[f32]) -> f64 {
    let least = values.iter().copied().fold(f32::INFINITY, f32::min);
    let unsigned = if least.abs() < 1e-6 { 4.0 } else { 1.0 };
    let (sum, count) = above(values, 0.0);
    if count == 0 {
        return 1.0;
    }
    let mut s = sum / count as f64;
    let rounding_noise = 1.0 / 4f64.powi(8) / 3.0 / unsigned;
    for _ in 0..STEPS {
        let (sum, count) = above(values, s as f32);
        let next = sum / (rounding_noise * (values.len() - count) as f64 + count as f64);
        if (next - s).abs() < LEAST_STEP {
            break;
        }
        s = next;
    }
    s
}

/// Sum and number of the magnitudes above a bound.
fn above(values: &[f32], bound: f32) -> (f64, usize) {
    let parts: Vec<(f64, usize)> = values
        .par_chunks(CHUNK)
        .map(|chunk| {
            let mut sums = [0f64; LANES];
            let mut counts = [0u32; LANES];
            for values in chunk.chunks(LANES) {
                for (lane, value) in values.iter().enumerate() {
                    let above = value.abs() > bound;
                    sums[lane] += if above { f64::from(value.abs()) } else { 0.0 };
                    counts[lane] += u32::from(above);
                }
            }
            (sums.iter().sum(), counts.iter().sum::<u32>() as usize)
        })
        .collect();
    parts
        .into_iter()
        .fold((0.0, 0), |all, part| (all.0 + part.0, all.1 + part.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outliers_are_clipped_and_plain_ranges_are_not() {
        let even: Vec<f32> = (-1000..=1000).map(|value| value as f32 / 1000.0).collect();
        let plain = threshold(&even);
        assert!((0.95..=1.0).contains(&plain), "{plain}");
        let mut with_outlier = even.repeat(50);
        with_outlier.push(30.0);
        // 30 / (100,050 / (4^8 * 3) + 1)
        let clipped = threshold(&with_outlier);
        assert!((clipped - 19.885).abs() < 0.01, "{clipped}");
        assert_eq!(threshold(&[0.0; 8]), 1.0);
    }
}
