//! What the samples show: errors of every layer, values, and how many of them are clipped.

use super::data::Layer;
use super::histogram::Histogram;
use crate::data::progress::Progress;
use crate::data::{DataError, Tensor, TensorMap};
use crate::inference::{InferenceError, Interpreter};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// What counts as the SQNR of equal tensors, in dB: a mean over samples must stay finite.
const EQUAL: f64 = 150.0;

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
pub enum MeasureError {
    /// A sample cannot be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A program does not run.
    #[error(transparent)]
    Inference(#[from] InferenceError),
}

/// How near a tensor is to its reference: signal to noise in dB, and cosine similarity.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Nearness {
    /// 10 log10(variance of the reference / variance of the difference).
    pub sqnr: f64,
    /// Cosine similarity.
    pub cosine: f64,
}

impl Nearness {
    /// Of a tensor against its reference; what is not a finite number counts as 0.
    pub fn of(found: &[f32], reference: &[f32]) -> Self {
        let number = |value: f32| if value.is_finite() { f64::from(value) } else { 0.0 };
        let count = reference.len().max(1) as f64;
        let (mut sum, mut squares, mut noise_sum, mut noise_squares) = (0.0, 0.0, 0.0, 0.0);
        let (mut dot, mut found_squares) = (0.0, 0.0);
        for (found, reference) in found.iter().zip(reference) {
            let (found, reference) = (number(*found), number(*reference));
            let noise = reference - found;
            sum += reference;
            squares += reference * reference;
            noise_sum += noise;
            noise_squares += noise * noise;
            dot += found * reference;
            found_squares += found * found;
        }
        let variance = |sum: f64, squares: f64| (squares / count - (sum / count).powi(2)).max(0.0);
        let (signal, noise) = (variance(sum, squares), variance(noise_sum, noise_squares));
        let sqnr = if noise_squares == 0.0 {
            EQUAL
        } else if signal == 0.0 {
            // Without a signal that varies there is no ratio; an offset alone has no variance.
            if noise == 0.0 { EQUAL } else { -EQUAL }
        } else {
            (10.0 * (signal / noise).log10()).clamp(-EQUAL, EQUAL)
        };
        let norms = (squares * found_squares).sqrt();
        let cosine = if norms > 0.0 {
            dot / norms
        } else {
            f64::from(u8::from(squares == found_squares))
        };
        Self { sqnr, cosine }
    }
}

/// A mean of [`Nearness`].
#[derive(Clone, Copy, Debug, Default)]
struct Mean {
    sqnr: f64,
    cosine: f64,
    count: usize,
}

impl Mean {
    fn add(&mut self, nearness: Nearness) {
        self.sqnr += nearness.sqnr;
        self.cosine += nearness.cosine;
        self.count += 1;
    }

    fn get(&self) -> Option<Nearness> {
        let count = self.count as f64;
        (self.count > 0).then(|| Nearness {
            sqnr: self.sqnr / count,
            cosine: self.cosine / count,
        })
    }
}

/// What is known of one layer.
#[derive(Default)]
struct Measured {
    float: Histogram,
    quantised: Histogram,
    together: Mean,
    alone: Mean,
    values: u64,
    clipped: u64,
}

/// What is known of the whole.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outcome {
    /// Samples.
    pub samples: usize,
    /// Of the network's outputs.
    pub outputs: Option<Nearness>,
}

/// Runs both programs on every sample and writes what is found into the layers. Without a quantised program there are values
/// but no errors.
///
/// # Errors
/// When a sample cannot be loaded or a program fails on it.
pub fn measure(
    layers: &mut [Layer],
    float: &Interpreter,
    quantised: Option<&Interpreter>,
    count: usize,
    load: &dyn Fn(usize) -> Result<TensorMap, DataError>,
) -> Result<Outcome, MeasureError> {
    let mut of_name: FxHashMap<&str, usize> = FxHashMap::default();
    for (index, layer) in layers.iter().enumerate() {
        of_name.entry(layer.name.as_str()).or_insert(index);
    }
    let ranges: Vec<Option<(f64, f64)>> = layers
        .iter()
        .map(|layer| {
            let program = quantised?;
            program.representable(program.find_slot(&layer.name)?)
        })
        .collect();
    let mut measured: Vec<Measured> = layers.iter().map(|_| Measured::default()).collect();
    let mut outputs = Mean::default();
    let progress = Progress::new("report", count);
    for sample in 0..count {
        let inputs = load(sample)?;
        let mut exact: FxHashMap<String, Arc<Tensor>> = FxHashMap::default();
        float.run(&inputs, &mut |name, tensor| {
            let values = tensor.to_f32();
            if let (Some(layer), Some(values)) = (of_name.get(name), values.as_slice()) {
                let found = &mut measured[*layer];
                found.float.add(values);
                if let Some(range) = ranges[*layer] {
                    found.values += values.len() as u64;
                    found.clipped += outside(values, range);
                }
            }
            if quantised.is_some() {
                exact.insert(name.to_owned(), Arc::new(tensor.clone()));
            }
        })?;
        if let Some(program) = quantised {
            let found = together(program, &inputs, &exact, &of_name, &mut measured)?;
            add_outputs(float, &found, &exact, &mut outputs);
            alone(program, &inputs, &exact, &of_name, &mut measured)?;
        }
        progress.step();
    }
    for ((layer, found), range) in layers.iter_mut().zip(&mut measured).zip(ranges) {
        layer.range = range;
        if found.float.min <= found.float.max {
            layer.min = Some(found.float.min.into());
            layer.max = Some(found.float.max.into());
        }
        layer.clipped = (found.values > 0).then(|| found.clipped as f64 / found.values as f64);
        layer.sqnr = found.together.get().map(|mean| mean.sqnr);
        layer.cosine = found.together.get().map(|mean| mean.cosine);
        layer.alone_sqnr = found.alone.get().map(|mean| mean.sqnr);
        layer.alone_cosine = found.alone.get().map(|mean| mean.cosine);
        let beside = (found.quantised.min <= found.quantised.max).then_some(&mut found.quantised);
        layer.histogram = found.float.shown(beside);
    }
    Ok(Outcome {
        samples: count,
        outputs: outputs.get(),
    })
}

