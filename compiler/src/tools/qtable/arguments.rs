//! The arguments of `tpuc qtable`.

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Search the layers that must stay in floating point, and write them with the reasons.
#[derive(Debug, Args)]
#[command(rename_all = "snake_case")]
#[command(after_help = "Examples:
  tpuc qtable net.mlir --dataset images/ --calibration_table net_cali_table -o net_qtable
  tpuc qtable net.mlir --dataset images/ --calibration_table net_cali_table --max_latency_ms 4 --expected_sqnr 20 -o net_qtable
  tpuc qtable net.mlir --dataset images/ --calibration_table net_cali_table --evaluator './map.py --images val/' -o net_qtable
Every layer is measured alone in INT8, then layers are added in F32 while the outputs really get better. The table holds the reasons as
comments and may be edited: --start TABLE goes on from it.
The evaluator gets the model's path and its folder as its last two arguments (also TPUC_MODEL, TPUC_FOLDER, TPUC_QTABLE) and
prints a number on its last line, higher being better.")]
pub struct QtableArgs {
    /// MLIR text in the top dialect, made by 'tpuc transform'.
    pub mlir_file: PathBuf,
    /// Folder of pictures, npy or npz files (one kind), searched recursively.
    #[arg(long, value_name = "DIR")]
    pub dataset: Option<PathBuf>,
    /// File with one sample a line: an npz, or a picture or npy for each input joined by commas.
    #[arg(long, value_name = "FILE", conflicts_with = "dataset")]
    pub data_list: Option<PathBuf>,
    /// Number of samples; 0 takes all.
    #[arg(long, default_value_t = 10, value_name = "N")]
    pub input_num: usize,
    /// Samples that layers are ranked with; all decide.
    #[arg(long, default_value_t = 2, value_name = "N")]
    pub rank_num: usize,
    /// Thresholds, made by 'tpuc calibrate'.
    #[arg(long, value_name = "FILE")]
    pub calibration_table: PathBuf,
    /// Output channels have shifts of their own, as with 'tpuc deploy --per_channel'.
    #[arg(long)]
    pub per_channel: bool,
    /// The chip.
    #[arg(
        long,
        visible_alias = "processor",
        default_value = "bm1684",
        value_name = "CHIP"
    )]
    pub chip: String,
    /// Precision of the float layers: F32 on bm1684.
    #[arg(long, default_value = "auto", value_name = "TYPE")]
    pub fp_type: String,
    /// Similarity of the outputs that is enough, as TPU-MLIR computes it: (1 + cosine) / 2. Above 1: none is.
    #[arg(long, default_value_t = 0.99, value_name = "COS")]
    pub expected_cos: f64,
    /// SQNR of the outputs in dB that is enough; with --expected_cos both must be reached.
    #[arg(long, value_name = "DB")]
    pub expected_sqnr: Option<f64>,
    /// Leave layers INT8 whose own result is at least as similar, (1 + cosine) / 2, when everything is INT8. By default all
    /// are tried.
    #[arg(long, value_name = "COS")]
    pub min_layer_cos: Option<f64>,
    /// Most layers in the table; by default a quarter of those that are quantised.
    #[arg(long, value_name = "N")]
    pub max_float_layers: Option<usize>,
    /// Longest time of a run on the chip, by the cycle model.
    #[arg(long, value_name = "MS")]
    pub max_latency_ms: Option<f64>,
    /// Measure gains against the number of layers or their time; by default time if --max_latency_ms is given.
    #[arg(long, value_enum, value_name = "WHAT")]
    pub prefer: Option<Preference>,
    /// Compare these tensors instead of the outputs: a,b or with weights that add up to 1, a:0.3,b:0.7.
    #[arg(long, default_value = "", value_name = "NAMES")]
    pub global_compare_layers: String,
    /// A table to begin with: its F32 layers are kept, its INT8 layers are not tried.
    #[arg(long, visible_alias = "pre_qtable", value_name = "TABLE")]
    pub start: Option<PathBuf>,
    /// A command that judges versions of the network; the smallest table with its best number is written.
    #[arg(long, value_name = "COMMAND", conflicts_with = "bisect")]
    pub evaluator: Option<String>,
    /// What the evaluator gets: the lowered text with its weights, or a bmodel.
    #[arg(long, value_enum, default_value = "mlir", value_name = "FORM")]
    pub evaluator_input: Form,
    /// Longest time of one run of the evaluator; 0 waits for ever.
    #[arg(long, default_value_t = 600.0, value_name = "SECONDS")]
    pub evaluator_timeout: f64,
    /// The evaluator's number that is enough.
    #[arg(long, value_name = "NUMBER", requires = "evaluator")]
    pub expected_metric: Option<f64>,
    /// Find the smallest set that is enough by bisection: of the layers with the largest errors of their own, the first, or the last ones.
    #[arg(long, value_enum, value_name = "ORDER", num_args = 0..=1, default_missing_value = "ranked", require_equals = true)]
    pub bisect: Option<BisectOrder>,
    /// Both error columns, gain and cost of every layer, as tab-separated values.
    #[arg(long, value_name = "FILE")]
    pub errors: Option<PathBuf>,
    /// TPU-MLIR's list of layers by the similarity of their own results.
    #[arg(long, default_value = "full_loss_table.txt", value_name = "FILE")]
    pub loss_table: PathBuf,
    /// The table to write.
    #[arg(short, long, visible_alias = "quantize_table", value_name = "FILE")]
    pub output: PathBuf,

    // Options of TPU-MLIR's tools that change nothing here.
    #[arg(long, hide = true, default_value = "")]
    debug_cmd: String,
    #[arg(long, hide = true)]
    debug_log: bool,
    #[arg(short, long, hide = true, value_name = "N")]
    batch_size: Option<usize>,
    #[arg(long, hide = true)]
    inference_num: Option<usize>,
    #[arg(long, hide = true)]
    tune_num: Option<usize>,
    #[arg(long, hide = true)]
    tune_list: Option<String>,
    #[arg(long, hide = true)]
    histogram_bin_num: Option<usize>,
    #[arg(long, hide = true)]
    quantize_method_list: Option<String>,
    #[arg(long, hide = true)]
    benchmark_method: Option<String>,
    #[arg(long, hide = true)]
    mix_mode: Option<String>,
    #[arg(long, hide = true)]
    cluster: bool,
    /// A Python file; `check` says what to do instead.
    #[arg(long, hide = true)]
    post_process: Option<String>,
}

