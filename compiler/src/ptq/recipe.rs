//! From a float network and samples to its INT8 program: which of the techniques of this room are used, and using them.
//!
//! A technique is kept only if it helps on samples that it was not fitted to: the samples are divided into halves, each of which decides
//! about what was fitted to the other; what was decided is then fitted to all of them.

use super::channel_classes::ChannelClasses;
use super::equalize::equalize;
use super::ranges::measure;
use super::refine::{RefineError, Refinement, refine};
use super::score::Score;
use crate::calibration::Method;
use crate::data::{Tensor, TensorMap};
use crate::inference::{InferenceError, Interpreter};
use crate::lowering::{LoweringError, quantised};
use crate::program::Program;
use crate::quantization::{CalibrationTable, QuantizeTable};
use crate::weights::WeightError;
use serde::{Deserialize, Serialize};

/// What is done to a network on its way to INT8. The default is what TPU-MLIR does with thresholds of method `max`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Recipe {
    /// How thresholds are chosen.
    pub method: Method,
    /// Output channels of convolutions have shifts of their own.
    pub per_channel: bool,
    /// Channels are scaled to use their 8 bits (see [`super::equalize`]).
    pub equalize: bool,
    /// What is fitted to the samples (see [`super::refine`]).
    pub refinement: Refinement,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            method: Method::Max,
            per_channel: false,
            equalize: false,
            refinement: Refinement::default(),
        }
    }
}

impl Recipe {
    /// The techniques in words, for tables: `max + per-channel shifts + equalisation + bias correction`.
    pub fn describe(&self) -> String {
        let words: Vec<&str> = [
            (true, self.method.name()),
            (self.per_channel, "per-channel shifts"),
            (self.equalize, "equalisation"),
            (
                self.refinement.correct_bias && !self.refinement.round,
                "bias correction",
            ),
            (self.refinement.round, "rounding"),
        ]
        .into_iter()
        .filter_map(|(used, word)| used.then_some(word))
        .collect();
        words.join(" + ")
    }

    /// The options of `--convert-top-to-tpu`.
    pub fn lowering_options(&self) -> &'static str {
        if self.per_channel { "per_channel=true" } else { "" }
    }
}

/// A network on its way to INT8.
pub struct Quantised {
    /// The top program, its weights equalised if the recipe says so. Its function is that of the original.
    pub top: Program,
    /// Ranges of its tensors.
    pub table: CalibrationTable,
    /// The lowered program with refined weights.
    pub tpu: Program,
}

