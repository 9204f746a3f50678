//! Tuning: moves each threshold between the method's value and the largest magnitude to where the consumers of the tensor
//! are disturbed least when their inputs are quantised with it.
//!
//! For each operation in order and each of its inputs that was not tuned yet (the first one, where all were), 22 evenly
//! spaced candidates are tried: the operation runs in floating point on the samples' own activations rounded to 8 bits with
//! the candidate, and `||difference||_2 / ||reference||_1`, averaged over the samples, is minimised. With several consumers
//! the largest result wins. Procedure and constants are TPU-MLIR's. Only tensors that are still needed are kept.

use super::Statistics;
use crate::data::progress::Progress;
use crate::data::{Tensor, TensorMap};
use crate::inference::{InferenceError, Interpreter};
use indexmap::IndexMap;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

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
    for step in 0..interpreter.step_count() {
        let mut references = Vec::with_capacity(samples.len());
        for sample in &values {
            references.push(interpreter.run_step(step, &|slot| sample.get(&slot).cloned())?);
        }
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
        for target in targets {
            let name = interpreter.slot_name(target);
            let (Some(start), Some(range)) = (initial.get(name), statistics.get(name)) else {
                continue;
            };
            let best = search(
                interpreter,
                step,
                &values,
                &references,
                *start,
                range.largest().into(),
            )?;
            let current = &mut tuned[name];
            *current = current.max(best);
        }
        for (sample, results) in values.iter_mut().zip(references) {
            for (slot, tensor) in interpreter.step_results(step).iter().zip(results) {
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

/// The candidate with the smallest distance; the first of equals.
fn search(
    interpreter: &Interpreter,
    step: usize,
    values: &[Values],
    references: &[Vec<Tensor>],
    start: f64,
    largest: f64,
) -> Result<f64, InferenceError> {
    let width = (largest - start) / STEPS as f64;
    let mut best = start;
    if width <= 0.0 || (largest - start).abs() <= LEAST_RANGE {
        return Ok(best);
    }
    let distances: Vec<f64> = (0..=STEPS)
        .into_par_iter()
        .map(|candidate| {
            let threshold = start + width * candidate as f64;
            let mut total = 0.0;
            for (sample, reference) in values.iter().zip(references) {
                let lookup = |slot: usize| {
                    sample
                        .get(&slot)
                        .map(|tensor| Arc::new(rounded(tensor, threshold)))
                };
                let results = interpreter.run_step(step, &lookup)?;
                if let (Some(result), Some(reference)) = (results.first(), reference.first()) {
                    total += distance(result, reference);
                }
            }
            Ok(total)
        })
        .collect::<Result<_, InferenceError>>()?;
    let mut least = distances[0];
    for (candidate, distance) in distances.into_iter().enumerate().skip(1) {
        if distance < least {
            (least, best) = (distance, start + width * candidate as f64);
        }
    }
    Ok(best)
}

/// A tensor rounded to the 8-bit grid of a threshold, as single-precision arithmetic does it.
fn rounded(tensor: &Tensor, threshold: f64) -> Tensor {
    let scale = (127.0 / threshold) as f32;
    Tensor::F32(
        tensor
            .to_f32()
            .mapv(|value| (value * scale).round_ties_even().clamp(-128.0, 127.0) / scale),
    )
}

/// `||a - b||_2 / ||b||_1`
fn distance(result: &Tensor, reference: &Tensor) -> f64 {
    let (result, reference) = (result.to_f32(), reference.to_f32());
    let (mut square, mut sum) = (0.0, 0.0);
    for (a, b) in result.iter().zip(reference.iter()) {
        square += f64::from(b - a).powi(2);
        sum += f64::from(b.abs());
    }
    square.sqrt() / sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_to_the_grid() {
        let tensor = Tensor::from_vec(&[4], vec![0.2f32, 1.0, -3.0, 0.5]).unwrap();
        let rounded = rounded(&tensor, 1.27);
        let values: Vec<f32> = rounded
            .to_f32()
            .iter()
            .map(|value| (value * 100.0).round())
            .collect();
        assert_eq!(values, [20.0, 100.0, -128.0, 50.0]);
        assert!((distance(&tensor, &tensor)).abs() < 1e-12);
    }
}
