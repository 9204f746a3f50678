//! `tpuc qtable` (`run_qtable`): searches the layers that must stay in floating point, under budgets, and writes a
//! quantisation table that says why.

mod arguments;
mod report;

pub use arguments::QtableArgs;

use super::output::{print, warn};
use crate::codegen::bm1684::passes::compile;
use crate::data::dataset::Dataset;
use crate::data::file::write_bytes_atomically;
use crate::inference::Interpreter;
use crate::inputs::input_specs;
use crate::lowering::quantised;
use crate::program::Program;
use crate::ptq::bisect::bisect;
use crate::ptq::errors::{self, Ends, LayerError, half_cosine};
use crate::ptq::evaluate::Evaluator;
use crate::ptq::external::External;
use crate::ptq::layers::{Floats, Layers};
use crate::ptq::samples::{Samples, Targets};
use crate::ptq::search::{Budget, Found, Judge, Options, Prefer, Stop, search};
use crate::ptq::{cost, table};
use crate::quantization::CalibrationTable;
use crate::quantization::qtable::{Precision, QuantizeHeader, QuantizeTable};
use crate::tools::fp_forward::time_text;
use anyhow::{Context, Result, anyhow, bail};
use arguments::{BisectOrder, Form, Preference};
use rustc_hash::FxHashMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Runs the tool.
///
/// # Errors
/// When an option, a file or the network is not usable, the evaluator fails, or a table cannot be written.
pub fn run(args: &QtableArgs) -> Result<ExitCode> {
    let begin = Instant::now();
    args.check()?;
    let top = read_top(args)?;
    let ranges = CalibrationTable::read(&args.calibration_table)?;
    let start = Start::read(args, &top, &ranges)?;
    let specs = input_specs(&top)?;
    let dataset = match (&args.dataset, &args.data_list) {
        (Some(folder), _) => Dataset::from_folder(folder, args.input_num)?,
        (None, Some(list)) => Dataset::from_list(list, args.input_num)?,
        (None, None) => bail!("give samples: --dataset DIR or --data_list FILE"),
    };
    let mut batches = dataset.batches(&specs)?;
    let float = Interpreter::new(&top)?;
    let targets = match args.global_compare_layers.as_str() {
        "" => Targets::outputs(float.output_slots().len()),
        text => {
            Targets::parse(text, &float).map_err(|message| anyhow!("--global_compare_layers: {message}"))?
        }
    };
    let samples = Samples::load(&float, targets, &mut batches)?;
    drop(float);
    for skipped in batches.skipped() {
        warn(&format!("left out: {skipped}"));
    }
    if samples.is_empty() {
        bail!("there is no sample left");
    }
    let few = args.rank_num.clamp(1, samples.len());

    let mut evaluator = Evaluator::new(&top, &ranges, &samples, args.lowering_options());
    let int8 = evaluator.version([])?;
    let layers = Layers::of(&top, int8.interpreter()).map_err(|error| anyhow!("{error}"))?;
    let all: Floats = layers.layers().collect();
    let ends = Ends {
        float: evaluator.version(layers.names(&all))?,
        int8,
    };
    if all.is_empty() {
        warn("no layer of the network is quantised: there is nothing to choose");
    }
    let own = errors::own_cosines(&evaluator, &layers, &ends, few)?;
    let time = time_text();
    write_bytes_atomically(
        &args.loss_table,
        errors::loss_table(&own, &layers, &time, few).as_bytes(),
    )?;

    let (fixed, barred) = start.layers(&layers);
    let mut options = Options {
        budget: Budget {
            similarity: Some(args.expected_cos).filter(|cos| *cos <= 1.0),
            sqnr: args.expected_sqnr,
            layers: args.max_float_layers.unwrap_or(all.len() / 4).max(fixed.len()),
            microseconds: args.max_latency_ms.map(|ms| ms * 1e3),
        },
        prefer: match args.prefer {
            Some(Preference::Layers) => Prefer::Layers,
            Some(Preference::Time) => Prefer::Time,
            None if args.max_latency_ms.is_some() => Prefer::Time,
            None => Prefer::Layers,
        },
        fixed,
        barred,
    };
    if let Some(least) = args.min_layer_cos {
        let good = layers.layers().filter(|layer| {
            own.get(&layers.nodes()[*layer].name)
                .is_some_and(|cos| half_cosine(*cos) >= least)
        });
        options.barred.extend(
            good.filter(|layer| !options.fixed.contains(layer))
                .collect::<Vec<_>>(),
        );
    }
    let columns = errors::columns(
        &mut evaluator,
        &layers,
        &ends,
        &layers.with_movers(&options.fixed),
        few,
    )?;
    let found = match (args.bisect, &args.evaluator) {
        (Some(order), _) => bisected(&evaluator, &layers, &columns, &options, order)?,
        (None, Some(command)) => {
            let folder = tempfile::tempdir().context("cannot make a folder for the evaluator")?;
            let external = External {
                command: command.clone(),
                limit: (args.evaluator_timeout > 0.0)
                    .then(|| Duration::from_secs_f64(args.evaluator_timeout)),
            };
            let mut judge = |program: Program, floats: &[String]| {
                judge(&external, folder.path(), args.evaluator_input, program, floats)
            };
            let judge: (&mut Judge<'_>, _) = (&mut judge, args.expected_metric);
            search(&mut evaluator, &layers, &ends, &columns, &options, Some(judge))?
        }
        (None, None) => search(&mut evaluator, &layers, &ends, &columns, &options, None)?,
    };
    if let Some(path) = &args.errors {
        write_bytes_atomically(path, errors::to_text(&columns).as_bytes())?;
    }
    let by_name: FxHashMap<_, _> = columns
        .iter()
        .map(|error| (error.name.clone(), error.clone()))
        .collect();
    let qtable = start.joined(table::table(&layers, &found));
    let header = QuantizeHeader {
        time,
        samples: Some(samples.len()),
        chip: "bm1684".to_owned(),
        mix_mode: "F32".to_owned(),
    };
    let text = qtable.to_text_with(&header, &table::notes(&layers, &found, &by_name));
    write_bytes_atomically(&args.output, text.as_bytes())
        .with_context(|| format!("the quantisation table {}", args.output.display()))?;
    print(&report::summary(args, &layers, &found, &columns, begin.elapsed()))?;
    Ok(ExitCode::SUCCESS)
}

fn read_top(args: &QtableArgs) -> Result<Program> {
    let top = Program::read(&args.mlir_file)?;
    if top.module_str("state").is_none_or(|state| state != "TOP_F32") {
        bail!(
            "'{}' is in state {}; qtable needs a top module, as 'tpuc transform' writes it",
            args.mlir_file.display(),
            top.module_str("state").unwrap_or("unknown")
        );
    }
    Ok(top)
}

/// The table that the search begins with.
#[derive(Default)]
struct Start {
    table: QuantizeTable,
}

impl Start {
    /// Reads it and holds its names against the network, as `deploy` does.
    fn read(args: &QtableArgs, top: &Program, ranges: &CalibrationTable) -> Result<Self> {
        let Some(path) = &args.start else {
            return Ok(Self::default());
        };
        let table = QuantizeTable::read(path)?;
        let shown = path.display().to_string().replace(char::is_whitespace, "_");
        quantised(
            top,
            ranges,
            &table,
            &format!("{} qtable={shown}", args.lowering_options()),
        )?;
        Ok(Self { table })
    }

    /// Layers that are float from the start, and those that stay INT8.
    fn layers(&self, layers: &Layers) -> (Floats, Floats) {
        let of = |wanted: Precision| {
            let names = self.table.modes.iter().filter(|(_, mode)| **mode == wanted);
            names.filter_map(|(name, _)| layers.find(name)).collect()
        };
        (of(Precision::F32), of(Precision::Int8))
    }

    /// What was found, with the entries that it began with.
    fn joined(&self, found: QuantizeTable) -> QuantizeTable {
        let mut joined = found;
        for (name, mode) in &self.table.modes {
            joined.modes.entry(name.clone()).or_insert(*mode);
        }
        joined
    }
}

/// Writes a version for the evaluator and asks it.
fn judge(
    external: &External,
    folder: &std::path::Path,
    form: Form,
    mut program: Program,
    floats: &[String],
) -> Result<f64, String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let mut table = QuantizeTable::default();
    for name in floats {
        table.modes.insert(name.clone(), Precision::F32);
    }
    let qtable = folder.join("qtable");
    table
        .write(&qtable, &QuantizeHeader::default())
        .map_err(|error| text(&error))?;
    let model = match form {
        Form::Mlir => {
            let path = folder.join("model.mlir");
            program.write(&path).map_err(|error| text(&error))?;
            path
        }
        Form::Bmodel => {
            let path = folder.join("model.bmodel");
            let bmodel = compile(&mut program, false).map_err(|errors| {
                let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
                format!("no bmodel can be made for the evaluator: {}", lines.join("\n"))
            })?;
            bmodel
                .write(&path)
                .map_err(|error| format!("cannot write '{}': {error}", path.display()))?;
            path
        }
    };
    external.judge(&model, folder, Some(&qtable))
}

