//! `tpuc quantize`: from a network and samples to the most accurate INT8 bmodel, by itself. Techniques are tried one after the
//! other and kept if they help on samples that they were not fitted to; what was tried is kept in the output folder.

mod nntc;
mod state;

use super::deploy::{GenerateOptions, generate};
use super::output::{print, warn};
use super::run::run_bmodel;
use super::transform::{ImportArgs, load, optimise};
use crate::calibration::dump::Origin;
use crate::calibration::{Method, Samples};
use crate::data::TensorMap;
use crate::data::dataset::Dataset;
use crate::inference::{Dump, Interpreter};
use crate::inputs::input_specs;
use crate::program::Program;
use crate::ptq::floats::rank;
use crate::ptq::heads::mixed_joins;
use crate::ptq::reach::Reach;
use crate::ptq::recipe::{LEAST_GAIN, Quantised, Recipe, Trial, apply, variations};
use crate::ptq::refine::Refinement;
use crate::quantization::calibration_table::CalibrationHeader;
use crate::quantization::qtable::{Precision, QuantizeHeader, QuantizeTable};
use anyhow::{Context as _, Result, anyhow, bail};
use clap::{Args, ValueEnum};
use nntc::NntcOptions;
use state::{Key, State};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tpuc_dialects::ir::{Context, Op};
use tpuc_runtime::bmodel::Bmodel;
use tpuc_runtime::profile::{OperationNames, Profile};

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
    model: PathBuf,
    /// Name of the network; files are called by it. The file's own name if not given.
    #[arg(long, value_name = "NAME")]
    model_name: Option<String>,
    /// Folder of pictures, npy or npz files, or an LMDB data set.
    #[arg(long, value_name = "DIR")]
    dataset: Option<PathBuf>,
    /// File with one sample a line: an npz, or a picture or npy for each input joined by commas.
    #[arg(long, value_name = "FILE", conflicts_with = "dataset")]
    data_list: Option<PathBuf>,
    /// Number of samples; all of them are held in memory. 0 takes all.
    #[arg(long, default_value_t = 32, value_name = "N")]
    input_num: usize,
    /// Folder for the results, made if needed.
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Layers that stay in floating point, by hand; none is searched then.
    #[arg(long, value_name = "FILE")]
    quantize_table: Option<PathBuf>,
    /// As many layers may be kept in floating point where that helps.
    #[arg(
        long,
        default_value_t = 0,
        value_name = "N",
        conflicts_with = "quantize_table"
    )]
    max_float_layers: usize,
    /// Signal to noise of the outputs that is wanted, dB: no layer is kept in floating point beyond it, and the command fails
    /// if it is not reached.
    #[arg(long, value_name = "DB", allow_hyphen_values = true)]
    expected_sqnr: Option<f64>,
    /// Longest time of a run on the chip by the cycle model; layers are kept in floating point only as far as it allows, and the
    /// command fails if it is exceeded.
    #[arg(long, value_name = "MS")]
    max_latency_ms: Option<f64>,
    /// The network after equalisation may differ from the one before it by this much in any output.
    #[arg(long, default_value_t = 0.001, value_name = "DIFF")]
    fp32_diff: f64,
    /// Options in the words of TPU-NNTC, such as '-th_method=ADMM;-fpfwd_outputs=a,b;-iterations=200'; they are translated and the
    /// translation is printed.
    #[arg(long, value_name = "OPTIONS", allow_hyphen_values = true)]
    nntc_options: Option<String>,
    /// Shifts of their own for output channels.
    #[arg(long, value_enum, default_value = "auto")]
    per_channel: Choice,
    /// Scaling of channels to the range of their tensor.
    #[arg(long, value_enum, default_value = "auto")]
    equalize: Choice,
    /// Fitting of biases and weights to the samples.
    #[arg(long, value_enum, default_value = "auto")]
    refine: RefineChoice,
    /// How thresholds are chosen: auto, or a method of 'tpuc calibrate'.
    #[arg(long, default_value = "auto", value_name = "METHOD")]
    cali_method: String,
    #[command(flatten)]
    import: ImportArgs,
}

/// Whether a technique is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Choice {
    /// If it helps.
    Auto,
    /// In any case.
    Yes,
    /// Never.
    No,
}

