//! Reports as text, line for line as `npz_tool.py compare` prints them, and as CSV. Numbers are spelt as Python and
//! numpy spell them.

use std::fmt::{self, Write};

use super::metrics::Number;
use super::{CompareReport, Int8Statistics, Level, TensorReport};

/// How many of the largest elements are shown.
const TOP: usize = 10;

/// Elements of a failed tensor, already spelt, as far as the verbosity asks for them.
#[derive(Clone, Debug, Default)]
pub(super) struct Details {
    /// Index and value of the largest elements of the target and of the reference.
    top: Vec<[(usize, String); 2]>,
    /// Index and both values where they differ, when they are to be listed.
    differences: Option<Vec<(usize, String, String)>>,
    /// All elements with their indices.
    all: Vec<(String, String, String)>,
}

/// A number that can be shown.
pub(super) trait Printed: PartialOrd + Copy {
    /// As numpy prints it.
    fn printed(self) -> String;
    /// Whether differences of this type are listed; upstream forgot int8.
    const LISTS_DIFFERENCES: bool = true;
}

impl Printed for f32 {
    fn printed(self) -> String {
        python_f32(self)
    }
}

impl Printed for i32 {
    fn printed(self) -> String {
        self.to_string()
    }
}

impl Printed for i8 {
    fn printed(self) -> String {
        self.to_string()
    }
    const LISTS_DIFFERENCES: bool = false;
}

impl Details {
    pub(super) fn of<T: Number + Printed>(a: &[T], b: &[T], shape: &[usize], verbosity: u8) -> Self {
        let mut details = Self::default();
        if verbosity > 1 {
            details.top = largest(a)
                .into_iter()
                .zip(largest(b))
                .map(|(a, b)| [a, b])
                .collect();
        }
        if verbosity > 2 && T::LISTS_DIFFERENCES {
            let far = |(_, (a, b)): &(usize, (&T, &T))| {
                let reference = f64::from(b.single()).abs();
                f64::from(a.single() - b.single()).abs() > 0.001 + 0.001 * reference
            };
            let pairs = a.iter().zip(b).enumerate().filter(far);
            let spelt = pairs.map(|(index, (a, b))| (index, a.printed(), b.printed()));
            details.differences = Some(spelt.collect());
        }
        if verbosity > 3 {
            let pairs = a.iter().zip(b).enumerate();
            details.all = pairs
                .map(|(index, (a, b))| (python_tuple(&multi_index(index, shape)), a.printed(), b.printed()))
                .collect();
        }
        details
    }
}

/// The largest elements with their indices, largest first; of equal ones the first.
fn largest<T: Number + Printed>(run: &[T]) -> Vec<(usize, String)> {
    let mut order: Vec<usize> = (0..run.len()).collect();
    let by_value = |&a: &usize, &b: &usize| {
        run[b]
            .partial_cmp(&run[a])
            .unwrap_or(std::cmp::Ordering::Equal)
            .then(a.cmp(&b))
    };
    if run.len() > TOP {
        order.select_nth_unstable_by(TOP - 1, by_value);
        order.truncate(TOP);
    }
    order.sort_unstable_by(by_value);
    order
        .into_iter()
        .map(|index| (index, run[index].printed()))
        .collect()
}

fn multi_index(mut index: usize, shape: &[usize]) -> Vec<usize> {
    let mut result: Vec<usize> = shape
        .iter()
        .rev()
        .map(|&extent| {
            let part = index % extent.max(1);
            index /= extent.max(1);
            part
        })
        .collect();
    result.reverse();
    result
}

/// `(1, 2)`, `(1,)` or `()`.
#[must_use]
pub fn python_tuple(shape: &[usize]) -> String {
    match shape {
        [only] => format!("({only},)"),
        _ => format!(
            "({})",
            shape.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")
        ),
    }
}

/// `repr` of a Python float: the shortest digits that read back, an exponent below 1e-4 and from 1e16 on.
#[must_use]
pub fn python_float(value: f64) -> String {
    python_scientific(&format!("{value:e}"))
}

/// The same for a single-precision number, as numpy prints it.
#[must_use]
pub fn python_f32(value: f32) -> String {
    python_scientific(&format!("{value:e}"))
}

/// Lays out shortest digits given as `-d.ddde-xx` the way Python does.
fn python_scientific(text: &str) -> String {
    let (sign, text) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let Some((mantissa, exponent)) = text.split_once('e') else {
        return format!("{sign}{}", text.to_lowercase()); // nan and inf
    };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    if !(-4..16).contains(&exponent) {
        let fraction = if digits.len() > 1 {
            format!(".{}", &digits[1..])
        } else {
            String::new()
        };
        let direction = if exponent < 0 { '-' } else { '+' };
        return format!(
            "{sign}{}{fraction}e{direction}{:02}",
            &digits[..1],
            exponent.abs()
        );
    }
    if exponent < 0 {
        return format!("{sign}0.{}{digits}", "0".repeat((-exponent - 1) as usize));
    }
    let whole = exponent as usize + 1;
    if digits.len() <= whole {
        return format!("{sign}{digits}{}.0", "0".repeat(whole - digits.len()));
    }
    format!("{sign}{}.{}", &digits[..whole], &digits[whole..])
}

/// Python's `{:.6f}`, which writes not-a-number in small letters.
fn six_digits(value: f64) -> String {
    if value.is_nan() {
        "nan".to_string()
    } else {
        format!("{value:.6}")
    }
}