/// Values that a range cannot hold.
fn outside(values: &[f32], (low, high): (f64, f64)) -> u64 {
    // A threshold in a table has 7 digits.
    let slack = 1e-6 * high.abs().max(low.abs());
    let (low, high) = ((low - slack) as f32, (high + slack) as f32);
    values
        .iter()
        .filter(|value| **value < low || **value > high)
        .count() as u64
}

/// The quantised program as it is. Gives its outputs, in their order, in real values.
fn together(
    program: &Interpreter,
    inputs: &TensorMap,
    exact: &FxHashMap<String, Arc<Tensor>>,
    of_name: &FxHashMap<&str, usize>,
    measured: &mut [Measured],
) -> Result<Vec<Option<Tensor>>, MeasureError> {
    let wanted: Vec<&str> = program.output_names().collect();
    let mut outputs: Vec<Option<Tensor>> = vec![None; wanted.len()];
    program.run(inputs, &mut |name, tensor| {
        let layer = of_name.get(name);
        let is_output = wanted.contains(&name);
        let Some(slot) = program.find_slot(name).filter(|_| is_output || layer.is_some()) else {
            return;
        };
        let real = program.real(slot, tensor);
        if let (Some(layer), Some(reference)) = (layer, exact.get(name))
            && let Some(values) = real.to_f32().as_slice()
            && let Some(nearness) = compare(&real, reference)
        {
            measured[*layer].quantised.add(values);
            measured[*layer].together.add(nearness);
        }
        for (_, output) in wanted
            .iter()
            .zip(&mut outputs)
            .filter(|(wanted, _)| **wanted == name)
        {
            *output = Some(real.clone());
        }
    })?;
    Ok(outputs)
}

/// `None` where the numbers of elements differ.
fn compare(found: &Tensor, reference: &Tensor) -> Option<Nearness> {
    let (found, reference) = (found.to_f32(), reference.to_f32());
    let (found, reference) = (found.as_slice()?, reference.as_slice()?);
    (found.len() == reference.len()).then(|| Nearness::of(found, reference))
}

/// Each operation on exact inputs: what the float program has of a tensor's name is rounded to the quantised type; what it
/// lacks (casts, parts of an operation) is computed from such.
fn alone(
    program: &Interpreter,
    inputs: &TensorMap,
    exact: &FxHashMap<String, Arc<Tensor>>,
    of_name: &FxHashMap<&str, usize>,
    measured: &mut [Measured],
) -> Result<(), MeasureError> {
    let mut values: FxHashMap<usize, Arc<Tensor>> = FxHashMap::default();
    for (slot, tensor) in program.input_values(inputs)? {
        let name = program.slot_name(slot);
        if let (Some(layer), Some(reference)) = (of_name.get(name), exact.get(name))
            && let Some(nearness) = compare(&program.real(slot, &tensor), reference)
        {
            measured[*layer].alone.add(nearness);
        }
        values.insert(slot, tensor);
    }
    for step in 0..program.step_count() {
        let results = program.run_step(step, &|slot| values.get(&slot).cloned())?;
        for slot in program.step_last_uses(step) {
            values.remove(slot);
        }
        for (slot, result) in program.step_results(step).iter().zip(results) {
            let name = program.slot_name(*slot);
            let Some(reference) = exact.get(name) else {
                values.insert(*slot, Arc::new(result));
                continue;
            };
            if let Some(layer) = of_name.get(name) {
                let nearness = compare(&program.real(*slot, &result), reference);
                if let Some(nearness) = nearness {
                    measured[*layer].alone.add(nearness);
                }
            }
            let next = program.stored(*slot, reference).unwrap_or(result);
            values.insert(*slot, Arc::new(next));
        }
    }
    Ok(())
}

/// What the network returns: outputs in their order, whatever lowering calls them.
fn add_outputs(
    float: &Interpreter,
    found: &[Option<Tensor>],
    exact: &FxHashMap<String, Arc<Tensor>>,
    outputs: &mut Mean,
) {
    for (name, found) in float.output_names().zip(found) {
        if let (Some(found), Some(reference)) = (found, exact.get(name))
            && let Some(nearness) = compare(found, reference)
        {
            outputs.add(nearness);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearness_is_of_the_variances() {
        // The variance of 0, 2 is 1, that of the noise 0, 0.2 is 0.01.
        let near = Nearness::of(&[0.0, 2.2], &[0.0, 2.0]);
        assert!((near.sqnr - 20.0).abs() < 1e-4, "{near:?}");
        assert_eq!(
            Nearness::of(&[1.0, 2.0], &[1.0, 2.0]),
            Nearness {
                sqnr: EQUAL,
                cosine: 1.0
            }
        );
        assert_eq!(Nearness::of(&[0.0; 3], &[0.0; 3]).cosine, 1.0);
        assert_eq!(Nearness::of(&[f32::NAN, 0.0], &[1.0, 1.0]).cosine, 0.0);
        assert_eq!(Nearness::of(&[3.0, -3.0], &[1.0, 1.0]).sqnr, -EQUAL);
    }

    #[test]
    fn what_a_range_cannot_hold_is_counted() {
        assert_eq!(outside(&[-1.1, -1.0, 0.0, 1.0, 1.1, f32::NAN], (-1.0, 1.0)), 2);
    }
}
