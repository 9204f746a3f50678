//! Are two sets of tensors the same, close, or similar enough?
//!
//! Rules, their order, their numbers and the printed text are TPU-MLIR 1.30.2's (`npz_tool.py compare`), whose words
//! people's scripts look for. Deliberate differences:
//! - all tensors are compared; upstream thins out archives of more than 200 unless told not to ([`subsample`] does);
//! - archives without a common tensor are an error, upstream calls that passed;
//! - integers do not overflow (see [`metrics`]);
//! - the third number of the tolerance is a bound on the SQNR, upstream ignores it.

use std::borrow::Cow;

use rayon::prelude::*;

use super::npz::NpzReader;
use super::progress::Progress;
use super::{DType, DataError, Tensor, TensorMap};
use align::{Aligned, Pair, align};
use metrics::Number;

mod align;
pub mod metrics;
pub mod text;

pub use metrics::Similarity;

/// What counts as similar enough, and what to keep for the report.
#[derive(Clone, Debug, PartialEq)]
pub struct CompareOptions {
    /// The cosine similarity must be greater.
    pub cosine: f64,
    /// The Euclidean similarity must be greater.
    pub euclidean: f64,
    /// The SQNR in dB must be greater.
    pub sqnr: f64,
    /// int8 tensors must be equal; else they are judged by similarity like others.
    pub int8_exact: bool,
    /// Compare each index of the axes up to this one separately and report the worst.
    pub per_axis: Option<usize>,
    /// 0: one line per tensor; 1: shape and similarity; 2: largest values of failed tensors; 3: all differences;
    /// 4: all elements.
    pub verbosity: u8,
}

impl Default for CompareOptions {
    fn default() -> Self {
        Self {
            cosine: 0.99,
            euclidean: 0.99,
            sqnr: f64::NEG_INFINITY,
            int8_exact: true,
            per_axis: None,
            verbosity: 0,
        }
    }
}

impl CompareOptions {
    /// Takes the bounds from the text of `--tolerance`: cosine, Euclidean and, if given, SQNR.
    ///
    /// # Errors
    /// When the text is not two or three numbers joined by commas.
    pub fn with_tolerance(mut self, text: &str) -> Result<Self, DataError> {
        let numbers: Option<Vec<f64>> = text.split(',').map(|number| number.trim().parse().ok()).collect();
        match numbers.as_deref() {
            Some([cosine, euclidean]) => (self.cosine, self.euclidean) = (*cosine, *euclidean),
            Some([cosine, euclidean, sqnr]) => {
                (self.cosine, self.euclidean, self.sqnr) = (*cosine, *euclidean, *sqnr);
            }
            _ => {
                return Err(DataError::Option(format!(
                    "tolerance '{text}' is not of the form COSINE,EUCLIDEAN[,SQNR], as in 0.99,0.90"
                )));
            }
        }
        Ok(self)
    }
}

/// Outcome for a tensor, best first but for the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    /// Shapes do not fit.
    NotMatch,
    /// Equal.
    Equal,
    /// int8, and not equal.
    NotEqual,
    /// Every element within a relative 10^-3 or better.
    Close,
    /// Within the tolerance.
    Similar,
    /// Not within the tolerance.
    NotSimilar,
}

impl Level {
    /// The word in reports, misspelt as scripts expect it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NotMatch => "NOT_MATCH",
            Self::Equal => "EQUAL",
            Self::NotEqual => "NOT_EQUAL",
            Self::Close => "CLOSE",
            Self::Similar => "SIMILAR",
            Self::NotSimilar => "NOT_SIMLIAR",
        }
    }

    /// True for equal, close and similar.
    #[must_use]
    pub fn passed(self) -> bool {
        matches!(self, Self::Equal | Self::Close | Self::Similar)
    }
}