impl TensorReport {
    /// Writes the lines of this tensor.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut impl Write, verbosity: u8, per_axis: Option<usize>) -> fmt::Result {
        let passed = self.level.passed();
        let outcome = if passed { "PASSED" } else { "FAILED" };
        writeln!(
            out,
            "[{:<32}] {:>12} [{outcome:>6}]",
            self.name,
            self.level.name()
        )?;
        if verbosity > 0 {
            writeln!(out, "    {} {} ", python_tuple(&self.shape), self.dtype)?;
            if let Some(order) = self.close_order {
                writeln!(out, "    close order            = {order}")?;
            }
            if let Some(similarity) = self.similarity {
                if let Some(axis) = per_axis.filter(|&axis| axis < self.shape.len()) {
                    writeln!(out, "    channel {} on axis {axis} :", self.channel)?;
                }
                writeln!(
                    out,
                    "    cosine_similarity      = {}",
                    six_digits(similarity.cosine)
                )?;
                writeln!(
                    out,
                    "    euclidean_similarity   = {}",
                    six_digits(similarity.euclidean)
                )?;
                writeln!(
                    out,
                    "    sqnr_similarity        = {}",
                    six_digits(similarity.sqnr)
                )?;
            }
        }
        if let Some(statistics) = &self.int8 {
            statistics.write(out)?;
        }
        if !passed { self.details.write(out) } else { Ok(()) }
    }
}

impl Int8Statistics {
    /// Writes the four lines on the use of the range.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut impl Write) -> fmt::Result {
        let total = self.total;
        let mut line = |label: &str, count: usize| {
            let share = six_digits_of_share(count, total);
            writeln!(out, "    {label} = {share}  [{count}/{total}]")
        };
        line("pos(x=127)   ", self.positive_limit)?;
        line("neg(x=-128)  ", self.negative_limit)?;
        line("zeros(x=0)   ", self.zeros)?;
        line("low(abs(x)<8)", self.low)
    }
}

fn six_digits_of_share(count: usize, total: usize) -> String {
    if total == 0 {
        "nan".to_string()
    } else {
        format!("{:.4}", count as f64 / total as f64)
    }
}

impl Details {
    fn write(&self, out: &mut impl Write) -> fmt::Result {
        if !self.top.is_empty() {
            writeln!(out, "top-k:\n idx-t  target  idx-r  ref")?;
        }
        for [(index, target), (reference_index, reference)] in &self.top {
            writeln!(out, "  {index} {target} {reference_index} {reference}")?;
        }
        if self.differences.is_some() {
            writeln!(out, "all-diffs:\n idx  target  ref")?;
        }
        for (index, target, reference) in self.differences.iter().flatten() {
            writeln!(out, "  {index} {target} {reference}")?;
        }
        if !self.all.is_empty() {
            writeln!(out, "all-elements:\n idx  target  ref")?;
        }
        for (index, target, reference) in &self.all {
            writeln!(out, "  {index} {target} {reference}")?;
        }
        Ok(())
    }
}

impl CompareReport {
    /// Writes remarks, tensors and totals, without the names of the archives.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut impl Write, verbosity: u8, per_axis: Option<usize>) -> fmt::Result {
        for note in self.tensors.iter().flat_map(|tensor| &tensor.notes) {
            writeln!(out, "{note}")?;
        }
        writeln!(out, "\n")?;
        for tensor in &self.tensors {
            tensor.write(out, verbosity, per_axis)?;
        }
        self.write_totals(out)
    }

    /// Writes how many tensors passed, and how.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_totals(&self, out: &mut impl Write) -> fmt::Result {
        let failed = self.failures().count();
        writeln!(out, "{} compared", self.tensors.len())?;
        writeln!(out, "{} passed", self.tensors.len() - failed)?;
        writeln!(
            out,
            "  {} equal, {} close, {} similar",
            self.count(Level::Equal),
            self.count(Level::Close),
            self.count(Level::Similar)
        )?;
        writeln!(out, "{failed} failed")?;
        writeln!(
            out,
            "  {} not equal, {} not similar",
            self.count(Level::NotEqual),
            self.count(Level::NotSimilar)
        )?;
        writeln!(out, "{}", self.min_similarity_line())
    }

    /// The line `min_similarity = (cosine, euclidean, sqnr)`.
    #[must_use]
    pub fn min_similarity_line(&self) -> String {
        let least = self.min_similarity();
        format!(
            "min_similarity = ({}, {}, {})",
            python_float(least.cosine),
            python_float(least.euclidean),
            python_float(least.sqnr)
        )
    }

    /// The report as a CSV file, one line per tensor. The columns of op and quantisation type are empty (`-`).
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut csv = "name, op, quant, pass, sim_cos, sim_euc, sqnr\n".to_string();
        for tensor in &self.tensors {
            let passed = if tensor.level.passed() { "True" } else { "False" };
            let (cosine, euclidean, sqnr) = tensor.similarity.map_or((1.0, 1.0, f64::INFINITY), |values| {
                (values.cosine, values.euclidean, values.sqnr)
            });
            csv += &format!(
                "{}, -, -, {passed}, {}, {}, {}\n",
                tensor.name,
                python_float(cosine),
                python_float(euclidean),
                python_float(sqnr)
            );
        }
        csv
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_spelt_as_in_python() {
        let cases = [
            (1.0, "1.0"),
            (0.0, "0.0"),
            (-0.5, "-0.5"),
            (0.0001, "0.0001"),
            (0.00001234, "1.234e-05"),
            (1e16, "1e+16"),
            (123_456_789_012_345_680.0, "1.2345678901234568e+17"),
            (1234.5, "1234.5"),
            (1_000_000.0, "1000000.0"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
        ];
        for (value, expected) in cases {
            assert_eq!(python_float(value), expected);
        }
        assert_eq!(0.1_f32.printed(), "0.1");
        assert_eq!(python_tuple(&[]), "()");
        assert_eq!(multi_index(7, &[2, 3, 2]), [1, 0, 1]);
    }
}