/// What gains are measured against.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Preference {
    /// The number of layers in the table.
    Layers,
    /// Their time on the chip.
    Time,
}

/// What an evaluator gets.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Form {
    /// The lowered text, with its weights beside it.
    Mlir,
    /// A bmodel.
    Bmodel,
}

/// In which order a bisection makes layers float.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum BisectOrder {
    /// By their own errors, the largest first.
    Ranked,
    /// From the inputs.
    First,
    /// From the outputs.
    Last,
}

impl QtableArgs {
    /// The options of `--convert-top-to-tpu`.
    pub fn lowering_options(&self) -> &'static str {
        if self.per_channel { "per_channel=true" } else { "" }
    }

    /// Refuses what can be refused before work starts.
    ///
    /// # Errors
    /// The first option that cannot be.
    pub fn check(&self) -> Result<()> {
        if !self.chip.eq_ignore_ascii_case("bm1684") {
            bail!("unknown chip '{}': bm1684 is supported", self.chip);
        }
        if !matches!(self.fp_type.to_ascii_uppercase().as_str(), "AUTO" | "F32") {
            bail!(
                "bm1684 has F32 as its only floating point type, found --fp_type {}",
                self.fp_type
            );
        }
        if let Some(file) = &self.post_process {
            bail!(
                "--post_process {file}: Python files are not loaded; --evaluator COMMAND runs a program of yours"
            );
        }
        let numbers = [
            ("expected_cos", Some(self.expected_cos)),
            ("expected_sqnr", self.expected_sqnr),
            ("min_layer_cos", self.min_layer_cos),
            ("max_latency_ms", self.max_latency_ms),
            ("evaluator_timeout", Some(self.evaluator_timeout)),
            ("expected_metric", self.expected_metric),
        ];
        for (name, number) in numbers {
            if number.is_some_and(|number| !number.is_finite()) {
                bail!("--{name} must be a finite number");
            }
        }
        if !(0.0..=1e6).contains(&self.evaluator_timeout) {
            bail!("--evaluator_timeout must be between 0 and 1000000 seconds");
        }
        if self.bisect.is_some() && self.expected_cos > 1.0 && self.expected_sqnr.is_none() {
            bail!("--bisect needs --expected_cos or --expected_sqnr: what is enough?");
        }
        Ok(())
    }
}