/// Why a network could not be quantised.
#[derive(Debug, thiserror::Error)]
pub enum RecipeError {
    /// A program failed on a sample.
    #[error(transparent)]
    Inference(#[from] InferenceError),
    /// It cannot be lowered.
    #[error(transparent)]
    Lowering(#[from] LoweringError),
    /// A refinement failed.
    #[error(transparent)]
    Refine(#[from] RefineError),
    /// A weight is missing.
    #[error(transparent)]
    Weight(#[from] WeightError),
}

/// Applies a recipe, fitted to `samples`. Operations of `floats` stay in floating point.
///
/// # Errors
/// When the program fails on a sample or cannot be lowered.
pub fn apply(
    program: &Program,
    samples: &[&TensorMap],
    floats: &QuantizeTable,
    recipe: Recipe,
) -> Result<Quantised, RecipeError> {
    let mut top = program.fork()?;
    if recipe.equalize {
        let interpreter = Interpreter::new(&top)?;
        let classes = ChannelClasses::find(&top, &interpreter)?;
        let (_, ranges) = measure(&top, &interpreter, samples, Method::Max)?;
        equalize(&mut top, &classes, &ranges, recipe.per_channel)?;
    }
    let (table, _) = measure(&top, &Interpreter::new(&top)?, samples, recipe.method)?;
    let mut tpu = quantised(&top, &table, floats, recipe.lowering_options())?;
    if recipe.refinement != Refinement::default() {
        refine(&top, &mut tpu, samples, recipe.refinement)?;
    }
    Ok(Quantised { top, table, tpu })
}

/// A division of the samples, with what the float network makes of those that decide.
struct Fold<'a> {
    fit: Vec<&'a TensorMap>,
    check: Vec<(&'a TensorMap, Vec<Vec<f32>>)>,
}

/// Samples in two halves: each is fitted to, and decides about what was fitted to the other.
pub struct Trial<'a> {
    program: &'a Program,
    folds: Vec<Fold<'a>>,
}

impl<'a> Trial<'a> {
    /// Divides the samples, every other one; a single one does both.
    ///
    /// # Errors
    /// When the program fails on a sample.
    pub fn new(program: &'a Program, samples: &[&'a TensorMap]) -> Result<Self, InferenceError> {
        let interpreter = Interpreter::new(program)?;
        let half =
            |rest: usize| -> Vec<&'a TensorMap> { samples.iter().copied().skip(rest).step_by(2).collect() };
        let checked = |samples: Vec<&'a TensorMap>| -> Result<Vec<_>, InferenceError> {
            samples
                .into_iter()
                .map(|sample| Ok((sample, returned(&interpreter, sample)?)))
                .collect()
        };
        let divisions = match samples.len() {
            0 | 1 => vec![(half(0), half(0))],
            _ => vec![(half(0), half(1)), (half(1), half(0))],
        };
        let folds = divisions
            .into_iter()
            .map(|(fit, check)| {
                let check = checked(check)?;
                Ok(Fold { fit, check })
            })
            .collect::<Result<_, InferenceError>>()?;
        Ok(Self { program, folds })
    }

    /// Signal to noise of the outputs (dB, see [`Score`], averaged over outputs and samples) of a recipe, on samples that it was
    /// not fitted to.
    ///
    /// # Errors
    /// As [`apply`].
    pub fn score(&self, recipe: Recipe, floats: &QuantizeTable) -> Result<f64, RecipeError> {
        let mut scores = Vec::new();
        for fold in &self.folds {
            let quantised = apply(self.program, &fold.fit, floats, recipe)?;
            let interpreter = Interpreter::new(&quantised.tpu)?;
            for (sample, exact) in &fold.check {
                let outputs = returned(&interpreter, sample)?;
                for (exact, output) in exact.iter().zip(&outputs) {
                    scores.push((Score::of(output, exact), 1.0));
                }
            }
        }
        Ok(Score::mean(scores).sqnr)
    }
}

/// What a program returns, in its order, in real values.
fn returned(interpreter: &Interpreter, sample: &TensorMap) -> Result<Vec<Vec<f32>>, InferenceError> {
    let outputs = interpreter.run_outputs(sample)?;
    let values = |tensor: &Tensor| tensor.to_f32().iter().copied().collect();
    Ok(outputs.iter().map(values).collect())
}

/// A technique must gain this much to be kept, dB.
pub const LEAST_GAIN: f64 = 0.1;
/// Another method for the thresholds must gain this much: it moves every tensor, and its gain is the most accidental.
pub const LEAST_METHOD_GAIN: f64 = 0.5;

/// Equalisation and refinement in all combinations, simpler ones first. They do not add up: equalisation shows its gain only
/// together with corrected biases.
pub fn combinations(start: Recipe) -> Vec<Recipe> {
    let mut recipes = Vec::new();
    for equalize in [false, true] {
        for (correct_bias, round) in [(false, false), (true, false), (true, true)] {
            recipes.push(Recipe {
                equalize,
                refinement: Refinement { correct_bias, round },
                ..start
            });
        }
    }
    recipes
}

/// The recipe with other methods for its thresholds.
pub fn other_methods(best: Recipe) -> Vec<Recipe> {
    [Method::Percentile9999, Method::Mse, Method::Admm]
        .map(|method| Recipe { method, ..best })
        .to_vec()
}