/// What is fitted to the samples.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum RefineChoice {
    /// What helps most.
    Auto,
    /// Nothing.
    None,
    /// The mean error of each channel is taken off its bias.
    Bias,
    /// Weights are rounded by the error of the outputs.
    Round,
}

/// Runs the tool.
///
/// # Errors
/// When an option, a file, a sample or the network is not usable, or the accuracy that is wanted is not reached.
pub fn run(args: &QuantizeArgs) -> Result<ExitCode> {
    let mut args = args.clone();
    let words = match &args.nntc_options {
        Some(text) => nntc::parse(text).map_err(anyhow::Error::msg)?,
        None => NntcOptions::default(),
    };
    args.take_over(&words)?;
    let args = &args;
    let method = method_choice(args)?;
    let name = args.model_name.clone().unwrap_or_else(|| {
        let stem = args.model.file_stem().unwrap_or_default();
        stem.to_string_lossy().into_owned()
    });
    let dataset = match (&args.dataset, &args.data_list) {
        (Some(folder), _) => Dataset::from_folder(folder, args.input_num)?,
        (None, Some(list)) => Dataset::from_list(list, args.input_num)?,
        (None, None) => bail!("give samples: --dataset DIR or --data_list FILE"),
    };
    let fixed = match &args.quantize_table {
        Some(path) => QuantizeTable::read(path)?,
        None => QuantizeTable::default(),
    };
    std::fs::create_dir_all(&args.output)
        .with_context(|| format!("cannot make '{}'", args.output.display()))?;
    let (program, text) = network(args, &name)?;
    let fixed = with_named_floats(fixed, &program, &words)?;
    let key = Key {
        tpuc: env!("CARGO_PKG_VERSION").to_owned(),
        origin: Origin::of(&text, &program, Some(&dataset))?,
    };
    let (state, earlier) = State::open(&args.output, key)?;
    let samples = load_samples(&program, &dataset)?;
    print(&format!(
        "{name}: {} samples{}\n",
        samples.len(),
        if earlier > 0 {
            format!(", {earlier} trials of an earlier run are kept")
        } else {
            String::new()
        }
    ))?;
    let mut run = Run {
        args,
        state,
        trial: Trial::new(&program, &samples)?,
        floats: fixed,
    };
    let (recipe, sqnr) = run.choose_recipe(method)?;
    let sqnr = run.choose_floats(&program, &samples, recipe, sqnr)?;
    let floats = run.floats;
    finish(args, &name, &program, &samples, recipe, &floats, sqnr)
}

impl QuantizeArgs {
    /// Options in TPU-NNTC's words stand for ours, where ours are not given.
    fn take_over(&mut self, words: &NntcOptions) -> Result<()> {
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
}

/// The table with the layers that TPU-NNTC's words keep in floating point.
fn with_named_floats(
    mut table: QuantizeTable,
    program: &Program,
    words: &NntcOptions,
) -> Result<QuantizeTable> {
    let ctx = &program.ctx;
    let main = program.main().map_err(|error| anyhow!("{error}"))?;
    let reach = Reach::new(ctx, main.ops(ctx));
    let about = |word: &'static str| move |message: String| anyhow!("-{word}: {message}");
    let mut chosen = reach.before(&reach.find(&words.float_inputs).map_err(about("fpfwd_inputs"))?);
    chosen.extend(reach.after(&reach.find(&words.float_outputs).map_err(about("fpfwd_outputs"))?));
    for block in &words.float_blocks {
        chosen.extend(reach.between(block).map_err(about("fpfwd_blocks"))?);
    }
    if words.float_depthwise {
        chosen.extend(main.ops(ctx).into_iter().filter(|op| is_depthwise(ctx, *op)));
    }
    for op in reach.in_order(&chosen) {
        table.modes.insert(ctx.name(op).to_owned(), Precision::F32);
    }
    Ok(table)
}

fn is_depthwise(ctx: &Context, op: Op) -> bool {
    let channels = |index: usize| {
        let shape = ctx.shape(ctx.operand(op, index))?;
        shape.get(1 - index).copied()
    };
    let groups = ctx.get_i64(op, "group").unwrap_or(1);
    ctx.is(op, "top.Conv") && groups > 1 && channels(0) == Some(groups) && channels(1) == Some(groups)
}

/// The threshold method that was asked for; `None` for a search.
fn method_choice(args: &QuantizeArgs) -> Result<Option<Method>> {
    match args.cali_method.as_str() {
        "auto" => Ok(None),
        text => text.parse().map(Some).map_err(anyhow::Error::msg),
    }
}

/// The top program and the text file that it stands in; an ONNX network is written into the folder first.
fn network(args: &QuantizeArgs, name: &str) -> Result<(Program, PathBuf)> {
    let mut program = load(&args.model, name, &args.import)?;
    let state = program.module_str("state").unwrap_or("unknown").to_owned();
    if state != "TOP_F32" {
        bail!(
            "'{}' is in state {state}; quantisation starts from a top module in f32, as 'tpuc transform' writes it",
            args.model.display()
        );
    }
    if args
        .model
        .extension()
        .is_some_and(|extension| extension == "mlir")
    {
        return Ok((program, args.model.clone()));
    }
    optimise(&mut program, name, &args.import)?;
    let text = args.output.join(format!("{name}.mlir"));
    program.write(&text)?;
    Ok((Program::read(&text)?, text))
}

fn load_samples(program: &Program, dataset: &Dataset) -> Result<Vec<TensorMap>> {
    let specs = input_specs(program)?;
    let mut samples = Samples::new(dataset, &specs)?;
    let loaded = samples.first(samples.len())?;
    for reason in samples.skipped() {
        warn(&format!("left out: {reason}"));
    }
    if loaded.is_empty() {
        bail!("no sample is left to quantise with");
    }
    Ok(loaded)
}

/// The search, and what it has found.
struct Run<'a> {
    args: &'a QuantizeArgs,
    state: State,
    trial: Trial<'a>,
    floats: QuantizeTable,
}