/// Result for one tensor.
#[derive(Clone, Debug)]
pub struct TensorReport {
    /// Its name in both archives.
    pub name: String,
    /// Outcome.
    pub level: Level,
    /// For [`Level::Close`]: every element is within a relative `10^-close_order`.
    pub close_order: Option<u32>,
    /// For similar and not similar.
    pub similarity: Option<Similarity>,
    /// With `per_axis`: which index the similarity is of.
    pub channel: usize,
    /// Shape of the target.
    pub shape: Vec<usize>,
    /// Element type of the target in its file.
    pub dtype: DType,
    /// For int8 targets.
    pub int8: Option<Int8Statistics>,
    /// Remarks on shapes.
    pub notes: Vec<String>,
    details: text::Details,
}

/// How an int8 tensor uses its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Int8Statistics {
    /// Elements that are 127.
    pub positive_limit: usize,
    /// Elements that are -128.
    pub negative_limit: usize,
    /// Elements that are 0.
    pub zeros: usize,
    /// Elements from -8 to 8 and, as upstream's absolute value overflows, those of -128.
    pub low: usize,
    /// All elements.
    pub total: usize,
}

impl Int8Statistics {
    fn of(values: impl Iterator<Item = i8>) -> Self {
        let mut statistics = Self {
            positive_limit: 0,
            negative_limit: 0,
            zeros: 0,
            low: 0,
            total: 0,
        };
        for value in values {
            statistics.total += 1;
            statistics.positive_limit += usize::from(value == 127);
            statistics.negative_limit += usize::from(value == -128);
            statistics.zeros += usize::from(value == 0);
            statistics.low += usize::from(value.wrapping_abs() <= 8);
        }
        statistics
    }
}

/// Result of a comparison: tensors in the reference's order.
#[derive(Clone, Debug, Default)]
pub struct CompareReport {
    /// One per compared tensor.
    pub tensors: Vec<TensorReport>,
}

impl CompareReport {
    /// True when no tensor failed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.failures().next().is_none()
    }

    /// The tensors that failed.
    pub fn failures(&self) -> impl Iterator<Item = &TensorReport> {
        self.tensors.iter().filter(|tensor| !tensor.level.passed())
    }

    /// Number of tensors of a level.
    #[must_use]
    pub fn count(&self, level: Level) -> usize {
        self.tensors.iter().filter(|tensor| tensor.level == level).count()
    }

    /// The least of each similarity, not necessarily of one tensor; 1, 1, infinity when all are equal or close.
    #[must_use]
    pub fn min_similarity(&self) -> Similarity {
        let mut least = Similarity {
            cosine: 1.0,
            euclidean: 1.0,
            sqnr: f64::INFINITY,
        };
        let lower = |least: &mut f64, value: f64| {
            if value < *least {
                *least = value;
            }
        };
        for similarity in self.tensors.iter().filter_map(|tensor| tensor.similarity) {
            lower(&mut least.cosine, similarity.cosine);
            lower(&mut least.euclidean, similarity.euclidean);
            lower(&mut least.sqnr, similarity.sqnr);
        }
        least
    }
}

/// Something that tensors can be taken from by name: an archive or a map.
pub trait TensorSource: Sync {
    /// Names in order.
    fn tensor_names(&self) -> Vec<&str>;
    /// The tensor of that name.
    ///
    /// # Errors
    /// When there is none or it cannot be read.
    fn tensor(&self, name: &str) -> Result<Cow<'_, Tensor>, DataError>;
}

impl TensorSource for NpzReader {
    fn tensor_names(&self) -> Vec<&str> {
        self.names().collect()
    }

    fn tensor(&self, name: &str) -> Result<Cow<'_, Tensor>, DataError> {
        self.load(name).map(Cow::Owned)
    }
}

impl TensorSource for TensorMap {
    fn tensor_names(&self) -> Vec<&str> {
        self.keys().map(String::as_str).collect()
    }

