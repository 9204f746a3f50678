//! Statistics of all activations, collected sample by sample.

use super::histogram::{Added, Histogram};
use super::kl;
use indexmap::IndexMap;
use rayon::prelude::*;

/// How a threshold is chosen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Method {
    /// Least information lost (Kullback-Leibler).
    Kl,
    /// The largest magnitude seen.
    Max,
}

impl Method {
    /// TPU-MLIR's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kl => "kl",
            Self::Max => "max",
        }
    }
}

/// A tensor that never differs from zero gets this threshold.
pub const SMALLEST_THRESHOLD: f64 = 1e-5;

/// What is known of one tensor.
#[derive(Clone, Debug)]
pub struct TensorStatistics {
    /// Smallest value.
    pub min: f32,
    /// Largest value.
    pub max: f32,
    /// Magnitudes; missing while every value was (nearly) zero.
    histogram: Option<Histogram>,
}

impl TensorStatistics {
    /// Largest magnitude.
    pub fn largest(&self) -> f32 {
        self.min.abs().max(self.max.abs())
    }

    /// The threshold by a method, never above the largest magnitude, never below [`SMALLEST_THRESHOLD`].
    pub fn threshold(&self, method: Method) -> f64 {
        let largest = f64::from(self.largest());
        let threshold = match (method, &self.histogram) {
            (Method::Max, _) => largest,
            (Method::Kl, Some(histogram)) => f64::from(kl::threshold(histogram)).min(largest),
            (Method::Kl, None) => largest,
        };
        if threshold.is_nan() || threshold <= SMALLEST_THRESHOLD {
            SMALLEST_THRESHOLD
        } else {
            threshold
        }
    }

    /// Whether every value seen was (nearly) zero.
    pub fn is_all_zero(&self) -> bool {
        f64::from(self.largest()) <= SMALLEST_THRESHOLD
    }

    fn add(&mut self, values: &[f32], bins: usize) -> Added {
        let (min, max) = range(values);
        self.min = self.min.min(min);
        self.max = self.max.max(max);
        if min.abs().max(max.abs()) < 1e-8 {
            return Added::Counted;
        }
        let largest = self.largest();
        match &mut self.histogram {
            Some(histogram) => histogram.add(values, largest, bins),
            None => {
                self.histogram = Some(Histogram::new(values, largest, bins));
                Added::Counted
            }
        }
    }
}

/// Smallest and largest value; NaN is passed over.
fn range(values: &[f32]) -> (f32, f32) {
    values
        .iter()
        .fold((f32::INFINITY, f32::NEG_INFINITY), |(min, max), value| {
            (min.min(*value), max.max(*value))
        })
}

/// Statistics of all tensors, in the order in which they were first seen.
#[derive(Clone, Debug)]
pub struct Statistics {
    tensors: IndexMap<String, TensorStatistics>,
    bins: usize,
    /// Tensors whose samples differ so much that earlier ones were dropped.
    pub restarted: Vec<String>,
}

impl Statistics {
    /// Empty statistics with `bins` histogram bins (2048 is the usual number).
    pub fn new(bins: usize) -> Self {
        Self {
            tensors: IndexMap::new(),
            bins,
            restarted: Vec::new(),
        }
    }

    /// Adds one sample of a tensor. Empty tensors are passed over.
    pub fn add(&mut self, name: &str, values: &[f32]) {
        if values.is_empty() {
            return;
        }
        let tensor = self
            .tensors
            .entry(name.to_owned())
            .or_insert_with(|| TensorStatistics {
                min: f32::INFINITY,
                max: f32::NEG_INFINITY,
                histogram: None,
            });
        if tensor.add(values, self.bins) == Added::Restarted
            && !self.restarted.iter().any(|other| other == name)
        {
            self.restarted.push(name.to_owned());
        }
    }

    /// Number of histogram bins to start with.
    pub fn bins(&self) -> usize {
        self.bins
    }

    /// One tensor's statistics.
    pub fn get(&self, name: &str) -> Option<&TensorStatistics> {
        self.tensors.get(name)
    }

    /// All tensors in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &TensorStatistics)> {
        self.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor))
    }

    /// Thresholds of all tensors by a method, in order; computed in parallel.
    pub fn thresholds(&self, method: Method) -> IndexMap<String, f64> {
        let tensors: Vec<(&String, &TensorStatistics)> = self.tensors.iter().collect();
        let thresholds: Vec<f64> = tensors
            .par_iter()
            .map(|(_, tensor)| tensor.threshold(method))
            .collect();
        tensors
            .into_iter()
            .map(|(name, _)| name.clone())
            .zip(thresholds)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_stay_within_the_range() {
        let mut statistics = Statistics::new(2048);
        statistics.add("a", &[-2.0, 0.5, 1.0]);
        statistics.add("a", &[0.1, 3.0]);
        statistics.add("zero", &[0.0; 4]);
        let a = statistics.get("a").unwrap();
        assert_eq!((a.min, a.max), (-2.0, 3.0));
        assert_eq!(a.threshold(Method::Max), 3.0);
        assert!(a.threshold(Method::Kl) <= 3.0);
        let zero = statistics.get("zero").unwrap();
        assert!(zero.is_all_zero());
        assert_eq!(zero.threshold(Method::Kl), SMALLEST_THRESHOLD);
        assert_eq!(
            statistics.thresholds(Method::Max).keys().collect::<Vec<_>>(),
            ["a", "zero"]
        );
    }
}
