//! `tpuc eval`: top-1 accuracy of a classifier over an npz of samples and labels. Runs MLIR text in the reference inference
//! and bmodels on the emulator, so that each step of the way can be measured with the network's own task.

use super::output::print;
use super::run::Runner;
use crate::data::progress::Progress;
use crate::data::{Tensor, TensorMap, npz};
use anyhow::{Result, bail};
use clap::Args;
use ndarray::Axis;
use std::path::PathBuf;
use std::process::ExitCode;

/// Top-1 accuracy of a classifier over an npz of samples and labels.
#[derive(Debug, Args)]
#[command(rename_all = "snake_case")]
#[command(after_help = "Example:
  tpuc eval --model digits_int8.bmodel --dataset digits_test.npz --input image --label label")]
pub struct EvalArgs {
    /// MLIR text or a bmodel with one input and one output of class scores.
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// npz with all samples, the first axis counting them.
    #[arg(long, value_name = "FILE")]
    dataset: PathBuf,
    /// Name of the samples in the npz.
    #[arg(long, value_name = "NAME")]
    input: String,
    /// Name of the labels in the npz: one whole number for each sample.
    #[arg(long, value_name = "NAME", default_value = "label")]
    label: String,
    /// Only the first N samples; 0 takes all.
    #[arg(long, value_name = "N", default_value_t = 0)]
    input_num: usize,
}

/// Runs the tool.
///
/// # Errors
/// When the npz lacks something, or the model does not run on its samples.
pub fn run(args: &EvalArgs) -> Result<ExitCode> {
    let archive = npz::read(&args.dataset)?;
    let find = |name: &str| -> Result<&Tensor> {
        match archive.get(name) {
            Some(tensor) => Ok(tensor),
            None => bail!(
                "{} has no tensor '{name}'; it has {}",
                args.dataset.display(),
                archive.keys().cloned().collect::<Vec<_>>().join(", ")
            ),
        }
    };
    let samples = find(&args.input)?.to_f32();
    let labels = find(&args.label)?.to_f64();
    let mut runner = Runner::open(&args.model)?;
    let (name, shape) = match runner.inputs().as_slice() {
        [(name, shape)] => (name.clone(), shape.clone()),
        inputs => bail!(
            "eval needs a model with one input; '{}' has {}",
            args.model.display(),
            inputs.len()
        ),
    };
    let batch = shape.first().copied().unwrap_or(1).max(1);
    let mut count = samples.shape().first().copied().unwrap_or(0);
    if labels.len() != count {
        bail!(
            "{}: {count} samples but {} labels",
            args.dataset.display(),
            labels.len()
        );
    }
    if args.input_num > 0 {
        count = count.min(args.input_num);
    }
    if count == 0 {
        bail!("{} has no samples", args.dataset.display());
    }
    let progress = Progress::new("eval", count.div_ceil(batch));
    let mut correct = 0;
    for start in (0..count).step_by(batch) {
        // The last batch is filled up with its last sample.
        let indices: Vec<usize> = (start..start + batch).map(|index| index.min(count - 1)).collect();
        let input = Tensor::F32(samples.select(Axis(0), &indices)).reshape(&shape)?;
        let outputs = runner.run(&TensorMap::from_iter([(name.clone(), input)]))?;
        let Some(scores) = outputs.values().last() else {
            bail!("'{}' has no output", args.model.display())
        };
        let scores = scores.to_f32();
        let classes = scores.len() / batch;
        let scores = scores.as_slice().unwrap_or_default();
        for (slot, index) in (start..count.min(start + batch)).enumerate() {
            let row = &scores[slot * classes..(slot + 1) * classes];
            let best = (0..classes)
                .rev()
                .max_by(|a, b| row[*a].total_cmp(&row[*b]))
                .unwrap_or(0);
            correct += usize::from(
                labels
                    .as_slice()
                    .is_some_and(|labels| labels[index] == best as f64),
            );
        }
        progress.step();
    }
    drop(progress);
    let percent = 100.0 * correct as f64 / count as f64;
    print(&format!("top-1: {percent:.2} % ({correct} of {count})\n"))?;
    Ok(ExitCode::SUCCESS)
}
