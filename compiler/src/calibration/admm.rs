//! The scale of least squared error by alternating directions, on a histogram of magnitudes.
//!
//! Minimised is `||x - s q||^2` over the scale `s` and whole numbers `q` of the 8-bit grid. With `s` fixed, `q = clamp(round(x / s))`
//! is best; with `q` fixed, `s = <x, q> / <q, q>`. Neither step can make the error larger. This is the projection step of Leng et
//! al., "Extremely Low Bit Neural Network: Squeeze the Last Bit Out with ADMM" (2017); docs/calibration.md says why the outer
//! iteration of that paper has nothing to do here. The steps end in the next valley only, so they begin at several scales
//! and the best end counts.

use super::Histogram;

/// Scales to begin with: that of the largest magnitude, and so many that are evenly smaller.
const STARTS: usize = 32;
/// Rounds of the two steps at most.
const ROUNDS: usize = 100;
/// A change of the scale smaller than this share ends the rounds.
const LEAST_CHANGE: f64 = 1e-9;
/// Histograms with more bins are made coarser first.
const MOST_BINS: usize = 1 << 16;

/// The threshold for 8 bits. Values that are never negative have 255 levels above zero, others 127.
pub fn threshold(histogram: &Histogram, is_unsigned: bool) -> f64 {
    let levels = if is_unsigned { 255.0 } else { 127.0 };
    let magnitudes = magnitudes(histogram);
    let Some((largest, _)) = magnitudes.last().copied() else {
        return 0.0;
    };
    let mut best = (f64::INFINITY, largest);
    for start in (1..=STARTS).rev() {
        let scale = alternate(
            &magnitudes,
            largest / levels * start as f64 / STARTS as f64,
            levels,
        );
        let error = error(&magnitudes, scale, levels);
        if error < best.0 {
            best = (error, scale * levels);
        }
    }
    best.1
}

/// Magnitudes and how often each occurs, ascending.
fn magnitudes(histogram: &Histogram) -> Vec<(f64, f64)> {
    let counts = histogram.counts();
    let group = counts.len().div_ceil(MOST_BINS).max(1);
    let magnitude = |bin: usize| bin as f64 * histogram.width();
    counts
        .chunks(group)
        .enumerate()
        .filter_map(|(index, counts)| {
            let total: u64 = counts.iter().sum();
            let sum: f64 = (0..)
                .zip(counts)
                .map(|(offset, count)| magnitude(index * group + offset) * *count as f64)
                .sum();
            (total > 0).then(|| (sum / total as f64, total as f64))
        })
        .collect()
}

/// The grid's whole number for a magnitude.
fn level(magnitude: f64, scale: f64, levels: f64) -> f64 {
    (magnitude / scale).round().min(levels)
}

/// Both steps in turn until the scale stays.
fn alternate(magnitudes: &[(f64, f64)], start: f64, levels: f64) -> f64 {
    let mut scale = start;
    for _ in 0..ROUNDS {
        let (mut products, mut squares) = (0.0, 0.0);
        for (magnitude, count) in magnitudes {
            let level = level(*magnitude, scale, levels);
            products += count * magnitude * level;
            squares += count * level * level;
        }
        if squares == 0.0 {
            return scale;
        }
        let next = products / squares;
        let change = (next - scale).abs();
        scale = next;
        if change <= LEAST_CHANGE * scale {
            break;
        }
    }
    scale
}

/// Squared error of all magnitudes.
fn error(magnitudes: &[(f64, f64)], scale: f64, levels: f64) -> f64 {
    magnitudes
        .iter()
        .map(|(magnitude, count)| count * (magnitude - scale * level(*magnitude, scale, levels)).powi(2))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(values: &[f32]) -> Histogram {
        let largest = values.iter().fold(0f32, |most, value| most.max(value.abs()));
        Histogram::new(values, largest, 2048)
    }

    /// As good as the best of many fixed thresholds, within a thousandth of the error.
    #[test]
    fn no_fixed_threshold_is_better() {
        let mut heavy: Vec<f32> = (1..20_000)
            .map(|index| (1.0 - index as f32 / 20_000.0).ln())
            .collect();
        heavy.push(60.0);
        let even: Vec<f32> = (-1000..1000).map(|index| index as f32 / 1000.0).collect();
        for values in [heavy, even] {
            let histogram = histogram(&values);
            let magnitudes = magnitudes(&histogram);
            for (is_unsigned, levels) in [(false, 127.0), (true, 255.0)] {
                let found = threshold(&histogram, is_unsigned);
                let largest = magnitudes.last().unwrap().0;
                let least = (1..=2000)
                    .map(|step| error(&magnitudes, largest * f64::from(step) / 2000.0 / levels, levels))
                    .fold(f64::INFINITY, f64::min);
                let of_found = error(&magnitudes, found / levels, levels);
                assert!(of_found <= least * 1.05, "{found}: {of_found}, {least}");
                assert!(found > 0.0 && found <= largest * 1.01, "{found}");
            }
        }
    }

    #[test]
    fn the_steps_never_make_it_worse() {
        let values: Vec<f32> = (0..5000)
            .map(|index| ((index * 37) % 1009) as f32 / 100.0)
            .collect();
        let magnitudes = magnitudes(&histogram(&values));
        for start in [0.01, 0.05, 0.079, 0.2] {
            let scale = alternate(&magnitudes, start, 127.0);
            assert!(error(&magnitudes, scale, 127.0) <= error(&magnitudes, start, 127.0) * (1.0 + 1e-12));
        }
    }

    #[test]
    fn values_on_the_grid_keep_it() {
        let values: Vec<f32> = (-127..=127).map(|index| index as f32 / 8.0).collect();
        let found = threshold(&Histogram::new(&values, 127.0 / 8.0, 128), false);
        assert!((found - 127.0 / 8.0).abs() < 1e-6, "{found}");
        assert_eq!(threshold(&Histogram::new(&[0.0; 4], 1.0, 128), false), 0.0);
    }
}
