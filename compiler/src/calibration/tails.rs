//! The smallest and largest values of a tensor over all samples: enough to tell a percentile near 0 or 100 exactly, without
//! keeping the rest.

/// The tails of one tensor.
#[derive(Clone, Debug)]
pub struct Tails {
    /// Number of values of a sample.
    size: usize,
    /// How many values each tail has.
    keep: usize,
    /// Number of all values over all samples.
    total: usize,
    /// The percentile, 50 to 100.
    percentile: f64,
    low: Vec<f32>,
    high: Vec<f32>,
}

impl Tails {
    /// For samples of `size` values, `samples` in number.
    pub fn new(percentile: f64, size: usize, samples: usize) -> Self {
        let mut tails = Self {
            size,
            keep: 0,
            total: 0,
            percentile,
            low: Vec::new(),
            high: Vec::new(),
        };
        tails.settle(samples);
        tails
    }

    /// Sets the number of samples, which may be less than was said before once all were added.
    pub fn settle(&mut self, samples: usize) {
        self.total = self.size.saturating_mul(samples);
        self.keep = (self.total as f64 * (1.0 - self.percentile / 100.0)) as usize + 1;
        self.cut();
    }

    /// Percentile, number of values of a sample, lower and upper tail.
    pub(super) fn parts(&self) -> (f64, usize, &[f32], &[f32]) {
        (self.percentile, self.size, &self.low, &self.high)
    }

    /// Tails of [`Tails::parts`], to be settled; `None` when they cannot be.
    pub(super) fn from_parts(percentile: f64, size: usize, low: &[f32], high: &[f32]) -> Option<Self> {
        (50.0..=100.0).contains(&percentile).then(|| Self {
            size,
            keep: usize::MAX,
            total: 0,
            percentile,
            low: low.to_vec(),
            high: high.to_vec(),
        })
    }

    /// Leaves of both tails what is to be kept.
    fn cut(&mut self) {
        cut(&mut self.low, self.keep, false);
        cut(&mut self.high, self.keep, true);
    }

    /// Adds a sample. NaN is passed over.
    pub fn add(&mut self, values: &[f32]) {
        let keep = self.keep;
        // Values that cannot be in a full tail any more are passed over; tails may grow to twice their length.
        let room = (2 * keep).max(64);
        let (mut least, mut most) = (f32::INFINITY, f32::NEG_INFINITY);
        for value in values.iter().copied().filter(|value| !value.is_nan()) {
            if value <= least {
                self.low.push(value);
                if self.low.len() >= room + keep {
                    cut(&mut self.low, keep, false);
                    least = self.low[keep - 1];
                }
            }
            if value >= most {
                self.high.push(value);
                if self.high.len() >= room + keep {
                    cut(&mut self.high, keep, true);
                    most = self.high[keep - 1];
                }
            }
        }
        self.cut();
    }

    /// How far the percentile lies between two values: the fraction of its position.
    fn fraction(&self) -> f64 {
        let position = self.percentile / 100.0 * (self.total as f64 - 1.0);
        position - position.trunc()
    }

    /// The value at a tail's inner end, moved towards its neighbour by the fraction of the position.
    fn end(&self, mut tail: Vec<f32>, descending: bool) -> f32 {
        tail.sort_unstable_by(f32::total_cmp);
        if descending {
            tail.reverse();
        }
        // The inner end and its outer neighbour.
        match tail[..] {
            [] => 0.0,
            [only] => only,
            [inner, next, ..] => {
                if self.keep == 1 {
                    inner
                } else {
                    (f64::from(inner) + self.fraction() * f64::from(next - inner)) as f32
                }
            }
        }
    }

    /// The percentile of the smallest and of the largest values.
    pub fn range(&self) -> (f32, f32) {
        (
            self.end(self.low.clone(), true),
            self.end(self.high.clone(), false),
        )
    }

    /// The percentile of the magnitudes.
    pub fn magnitude(&self) -> f32 {
        let mut all: Vec<f32> = self
            .low
            .iter()
            .chain(&self.high)
            .map(|value| value.abs())
            .collect();
        all.sort_unstable_by(|a, b| b.total_cmp(a));
        all.truncate(self.keep);
        self.end(all, false)
    }
}

/// Leaves of a tail its `keep` outermost values.
fn cut(tail: &mut Vec<f32>, keep: usize, descending: bool) {
    if tail.len() > keep {
        let order = |a: &f32, b: &f32| {
            if descending {
                b.total_cmp(a)
            } else {
                a.total_cmp(b)
            }
        };
        tail.select_nth_unstable_by(keep - 1, order);
        tail.truncate(keep);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_a_long_ramp() {
        // 0 ... 99,999 in ten samples: the percentile 99.9 lies between 99,899 and 99,900.
        let mut tails = Tails::new(99.9, 10_000, 10);
        for sample in 0..10 {
            let values: Vec<f32> = (0..10_000).map(|value| (value * 10 + sample) as f32).collect();
            tails.add(&values);
        }
        let (low, high) = tails.range();
        assert!((99_899.0..=99_900.0).contains(&high), "{high}");
        assert!((98.0..=100.0).contains(&low), "{low}");
        assert!((99_899.0..=99_900.0).contains(&tails.magnitude()));
    }

    #[test]
    fn short_tensors_keep_their_range() {
        let mut tails = Tails::new(99.99, 3, 2);
        tails.add(&[1.0, -5.0, 2.0]);
        tails.add(&[f32::NAN, 4.0, 0.0]);
        assert_eq!(tails.range(), (-5.0, 4.0));
        assert_eq!(tails.magnitude(), 5.0);
    }
}
