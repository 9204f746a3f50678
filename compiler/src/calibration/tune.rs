//! Tuning: moves each threshold between the method's value and the largest magnitude to where the consumers of the tensor
//! are disturbed least when their inputs are quantised with it.
//!
//! For each operation in order and each of its inputs that was not tuned yet (the first one, where all were), 22 evenly
//! spaced candidates are tried: the operation runs in floating point on the samples' own activations rounded to 8 bits with
//! the candidate, and `||difference||_2 / ||reference||_1`, averaged over the samples, is minimised. With several consumers
//! the largest result wins. Procedure and constants are TPU-MLIR's. Only tensors that are still needed are kept.
//!
//! Convolutions, which are most of the work, run on the rounded inputs as integers: [`Interpreter::step_on_grid`].

use super::Statistics;
use crate::data::progress::Progress;
use crate::data::{Tensor, TensorMap};
use crate::inference::grid::{round_to_grid, squared_distance, sum_of_magnitudes};
use crate::inference::ops::{GridBuffers, OnGrid};
use crate::inference::{InferenceError, Interpreter};
use indexmap::IndexMap;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::OnceCell;
use std::sync::{Arc, Mutex, PoisonError};

/// Distances between the method's threshold and the maximum.
const STEPS: usize = 21;
/// A range narrower than this is not searched.
const LEAST_RANGE: f64 = 0.01;

/// Activations of one sample by slot.
type Values = FxHashMap<usize, Arc<Tensor>>;

/// Tuned thresholds, at least the given ones.
///
/// # Errors
/// When an operation fails on a sample.
pub fn tune(
    interpreter: &Interpreter,
    samples: &[TensorMap],
    statistics: &Statistics,
    thresholds: IndexMap<String, f64>,
) -> Result<IndexMap<String, f64>, InferenceError> {
    let initial = thresholds.clone();
    let mut tuned = thresholds;
    let mut done: FxHashSet<usize> = FxHashSet::default();
    let mut values: Vec<Values> = samples
        .iter()
        .map(|sample| Ok(interpreter.input_values(sample)?.into_iter().collect()))
        .collect::<Result<_, InferenceError>>()?;
    let progress = Progress::new("tune", interpreter.step_count());
    let buffers = Mutex::default();
    for step in 0..interpreter.step_count() {
        let references = values
            .iter()
            .map(|sample| Reference::new(interpreter, step, sample))
            .collect::<Result<Vec<_>, _>>()?;
        let inputs = interpreter.step_inputs(step);
        let mut targets: Vec<usize> = Vec::new();
        for slot in &inputs {
            if done.insert(*slot) {
                targets.push(*slot);
            }
        }
        if targets.is_empty() {
            targets.extend(inputs.first());
        }
        // Prepared when the first search needs it.
        let on_grid = OnceCell::new();
        for target in targets {
            let name = interpreter.slot_name(target);
            let (Some(start), Some(range)) = (initial.get(name), statistics.get(name)) else {
                continue;
            };
            let candidates = candidates(*start, range.largest().into());
            let current = &mut tuned[name];
            // What is not above the threshold so far changes nothing.
            if candidates.last().is_none_or(|last| last <= current) {
                continue;
            }
            let trial = Trial {
                interpreter,
                step,
                values: &values,
                references: &references,
                buffers: &buffers,
                on_grid: on_grid
                    .get_or_init(|| interpreter.step_on_grid(step))
                    .as_deref()
                    .zip(inputs.first().copied()),
            };
            let best = trial.search(&candidates)?;
            *current = current.max(best);
        }
        for (sample, reference) in values.iter_mut().zip(references) {
            for (slot, tensor) in interpreter.step_results(step).iter().zip(reference.results) {
                sample.insert(*slot, Arc::new(tensor));
            }
            for slot in interpreter.step_last_uses(step) {
                sample.remove(slot);
            }
        }
        progress.step();
    }
    Ok(tuned)
}

/// What a step computes of a sample.
struct Reference {
    results: Vec<Tensor>,
    /// Sum of the magnitudes of the first result.
    norm: f64,
}

impl Reference {
    fn new(interpreter: &Interpreter, step: usize, sample: &Values) -> Result<Self, InferenceError> {
        let results = interpreter.run_step(step, &|slot| sample.get(&slot).cloned())?;
        let norm = results
            .first()
            .map_or(0.0, |tensor| with_values(tensor, sum_of_magnitudes));
        Ok(Self { results, norm })
    }
}