    fn tensor(&self, name: &str) -> Result<Cow<'_, Tensor>, DataError> {
        self.get(name)
            .map(Cow::Borrowed)
            .ok_or_else(|| DataError::Tensor(format!("there is no tensor '{name}'")))
    }
}

/// Names that both have and that are not excepted, in the reference's order.
#[must_use]
pub fn common_names(
    target: &dyn TensorSource,
    reference: &dyn TensorSource,
    excepts: &[String],
) -> Vec<String> {
    let of_target: rustc_hash::FxHashSet<&str> = target.tensor_names().into_iter().collect();
    let excepts: rustc_hash::FxHashSet<&str> = excepts.iter().map(String::as_str).collect();
    reference
        .tensor_names()
        .into_iter()
        .filter(|name| of_target.contains(name) && !excepts.contains(name))
        .map(str::to_string)
        .collect()
}

/// Upstream's selection from more than 200 names: every n-th, and the last one when one of the last nine is missing.
#[must_use]
pub fn subsample(names: Vec<String>) -> Vec<String> {
    if names.len() <= 200 {
        return names;
    }
    let step = (names.len() / 200).max(1);
    let last = names.len() - 1;
    let misses_one_of_the_last = (last - 8..=last).any(|index| index % step != 0);
    names
        .into_iter()
        .enumerate()
        .filter(|(index, _)| index % step == 0 || (*index == last && misses_one_of_the_last))
        .map(|(_, name)| name)
        .collect()
}

/// Compares the named tensors of two sources, several at a time.
///
/// # Errors
/// [`DataError`] when a tensor cannot be read. That tensors differ is not an error but in the report.
pub fn compare(
    target: &dyn TensorSource,
    reference: &dyn TensorSource,
    names: &[String],
    options: &CompareOptions,
) -> Result<CompareReport, DataError> {
    let progress = Progress::new("compare", names.len());
    let tensors = names
        .par_iter()
        .map(|name| {
            let report = compare_tensors(name, &*target.tensor(name)?, &*reference.tensor(name)?, options);
            progress.step();
            Ok(report)
        })
        .collect::<Result<_, DataError>>()?;
    Ok(CompareReport { tensors })
}

/// Compares two tensors.
#[must_use]
pub fn compare_tensors(
    name: &str,
    target: &Tensor,
    reference: &Tensor,
    options: &CompareOptions,
) -> TensorReport {
    let Aligned { pair, shape, notes } = align(name, target, reference);
    let outcome = match &pair {
        None => Outcome::of(Level::NotMatch),
        Some(Pair::F32(a, b)) => judge_floats(a, b, &shape, options),
        Some(Pair::I32(a, b)) => judge(a, b, &shape, false, options),
        Some(Pair::I8(a, b)) => judge(a, b, &shape, options.int8_exact, options),
    };
    TensorReport {
        name: name.to_string(),
        level: outcome.level,
        close_order: outcome.close_order,
        similarity: outcome.similarity,
        channel: outcome.channel,
        shape: target.shape().to_vec(),
        dtype: target.dtype(),
        int8: target
            .as_i8()
            .map(|array| Int8Statistics::of(array.iter().copied())),
        notes,
        details: outcome.details,
    }
}

struct Outcome {
    level: Level,
    close_order: Option<u32>,
    similarity: Option<Similarity>,
    channel: usize,
    details: text::Details,
}

impl Outcome {
    fn of(level: Level) -> Self {
        Self {
            level,
            close_order: None,
            similarity: None,
            channel: 0,
            details: text::Details::default(),
        }
    }
}

/// Floats may hold NaN and infinity, which are replaced once exact and close comparison are over.
fn judge_floats(a: &[f32], b: &[f32], shape: &[usize], options: &CompareOptions) -> Outcome {
    let finite = |run: &[f32]| run.iter().all(|value| value.is_finite());
    if finite(a) && finite(b) {
        return judge(a, b, shape, false, options);
    }
    if a == b {
        return Outcome::of(Level::Equal);
    }
    let whole = options.per_axis.is_none_or(|axis| axis >= shape.len());
    if let Some(order) = metrics::close_order(a, b).filter(|_| whole) {
        return Outcome {
            close_order: Some(order),
            ..Outcome::of(Level::Close)
        };
    }
    judge_parts(&finite_numbers(a), &finite_numbers(b), shape, options)
}

