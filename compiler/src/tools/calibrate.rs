//! `tpuc calibrate` (`run_calibration`): measures the ranges of all activations and writes a calibration table.

use super::output::{print, warn};
use crate::calibration::{Method, OpNames, Statistics, tune};
use crate::data::dataset::Dataset;
use crate::data::progress::Progress;
use crate::data::{Tensor, TensorMap};
use crate::inference::Interpreter;
use crate::inputs::input_specs;
use crate::program::Program;
use crate::quantization::calibration_table::{CalibrationHeader, CalibrationTable, Threshold};
use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;
use tpuc_dialects::ir::OpView;

/// Measure the ranges of all activations.
#[derive(Debug, Args)]
#[command(rename_all = "snake_case")]
#[command(after_help = "Example:
  tpuc calibrate net.mlir --dataset images/ --input_num 100 -o net_cali_table
100 to 500 samples that look like those of real use are enough. Every file of the folder is used with --input_num 0.")]
pub struct CalibrateArgs {
    /// MLIR text in the top dialect, made by 'tpuc transform'.
    mlir_file: PathBuf,
    /// Folder of pictures, npy or npz files (one kind), searched recursively.
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
}

/// Runs the tool.
///
/// # Errors
/// When a file is missing or bad, a sample does not fit, or the table cannot be written.
pub fn run(args: &CalibrateArgs) -> Result<ExitCode> {
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
        (Some(folder), _) => Dataset::from_folder(folder, args.input_num)?,
        (None, Some(list)) => Dataset::from_list(list, args.input_num)?,
        (None, None) => bail!("give samples: --dataset DIR or --data_list FILE"),
    };
    let specs = input_specs(&program)?;
    let batches = dataset.batches(&specs)?;
    let interpreter = Interpreter::new(&program)?;
    let method = match args.cali_method {
        CaliMethod::Kl => Method::Kl,
        CaliMethod::Max => Method::Max,
        CaliMethod::Mse => Method::Mse,
        CaliMethod::Percentile9999 => Method::Percentile9999,
        CaliMethod::AciqGauss => Method::AciqGauss,
        CaliMethod::AciqLaplace => Method::AciqLaplace,
    };
    let load = |index: usize| -> Result<TensorMap> {
        let arrays = batches.load(index)?;
        Ok(specs
            .iter()
            .map(|spec| spec.name.clone())
            .zip(arrays.into_iter().map(Tensor::F32))
            .collect())
    };

    let mut statistics = Statistics::new(
        method,
        args.histogram_bin_num as usize,
        batches.len(),
        op_names(&program),
    );
    let progress = Progress::new("calibrate", batches.len());
    for index in 0..batches.len() {
        interpreter.run(&load(index)?, &mut |name, tensor| {
            let values = tensor.to_f32();
            if let Some(values) = values.as_slice() {
                statistics.add(name, values);
            }
        })?;
        progress.step();
    }
    drop(progress);

    let mut thresholds = statistics.thresholds();
    if method.is_tuned() && args.tune_num > 0 {
        let count = args.tune_num.min(batches.len());
        let samples: Result<Vec<TensorMap>> = (0..count).map(load).collect();
        thresholds = tune::tune(&interpreter, &samples?, &statistics, thresholds)?;
    }
    for name in &statistics.restarted {
        warn(&format!(
            "'{name}': samples differ so much in size that earlier ones were dropped; reorder or replace them"
        ));
    }
    let mut table = CalibrationTable::default();
    table.set_header(&CalibrationHeader {
        mlir: args.mlir_file.display().to_string(),
        // TPU-MLIR writes a list where it tuned.
        method: if method.is_tuned() && args.tune_num > 0 {
            format!("['{}']", method.name())
        } else {
            method.name().to_owned()
        },
        histogram_bins: statistics.bins(),
        samples: batches.len(),
        tune_samples: args.tune_num,
        version: format!("tpuc {}", env!("CARGO_PKG_VERSION")),
        ..CalibrationHeader::default()
    });
    for (name, tensor) in statistics.iter() {
        if tensor.is_all_zero() {
            warn(&format!(
                "'{name}' is all zeros in every sample; check the input data"
            ));
        }
        let (min, max) = statistics.table_range(name).unwrap_or((tensor.min, tensor.max));
        let threshold = Threshold {
            threshold: thresholds[name],
            min: min.into(),
            max: max.into(),
        };
        table.thresholds.insert(name.to_owned(), threshold);
    }
    table.write(&args.output)?;
    print(&format!(
        "{} written: {} tensors, {} samples\n",
        args.output.display(),
        table.thresholds.len(),
        batches.len()
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// The operations whose results are measured, in order.
fn op_names(program: &Program) -> Vec<OpNames> {
    let ctx = &program.ctx;
    let ops = ctx.walk(program.module.op()).into_iter();
    ops.filter(|op| ctx.op_name(*op).starts_with("top."))
        .filter(|op| !ctx.is(*op, "top.None") && !ctx.is(*op, "top.Weight"))
        .map(|op| OpNames {
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