/// Thresholds to try; none where the range is too narrow.
fn candidates(start: f64, largest: f64) -> Vec<f64> {
    let width = (largest - start) / STEPS as f64;
    if width <= 0.0 || (largest - start).abs() <= LEAST_RANGE {
        return Vec::new();
    }
    (0..=STEPS)
        .map(|candidate| start + width * candidate as f64)
        .collect()
}

/// A step that is tried on rounded inputs.
struct Trial<'a> {
    interpreter: &'a Interpreter,
    step: usize,
    values: &'a [Values],
    references: &'a [Reference],
    /// What no thread uses just now.
    buffers: &'a Mutex<Vec<GridBuffers>>,
    /// The fast way, and the slot that it reads.
    on_grid: Option<(&'a OnGrid, usize)>,
}

impl Trial<'_> {
    /// The candidate with the smallest distance; the first of equals.
    fn search(&self, candidates: &[f64]) -> Result<f64, InferenceError> {
        let distances: Vec<f64> = candidates
            .par_iter()
            .map(|threshold| {
                let spare = || self.buffers.lock().unwrap_or_else(PoisonError::into_inner);
                let mut buffers = spare().pop().unwrap_or_default();
                let distance = self.distance(*threshold, &mut buffers);
                spare().push(buffers);
                distance
            })
            .collect::<Result<_, InferenceError>>()?;
        let mut best = 0;
        for (candidate, distance) in distances.iter().enumerate() {
            if *distance < distances[best] {
                best = candidate;
            }
        }
        Ok(candidates[best])
    }

    /// `||result - reference||_2 / ||reference||_1`, summed over the samples.
    fn distance(&self, threshold: f64, buffers: &mut GridBuffers) -> Result<f64, InferenceError> {
        let scale = (127.0 / threshold) as f32;
        let mut total = 0.0;
        for (sample, reference) in self.values.iter().zip(self.references) {
            let Some(wanted) = reference.results.first() else {
                continue;
            };
            let input = self
                .on_grid
                .and_then(|(run, slot)| Some((run, sample.get(&slot)?.as_f32()?.as_slice()?)));
            let square = if let Some((run, input)) = input {
                run(input, scale, buffers)
                    .map_err(|message| self.interpreter.step_error(self.step, &message))?;
                with_values(wanted, |wanted| squared_distance(&buffers.out, wanted))
            } else {
                let lookup = |slot: usize| sample.get(&slot).map(|tensor| Arc::new(rounded(tensor, scale)));
                let results = self.interpreter.run_step(self.step, &lookup)?;
                results.first().map_or(0.0, |result| {
                    with_values(result, |result| {
                        with_values(wanted, |wanted| squared_distance(result, wanted))
                    })
                })
            };
            total += square.sqrt() / reference.norm;
        }
        Ok(total)
    }
}

/// Runs a function on the elements as f32.
fn with_values<T>(tensor: &Tensor, run: impl FnOnce(&[f32]) -> T) -> T {
    let values = tensor.to_f32();
    match values.as_slice() {
        Some(values) => run(values),
        None => run(&values.iter().copied().collect::<Vec<f32>>()),
    }
}

/// A tensor rounded to the 8-bit grid of a scale, as single-precision arithmetic does it.
fn rounded(tensor: &Tensor, scale: f32) -> Tensor {
    let mut out = Vec::new();
    with_values(tensor, |values| round_to_grid(values, scale, &mut out));
    // As many elements as the tensor has.
    Tensor::from_vec(tensor.shape(), out).unwrap_or_else(|_| tensor.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_to_the_grid() {
        let tensor = Tensor::from_vec(&[4], vec![0.2f32, 1.0, -3.0, 0.5]).unwrap();
        let rounded = rounded(&tensor, 100.0);
        assert_eq!(rounded.shape(), [4]);
        let values: Vec<f32> = rounded
            .to_f32()
            .iter()
            .map(|value| (value * 100.0).round())
            .collect();
        assert_eq!(values, [20.0, 100.0, -128.0, 50.0]);
    }

    #[test]
    fn candidates_go_up_to_the_largest_magnitude() {
        let found = candidates(1.0, 3.1);
        assert_eq!(found.len(), STEPS + 1);
        assert_eq!(found[0], 1.0);
        assert!((found[STEPS] - 3.1).abs() < 1e-12);
        assert!(candidates(1.0, 1.005).is_empty() && candidates(2.0, 1.0).is_empty());
    }
}
