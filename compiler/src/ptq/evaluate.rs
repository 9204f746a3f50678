//! Scores many mixed-precision versions of one network, each lowered for real and executed by the reference inference.
//!
//! Versions differ in a few operations, so most of their tensors are equal. Operations that compute the same share their
//! kernels, and tensors of remembered versions are kept for each sample under keys of what they were computed from
//! ([`KernelPool`]): a version runs only what is downstream of its differences. Keeping tensors changes no result, only the
//! time; it stops at a budget of memory.

use super::samples::{Sample, Samples};
use super::score::Score;
use crate::data::Tensor;
use crate::inference::{InferenceError, Interpreter, KernelPool};
use crate::lowering::{LoweringError, quantised};
use crate::program::Program;
use crate::quantization::{CalibrationTable, Precision, QuantizeTable};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::sync::Arc;

/// Bytes of tensors that are kept at most.
pub const MEMORY: usize = 1 << 30;

/// Why a version could not be scored.
#[derive(Debug, thiserror::Error)]
pub enum EvaluateError {
    /// It cannot be lowered.
    #[error(transparent)]
    Lowering(#[from] LoweringError),
    /// It cannot be executed.
    #[error(transparent)]
    Inference(#[from] InferenceError),
    /// The compared tensors are not in it.
    #[error("{0}")]
    Targets(String),
}

/// A version of the network, ready to run.
pub struct Version {
    interpreter: Interpreter,
    targets: Vec<usize>,
}

impl Version {
    /// The planned program.
    pub fn interpreter(&self) -> &Interpreter {
        &self.interpreter
    }
}

/// Tensors of one sample by their keys.
type Kept = FxHashMap<u64, Arc<Tensor>>;

/// Scores versions of a network.
pub struct Evaluator<'a> {
    top: &'a Program,
    ranges: &'a CalibrationTable,
    samples: &'a Samples,
    options: String,
    pool: KernelPool,
    /// For each sample the tensors of remembered versions, by the versions' names.
    kept: Vec<Vec<(&'static str, Kept)>>,
    memory: usize,
}

impl<'a> Evaluator<'a> {
    /// For a top program, its table of ranges and samples; `options` are those of lowering (see [`quantised`]).
    pub fn new(
        top: &'a Program,
        ranges: &'a CalibrationTable,
        samples: &'a Samples,
        options: impl Into<String>,
    ) -> Self {
        Self {
            top,
            ranges,
            samples,
            options: options.into(),
            pool: KernelPool::default(),
            kept: samples.all.iter().map(|_| Vec::new()).collect(),
            memory: MEMORY,
        }
    }

    /// Number of samples.
    pub fn sample_count(&self) -> usize {
        self.samples.len()
    }

    /// The network.
    pub fn top(&self) -> &'a Program {
        self.top
    }

    /// The program in which these operations are in F32 and all others in INT8.
    ///
    /// # Errors
    /// When it cannot be lowered.
    pub fn lower<'n>(&self, floats: impl IntoIterator<Item = &'n str>) -> Result<Program, EvaluateError> {
        let mut table = QuantizeTable::default();
        for name in floats {
            table.modes.insert(name.to_owned(), Precision::F32);
        }
        Ok(quantised(self.top, self.ranges, &table, &self.options)?)
    }

