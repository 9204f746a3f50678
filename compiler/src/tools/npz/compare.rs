//! `npz compare` and `npz cali_test`.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{ArgAction, Args};

use crate::data::compare::text::python_float;
use crate::data::compare::{
    CompareOptions, CompareReport, Level, TensorSource, common_names, compare, compare_tensors, subsample,
};
use crate::data::error::list_names;
use crate::data::file::write_bytes_atomically;
use crate::data::npz::{self, NpzReader};
use crate::data::{Tensor, TensorMap};
use crate::tools::output::print;

/// What upstream's `sys.exit(-1)` comes to.
const FAILED: u8 = 255;

/// Arguments of `npz compare`.
#[derive(Args, Debug)]
pub struct CompareArgs {
    /// Archive to judge
    target_file: PathBuf,
    /// Archive to judge it by; its order of tensors is the report's
    ref_file: PathBuf,
    /// Print shapes and similarities (-v), largest elements of failed tensors (-vv), all differences (-vvv), all
    /// elements (-vvvv)
    #[arg(long, short, action = ArgAction::Count)]
    verbose: u8,
    /// Least cosine and Euclidean similarity, and optionally SQNR in dB, joined by commas
    #[arg(long, default_value = "0.99,0.99")]
    tolerance: String,
    /// Names of tensors to leave out, joined by commas
    #[arg(long)]
    excepts: Option<String>,
    /// Accepted for old scripts; elements are never shortened
    #[arg(long = "full-array", alias = "full_array")]
    full_array: bool,
    /// Accepted for old scripts; statistics of int8 tensors are always printed
    #[arg(long, alias = "stats-int8-tensor")]
    #[arg(name = "stats_int8_tensor")]
    stats_int8_tensor: bool,
    /// 1: int8 tensors must be equal; 0: they may be similar
    #[arg(name = "int8_tensor_close", long, default_value_t = 1)]
    int8_tensor_close: i32,
    /// Write the results to a CSV file
    #[arg(long, short)]
    save: Option<PathBuf>,
    /// With --save: write only the names of the tensors that failed
    #[arg(name = "only_key", long)]
    only_key: bool,
    /// Compare every index of the axes up to this one separately; 1 is per channel
    #[arg(name = "per_axis_compare", long, default_value_t = -1, allow_negative_numbers = true)]
    per_axis_compare: i64,
    /// Match tensors by shape and similarity instead of by name
    #[arg(name = "fuzzy_match", long)]
    fuzzy_match: bool,
    /// Accepted for old scripts; all tensors are compared unless --subsample is given
    #[arg(long, short = 'a')]
    forall: bool,
    /// Of more than 200 tensors compare only every n-th, as TPU-MLIR does without -a
    #[arg(long, conflicts_with = "forall")]
    subsample: bool,
    /// Compare only this tensor
    #[arg(long, short, default_value = "")]
    key: String,
}

impl CompareArgs {
    fn options(&self) -> anyhow::Result<CompareOptions> {
        let options = CompareOptions {
            int8_exact: self.int8_tensor_close != 0,
            per_axis: usize::try_from(self.per_axis_compare).ok(),
            verbosity: self.verbose,
            ..CompareOptions::default()
        };
        Ok(options.with_tolerance(&self.tolerance)?)
    }
}

/// Runs `npz compare`.
///
/// # Errors
/// When an archive cannot be read, or they have no tensor in common.
pub fn run(args: &CompareArgs) -> anyhow::Result<ExitCode> {
    let options = args.options()?;
    let target = NpzReader::open(&args.target_file)?;
    let reference = NpzReader::open(&args.ref_file)?;
    if args.fuzzy_match {
        return fuzzy(&target, &reference, &options);
    }
    let names = if args.key.is_empty() {
        let excepts: Vec<String> = args
            .excepts
            .iter()
            .flat_map(|names| names.split(','))
            .map(str::to_string)
            .collect();
        let names = common_names(&target, &reference, &excepts);
        if args.subsample { subsample(names) } else { names }
    } else {
        vec![args.key.clone()]
    };
    if names.is_empty() {
        bail!(
            "nothing to compare: {} has {}; {} has {}; compare them with --fuzzy_match or rename the tensors",
            args.target_file.display(),
            list_names(target.names(), 8),
            args.ref_file.display(),
            list_names(reference.names(), 8)
        );
    }
    let report = compare(&target, &reference, &names, &options)?;
    let mut text = String::new();
    report.write(&mut text, options.verbosity, options.per_axis)?;
    if let Some(path) = &args.save {
        let content = if args.only_key {
            report
                .failures()
                .map(|tensor| format!("{}\n", tensor.name))
                .collect()
        } else {
            report.to_csv()
        };
        write_bytes_atomically(path, content.as_bytes())?;
        writeln!(text, "Results saved as {}", path.display())?;
    }
    conclude(&mut text, &report, &args.target_file, &args.ref_file)
}

