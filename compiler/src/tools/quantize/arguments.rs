//! Arguments of `tpuc quantize`, and what they leave to the search.

use super::nntc::NntcOptions;
use crate::calibration::Method;
use crate::ptq::recipe::Recipe;
use crate::tools::groups::GroupArgs;
use crate::tools::output::print;
use crate::tools::transform::ImportArgs;
use anyhow::Result;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Quantise a network by itself: the best table, qtable and bmodel.
#[derive(Clone, Debug, Args)]
#[command(rename_all = "snake_case")]
#[command(after_help = "Examples:
  tpuc quantize net.mlir --dataset images/ -o net_int8
  tpuc quantize net.onnx --input_shapes '[[1,3,352,352]]' --scale 0.0039216,0.0039216,0.0039216 --dataset images/ \\
    --max_float_layers 4 -o net_int8
The folder then holds the calibration table, the qtable, the lowered program and the bmodel. A run that was interrupted goes on
where it was when it is started again. With 'no' a technique is left out, with 'yes' it is used without a trial.")]
pub struct QuantizeArgs {
    /// The network: MLIR text in the top dialect, or an ONNX file.
    pub(super) model: PathBuf,
    /// Name of the network; files are called by it. The file's own name if not given.
    #[arg(long, value_name = "NAME")]
    pub(super) model_name: Option<String>,
    /// Folder of pictures, npy or npz files, or an LMDB data set.
    #[arg(long, value_name = "DIR")]
    pub(super) dataset: Option<PathBuf>,
    /// File with one sample a line: an npz, or a picture or npy for each input joined by commas.
    #[arg(long, value_name = "FILE", conflicts_with = "dataset")]
    pub(super) data_list: Option<PathBuf>,
    /// Number of samples; all of them are held in memory. 0 takes all.
    #[arg(long, default_value_t = 32, value_name = "N")]
    pub(super) input_num: usize,
    /// Folder for the results, made if needed.
    #[arg(short, long, value_name = "DIR")]
    pub(super) output: PathBuf,
    /// Layers that stay in floating point, by hand; none is searched then.
    #[arg(long, value_name = "FILE")]
    pub(super) quantize_table: Option<PathBuf>,
    /// As many layers may be kept in floating point where that helps.
    #[arg(
        long,
        default_value_t = 0,
        value_name = "N",
        conflicts_with = "quantize_table"
    )]
    pub(super) max_float_layers: usize,
    /// Signal to noise of the outputs that is wanted, dB: no layer is kept in floating point beyond it, and the command fails
    /// if it is not reached.
    #[arg(long, value_name = "DB", allow_hyphen_values = true)]
    pub(super) expected_sqnr: Option<f64>,
    /// Longest time of a run on the chip by the cycle model; layers are kept in floating point only as far as it allows, and the
    /// command fails if it is exceeded.
    #[arg(long, value_name = "MS")]
    pub(super) max_latency_ms: Option<f64>,
    /// The network after equalisation may differ from the one before it by this much in any output.
    #[arg(long, default_value_t = 0.001, value_name = "DIFF")]
    pub(super) fp32_diff: f64,
    /// Options in the words of TPU-NNTC, such as '-th_method=ADMM;-fpfwd_outputs=a,b;-iterations=200'; they are translated and the
    /// translation is printed.
    #[arg(long, value_name = "OPTIONS", allow_hyphen_values = true)]
    pub(super) nntc_options: Option<String>,
    /// Shifts of their own for output channels.
    #[arg(long, value_enum, default_value = "auto")]
    pub(super) per_channel: Choice,
    /// Scaling of channels to the range of their tensor.
    #[arg(long, value_enum, default_value = "auto")]
    pub(super) equalize: Choice,
    /// Fitting of biases and weights to the samples.
    #[arg(long, value_enum, default_value = "auto")]
    pub(super) refine: RefineChoice,
    /// How thresholds are chosen: auto, or a method of 'tpuc calibrate'.
    #[arg(long, default_value = "auto", value_name = "METHOD")]
    pub(super) cali_method: String,
    #[command(flatten)]
    pub(super) import: ImportArgs,
    #[command(flatten)]
    pub(super) groups: GroupArgs,
}

/// Whether a technique is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(super) enum Choice {
    /// If it helps.
    Auto,
    /// In any case.
    Yes,
    /// Never.
    No,
}

/// What is fitted to the samples.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(super) enum RefineChoice {
    /// What helps most.
    Auto,
    /// Nothing.
    None,
    /// The mean error of each channel is taken off its bias.
    Bias,
    /// Weights are rounded by the error of the outputs.
    Round,
}

impl QuantizeArgs {
    /// Options in TPU-NNTC's words stand for ours, where ours are not given.
    pub(super) fn take_over(&mut self, words: &NntcOptions) -> Result<()> {
        for line in &words.translation {
            print(&format!("{line}\n"))?;
        }
        if let Some(method) = words.method {
            method.name().clone_into(&mut self.cali_method);
        }
        if let Some(count) = words.samples {
            self.input_num = count;
        }
        match words.per_channel {
            Some(true) => self.per_channel = Choice::Yes,
            Some(false) => self.per_channel = Choice::No,
            None => {}
        }
        if let Some(limit) = words.fp32_diff {
            self.fp32_diff = limit;
        }
        Ok(())
    }

    /// The threshold method that was asked for; `None` for a search.
    pub(super) fn method(&self) -> Result<Option<Method>> {
        match self.cali_method.as_str() {
            "auto" => Ok(None),
            text => text.parse().map(Some).map_err(anyhow::Error::msg),
        }
    }

    /// Whether the options leave a recipe in; shifts for channels and the method are chosen before.
    pub(super) fn allows(&self, recipe: &Recipe) -> bool {
        let refinement = recipe.refinement;
        let equalize = match self.equalize {
            Choice::Auto => true,
            Choice::Yes => recipe.equalize,
            Choice::No => !recipe.equalize,
        };
        equalize
            && match self.refine {
                RefineChoice::Auto => true,
                RefineChoice::None => !refinement.correct_bias && !refinement.round,
                RefineChoice::Bias => refinement.correct_bias && !refinement.round,
                RefineChoice::Round => refinement.round,
            }
    }
}
