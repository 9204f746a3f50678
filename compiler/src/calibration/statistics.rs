//! Statistics of all activations, collected sample by sample.

use super::histogram::{Added, Histogram};
use super::tails::Tails;
use super::{aciq, kl, mse};
use crate::quantization::arithmetic::min_max;
use indexmap::IndexMap;
use rayon::prelude::*;

/// How a threshold is chosen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Method {
    /// Least information lost (Kullback-Leibler).
    Kl,
    /// The largest magnitude seen.
    Max,
    /// Least mean squared error (OCTAV), averaged over the samples.
    Mse,
    /// The percentile 99.99 for the first operation, rising to 99.999999 for the last.
    Percentile9999,
    /// Analytical clipping of a normal distribution, averaged over the samples.
    AciqGauss,
    /// Analytical clipping of a Laplace distribution, averaged over the samples.
    AciqLaplace,
}

impl Method {
    /// TPU-MLIR's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kl => "kl",
            Self::Max => "max",
            Self::Mse => "mse",
            Self::Percentile9999 => "percentile9999",
            Self::AciqGauss => "aciq_gauss",
            Self::AciqLaplace => "aciq_laplace",
        }
    }

    /// Whether tuning moves the thresholds afterwards, as TPU-MLIR does it.
    pub fn is_tuned(self) -> bool {
        matches!(self, Self::Kl | Self::AciqGauss | Self::AciqLaplace)
    }

    /// The threshold of one sample, for methods that average these.
    fn of_sample(self) -> Option<fn(&[f32]) -> f64> {
        match self {
            Self::Mse => Some(mse::threshold),
            Self::AciqGauss => Some(aciq::gauss),
            Self::AciqLaplace => Some(aciq::laplace),
            Self::Kl | Self::Max | Self::Percentile9999 => None,
        }
    }
}

/// A tensor that never differs from zero gets this threshold.
pub const SMALLEST_THRESHOLD: f64 = 1e-5;

/// Number of tensors at the end of a network that methods which average may leave alone.
const LAST: usize = 5;

/// What calibration must know of an operation.
#[derive(Clone, Debug)]
pub struct OpNames {
    /// Names of its results, one at least.
    pub results: Vec<String>,
    /// It is an input of the network.
    pub is_input: bool,
    /// It is a convolution or a matrix product.
    pub is_matrix: bool,
}

/// What is known of one tensor.
#[derive(Clone, Debug)]
pub struct TensorStatistics {
    /// Smallest value.
    pub min: f32,
    /// Largest value.
    pub max: f32,
    /// Magnitudes; missing while every value was (nearly) zero, and where the method needs none.
    histogram: Option<Histogram>,
    /// Sum and number of the samples' own thresholds.
    of_samples: (f64, usize),
    /// Kept where a percentile is asked for.
    tails: Option<Tails>,
}

impl TensorStatistics {
    /// Largest magnitude.
    pub fn largest(&self) -> f32 {
        self.min.abs().max(self.max.abs())
    }

    /// The threshold by a method, never above the largest magnitude, never below [`SMALLEST_THRESHOLD`].
    fn threshold(&self, method: Method) -> f64 {
        let largest = f64::from(self.largest());
        let threshold = match method {
            Method::Max => largest,
            Method::Kl => self
                .histogram
                .as_ref()
                .map_or(largest, |histogram| kl::threshold(histogram).into()),
            Method::Percentile9999 => self.tails.as_ref().map_or(largest, |tails| {
                let (min, max) = tails.range();
                min.abs().max(max.abs()).into()
            }),
            Method::Mse | Method::AciqGauss | Method::AciqLaplace => {
                self.of_samples.0 / self.of_samples.1 as f64
            }
        };
        at_least_smallest(threshold.min(largest))
    }

    /// Whether every value seen was (nearly) zero.
    pub fn is_all_zero(&self) -> bool {
        f64::from(self.largest()) <= SMALLEST_THRESHOLD
    }