impl Run<'_> {
    /// What a recipe reaches: from an earlier run, or tried now.
    fn score(&mut self, recipe: Recipe, floats: &QuantizeTable) -> Result<f64> {
        let names: Vec<String> = floats.modes.keys().cloned().collect();
        if let Some(sqnr) = self.state.find(recipe, &names) {
            return Ok(sqnr);
        }
        let sqnr = self.trial.score(recipe, floats)?;
        self.state.add(state::Trial {
            recipe,
            floats: names,
            sqnr,
        })?;
        Ok(sqnr)
    }

    /// Adds techniques one after the other, each if it helps.
    fn choose_recipe(&mut self, method: Option<Method>) -> Result<(Recipe, f64)> {
        let args = self.args;
        let floats = self.floats.clone();
        let mut best = Recipe {
            method: method.unwrap_or(Method::Max),
            ..Recipe::default()
        };
        let mut sqnr = self.score(best, &floats)?;
        print(&format!("  {sqnr:6.2} dB  {}\n", best.describe()))?;
        for stage in 0..variations(best).len() {
            let candidates: Vec<Recipe> = variations(best)[stage]
                .iter()
                .copied()
                .filter(|recipe| allowed(args, method, recipe))
                .collect();
            let forced = is_forced(args, &candidates, best);
            let mut found: Option<(Recipe, f64)> = None;
            for candidate in candidates.into_iter().filter(|candidate| *candidate != best) {
                let reached = self.score(candidate, &floats)?;
                let needed = found.map_or(
                    if forced {
                        f64::NEG_INFINITY
                    } else {
                        sqnr + LEAST_GAIN
                    },
                    |best| best.1,
                );
                let kept = reached > needed;
                print(&format!(
                    "  {reached:6.2} dB  {}{}\n",
                    candidate.describe(),
                    if kept { "" } else { "  (not kept)" }
                ))?;
                if kept {
                    found = Some((candidate, reached));
                }
            }
            if let Some(found) = found {
                (best, sqnr) = found;
            }
        }
        Ok((best, sqnr))
    }

    /// Keeps layers in floating point that help, as many as are allowed.
    fn choose_floats(
        &mut self,
        program: &Program,
        samples: &[TensorMap],
        recipe: Recipe,
        mut sqnr: f64,
    ) -> Result<f64> {
        if self.args.max_float_layers == 0 {
            return Ok(sqnr);
        }
        let reached = |sqnr: f64| self.args.expected_sqnr.is_some_and(|wanted| sqnr >= wanted);
        if reached(sqnr) {
            return Ok(sqnr);
        }
        let interpreter = Interpreter::new(program)?;
        let (table, _) = crate::ptq::ranges::measure(program, &interpreter, samples, Method::Max)?;
        for name in mixed_joins(program, &table) {
            if self.floats.modes.len() >= self.args.max_float_layers || reached(sqnr) {
                break;
            }
            let mut floats = self.floats.clone();
            floats.modes.insert(name.clone(), Precision::F32);
            let candidate = self.score(recipe, &floats)?;
            let kept = candidate >= sqnr + LEAST_GAIN;
            print(&format!(
                "  {candidate:6.2} dB  {name} in F32{}\n",
                if kept { "" } else { "  (not kept)" }
            ))?;
            if kept {
                self.floats = floats;
                sqnr = candidate;
            }
        }
        self.add_layers(program, samples, recipe, sqnr)
    }

    /// Adds single layers in the order of the search of 'tpuc qtable'.
    fn add_layers(
        &mut self,
        program: &Program,
        samples: &[TensorMap],
        recipe: Recipe,
        mut sqnr: f64,
    ) -> Result<f64> {
        let reached = |sqnr: f64| self.args.expected_sqnr.is_some_and(|wanted| sqnr >= wanted);
        let most = self.args.max_float_layers;
        if self.floats.modes.len() >= most || reached(sqnr) {
            return Ok(sqnr);
        }
        let plain = Recipe {
            refinement: Refinement::default(),
            ..recipe
        };
        let Quantised { top, table, .. } = apply(program, samples, &self.floats, plain)?;
        let microseconds = self.args.max_latency_ms.map(|ms| ms * 1e3);
        let sets = rank(
            &top,
            &table,
            samples,
            recipe.lowering_options(),
            &self.floats,
            most,
            microseconds,
        )?;
        for floats in sets {
            let candidate = self.score(recipe, &floats)?;
            let kept = candidate >= sqnr + LEAST_GAIN;
            print(&format!(
                "  {candidate:6.2} dB  {} layers in F32{}\n",
                floats.modes.len(),
                if kept { "" } else { "  (not kept)" }
            ))?;
            if kept {
                self.floats = floats;
                sqnr = candidate;
            }
            if reached(sqnr) {
                break;
            }
        }
        Ok(sqnr)
    }
}

