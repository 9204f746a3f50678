//! Samples of a network, and the one pass over them that calibration needs.

use super::{Method, OpNames, Statistics};
use crate::data::batches::Batches;
use crate::data::dataset::{Dataset, InputSpec};
use crate::data::progress::Progress;
use crate::data::{DataError, Tensor, TensorMap};
use crate::inference::{InferenceError, Interpreter};
use crate::lowering::LoweringError;

/// What can go wrong in calibration.
#[derive(Debug, thiserror::Error)]
pub enum CalibrationError {
    /// A sample is bad, or a file.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The network does not run on a sample.
    #[error(transparent)]
    Inference(#[from] InferenceError),
    /// A table does not lead to an INT8 network.
    #[error(transparent)]
    Lowering(#[from] LoweringError),
    /// Nothing fits.
    #[error("{0}")]
    Option(String),
}

/// The batches of a data set as a network's inputs, by name.
pub struct Samples<'a> {
    batches: Batches<'a>,
}

impl<'a> Samples<'a> {
    /// The samples of a data set for these inputs.
    ///
    /// # Errors
    /// As [`Dataset::batches`].
    pub fn new(dataset: &'a Dataset, inputs: &'a [InputSpec]) -> Result<Self, DataError> {
        Ok(Self {
            batches: dataset.batches(inputs)?,
        })
    }

    /// How many there are, as far as is known: those that do not decode count until they were tried.
    pub fn len(&self) -> usize {
        self.batches.len()
    }

    /// Whether none is left.
    pub fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    /// The pictures that were left out, with the reasons.
    pub fn skipped(&self) -> &[String] {
        self.batches.skipped()
    }

    /// A sample; pictures that do not decode are left out, as [`Batches::load_or_skip`] does it.
    ///
    /// # Errors
    /// As [`Batches::load_or_skip`].
    pub fn load(&mut self, index: usize) -> Result<Option<TensorMap>, DataError> {
        let Some(arrays) = self.batches.load_or_skip(index)? else {
            return Ok(None);
        };
        let names = self.batches.inputs().iter().map(|input| input.name.clone());
        Ok(Some(names.zip(arrays.into_iter().map(Tensor::F32)).collect()))
    }

    /// The first samples, at most so many.
    ///
    /// # Errors
    /// As [`Samples::load`].
    pub fn first(&mut self, count: usize) -> Result<Vec<TensorMap>, DataError> {
        let mut samples = Vec::new();
        while samples.len() < count {
            let Some(sample) = self.load(samples.len())? else {
                break;
            };
            samples.push(sample);
        }
        Ok(samples)
    }
}

/// Runs a network on all samples, one at a time, and collects what these methods need.
///
/// # Errors
/// When a sample is bad or the network does not run on it.
pub fn collect(
    interpreter: &Interpreter,
    samples: &mut Samples<'_>,
    methods: &[Method],
    bins: usize,
    ops: Vec<OpNames>,
) -> Result<Statistics, CalibrationError> {
    let mut statistics = Statistics::new(methods, bins, samples.len(), ops);
    let progress = Progress::new("calibrate", samples.len());
    let mut count = 0;
    while let Some(sample) = samples.load(count)? {
        interpreter.run(&sample, &mut |name, tensor| {
            let values = tensor.to_f32();
            if let Some(values) = values.as_slice() {
                statistics.add(name, values);
            }
        })?;
        count += 1;
        progress.step();
    }
    if count == 0 {
        return Err(CalibrationError::Option(
            "no sample is left to calibrate on".to_owned(),
        ));
    }
    statistics.settle(count);
    Ok(statistics)
}