    /// Whether the percentile of the magnitudes is the largest one.
    fn has_no_outliers(&self) -> bool {
        self.tails
            .as_ref()
            .is_some_and(|tails| tails.magnitude() == self.largest())
    }

    fn add(&mut self, values: &[f32], method: Method, bins: usize) -> Added {
        let (min, max) = min_max(values);
        self.min = self.min.min(min);
        self.max = self.max.max(max);
        if let Some(tails) = &mut self.tails {
            tails.add(values);
        }
        if let Some(threshold) = method.of_sample() {
            self.of_samples.0 += threshold(values);
            self.of_samples.1 += 1;
        }
        if method != Method::Kl || min.abs().max(max.abs()) < 1e-8 {
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

fn at_least_smallest(threshold: f64) -> f64 {
    if threshold.is_nan() || threshold <= SMALLEST_THRESHOLD {
        SMALLEST_THRESHOLD
    } else {
        threshold
    }
}

/// Statistics of all tensors, in the order in which they were first seen.
#[derive(Clone, Debug)]
pub struct Statistics {
    tensors: IndexMap<String, TensorStatistics>,
    method: Method,
    bins: usize,
    samples: usize,
    ops: Vec<OpNames>,
    /// Number of the operation that makes each tensor.
    op_of: IndexMap<String, usize>,
    /// Tensors whose samples differ so much that earlier ones were dropped.
    pub restarted: Vec<String>,
}

impl Statistics {
    /// Empty statistics for a method, with `bins` histogram bins (2048 is the usual number), for this number of samples of
    /// a network of these operations, in order.
    pub fn new(method: Method, bins: usize, samples: usize, ops: Vec<OpNames>) -> Self {
        let op_of = ops
            .iter()
            .enumerate()
            .flat_map(|(index, op)| op.results.iter().map(move |name| (name.clone(), index)))
            .collect();
        Self {
            tensors: IndexMap::new(),
            method,
            bins,
            samples,
            ops,
            op_of,
            restarted: Vec::new(),
        }
    }

    /// Adds one sample of a tensor. Empty tensors are passed over.
    pub fn add(&mut self, name: &str, values: &[f32]) {
        if values.is_empty() {
            return;
        }
        if !self.tensors.contains_key(name) {
            let tails = self
                .percentile(name)
                .map(|percentile| Tails::new(percentile, values.len(), self.samples));
            let tensor = TensorStatistics {
                min: f32::INFINITY,
                max: f32::NEG_INFINITY,
                histogram: None,
                of_samples: (0.0, 0),
                tails,
            };
            self.tensors.insert(name.to_owned(), tensor);
        }
        let tensor = &mut self.tensors[name];
        if tensor.add(values, self.method, self.bins) == Added::Restarted
            && !self.restarted.iter().any(|other| other == name)
        {
            self.restarted.push(name.to_owned());
        }
    }

    /// The percentile that is wanted of a tensor.
    fn percentile(&self, name: &str) -> Option<f64> {
        let op = *self.op_of.get(name)?;
        let is_last =
            op + LAST >= self.ops.len() && self.ops[op].results.first().is_some_and(|first| first == name);
        let wanted = self.method == Method::Percentile9999 || (self.method.of_sample().is_some() && is_last);
        wanted.then(|| 99.99 + op as f64 * (99.999_999 - 99.99) / self.ops.len() as f64)
    }

    /// Number of histogram bins to start with.
    pub fn bins(&self) -> usize {
        self.bins
    }

    /// The method that the statistics are for.
    pub fn method(&self) -> Method {
        self.method
    }

    /// One tensor's statistics.
    pub fn get(&self, name: &str) -> Option<&TensorStatistics> {
        self.tensors.get(name)
    }

    /// All tensors in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &TensorStatistics)> {
        self.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor))
    }

