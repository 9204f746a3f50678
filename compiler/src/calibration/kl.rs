//! The threshold that loses least information: for each candidate (every 128th bin) the histogram clipped there is compared
//! with its 128-level version by Kullback-Leibler divergence. Sums are single-precision in the order of TPU-MLIR's
//! implementation, because ties and near-ties between candidates decide the result.

use super::Histogram;
use std::borrow::Cow;

/// Levels of an 8-bit magnitude.
const LEVELS: usize = 128;
/// Histograms with more bins are halved first.
const MOST_BINS: usize = 64 * 2048;

/// The threshold of a histogram.
pub fn threshold(histogram: &Histogram) -> f32 {
    let mut counts = Cow::Borrowed(histogram.counts());
    let mut width = histogram.width();
    pad(&mut counts);
    while counts.len() > MOST_BINS {
        counts = Cow::Owned(counts.chunks(2).map(|pair| pair.iter().sum()).collect());
        pad(&mut counts);
        width *= 2.0;
    }
    let total: u64 = counts.iter().sum();
    // What a bin adds is the same for all candidates but in its own level and where it is the last one.
    let shares: Vec<(f32, f64)> = counts
        .iter()
        .map(|count| {
            let p = *count as f32 / total as f32;
            (p, (f64::from(p) + 1e-30).log10())
        })
        .collect();
    let mut best = (f32::INFINITY, 0);
    for candidate in 1..=counts.len() / LEVELS {
        let divergence = divergence(&counts, &shares, candidate * LEVELS, total);
        if candidate == 1 || divergence < best.0 {
            best = (divergence, candidate);
        }
    }
    width as f32 * best.1 as f32 * LEVELS as f32
}

/// Zeros up to a multiple of [`LEVELS`] bins.
fn pad(counts: &mut Cow<'_, [u64]>) {
    let length = counts.len().next_multiple_of(LEVELS);
    if length != counts.len() {
        counts.to_mut().resize(length, 0);
    }
}

/// Divergence of the histogram clipped to `bins` bins from its version in [`LEVELS`] levels.
fn divergence(counts: &[u64], shares: &[(f32, f64)], bins: usize, total: u64) -> f32 {
    let mut clipped_tail = counts[bins - 1] as f32;
    for count in &counts[bins..] {
        clipped_tail += *count as f32;
    }
    let mut inside = 0f32;
    for count in &counts[..bins] {
        inside += *count as f32;
    }
    let per_level = bins / LEVELS;
    let mut divergence = 0f32;
    for (level, group) in counts[..bins].chunks(per_level).enumerate() {
        let mut sum = 0f32;
        let mut filled = 0f32;
        for count in group {
            sum += *count as f32;
            filled += f32::from(u8::from(*count > 0));
        }
        let share = sum / filled.max(1.0) / inside;
        let logarithms = [0.0, share].map(|q| (f64::from(q) + 1e-30).log10());
        for (offset, count) in group.iter().enumerate() {
            let bin = level * per_level + offset;
            let (p, logarithm) = if bin == bins - 1 {
                let p = clipped_tail / total as f32;
                (p, (f64::from(p) + 1e-30).log10())
            } else {
                shares[bin]
            };
            let term = f64::from(p) * (logarithm - logarithms[usize::from(*count > 0)]);
            divergence = (f64::from(divergence) + term) as f32;
        }
    }
    divergence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_a_uniform_distribution_whole() {
        let values: Vec<f32> = (1..=20_000).map(|i| i as f32 / 20_000.0).collect();
        let histogram = Histogram::new(&values, 1.0, 2048);
        assert!((threshold(&histogram) - 1.0).abs() < 0.01);
    }

    #[test]
    fn clips_a_lonely_outlier() {
        let mut values: Vec<f32> = (1..=20_000).map(|i| i as f32 / 20_000.0).collect();
        values.push(16.0);
        let histogram = Histogram::new(&values, 16.0, 2048);
        assert!(threshold(&histogram) < 4.0);
    }
}
