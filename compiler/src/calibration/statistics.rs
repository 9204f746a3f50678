//! Statistics of all activations, collected sample by sample.

use super::histogram::{Added, Histogram};
use super::tails::Tails;
use super::{Method, admm, kl};
use crate::program::Program;
use crate::quantization::arithmetic::min_max;
use crate::quantization::calibration_table::{CalibrationTable, Threshold};
use indexmap::IndexMap;
use rayon::prelude::*;
use tpuc_dialects::ir::OpView;

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

impl OpNames {
    /// The operations of a top program whose results are measured, in order.
    pub fn of(program: &Program) -> Vec<Self> {
        let ctx = &program.ctx;
        let ops = ctx.walk(program.module.op()).into_iter();
        ops.filter(|op| ctx.op_name(*op).starts_with("top."))
            .filter(|op| !ctx.is(*op, "top.None") && !ctx.is(*op, "top.Weight"))
            .map(|op| Self {
                results: ctx
                    .results(op)
                    .iter()
                    .map(|value| ctx.value_name(*value).to_owned())
                    .collect(),
                is_input: ctx.is(op, "top.Input"),
                is_matrix: ctx.is(op, "top.Conv") || ctx.is(op, "top.MatMul"),
            })
            .collect()
    }
}

/// What is known of one tensor.
#[derive(Clone, Debug)]
pub struct TensorStatistics {
    /// Smallest value.
    pub min: f32,
    /// Largest value.
    pub max: f32,
    /// Magnitudes; missing while every value was (nearly) zero, and where the method needs none.
    pub(super) histogram: Option<Histogram>,
    /// Sum and number of the samples' own thresholds, for each method that averages these.
    pub(super) of_samples: [(f64, usize); Method::AVERAGED.len()],
    /// Kept where a percentile is asked for.
    pub(super) tails: Option<Tails>,
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
            Method::Admm => self
                .histogram
                .as_ref()
                .map_or(largest, |histogram| admm::threshold(histogram, self.min >= 0.0)),
            Method::Percentile9999 => self.tails.as_ref().map_or(largest, |tails| {
                let (min, max) = tails.range();
                min.abs().max(max.abs()).into()
            }),
            Method::Mse | Method::AciqGauss | Method::AciqLaplace => {
                let (sum, count) = method.averaged().map_or((0.0, 0), |index| self.of_samples[index]);
                sum / count as f64
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

    fn add(&mut self, values: &[f32], methods: &[Method], bins: usize) -> Added {
        let (min, max) = min_max(values);
        self.min = self.min.min(min);
        self.max = self.max.max(max);
        if let Some(tails) = &mut self.tails {
            tails.add(values);
        }
        for method in methods {
            if let (Some(index), Some(threshold)) = (method.averaged(), method.of_sample(values)) {
                let (sum, count) = &mut self.of_samples[index];
                *sum += threshold;
                *count += 1;
            }
        }
        let counted = methods.iter().any(|method| method.needs_histogram());
        if !counted || min.abs().max(max.abs()) < 1e-8 {
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
    methods: Vec<Method>,
    bins: usize,
    samples: usize,
    ops: Vec<OpNames>,
    /// Number of the operation that makes each tensor.
    op_of: IndexMap<String, usize>,
    /// Tensors whose samples differ so much that earlier ones were dropped.
    pub restarted: Vec<String>,
}

impl Statistics {
    /// Empty statistics that serve these methods, with `bins` histogram bins (2048 is the usual number), for this number of
    /// samples of a network of these operations, in order.
    pub fn new(methods: &[Method], bins: usize, samples: usize, ops: Vec<OpNames>) -> Self {
        let op_of = ops
            .iter()
            .enumerate()
            .flat_map(|(index, op)| op.results.iter().map(move |name| (name.clone(), index)))
            .collect();
        Self {
            tensors: IndexMap::new(),
            methods: methods.to_vec(),
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
                of_samples: Default::default(),
                tails,
            };
            self.tensors.insert(name.to_owned(), tensor);
        }
        let tensor = &mut self.tensors[name];
        if tensor.add(values, &self.methods, self.bins) == Added::Restarted
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
        let averages = self.methods.iter().any(|method| method.averaged().is_some());
        let wanted = self.methods.contains(&Method::Percentile9999) || (averages && is_last);
        wanted.then(|| 99.99 + op as f64 * (99.999_999 - 99.99) / self.ops.len() as f64)
    }

    /// Number of histogram bins to start with.
    pub fn bins(&self) -> usize {
        self.bins
    }

    /// The methods that the statistics serve.
    pub fn methods(&self) -> &[Method] {
        &self.methods
    }

    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// To be said once all samples were added, of which there were only so many.
    pub fn settle(&mut self, samples: usize) {
        self.samples = samples;
        for tails in self
            .tensors
            .values_mut()
            .filter_map(|tensor| tensor.tails.as_mut())
        {
            tails.settle(samples);
        }
    }

    /// One tensor's statistics.
    pub fn get(&self, name: &str) -> Option<&TensorStatistics> {
        self.tensors.get(name)
    }

    /// Puts back tensors that were written to a file.
    pub(super) fn restore(&mut self, tensors: impl IntoIterator<Item = (String, TensorStatistics)>) {
        self.tensors = tensors.into_iter().collect();
    }

    /// All tensors in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &TensorStatistics)> {
        self.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor))
    }

    /// The smallest and largest value to write beside a method's threshold.
    fn table_range(method: Method, tensor: &TensorStatistics) -> (f32, f32) {
        match (method, &tensor.tails) {
            (Method::Percentile9999, Some(tails)) => tails.range(),
            _ => (tensor.min, tensor.max),
        }
    }

    /// A table of these thresholds, without a header.
    pub fn table(&self, method: Method, thresholds: &IndexMap<String, f64>) -> CalibrationTable {
        let mut table = CalibrationTable::default();
        for (name, tensor) in &self.tensors {
            let (min, max) = Self::table_range(method, tensor);
            let threshold = Threshold {
                threshold: thresholds.get(name).copied().unwrap_or(SMALLEST_THRESHOLD),
                min: min.into(),
                max: max.into(),
            };
            table.thresholds.insert(name.clone(), threshold);
        }
        table
    }

    /// Thresholds of all tensors by one of the [`Statistics::methods`], in order; computed in parallel.
    pub fn thresholds(&self, method: Method) -> IndexMap<String, f64> {
        let unclipped = self.unclipped(method);
        let tensors: Vec<(&String, &TensorStatistics)> = self.tensors.iter().collect();
        let thresholds: Vec<f64> = tensors
            .par_iter()
            .map(|(name, tensor)| {
                if unclipped.contains(&name.as_str()) {
                    at_least_smallest(tensor.largest().into())
                } else {
                    tensor.threshold(method)
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
    fn unclipped(&self, method: Method) -> Vec<&str> {
        if method.averaged().is_none() {
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
        let mut together = Statistics::new(&Method::ALL, 2048, 2, ops(&["a", "zero"]));
        for method in Method::ALL {
            let mut statistics = Statistics::new(&[method], 2048, 2, ops(&["a", "zero"]));
            for statistics in [&mut statistics, &mut together] {
                statistics.add("a", &[-2.0, 0.5, 1.0]);
                statistics.add("a", &[0.1, 3.0]);
                statistics.add("zero", &[0.0; 4]);
            }
            let a = statistics.get("a").unwrap();
            assert_eq!((a.min, a.max), (-2.0, 3.0));
            let thresholds = statistics.thresholds(method);
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
    fn one_pass_serves_all_methods() {
        let names = ["in", "a_Conv", "b", "c", "d_Conv", "e", "f"];
        let sample = |seed: usize| -> Vec<f32> {
            (0..3000)
                .map(|index| {
                    (((index * 7919 + seed * 104_729) % 10_007) as f32 / 10_007.0 - 0.4).powi(3) * 9.0
                })
                .collect()
        };
        let collect = |methods: &[Method], planned: usize| {
            let mut statistics = Statistics::new(methods, 256, planned, ops(&names));
            for seed in 0..3 {
                for (index, name) in names.iter().enumerate() {
                    statistics.add(name, &sample(seed + 5 * index));
                }
            }
            statistics.settle(3);
            statistics
        };
        // Two of five samples did not come.
        let together = collect(&Method::ALL, 5);
        for method in Method::ALL {
            let alone = collect(&[method], 3);
            let tables =
                [&together, &alone].map(|found| found.table(method, &found.thresholds(method)).to_text());
            assert_eq!(tables[0], tables[1], "{method:?}");
        }
    }

    #[test]
    fn averaging_methods_leave_inputs_and_the_end_alone() {
        let mut statistics = Statistics::new(
            &[Method::AciqLaplace],
            2048,
            1,
            ops(&["in", "a_Conv", "b_Conv", "c"]),
        );
        let mut values = vec![0.01; 1000];
        values.push(9.0);
        for name in ["in", "a_Conv", "b_Conv", "c"] {
            statistics.add(name, &values);
        }
        let thresholds = statistics.thresholds(Method::AciqLaplace);
        assert_eq!(
            [thresholds["in"], thresholds["b_Conv"], thresholds["c"]],
            [9.0; 3]
        );
        assert!(thresholds["a_Conv"] < 1.0);
    }
}
