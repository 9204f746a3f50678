//! A histogram of values whose range is not known beforehand: bins from `-limit` to `limit`; when a larger value comes the
//! limit doubles and pairs of bins join.

use super::data;

/// Bins of each sign.
const HALF: usize = 512;
/// Bins that are shown, at most.
const SHOWN: usize = 96;

/// Counts of values, with their smallest and largest.
#[derive(Clone, Debug)]
pub struct Histogram {
    limit: f64,
    counts: Vec<u64>,
    /// Smallest value.
    pub min: f32,
    /// Largest value.
    pub max: f32,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            limit: 0.0,
            counts: vec![0; 2 * HALF],
            min: f32::INFINITY,
            max: f32::NEG_INFINITY,
        }
    }
}

impl Histogram {
    /// Adds values. What is not a finite number is passed over.
    pub fn add(&mut self, values: &[f32]) {
        let finite = || values.iter().copied().filter(|value| value.is_finite());
        let largest = finite().fold(0.0_f32, |most, value| most.max(value.abs()));
        self.min = finite().fold(self.min, f32::min);
        self.max = finite().fold(self.max, f32::max);
        self.grow(largest.into());
        let per_bin = HALF as f64 / self.limit;
        for value in finite() {
            let bin = (f64::from(value) * per_bin).floor() + HALF as f64;
            self.counts[(bin as usize).min(2 * HALF - 1)] += 1;
        }
    }

    /// Makes room for a magnitude.
    fn grow(&mut self, largest: f64) {
        if self.limit == 0.0 {
            // A power of two, so that two histograms of nearly the same values have the same bins.
            self.limit = largest.max(1e-30).log2().ceil().exp2();
        }
        while self.limit < largest {
            let joined = |index: usize| self.counts[index] + self.counts[index + 1];
            let middle: Vec<u64> = (0..HALF).map(|index| joined(2 * index)).collect();
            self.counts = vec![0; 2 * HALF];
            self.counts[HALF / 2..HALF / 2 + HALF].copy_from_slice(&middle);
            self.limit *= 2.0;
        }
    }

    /// For the report: the bins between the smallest and the largest value, joined so that there are not too many; those of
    /// another histogram beside them. `None` where there are no values.
    pub fn shown(&mut self, other: Option<&mut Self>) -> Option<data::Histogram> {
        if self.min > self.max {
            return None;
        }
        let mut other = other;
        if let Some(other) = &mut other {
            self.grow(other.limit);
            other.grow(self.limit);
        }
        let used = |counts: &[u64]| {
            let first = counts.iter().position(|count| *count > 0)?;
            let last = counts.iter().rposition(|count| *count > 0)?;
            Some((first, last))
        };
        let (mut first, mut last) = used(&self.counts)?;
        if let Some((other_first, other_last)) = other.as_ref().and_then(|other| used(&other.counts)) {
            (first, last) = (first.min(other_first), last.max(other_last));
        }
        let join = (last - first + 1).div_ceil(SHOWN);
        let shown = |counts: &[u64]| {
            counts[first..=last]
                .chunks(join)
                .map(|bins| bins.iter().sum())
                .collect()
        };
        let bin = self.limit / HALF as f64;
        Some(data::Histogram {
            low: (first as f64 - HALF as f64) * bin,
            width: bin * join as f64,
            float: shown(&self.counts),
            quantised: other.map(|other| shown(&other.counts)).unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn larger_values_double_the_range_and_lose_nothing() {
        let mut histogram = Histogram::default();
        histogram.add(&[0.5, -0.25, 0.75]);
        histogram.add(&[100.0, f32::NAN, f32::INFINITY, -3.0]);
        let shown = histogram.shown(None).unwrap();
        assert_eq!(shown.float.iter().sum::<u64>(), 5);
        assert!(shown.float.len() <= SHOWN && shown.low <= -3.0);
        assert!(shown.low + shown.width * shown.float.len() as f64 >= 100.0);
        assert_eq!((histogram.min, histogram.max), (-3.0, 100.0));
    }

    #[test]
    fn two_histograms_share_their_bins() {
        let (mut float, mut quantised) = (Histogram::default(), Histogram::default());
        float.add(&[0.1, 0.9, 3.9]);
        quantised.add(&[0.1, 0.9, 2.0]);
        let shown = float.shown(Some(&mut quantised)).unwrap();
        assert_eq!(shown.float.len(), shown.quantised.len());
        assert_eq!(shown.quantised.iter().sum::<u64>(), 3);
        assert!(Histogram::default().shown(None).is_none());
    }

    #[test]
    fn zeros_alone_are_one_bin() {
        let mut histogram = Histogram::default();
        histogram.add(&[0.0; 7]);
        assert_eq!(histogram.shown(None).unwrap().float, [7]);
    }
}
