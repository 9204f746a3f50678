//! A histogram of magnitudes that grows when a larger value comes: bins keep their meaning, new ones are added above.
//!
//! Bin `k` holds the non-zero values whose `|x| / width` rounds (half up) to `k`; the last bin of a new histogram holds the
//! largest magnitude. Growing keeps TPU-MLIR's step of `maximum / bins` (not `width`), which is what makes the thresholds
//! of the two tools comparable.

use crate::inference::kernels::{Vectorised, vectorised};
use rayon::prelude::*;

/// No tensor needs more bins than this; values of such different size are reported by [`Histogram::add`].
const MOST_BINS: usize = 8_000_000;

/// Magnitudes of a tensor over all samples so far.
#[derive(Clone, Debug)]
pub struct Histogram {
    counts: Vec<u64>,
    width: f64,
    largest: f64,
    /// The largest magnitude is a single-precision number until bins are added: differences to it round as such.
    single: bool,
}

/// What adding a sample did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Added {
    /// Counted.
    Counted,
    /// The sample is so much larger than those before that they were dropped.
    Restarted,
}

impl Histogram {
    /// A histogram of `bins` bins over the values of the first sample. `largest` is their largest magnitude.
    pub fn new(values: &[f32], largest: f32, bins: usize) -> Self {
        let bins = bins.max(2);
        let width = f64::from(largest) / (bins - 1) as f64;
        let mut counts = vec![0; bins];
        count(&mut counts, values, width);
        Self {
            counts,
            width,
            largest: largest.into(),
            single: true,
        }
    }

    /// Adds another sample. `largest` is the largest magnitude of all samples so far, this one included; `bins` the number
    /// of bins to start again with when the samples differ too much.
    pub fn add(&mut self, values: &[f32], largest: f32, bins: usize) -> Added {
        let new_largest = f64::from(largest);
        if new_largest <= self.largest {
            let width = self.largest / (self.counts.len() - 1) as f64;
            count(&mut self.counts, values, width);
            return Added::Counted;
        }
        let step = self.largest / self.counts.len() as f64;
        let difference = if self.single {
            f64::from(largest - self.largest as f32)
        } else {
            new_largest - self.largest
        };
        let more = (difference / step).floor() + 1.0;
        if more + self.counts.len() as f64 > MOST_BINS as f64 {
            *self = Self::new(values, largest, bins);
            return Added::Restarted;
        }
        self.largest += more * step;
        self.single = false;
        self.counts.resize(self.counts.len() + more as usize, 0);
        self.width = self.largest / (self.counts.len() - 1) as f64;
        count(&mut self.counts, values, self.width);
        Added::Counted
    }

    /// Counts, width, largest magnitude, and whether that is a single-precision number still.
    pub(super) fn parts(&self) -> (&[u64], f64, f64, bool) {
        (&self.counts, self.width, self.largest, self.single)
    }

    /// A histogram of [`Histogram::parts`]; `None` when they cannot be.
    pub(super) fn from_parts(counts: &[u64], width: f64, largest: f64, single: bool) -> Option<Self> {
        let sizes = [width, largest];
        let possible = counts.len() >= 2
            && counts.len() <= MOST_BINS
            && sizes.iter().all(|size| size.is_finite() && *size > 0.0)
            && counts
                .iter()
                .try_fold(0u64, |sum, count| sum.checked_add(*count))
                .is_some();
        possible.then(|| Self {
            counts: counts.to_vec(),
            width,
            largest,
            single,
        })
    }

    /// Counts of the bins.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Magnitude that one bin spans.
    pub fn width(&self) -> f64 {
        self.width
    }
}

/// Counts values into bins of `width`; the division is a single-precision one, as numpy does it for f32 arrays. Where there are
/// many more values than bins all threads count, each for itself.
fn count(counts: &mut Vec<u64>, values: &[f32], width: f64) {
    let width = width as f32;
    if values.len() < (1 << 15).max(8 * counts.len()) {
        vectorised(Count {
            counts,
            values,
            width,
        });
        return;
    }
    let part = values.len().div_ceil(rayon::current_num_threads());
    let parts: Vec<Vec<u64>> = values
        .par_chunks(part)
        .map(|values| {
            let mut counts = vec![0; counts.len()];
            vectorised(Count {
                counts: &mut counts,
                values,
                width,
            });
            counts
        })
        .collect();
    for part in parts {
        for (sum, count) in counts.iter_mut().zip(part) {
            *sum += count;
        }
    }
}

struct Count<'a> {
    counts: &'a mut Vec<u64>,
    values: &'a [f32],
    width: f32,
}

impl Vectorised for Count<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        // Bins are found for a few values at once. NaN, values above the range and zeros go to bins behind the others, since half
        // of the values may be zeros in no order, which no processor foresees; to several, since adding to one has to wait
        // for the addition before.
        const AT_ONCE: usize = 64;
        const OTHERS: usize = 8;
        let Self {
            counts,
            values,
            width,
        } = self;
        let length = counts.len();
        let bins = length as f32;
        counts.resize(length + OTHERS, 0);
        for values in values.chunks(AT_ONCE) {
            let mut places = [0u32; AT_ONCE];
            for (index, (place, value)) in places.iter_mut().zip(values).enumerate() {
                let bin = value.abs() / width + 0.5;
                let counted = *value != 0.0 && bin < bins;
                // Cut off, which is the floor of what is not negative.
                let bin = (if counted { bin } else { 0.0 }) as i32 as u32;
                let other = (length + index % OTHERS) as u32;
                *place = if counted { bin } else { other };
            }
            for place in &places[..values.len()] {
                counts[*place as usize] += 1;
            }
        }
        counts.truncate(length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_rounded_magnitudes_and_no_zeros() {
        let values = [0.0, -1.0, 1.0, 2.0, 2.4, 4.0, f32::NAN, 4.6, -0.0, f32::INFINITY];
        let histogram = Histogram::new(&values, 4.0, 5);
        assert_eq!(histogram.counts(), [0, 2, 2, 0, 1]);
        let many = Histogram::new(&values.repeat(100), 4.0, 5);
        assert_eq!(many.counts(), [0, 200, 200, 0, 100]);
        assert_eq!(histogram.width(), 1.0);
        // So many that several threads count.
        let most = Histogram::new(&values.repeat(10_000), 4.0, 5);
        assert_eq!(most.counts(), [0, 20_000, 20_000, 0, 10_000]);
    }

    #[test]
    fn grows_for_larger_values() {
        let mut histogram = Histogram::new(&[1.0, 4.0], 4.0, 5);
        assert_eq!(histogram.add(&[6.0], 6.0, 5), Added::Counted);
        assert_eq!(histogram.counts().iter().sum::<u64>(), 3);
        assert!(histogram.counts().len() > 5);
        assert_eq!(histogram.add(&[1e30], 1e30, 5), Added::Restarted);
        assert_eq!(histogram.counts(), [0, 0, 0, 0, 1]);
    }
}