/// Whether the options leave a recipe in.
fn allowed(args: &QuantizeArgs, method: Option<Method>, recipe: &Recipe) -> bool {
    let refinement = recipe.refinement;
    method.is_none_or(|method| recipe.method == method)
        && (!recipe.per_channel || args.per_channel != Choice::No)
        && (!recipe.equalize || args.equalize != Choice::No)
        && match args.refine {
            RefineChoice::Auto => true,
            RefineChoice::None => !refinement.correct_bias && !refinement.round,
            RefineChoice::Bias => !refinement.round,
            RefineChoice::Round => refinement.round || !refinement.correct_bias,
        }
}

/// Whether the options ask for the technique that these candidates add.
fn is_forced(args: &QuantizeArgs, candidates: &[Recipe], best: Recipe) -> bool {
    candidates.iter().any(|recipe| {
        (recipe.per_channel != best.per_channel && args.per_channel == Choice::Yes)
            || (recipe.equalize != best.equalize && args.equalize == Choice::Yes)
            || (recipe.refinement != best.refinement
                && matches!(args.refine, RefineChoice::Bias | RefineChoice::Round))
    })
}

/// Fits the chosen recipe to all samples and writes everything.
fn finish(
    args: &QuantizeArgs,
    name: &str,
    program: &Program,
    samples: &[TensorMap],
    recipe: Recipe,
    floats: &QuantizeTable,
    sqnr: f64,
) -> Result<ExitCode> {
    let folder = &args.output;
    let prefix = folder
        .join(format!("{name}_bm1684_int8_sym"))
        .display()
        .to_string();
    let Quantised {
        top,
        mut table,
        mut tpu,
    } = apply(program, samples, floats, recipe)?;
    table.set_header(&CalibrationHeader {
        mlir: args.model.display().to_string(),
        method: recipe.describe(),
        samples: samples.len(),
        version: format!("tpuc {}", env!("CARGO_PKG_VERSION")),
        ..CalibrationHeader::default()
    });
    table.write(&folder.join(format!("{name}_cali_table")))?;
    let header = QuantizeHeader {
        time: crate::tools::fp_forward::time_text(),
        samples: Some(samples.len()),
        chip: "bm1684".to_owned(),
        mix_mode: "F32".to_owned(),
    };
    floats.write(&folder.join(format!("{name}_qtable")), &header)?;
    if recipe.equalize {
        check_equalised(program, &top, &samples[0], args.fp32_diff)?;
        let mut top = top;
        top.set_module_str("weight_file", &format!("{name}_equalized_weight.npz"));
        top.write(&folder.join(format!("{name}_equalized.mlir")))?;
    }
    tpu.set_module_str("weight_file", &format!("{name}_bm1684_int8_sym_tpu_weights.npz"));
    let tpu_path = PathBuf::from(format!("{prefix}_tpu.mlir"));
    tpu.write(&tpu_path)?;
    let expected = Interpreter::new(&tpu)?.run_all(&samples[0], Dump::Outputs)?;
    let model = folder.join(format!("{name}_int8.bmodel"));
    generate(tpu, &prefix, &model, GenerateOptions::default())?;
    check(&model, &samples[0], &expected)?;
    summary(args, &model, &tpu_path, recipe, floats, sqnr)
}

