//! From a float network and samples to its INT8 program: which of the techniques of this room are used, and using them.
//!
//! Each technique is kept only if it helps on samples that it was not fitted to: the samples are divided, the longer part fits
//! and the other decides; what was decided is then fitted to all of them.

use super::channel_classes::ChannelClasses;
use super::equalize::equalize;
use super::ranges::measure;
use super::refine::{RefineError, Refinement, refine};
use super::score::Score;
use crate::calibration::Method;
use crate::data::TensorMap;
use crate::inference::{Dump, InferenceError, Interpreter};
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
    samples: &[TensorMap],
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

/// Samples of which a part fits and the rest decides.
pub struct Trial<'a> {
    program: &'a Program,
    fit: &'a [TensorMap],
    check: &'a [TensorMap],
    /// Outputs of the float network on the samples that decide.
    exact: Vec<Vec<Vec<f32>>>,
}

impl<'a> Trial<'a> {
    /// Divides the samples: a quarter of them, one at least, decides; with a single sample it does both.
    ///
    /// # Errors
    /// When the program fails on a sample.
    pub fn new(program: &'a Program, samples: &'a [TensorMap]) -> Result<Self, InferenceError> {
        let checked = samples.len().div_ceil(4);
        let (fit, check) = match samples.len() {
            0 | 1 => (samples, samples),
            count => samples.split_at(count - checked),
        };
        let interpreter = Interpreter::new(program)?;
        let exact = check
            .iter()
            .map(|sample| returned(&interpreter, sample))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            program,
            fit,
            check,
            exact,
        })
    }

    /// Signal to noise of the outputs (dB, see [`Score`], averaged over outputs and samples) of a recipe, fitted to one part of the samples
    /// and measured on the other.
    ///
    /// # Errors
    /// As [`apply`].
    pub fn score(&self, recipe: Recipe, floats: &QuantizeTable) -> Result<f64, RecipeError> {
        let quantised = apply(self.program, self.fit, floats, recipe)?;
        let interpreter = Interpreter::new(&quantised.tpu)?;
        let mut scores = Vec::new();
        for (sample, exact) in self.check.iter().zip(&self.exact) {
            let outputs = returned(&interpreter, sample)?;
            for (exact, output) in exact.iter().zip(&outputs) {
                scores.push((Score::of(output, exact), 1.0));
            }
        }
        Ok(Score::mean(scores).sqnr)
    }
}

/// What a program returns, in its order, in real values.
fn returned(interpreter: &Interpreter, sample: &TensorMap) -> Result<Vec<Vec<f32>>, InferenceError> {
    let outputs = interpreter.run_all(sample, Dump::Outputs)?;
    let values = |name: &str| {
        outputs
            .get(name)
            .map(|tensor| tensor.to_f32().iter().copied().collect())
    };
    Ok(interpreter
        .output_names()
        .map(|name| values(name).unwrap_or_default())
        .collect())
}

/// A technique must gain this much to be kept, dB.
pub const LEAST_GAIN: f64 = 0.1;

/// The recipes that are tried after `best`, in stages: each has one technique more, or another method for the thresholds. Biases are
/// corrected before channels are equalised, because the mean errors that equalisation leaves hide what it gains.
pub fn variations(best: Recipe) -> Vec<Vec<Recipe>> {
    let refined = |round| Refinement {
        correct_bias: true,
        round,
    };
    let methods = [Method::Percentile9999, Method::Mse, Method::Admm];
    vec![
        vec![Recipe {
            per_channel: true,
            ..best
        }],
        vec![Recipe {
            refinement: refined(false),
            ..best
        }],
        vec![Recipe {
            equalize: true,
            ..best
        }],
        vec![Recipe {
            refinement: refined(true),
            ..best
        }],
        methods.map(|method| Recipe { method, ..best }).to_vec(),
    ]
}