/// A bisection in the form of a search's result.
fn bisected(
    evaluator: &Evaluator<'_>,
    layers: &Layers,
    columns: &[LayerError],
    options: &Options,
    order: BisectOrder,
) -> Result<Found> {
    let fixed = layers.with_movers(&options.fixed);
    let free = |layer: &usize| !options.barred.contains(layer) && !fixed.contains(layer);
    let program = evaluator.lower(layers.names(&fixed))?;
    let start = evaluator.score(&evaluator.plan(&program)?, evaluator.sample_count())?;
    let before = cost::microseconds(program).ok();
    let mut candidates: Vec<usize> = match order {
        BisectOrder::Ranked => layers.candidates().filter(free).collect(),
        BisectOrder::First | BisectOrder::Last => layers.layers().filter(free).collect(),
    };
    match order {
        BisectOrder::Ranked => {
            let sqnr: FxHashMap<&str, f64> = columns
                .iter()
                .map(|error| (error.name.as_str(), error.single.sqnr))
                .collect();
            let of = |layer: &usize| {
                sqnr.get(layers.nodes()[*layer].name.as_str())
                    .copied()
                    .unwrap_or(0.0)
            };
            candidates.sort_by(|a, b| of(a).total_cmp(&of(b)).then(a.cmp(b)));
        }
        BisectOrder::First => {}
        BisectOrder::Last => candidates.reverse(),
    }
    let found = bisect(
        evaluator,
        layers,
        &fixed,
        &candidates,
        options.budget.layers,
        |score| options.budget.is_reached(score),
    )?;
    if !found.reached {
        warn(&format!(
            "{} float layers give {}, which is less than expected; --max_float_layers allows more",
            found.floats.len(),
            found.score
        ));
    }
    let after = cost::microseconds(evaluator.lower(layers.names(&found.floats))?).ok();
    Ok(Found {
        floats: found.floats,
        steps: Vec::new(),
        start,
        end: found.score,
        microseconds: before.zip(after).map(<[f64; 2]>::from),
        metrics: None,
        stop: if found.reached {
            Stop::Reached
        } else {
            Stop::Layers
        },
    })
}
