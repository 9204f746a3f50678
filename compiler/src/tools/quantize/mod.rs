//! `tpuc quantize`: from a network and samples to the most accurate INT8 bmodel, by itself. Techniques are tried one after the
//! other and kept if they help on samples that they were not fitted to; what was tried is kept in the output folder.

mod arguments;
mod finish;
mod nntc;
mod state;

pub use arguments::QuantizeArgs;

use super::output::{print, warn};
use super::transform::{load, optimise};
use crate::calibration::dump::Origin;
use crate::calibration::{Method, Samples};
use crate::data::TensorMap;
use crate::data::dataset::Dataset;
use crate::inference::Interpreter;
use crate::inputs::input_specs;
use crate::program::Program;
use crate::ptq::floats::rank;
use crate::ptq::heads::mixed_joins;
use crate::ptq::ranges::measure;
use crate::ptq::reach::Reach;
use crate::ptq::recipe::{
    LEAST_GAIN, LEAST_METHOD_GAIN, Quantised, Recipe, Trial, apply, combinations, other_methods,
};
use crate::ptq::refine::Refinement;
use crate::quantization::qtable::{Precision, QuantizeTable};
use anyhow::{Context as _, Result, anyhow, bail};
use arguments::Choice;
use nntc::NntcOptions;
use state::{Key, State};
use std::path::PathBuf;
use std::process::ExitCode;
use tpuc_dialects::ir::{Context, Op};

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
    let method = args.method()?;
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
    let samples: Vec<&TensorMap> = samples.iter().collect();
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
    finish::finish(args, &name, &program, &samples, recipe, &floats, sqnr)
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

/// A line about a trial.
fn show(recipe: Recipe, sqnr: f64, kept: bool) -> Result<()> {
    let note = if kept { "" } else { "  (not kept)" };
    Ok(print(&format!("  {sqnr:6.2} dB  {}{note}\n", recipe.describe()))?)
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

    /// Whether the outputs are as good as was asked for; never without such a wish.
    fn is_enough(&self, sqnr: f64) -> bool {
        self.args.expected_sqnr.is_some_and(|wanted| sqnr >= wanted)
    }

    /// Shifts for channels, then the other techniques in combination, then other threshold methods.
    fn choose_recipe(&mut self, method: Option<Method>) -> Result<(Recipe, f64)> {
        let plain = Recipe {
            method: method.unwrap_or(Method::Max),
            ..Recipe::default()
        };
        let shifts = Recipe {
            per_channel: true,
            ..plain
        };
        let start = match self.args.per_channel {
            Choice::No => self.best_of(&[plain], None)?,
            Choice::Yes => self.best_of(&[shifts], None)?,
            Choice::Auto => self.best_of(&[plain, shifts], None)?,
        };
        let allowed: Vec<Recipe> = combinations(start.0)
            .into_iter()
            .filter(|recipe| self.args.allows(recipe))
            .collect();
        // What the options ask for is used without a trial against what they exclude.
        let start = Some(start).filter(|(recipe, _)| allowed.contains(recipe));
        let best = self.best_of(&allowed, start)?;
        if method.is_some() {
            return Ok(best);
        }
        let (mut recipe, mut sqnr) = best;
        let needed = sqnr + LEAST_METHOD_GAIN;
        for candidate in other_methods(best.0) {
            let reached = self.score(candidate, &self.floats.clone())?;
            let kept = reached >= needed && reached > sqnr;
            show(candidate, reached, kept)?;
            if kept {
                (recipe, sqnr) = (candidate, reached);
            }
        }
        Ok((recipe, sqnr))
    }

    /// The best of these recipes and `start`; an earlier one stays unless a later one is better by [`LEAST_GAIN`].
    fn best_of(&mut self, recipes: &[Recipe], start: Option<(Recipe, f64)>) -> Result<(Recipe, f64)> {
        let floats = self.floats.clone();
        let mut best = start;
        for recipe in recipes {
            if best.is_some_and(|(best, _)| best == *recipe) {
                continue;
            }
            let reached = self.score(*recipe, &floats)?;
            let kept = best.is_none_or(|(_, sqnr)| reached >= sqnr + LEAST_GAIN);
            show(*recipe, reached, kept)?;
            if kept {
                best = Some((*recipe, reached));
            }
        }
        best.context("the options leave no technique to try")
    }

    /// Keeps layers in floating point that help, as many as are allowed.
    fn choose_floats(
        &mut self,
        program: &Program,
        samples: &[&TensorMap],
        recipe: Recipe,
        mut sqnr: f64,
    ) -> Result<f64> {
        if self.args.max_float_layers == 0 {
            return Ok(sqnr);
        }
        if self.is_enough(sqnr) {
            return Ok(sqnr);
        }
        let interpreter = Interpreter::new(program)?;
        let (table, _) = measure(program, &interpreter, samples, Method::Max)?;
        for name in mixed_joins(program, &table) {
            if self.floats.modes.len() >= self.args.max_float_layers || self.is_enough(sqnr) {
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
        samples: &[&TensorMap],
        recipe: Recipe,
        mut sqnr: f64,
    ) -> Result<f64> {
        let most = self.args.max_float_layers;
        if self.floats.modes.len() >= most || self.is_enough(sqnr) {
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
            if self.is_enough(sqnr) {
                break;
            }
        }
        Ok(sqnr)
    }
}
