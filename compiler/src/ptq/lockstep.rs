//! A program run on several samples at once, operation by operation, so that weights can be changed between two operations.
//! Only tensors that are still needed are kept.

use crate::data::{Tensor, TensorMap};
use crate::inference::{InferenceError, Interpreter};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Activations of one sample by slot.
type Values = FxHashMap<usize, Arc<Tensor>>;

/// The state of a run.
pub struct Lockstep {
    values: Vec<Values>,
    /// Steps that are done.
    done: usize,
    /// Slots that nobody reads any more, dropped before the next step so that the last step's operands can be looked at.
    stale: Vec<usize>,
}

impl Lockstep {
    /// A run that is about to execute the first step.
    ///
    /// # Errors
    /// When an input is missing or has another size.
    pub fn new(interpreter: &Interpreter, samples: &[&TensorMap]) -> Result<Self, InferenceError> {
        let values = samples
            .iter()
            .map(|sample| Ok(interpreter.input_values(sample)?.into_iter().collect()))
            .collect::<Result<_, InferenceError>>()?;
        Ok(Self {
            values,
            done: 0,
            stale: Vec::new(),
        })
    }

    /// Number of steps that are done.
    pub fn done(&self) -> usize {
        self.done
    }

    /// Executes the next step on all samples.
    ///
    /// # Errors
    /// When the operation fails on a sample.
    pub fn advance(&mut self, interpreter: &Interpreter) -> Result<(), InferenceError> {
        for slot in self.stale.drain(..) {
            for values in &mut self.values {
                values.remove(&slot);
            }
        }
        self.run(interpreter, self.done)?;
        self.stale
            .extend_from_slice(interpreter.step_last_uses(self.done));
        self.done += 1;
        Ok(())
    }

    /// Executes the last step again: its weights have changed.
    ///
    /// # Errors
    /// As [`Self::advance`].
    pub fn repeat(&mut self, interpreter: &Interpreter) -> Result<(), InferenceError> {
        self.run(interpreter, self.done - 1)
    }

    /// Executes steps until the tensor of this name is there. False if it never comes.
    ///
    /// # Errors
    /// As [`Self::advance`].
    pub fn advance_to(&mut self, interpreter: &Interpreter, name: &str) -> Result<bool, InferenceError> {
        while self.done < interpreter.step_count() {
            self.advance(interpreter)?;
            let results = interpreter.step_results(self.done - 1);
            if results.iter().any(|slot| interpreter.slot_name(*slot) == name) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A slot's tensors, one for each sample; a sample's is missing if it was not computed or is no longer needed.
    fn tensors(&self, slot: usize) -> impl Iterator<Item = &Tensor> {
        self.values
            .iter()
            .filter_map(move |values| values.get(&slot).map(Arc::as_ref))
    }

    /// The first operand's tensors of the last step, one for each sample.
    pub fn inputs(&self, interpreter: &Interpreter) -> Vec<&Tensor> {
        let slot = self
            .done
            .checked_sub(1)
            .and_then(|step| interpreter.step_inputs(step).first().copied());
        slot.map(|slot| self.tensors(slot).collect()).unwrap_or_default()
    }

    /// The first result's tensors of the last step, one for each sample.
    pub fn outputs(&self, interpreter: &Interpreter) -> Vec<&Tensor> {
        let slot = self
            .done
            .checked_sub(1)
            .and_then(|step| interpreter.step_results(step).first().copied());
        slot.map(|slot| self.tensors(slot).collect()).unwrap_or_default()
    }

    fn run(&mut self, interpreter: &Interpreter, step: usize) -> Result<(), InferenceError> {
        for values in &mut self.values {
            let results = interpreter.run_step(step, &|slot| values.get(&slot).cloned())?;
            for (slot, tensor) in interpreter.step_results(step).iter().zip(results) {
                values.insert(*slot, Arc::new(tensor));
            }
        }
        Ok(())
    }
}