    /// [`Self::lower`], planned.
    ///
    /// # Errors
    /// When it cannot be lowered or executed.
    pub fn version<'n>(&self, floats: impl IntoIterator<Item = &'n str>) -> Result<Version, EvaluateError> {
        self.plan(&self.lower(floats)?)
    }

    /// Plans a lowered program.
    ///
    /// # Errors
    /// When it cannot be executed.
    pub fn plan(&self, program: &Program) -> Result<Version, EvaluateError> {
        let interpreter = Interpreter::with_pool(program, &self.pool)?;
        let targets = self
            .samples
            .targets
            .slots(&interpreter)
            .map_err(EvaluateError::Targets)?;
        Ok(Version { interpreter, targets })
    }

    /// The mean score over the first `count` samples.
    ///
    /// # Errors
    /// When an operation fails.
    pub fn score(&self, version: &Version, count: usize) -> Result<Score, EvaluateError> {
        let scores: Vec<Score> = (0..count.min(self.samples.len()))
            .into_par_iter()
            .map(|index| self.score_sample(version, index))
            .collect::<Result<_, EvaluateError>>()?;
        Ok(Score::mean(scores.into_iter().map(|score| (score, 1.0))))
    }

    /// The compared tensors of a sample as real values.
    ///
    /// # Errors
    /// When an operation fails.
    pub fn found(&self, version: &Version, index: usize) -> Result<Vec<Tensor>, EvaluateError> {
        let tensors = self.tensors(version, index, &version.targets)?;
        let slots = version.targets.iter().zip(&tensors);
        Ok(slots
            .map(|(slot, tensor)| version.interpreter.real(*slot, tensor))
            .collect())
    }

    fn score_sample(&self, version: &Version, index: usize) -> Result<Score, EvaluateError> {
        let sample = &self.samples.all[index];
        let real = self.found(version, index)?;
        let found: Vec<Cow<'_, [f32]>> = real.iter().map(values).collect();
        Ok(self.samples.targets.score(&found, &sample.reference))
    }

    /// The tensors in these slots for a sample: remembered, or computed from what is remembered.
    fn tensors(
        &self,
        version: &Version,
        index: usize,
        slots: &[usize],
    ) -> Result<Vec<Arc<Tensor>>, EvaluateError> {
        let interpreter = &version.interpreter;
        let mut values: Vec<Option<Arc<Tensor>>> = vec![None; interpreter.slot_count()];
        for (slot, tensor) in interpreter.constant_slots() {
            values[*slot] = Some(tensor.clone());
        }
        // From the end to the start: which slots are wanted, which of them are there, which steps make the others.
        let mut wanted = vec![0_usize; interpreter.slot_count()];
        for slot in slots {
            wanted[*slot] += 1;
        }
        let mut steps = Vec::new();
        for step in (0..interpreter.step_count()).rev() {
            let results = interpreter.step_results(step);
            if results.iter().all(|slot| wanted[*slot] == 0) {
                continue;
            }
            let known: Vec<Option<Arc<Tensor>>> = results
                .iter()
                .map(|slot| self.find(index, interpreter.slot_key(*slot)))
                .collect();
            let complete = results
                .iter()
                .zip(&known)
                .all(|(slot, tensor)| wanted[*slot] == 0 || tensor.is_some());
            if complete {
                for (slot, tensor) in results.iter().zip(known) {
                    values[*slot] = tensor;
                }
                continue;
            }
            steps.push(step);
            for slot in interpreter.step_inputs(step) {
                wanted[slot] += 1;
            }
        }
        for (slot, tensor) in interpreter.input_values(&self.sample(index).inputs)? {
            values[slot] = Some(tensor);
        }
        for step in steps.into_iter().rev() {
            let results = interpreter.run_step(step, &|slot| values[slot].clone())?;
            for slot in interpreter.step_inputs(step) {
                wanted[slot] -= 1;
                if wanted[slot] == 0 {
                    values[slot] = None;
                }
            }
            for (slot, tensor) in interpreter.step_results(step).iter().zip(results) {
                if wanted[*slot] > 0 {
                    values[*slot] = Some(Arc::new(tensor));
                }
            }
        }
        Ok(slots.iter().filter_map(|slot| values[*slot].clone()).collect())
    }

    fn sample(&self, index: usize) -> &Sample {
        &self.samples.all[index]
    }

    fn find(&self, index: usize, key: Option<u64>) -> Option<Arc<Tensor>> {
        let key = key?;
        self.kept[index]
            .iter()
            .find_map(|(_, kept)| kept.get(&key))
            .cloned()
    }

    /// Keeps every tensor of a version for the first samples, as many as the memory allows, under `name`, instead of what
    /// was kept under that name.
    ///
    /// # Errors
    /// When an operation fails.
    pub fn remember(
        &mut self,
        name: &'static str,
        version: &Version,
        count: usize,
    ) -> Result<(), EvaluateError> {
        let interpreter = &version.interpreter;
        let bytes: usize = (0..interpreter.slot_count())
            .map(|slot| interpreter.slot_bytes(slot))
            .sum();
        let others = self.kept_bytes(name);
        let room = self.memory.saturating_sub(others) / bytes.max(1);
        let count = count.min(self.samples.len()).min(room);
        let slots: Vec<usize> = (0..interpreter.slot_count()).collect();
        let kept: Vec<Kept> = (0..count)
            .into_par_iter()
            .map(|index| {
                let tensors = self.tensors(version, index, &slots)?;
                Ok(slots
                    .iter()
                    .zip(tensors)
                    .filter_map(|(slot, tensor)| Some((interpreter.slot_key(*slot)?, tensor)))
                    .collect())
            })
            .collect::<Result<_, EvaluateError>>()?;
        self.forget(name);
        for (of_sample, kept) in self.kept.iter_mut().zip(kept) {
            of_sample.push((name, kept));
        }
        Ok(())
    }

    /// Drops what was kept under a name.
    pub fn forget(&mut self, name: &str) {
        for of_sample in &mut self.kept {
            of_sample.retain(|(other, _)| *other != name);
        }
    }

    fn kept_bytes(&self, except: &str) -> usize {
        let tensors = self
            .kept
            .iter()
            .flatten()
            .filter(|(name, _)| *name != except)
            .flat_map(|(_, kept)| kept.values());
        tensors
            .map(|tensor| tensor.len() * tensor.dtype().size_bytes())
            .sum()
    }

    /// The mean cosine of each of these tensors in two versions, over the first `count` samples; names that one of them
    /// does not have are left out.
    ///
    /// # Errors
    /// When an operation fails.
    pub fn tensor_cosines(
        &self,
        version: &Version,
        reference: &Version,
        names: &[String],
        count: usize,
    ) -> Result<FxHashMap<String, f64>, EvaluateError> {
        let pairs: Vec<(&String, usize, usize)> = names
            .iter()
            .filter_map(|name| {
                let find = |version: &Version| version.interpreter.find_slot(name);
                Some((name, find(version)?, find(reference)?))
            })
            .collect();
        let count = count.min(self.samples.len()).max(1);
        let mut sums = vec![0.0; pairs.len()];
        for index in 0..count {
            let slots =
                |take: fn(&(&String, usize, usize)) -> usize| pairs.iter().map(take).collect::<Vec<_>>();
            let found = self.tensors(version, index, &slots(|pair| pair.1))?;
            let wanted = self.tensors(reference, index, &slots(|pair| pair.2))?;
            let cosines: Vec<f64> = pairs
                .par_iter()
                .zip(found.par_iter().zip(&wanted))
                .map(|((_, slot, other), (tensor, reference_tensor))| {
                    let found = version.interpreter.real(*slot, tensor);
                    let wanted = reference.interpreter.real(*other, reference_tensor);
                    Score::of(&values(&found), &values(&wanted)).cosine
                })
                .collect();
            for (sum, cosine) in sums.iter_mut().zip(cosines) {
                *sum += cosine;
            }
        }
        let means = sums.into_iter().map(|sum| sum / count as f64);
        Ok(pairs
            .iter()
            .map(|(name, _, _)| (*name).clone())
            .zip(means)
            .collect())
    }
}

/// The elements of a tensor of real values.
fn values(tensor: &Tensor) -> Cow<'_, [f32]> {
    match tensor.as_f32().and_then(|array| array.as_slice()) {
        Some(values) => Cow::Borrowed(values),
        None => Cow::Owned(tensor.to_f32().iter().copied().collect()),
    }
}
