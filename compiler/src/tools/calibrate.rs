//! `tpuc calibrate` (`run_calibration`): measures the ranges of all activations and writes a calibration table.

use super::output::{print, warn};
use crate::calibration::dump::{self, Origin};
use crate::calibration::search::{self, Benchmark, SearchOptions, Trial};
use crate::calibration::{Method, OpNames, Samples, Statistics, collect};
use crate::data::dataset::Dataset;
use crate::inference::Interpreter;
use crate::inputs::input_specs;
use crate::program::Program;
use crate::quantization::calibration_table::{CalibrationHeader, CalibrationTable};
use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// Measure the ranges of all activations.
#[derive(Debug, Args)]
#[command(rename_all = "snake_case")]
#[command(after_help = "Examples:
  tpuc calibrate net.mlir --dataset images/ --input_num 100 -o net_cali_table
  tpuc calibrate net.mlir --dataset images/ --input_num 100 --search_threshold -o net_cali_table
  tpuc calibrate net.mlir --dataset images/ --dump_dist net.dist -o kl_table
  tpuc calibrate net.mlir --load_dist net.dist --cali_method admm -o admm_table
100 to 500 samples that look like those of real use are enough. Every file of the folder is used with --input_num 0.
docs/calibration.md says what each method computes.")]
pub struct CalibrateArgs {
    /// MLIR text in the top dialect, made by 'tpuc transform'.
    mlir_file: PathBuf,
    /// Folder of pictures, npy or npz files (one kind), searched recursively; or an LMDB data set of Caffe Datum records
    /// (the folder of data.mdb).
    #[arg(long, value_name = "DIR")]
    dataset: Option<PathBuf>,
    /// File with one sample a line: an npz, or a picture or npy for each input joined by commas.
    #[arg(long, value_name = "FILE", conflicts_with = "dataset")]
    data_list: Option<PathBuf>,
    /// Number of samples; 0 takes all.
    #[arg(long, default_value_t = 0, value_name = "N")]
    input_num: usize,
    /// How thresholds are chosen.
    #[arg(long, value_enum, default_value = "kl", value_name = "METHOD")]
    cali_method: CaliMethod,
    /// Samples for tuning the thresholds of kl between its value and the maximum; 0 does not tune.
    #[arg(long, default_value_t = 5, value_name = "N")]
    tune_num: usize,
    /// Bins of the histograms.
    #[arg(long, default_value_t = 2048, value_name = "N", value_parser = clap::value_parser!(u32).range(128..=131_072))]
    histogram_bin_num: u32,
    /// Make the table of every method, compare the outputs of the INT8 network that each gives, and write the best.
    #[arg(long, conflicts_with = "cali_method")]
    search_threshold: bool,
    /// TPU-MLIR's way to say --search_threshold.
    #[arg(long, value_enum, value_name = "WHAT", ignore_case = true)]
    search: Option<Search>,
    /// With --search_threshold: the methods to try, joined by commas; all if not given.
    #[arg(long, value_name = "METHODS", value_delimiter = ',')]
    quantize_method_list: Vec<Method>,
    /// With --search_threshold: what makes a table the best, mean over the network's outputs.
    #[arg(long, value_enum, default_value = "snr", value_name = "WHAT")]
    benchmark_method: BenchmarkMethod,
    /// With --search_threshold: the number of samples on which outputs are compared.
    #[arg(long, default_value_t = 30, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    inference_num: u32,
    /// Write what was measured to a file, from which tables of any method are made without another pass.
    #[arg(long, value_name = "FILE", conflicts_with = "load_dist")]
    dump_dist: Option<PathBuf>,
    /// Take what was measured from a file of --dump_dist. Samples are needed for tuning and searching only.
    #[arg(long, value_name = "FILE")]
    load_dist: Option<PathBuf>,
    /// The table to write.
    #[arg(short, long, visible_alias = "calibration_table", value_name = "FILE")]
    output: PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum CaliMethod {
    /// Least information lost (Kullback-Leibler); the default.
    #[value(alias = "use_kl")]
    Kl,
    /// The largest magnitude.
    #[value(alias = "use_max")]
    Max,
    /// Least mean squared error (OCTAV).
    #[value(alias = "use_mse")]
    Mse,
    /// The percentile 99.99 and, towards the end of the network, higher.
    #[value(alias = "use_percentile9999")]
    Percentile9999,
    /// Analytical clipping of a normal distribution.
    #[value(name = "aciq_gauss", alias = "use_aciq_gauss")]
    AciqGauss,
    /// Analytical clipping of a Laplace distribution.
    #[value(name = "aciq_laplace", alias = "use_aciq_laplace")]
    AciqLaplace,
    /// Least squared error by alternating directions.
    #[value(aliases = ["use_admm", "ADMM"])]
    Admm,
}

impl CaliMethod {
    fn method(self) -> Method {
        match self {
            Self::Kl => Method::Kl,
            Self::Max => Method::Max,
            Self::Mse => Method::Mse,
            Self::Percentile9999 => Method::Percentile9999,
            Self::AciqGauss => Method::AciqGauss,
            Self::AciqLaplace => Method::AciqLaplace,
            Self::Admm => Method::Admm,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Search {
    /// The best threshold method.
    #[value(name = "search_threshold")]
    Threshold,
    /// Nothing.
    False,
    /// Not here: 'tpuc qtable'.
    #[value(name = "search_qtable", hide = true)]
    Qtable,
    /// Not here: 'tpuc qtable'.
    #[value(name = "fast_search", hide = true)]
    Fast,
    /// Not here: 'tpuc qtable'.
    #[value(name = "mix_search", hide = true)]
    Mix,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum BenchmarkMethod {
    /// Signal to quantisation noise in dB.
    #[value(alias = "sqnr")]
    Snr,
    /// Cosine.
    Cos,
}

impl CalibrateArgs {
    /// Whether the best method is to be searched.
    fn searches(&self) -> Result<bool> {
        Ok(match self.search {
            None => self.search_threshold,
            Some(Search::False) if self.search_threshold => {
                bail!("--search False contradicts --search_threshold; remove one")
            }
            Some(Search::False) => false,
            Some(Search::Threshold) => true,
            Some(Search::Qtable | Search::Fast | Search::Mix) => {
                bail!(
                    "'tpuc calibrate' searches thresholds only; 'tpuc qtable' searches a quantisation table"
                )
            }
        })
    }

    fn methods(&self, searches: bool) -> Vec<Method> {
        match (searches, self.quantize_method_list.as_slice()) {
            (false, _) => vec![self.cali_method.method()],
            (true, []) => Method::ALL.to_vec(),
            (true, list) => {
                let mut methods = list.to_vec();
                let mut seen = Vec::new();
                methods.retain(|method| {
                    let new = !seen.contains(method);
                    seen.push(*method);
                    new
                });
                methods
            }
        }
    }
}

/// Runs the tool.
///
/// # Errors
/// When a file is missing or bad, a sample does not fit, or the table cannot be written.
pub fn run(args: &CalibrateArgs) -> Result<ExitCode> {
    let searches = args.searches()?;
    if !searches && !args.quantize_method_list.is_empty() {
        bail!("--quantize_method_list is for --search_threshold; --cali_method takes one method");
    }
    let program = Program::read(&args.mlir_file)?;
    if !program
        .module_str("state")
        .is_some_and(|state| state.starts_with("TOP"))
    {
        bail!(
            "'{}' is in state {}; calibration needs a top module, as 'tpuc transform' writes it",
            args.mlir_file.display(),
            program.module_str("state").unwrap_or("unknown")
        );
    }
    let dataset = match (&args.dataset, &args.data_list) {
        (Some(folder), _) => Some(Dataset::from_folder(folder, args.input_num)?),
        (None, Some(list)) => Some(Dataset::from_list(list, args.input_num)?),
        (None, None) => None,
    };
    let methods = args.methods(searches);
    let tunes = args.tune_num > 0 && methods.iter().any(|method| method.is_tuned());
    if dataset.is_none() {
        match &args.load_dist {
            None => bail!("give samples: --dataset DIR or --data_list FILE"),
            Some(_) if searches => {
                bail!(
                    "--search_threshold compares outputs on samples: give --dataset DIR or --data_list FILE too"
                )
            }
            Some(_) if tunes => bail!(
                "{} is tuned on samples: give --dataset DIR or --data_list FILE too, or --tune_num 0",
                methods[0].name()
            ),
            Some(_) => {}
        }
    }
    let specs = input_specs(&program)?;
    let mut samples = match &dataset {
        Some(dataset) => Some(Samples::new(dataset, &specs)?),
        None => None,
    };
    let interpreter = match &samples {
        Some(_) => Some(Interpreter::new(&program)?),
        None => None,
    };
    let statistics = statistics(
        args,
        &program,
        dataset.as_ref(),
        &methods,
        interpreter.as_ref(),
        samples.as_mut(),
    )?;
    warn_about(&statistics);

    let (method, mut table) = if searches {
        let (Some(interpreter), Some(samples)) = (&interpreter, &mut samples) else {
            bail!("give samples: --dataset DIR or --data_list FILE");
        };
        let options = SearchOptions {
            tune_samples: args.tune_num,
            compare_samples: args.inference_num as usize,
        };
        let trials = search::search(&program, interpreter, samples, &statistics, &methods, options)?;
        let (benchmark, what) = match args.benchmark_method {
            BenchmarkMethod::Snr => (Benchmark::Sqnr, "SQNR"),
            BenchmarkMethod::Cos => (Benchmark::Cosine, "cosine"),
        };
        print(&trials_text(&trials))?;
        let Some(best) = search::best(trials, benchmark) else {
            bail!("no method was tried");
        };
        print(&format!("best by {what}: {}\n", best.method.name()))?;
        (best.method, best.table)
    } else {
        let tuning = interpreter.as_ref().zip(samples.as_mut());
        (
            methods[0],
            search::table(tuning, &statistics, methods[0], args.tune_num)?,
        )
    };
    if let Some(samples) = &samples {
        warn_about_skipped(samples);
    }
    set_header(&mut table, args, method, &statistics);
    table.write(&args.output)?;
    print(&format!(
        "{} written: {} tensors, {} samples\n",
        args.output.display(),
        table.thresholds.len(),
        statistics.samples()
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// Statistics from the file or from the samples; these are written to a file where that is wanted.
fn statistics(
    args: &CalibrateArgs,
    program: &Program,
    dataset: Option<&Dataset>,
    methods: &[Method],
    interpreter: Option<&Interpreter>,
    samples: Option<&mut Samples<'_>>,
) -> Result<Statistics> {
    let bins = args.histogram_bin_num as usize;
    let ops = OpNames::of(program);
    if let Some(path) = &args.load_dist {
        let origin = Origin::of(&args.mlir_file, program, dataset)?;
        let statistics = dump::read(path, &origin, ops)?;
        if statistics.bins() != bins {
            bail!(
                "{} was collected with {} bins; give --histogram_bin_num {} or collect it anew",
                path.display(),
                statistics.bins(),
                statistics.bins()
            );
        }
        if let Some(missing) = methods
            .iter()
            .find(|method| !statistics.methods().contains(method))
        {
            bail!(
                "{} has nothing for {}; collect it anew with --dump_dist",
                path.display(),
                missing.name()
            );
        }
        return Ok(statistics);
    }
    let (Some(interpreter), Some(samples)) = (interpreter, samples) else {
        bail!("give samples: --dataset DIR or --data_list FILE");
    };
    // A file is to serve every method.
    let wanted = if args.dump_dist.is_some() {
        &Method::ALL[..]
    } else {
        methods
    };
    let statistics = collect(interpreter, samples, wanted, bins, ops)?;
    if let Some(path) = &args.dump_dist {
        dump::write(path, &statistics, &Origin::of(&args.mlir_file, program, dataset)?)?;
    }
    Ok(statistics)
}

fn warn_about_skipped(samples: &Samples<'_>) {
    let skipped = samples.skipped();
    if !skipped.is_empty() {
        warn(&format!(
            "{} of {} samples do not decode and were left out:\n{}",
            skipped.len(),
            samples.len() + skipped.len(),
            skipped.join("\n")
        ));
    }
}

fn warn_about(statistics: &Statistics) {
    for name in &statistics.restarted {
        warn(&format!(
            "'{name}': samples differ so much in size that earlier ones were dropped; reorder or replace them"
        ));
    }
    for (name, tensor) in statistics.iter() {
        if tensor.is_all_zero() {
            warn(&format!(
                "'{name}' is all zeros in every sample; check the input data"
            ));
        }
    }
}

fn trials_text(trials: &[Trial]) -> String {
    let mut text = format!("{:<16}{:>10}{:>10}\n", "method", "SQNR dB", "cosine");
    for Trial { method, score, .. } in trials {
        let _ = writeln!(
            text,
            "{:<16}{:>10.3}{:>10.6}",
            method.name(),
            score.sqnr,
            score.cosine
        );
    }
    text
}

fn set_header(table: &mut CalibrationTable, args: &CalibrateArgs, method: Method, statistics: &Statistics) {
    table.set_header(&CalibrationHeader {
        mlir: args.mlir_file.display().to_string(),
        // TPU-MLIR writes a list where it tuned.
        method: if method.is_tuned() && args.tune_num > 0 {
            format!("['{}']", method.name())
        } else {
            method.name().to_owned()
        },
        histogram_bins: statistics.bins(),
        samples: statistics.samples(),
        tune_samples: args.tune_num,
        version: format!("tpuc {}", env!("CARGO_PKG_VERSION")),
        ..CalibrationHeader::default()
    });
}