/// NaN as 0, infinities as 10000 of their sign.
fn finite_numbers(run: &[f32]) -> Vec<f32> {
    let number = |value: f32| {
        if value.is_nan() {
            0.0
        } else {
            10_000_f32.copysign(value)
        }
    };
    run.iter()
        .map(|&value| if value.is_finite() { value } else { number(value) })
        .collect()
}

/// The similarities of two tensors of real numbers with as many elements each, also where they are so close that a
/// report would not tell them: 1, 1 and infinity for equal ones.
#[must_use]
pub fn similarity(target: &Tensor, reference: &Tensor) -> Similarity {
    let (a, b) = (target.to_f32(), reference.to_f32());
    if a == b {
        return Similarity {
            cosine: 1.0,
            euclidean: 1.0,
            sqnr: f64::INFINITY,
        };
    }
    let run =
        |array: &ndarray::CowArray<'_, f32, ndarray::IxDyn>| -> Vec<f32> { array.iter().copied().collect() };
    similarity_of(&run(&a), &run(&b))
}

/// The similarities of two equally long runs, as a comparison reports them; the signal of the SQNR is `raw`.
#[must_use]
pub fn similarity_of(raw: &[f32], other: &[f32]) -> Similarity {
    let finite = |run: &[f32]| run.iter().all(|value| value.is_finite());
    if finite(raw) && finite(other) {
        return metrics::similarity(raw, other);
    }
    metrics::similarity(&finite_numbers(raw), &finite_numbers(other))
}

fn judge<T: Number + text::Printed>(
    a: &[T],
    b: &[T],
    shape: &[usize],
    exact: bool,
    options: &CompareOptions,
) -> Outcome {
    if a == b {
        return Outcome::of(Level::Equal);
    }
    if exact {
        let details = text::Details::of(a, b, shape, options.verbosity);
        return Outcome {
            details,
            ..Outcome::of(Level::NotEqual)
        };
    }
    judge_parts(a, b, shape, options)
}

/// Judges the whole, or each index of the leading axes; then the failed one with the least cosine counts, or the last
/// when none failed.
fn judge_parts<T: Number + text::Printed>(
    a: &[T],
    b: &[T],
    shape: &[usize],
    options: &CompareOptions,
) -> Outcome {
    let inner: usize = match options.per_axis {
        Some(axis) if axis < shape.len() => shape[axis + 1..].iter().product(),
        _ => a.len(),
    };
    let parts = a.chunks(inner.max(1)).zip(b.chunks(inner.max(1)));
    let mut worst: Option<Outcome> = None;
    let mut last = Outcome::of(Level::Equal);
    for (channel, (a, b)) in parts.enumerate() {
        let outcome = judge_part(a, b, channel, options);
        let cosine = |outcome: &Outcome| outcome.similarity.map_or(1.0, |similarity| similarity.cosine);
        if !outcome.level.passed()
            && worst
                .as_ref()
                .is_none_or(|worst| cosine(&outcome) < cosine(worst))
        {
            worst = Some(outcome);
        } else {
            last = outcome;
        }
    }
    worst.unwrap_or(last)
}

