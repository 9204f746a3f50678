//! Which layers to keep in floating point beside a recipe: the search of `tpuc qtable`, on samples in memory.

use super::errors::{self, Ends};
use super::evaluate::{EvaluateError, Evaluator};
use super::layers::{Floats, Layers};
use super::samples::{Sample, SampleError, Samples, Targets};
use super::search::{Budget, Options, Prefer, SearchError, search};
use crate::data::TensorMap;
use crate::inference::{InferenceError, Interpreter};
use crate::program::Program;
use crate::quantization::{CalibrationTable, Precision, QuantizeTable};
use tpuc_dialects::ir::Diagnostic;

/// Samples that rank layers.
const RANKED: usize = 4;

/// Why layers could not be ranked.
#[derive(Debug, thiserror::Error)]
pub enum RankError {
    /// A program does not run.
    #[error(transparent)]
    Inference(#[from] InferenceError),
    /// A sample does not suit.
    #[error(transparent)]
    Sample(#[from] SampleError),
    /// A version cannot be lowered or executed.
    #[error(transparent)]
    Evaluate(#[from] EvaluateError),
    /// The search failed.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// The program is damaged.
    #[error("{0}")]
    Program(Box<Diagnostic>),
}

/// Sets of layers to keep in F32, each one holding the one before it, by what the outputs gain: `fixed` and up to `most` layers in all.
/// `options` are those of lowering; `microseconds` is the longest time of a run by the cycle model.
///
/// # Errors
/// When the program does not run, or the time cannot be kept even with `fixed` alone.
pub fn rank(
    top: &Program,
    ranges: &CalibrationTable,
    samples: &[&TensorMap],
    options: &str,
    fixed: &QuantizeTable,
    most: usize,
    microseconds: Option<f64>,
) -> Result<Vec<QuantizeTable>, RankError> {
    let float = Interpreter::new(top)?;
    let targets = Targets::outputs(float.output_slots().len());
    let all = samples
        .iter()
        .map(|sample| Sample::new(&float, &targets, (*sample).clone()))
        .collect::<Result<_, _>>()?;
    let samples = Samples { targets, all };
    let mut evaluator = Evaluator::new(top, ranges, &samples, options);
    let int8 = evaluator.version([])?;
    let layers = Layers::of(top, int8.interpreter()).map_err(|error| RankError::Program(Box::new(error)))?;
    let everything: Floats = layers.layers().collect();
    let ends = Ends {
        float: evaluator.version(layers.names(&everything))?,
        int8,
    };
    let fixed_layers: Floats = fixed.modes.keys().filter_map(|name| layers.find(name)).collect();
    let start = layers.with_movers(&fixed_layers);
    let few = RANKED.clamp(1, samples.len().max(1));
    let columns = errors::columns(&mut evaluator, &layers, &ends, &start, few)?;
    let search_options = Options {
        budget: Budget {
            similarity: None,
            sqnr: None,
            layers: most,
            microseconds,
        },
        prefer: Prefer::Layers,
        fixed: fixed_layers,
        barred: Floats::new(),
    };
    let found = search(&mut evaluator, &layers, &ends, &columns, &search_options, None)?;
    let mut sets = Vec::new();
    let mut table = fixed.clone();
    for step in &found.steps {
        for name in layers.names(&step.added) {
            table.modes.insert(name.to_owned(), Precision::F32);
        }
        if table.modes.len() <= most {
            sets.push(table.clone());
        }
    }
    Ok(sets)
}