    /// The smallest and largest value to write beside a threshold.
    pub fn table_range(&self, name: &str) -> Option<(f32, f32)> {
        let tensor = self.tensors.get(name)?;
        match (self.method, &tensor.tails) {
            (Method::Percentile9999, Some(tails)) => Some(tails.range()),
            _ => Some((tensor.min, tensor.max)),
        }
    }

    /// Thresholds of all tensors, in order; computed in parallel.
    pub fn thresholds(&self) -> IndexMap<String, f64> {
        let unclipped = self.unclipped();
        let tensors: Vec<(&String, &TensorStatistics)> = self.tensors.iter().collect();
        let thresholds: Vec<f64> = tensors
            .par_iter()
            .map(|(name, tensor)| {
                if unclipped.contains(&name.as_str()) {
                    at_least_smallest(tensor.largest().into())
                } else {
                    tensor.threshold(self.method)
                }
            })
            .collect();
        tensors
            .into_iter()
            .map(|(name, _)| name.clone())
            .zip(thresholds)
            .collect()
    }

    /// Tensors that the averaging methods do not clip: the network's inputs; and from its end up to the last convolution or
    /// matrix product those without outliers, five at most.
    fn unclipped(&self) -> Vec<&str> {
        if self.method.of_sample().is_none() {
            return Vec::new();
        }
        let first = |op: &'_ OpNames| {
            op.results
                .first()
                .map(String::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let mut found: Vec<&str> = Vec::new();
        for op in self.ops.iter().rev().take(LAST) {
            let name = first(op);
            let Some((name, tensor)) = self.tensors.get_key_value(&name) else {
                break;
            };
            if !tensor.has_no_outliers() {
                break;
            }
            found.push(name);
            if op.is_matrix {
                break;
            }
        }
        let inputs = self.ops.iter().filter(|op| op.is_input);
        found.extend(inputs.flat_map(|op| op.results.iter().map(String::as_str)));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ops(names: &[&str]) -> Vec<OpNames> {
        names
            .iter()
            .map(|name| OpNames {
                results: vec![(*name).to_owned()],
                is_input: *name == "in",
                is_matrix: name.ends_with("Conv"),
            })
            .collect()
    }

    #[test]
    fn thresholds_stay_within_the_range() {
        for method in [
            Method::Kl,
            Method::Max,
            Method::Mse,
            Method::Percentile9999,
            Method::AciqGauss,
            Method::AciqLaplace,
        ] {
            let mut statistics = Statistics::new(method, 2048, 2, ops(&["a", "zero"]));
            statistics.add("a", &[-2.0, 0.5, 1.0]);
            statistics.add("a", &[0.1, 3.0]);
            statistics.add("zero", &[0.0; 4]);
            let a = statistics.get("a").unwrap();
            assert_eq!((a.min, a.max), (-2.0, 3.0));
            let thresholds = statistics.thresholds();
            assert_eq!(thresholds.keys().collect::<Vec<_>>(), ["a", "zero"]);
            assert!(thresholds["a"] > 0.5 && thresholds["a"] <= 3.0, "{method:?}");
            if method == Method::Max {
                assert_eq!(thresholds["a"], 3.0);
            }
            assert!(statistics.get("zero").unwrap().is_all_zero());
            assert_eq!(thresholds["zero"], SMALLEST_THRESHOLD);
        }
    }

    #[test]
    fn averaging_methods_leave_inputs_and_the_end_alone() {
        let mut statistics = Statistics::new(
            Method::AciqLaplace,
            2048,
            1,
            ops(&["in", "a_Conv", "b_Conv", "c"]),
        );
        let mut values = vec![0.01; 1000];
        values.push(9.0);
        for name in ["in", "a_Conv", "b_Conv", "c"] {
            statistics.add(name, &values);
        }
        let thresholds = statistics.thresholds();
        assert_eq!(
            [thresholds["in"], thresholds["b_Conv"], thresholds["c"]],
            [9.0; 3]
        );
        assert!(thresholds["a_Conv"] < 1.0);
    }
}