fn judge_part<T: Number + text::Printed>(
    a: &[T],
    b: &[T],
    channel: usize,
    options: &CompareOptions,
) -> Outcome {
    if let Some(order) = metrics::close_order(a, b) {
        return Outcome {
            close_order: Some(order),
            ..Outcome::of(Level::Close)
        };
    }
    let similarity = metrics::similarity(a, b);
    let similar = similarity.cosine > options.cosine
        && similarity.euclidean > options.euclidean
        && similarity.sqnr > options.sqnr;
    let details = if similar {
        text::Details::default()
    } else {
        text::Details::of(a, b, &[a.len()], options.verbosity)
    };
    Outcome {
        level: if similar {
            Level::Similar
        } else {
            Level::NotSimilar
        },
        close_order: None,
        similarity: Some(similarity),
        channel,
        details,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(values: &[f32]) -> Tensor {
        Tensor::from_vec(&[values.len()], values.to_vec()).unwrap()
    }

    fn level(a: &Tensor, b: &Tensor) -> Level {
        compare_tensors("x", a, b, &CompareOptions::default()).level
    }

    #[test]
    fn levels() {
        let a = tensor(&[1.0, 2.0, 3.0]);
        assert_eq!(level(&a, &a), Level::Equal);
        assert_eq!(level(&a, &tensor(&[1.0, 2.0, 3.0001])), Level::Close);
        assert_eq!(level(&a, &tensor(&[1.01, 2.0, 3.0])), Level::Similar);
        assert_eq!(level(&a, &tensor(&[-1.0, 2.0, 3.0])), Level::NotSimilar);
        assert_eq!(level(&a, &tensor(&[f32::NAN, 2.0, 3.0])), Level::NotSimilar);
        // A longer run is compared with its front.
        assert_eq!(level(&a, &tensor(&[1.0, 2.0])), Level::Equal);
        let bytes = |values: &[i8]| Tensor::from_vec(&[values.len()], values.to_vec()).unwrap();
        assert_eq!(level(&bytes(&[1, 2]), &bytes(&[1, 3])), Level::NotEqual);
        assert_eq!(level(&bytes(&[1, 2]), &tensor(&[1.0, 2.9])), Level::Equal);
        let matrix = Tensor::from_vec(&[1, 2], vec![1_f32; 2]).unwrap();
        assert_eq!(level(&a, &matrix), Level::NotMatch);
        assert_eq!(level(&matrix, &tensor(&[1.0, 1.0])), Level::Equal);
    }

    #[test]
    fn similarity_of_close_tensors_is_told() {
        let a = tensor(&[1.0, 2.0, f32::NAN]);
        let b = tensor(&[1.0, 2.000_01, 0.0]);
        assert!(similarity(&a, &b).sqnr > 90.0);
        assert_eq!(similarity(&b, &b).sqnr, f64::INFINITY);
        let zero = tensor(&[0.0; 3]);
        assert_eq!(similarity(&zero, &zero).cosine, 1.0);
        assert_eq!(similarity(&zero, &b).cosine, 0.0);
    }

    #[test]
    fn the_worst_channel_counts() {
        let a = Tensor::from_vec(&[2, 2], vec![1_f32, 2.0, 3.0, 4.0]).unwrap();
        let b = Tensor::from_vec(&[2, 2], vec![1_f32, 2.0, 4.0, -3.0]).unwrap();
        let options = CompareOptions {
            per_axis: Some(0),
            ..CompareOptions::default()
        };
        let report = compare_tensors("x", &a, &b, &options);
        assert_eq!((report.level, report.channel), (Level::NotSimilar, 1));
    }

    #[test]
    fn many_names_are_thinned_out_as_upstream_does() {
        let names: Vec<String> = (0..450).map(|index| index.to_string()).collect();
        let chosen = subsample(names.clone());
        assert_eq!(chosen.len(), 226);
        assert_eq!(chosen.last().unwrap(), "449");
        assert_eq!(subsample(names[..200].to_vec()).len(), 200);
    }

    #[test]
    fn tolerances() {
        let options = CompareOptions::default().with_tolerance("0.9, 0.8,30").unwrap();
        assert_eq!(
            (options.cosine, options.euclidean, options.sqnr),
            (0.9, 0.8, 30.0)
        );
        assert!(CompareOptions::default().with_tolerance("0.9").is_err());
    }
}