fn conclude(
    text: &mut String,
    report: &CompareReport,
    target: &Path,
    reference: &Path,
) -> anyhow::Result<ExitCode> {
    writeln!(text, "Target    {}", target.display())?;
    writeln!(text, "Reference {}", reference.display())?;
    writeln!(
        text,
        "npz compare {}.",
        if report.passed() { "PASSED" } else { "FAILED" }
    )?;
    print(text)?;
    Ok(if report.passed() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FAILED)
    })
}

/// Finds for every tensor of the target the most similar one of the same shape.
fn fuzzy(target: &NpzReader, reference: &NpzReader, options: &CompareOptions) -> anyhow::Result<ExitCode> {
    let candidates: TensorMap = reference.load_all()?;
    let (mut least_cosine, mut least_euclidean) = (1.0_f64, 1.0_f64);
    let mut text = String::new();
    for name in target.names() {
        let tensor = target.tensor(name)?;
        let (mut best, mut best_euclidean, mut matched) = (0.0_f64, 0.0_f64, "");
        for (candidate, other) in &candidates {
            if other.shape() != tensor.shape() {
                continue;
            }
            let report = compare_tensors(name, &tensor, other, options);
            let (cosine, euclidean) = match (report.level, report.similarity) {
                (Level::Equal | Level::Close, _) => (1.0, 1.0),
                (_, Some(similarity)) => (similarity.cosine, similarity.euclidean),
                _ => continue,
            };
            if report.level == Level::Equal {
                writeln!(text, "find EQUAL for {name} and {candidate}")?;
            }
            if cosine > best || report.level == Level::Equal {
                (best, best_euclidean, matched) = (cosine, euclidean, candidate);
            }
            if report.level == Level::Equal {
                break;
            }
        }
        let (cosine, euclidean) = (python_float(best), python_float(best_euclidean));
        writeln!(
            text,
            "find max_cos:{cosine}, max_euc:{euclidean} for {name} and {matched}"
        )?;
        least_cosine = least_cosine.min(best);
        least_euclidean = least_euclidean.min(best_euclidean);
    }
    let passed = least_cosine >= options.cosine && least_euclidean >= options.euclidean;
    writeln!(text, "npz compare {}.", if passed { "PASSED" } else { "FAILED" })?;
    print(&text)?;
    Ok(if passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FAILED)
    })
}

/// Runs `npz cali_test`: rounds every tensor to the int8 grid of its threshold and compares with the original.
///
/// # Errors
/// When a file cannot be read, or the table names no tensor of the archive.
pub fn cali_test(archive: &Path, table: &Path) -> anyhow::Result<ExitCode> {
    let reader = NpzReader::open(archive)?;
    let text = std::fs::read_to_string(table).with_context(|| format!("cannot read {}", table.display()))?;
    let mut rounded = TensorMap::new();
    for line in text.lines().take_while(|line| !line.starts_with("#weight_scale")) {
        let mut fields = line.split_whitespace();
        let (Some(name), Some(threshold)) = (
            fields.next(),
            fields.next().and_then(|field| field.parse::<f64>().ok()),
        ) else {
            continue;
        };
        if name.starts_with('#') || threshold == 0.0 || !reader.contains(name) {
            continue;
        }
        if let Tensor::F32(array) = reader.load(name)? {
            // The product and the quotient stay in f32, as numpy computes an f32 array with a Python number.
            let (threshold, step) = (threshold as f32, (threshold / 127.0) as f32);
            let quantize =
                |value: f32| (value * 127.0 / threshold).round_ties_even().clamp(-128.0, 127.0) * step;
            rounded.insert(name.to_string(), Tensor::F32(array.mapv(quantize)));
        }
    }
    if rounded.is_empty() {
        bail!(
            "{} has no threshold for a float32 tensor of {}",
            table.display(),
            archive.display()
        );
    }
    let output = Path::new("requant.npz");
    npz::write_map(output, &rounded, npz::Compression::Stored)?;
    let options = CompareOptions {
        verbosity: 2,
        ..CompareOptions::default()
    }
    .with_tolerance("0.95,0.85")?;
    let report = compare(&rounded, &reader, &common_names(&rounded, &reader, &[]), &options)?;
    let mut text = String::new();
    report.write(&mut text, options.verbosity, None)?;
    conclude(&mut text, &report, output, archive)
}