/// Equalisation must not change what the float network computes.
fn check_equalised(before: &Program, after: &Program, sample: &TensorMap, limit: f64) -> Result<()> {
    let before = Interpreter::new(before)?.run_all(sample, Dump::Outputs)?;
    let after = Interpreter::new(after)?.run_all(sample, Dump::Outputs)?;
    for (name, exact) in &before {
        let Some(found) = after.get(name) else { continue };
        let most = exact
            .to_f32()
            .iter()
            .zip(found.to_f32().iter())
            .fold(0.0_f64, |most, (a, b)| most.max(f64::from((a - b).abs())));
        if most.is_nan() || most > limit {
            bail!(
                "max diff = {most} blob name: {name}: the equalised float network differs from the original by more than --fp32_diff {limit}; raise it, such as \
                 --fp32_diff {:.1e}, or leave equalisation out with --equalize no",
                most * 2.0
            );
        }
    }
    Ok(())
}

/// The bmodel must give what the reference inference of its program gives.
fn check(model: &Path, sample: &TensorMap, expected: &TensorMap) -> Result<()> {
    let outputs = run_bmodel(model, sample, false)?;
    for (name, output) in &outputs {
        let Some(expected) = expected.get(name) else {
            continue;
        };
        let (a, b) = (output.to_f32(), expected.to_f32());
        let largest = b.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        let apart = a
            .iter()
            .zip(b.iter())
            .fold(0.0_f32, |apart, (a, b)| apart.max((a - b).abs()));
        if a.len() != b.len() || apart > largest * 1e-4 {
            bail!(
                "{}: output '{name}' on the emulator differs from the reference inference by {apart}; this is a mistake in tpuc, please report it",
                model.display()
            );
        }
    }
    Ok(())
}

fn summary(
    args: &QuantizeArgs,
    model: &Path,
    tpu: &Path,
    recipe: Recipe,
    floats: &QuantizeTable,
    sqnr: f64,
) -> Result<ExitCode> {
    let bytes = std::fs::metadata(model)?.len();
    let bmodel = Bmodel::read(model)?;
    let stage = bmodel
        .nets
        .first()
        .and_then(|net| net.stages.first())
        .context("the bmodel has no stage")?;
    let profile = Profile::of_stage(stage, &OperationNames::default())?;
    print(&format!(
        "{}\n  recipe   {}\n  outputs  {sqnr:.2} dB on samples that were held back\n  float    {} layers\n  time     {:.3} ms (estimate)\n  size     {bytes} bytes\n  program  {}\n",
        model.display(),
        recipe.describe(),
        floats.modes.len(),
        profile.totals.milliseconds(),
        tpu.display(),
    ))?;
    let milliseconds = profile.totals.milliseconds();
    if let Some(most) = args.max_latency_ms.filter(|most| milliseconds > *most) {
        bail!(
            "one run takes {milliseconds:.3} ms by the cycle model, {most:.3} ms were allowed; leave shifts for channels out with --per_channel no, or allow \
             fewer layers in floating point"
        );
    }
    match args.expected_sqnr {
        Some(wanted) if sqnr < wanted => bail!(
            "the outputs reach {sqnr:.2} dB, {wanted:.2} dB were wanted; allow more layers in floating point with --max_float_layers, or give more samples"
        ),
        _ => Ok(ExitCode::SUCCESS),
    }
}
