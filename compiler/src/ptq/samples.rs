//! The samples that a search looks at, with what the float network makes of them: of each sample only its inputs and the
//! tensors that are compared, not every activation.

use super::score::Score;
use crate::data::batches::Batches;
use crate::data::progress::Progress;
use crate::data::{DataError, Tensor, TensorMap};
use crate::inference::{InferenceError, Interpreter};
use std::borrow::Cow;
use tpuc_dialects::ir::nearest;

/// Which tensors of the networks are compared, and how much each counts.
#[derive(Clone, PartialEq, Debug)]
pub struct Targets {
    /// Names; `None` stands for what the network returns, in its order.
    names: Option<Vec<String>>,
    /// A weight for each.
    weights: Vec<f64>,
}

impl Targets {
    /// The network's outputs, all alike.
    pub fn outputs(count: usize) -> Self {
        Self {
            names: None,
            weights: vec![1.0; count],
        }
    }

    /// From TPU-MLIR's text: `a,b` or `a:0.3,b:0.7`. Weights add up to 1.
    ///
    /// # Errors
    /// When a name is not a tensor of the network, some have a weight and some have none, or the weights do not add up.
    pub fn parse(text: &str, float: &Interpreter) -> Result<Self, String> {
        let mut names = Vec::new();
        let mut weights: Vec<Option<f64>> = Vec::new();
        for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            let (name, weight) = match item.rsplit_once(':') {
                // Names may have colons themselves.
                Some((name, number)) if float.find_slot(item).is_none() => {
                    let weight: f64 = number
                        .trim()
                        .parse()
                        .ok()
                        .filter(|weight: &f64| weight.is_finite() && *weight >= 0.0)
                        .ok_or_else(|| {
                            format!("'{item}': '{number}' is no weight; write NAME or NAME:0.3")
                        })?;
                    (name.trim(), Some(weight))
                }
                _ => (item, None),
            };
            if float.find_slot(name).is_none() {
                let near = nearest(name, float.tensor_names(), 3);
                let hint = if near.is_empty() {
                    String::new()
                } else {
                    format!("; did you mean {}?", near.join(", "))
                };
                return Err(format!("the network has no tensor '{name}'{hint}"));
            }
            names.push(name.to_owned());
            weights.push(weight);
        }
        let given: Vec<f64> = weights.iter().flatten().copied().collect();
        match (names.len(), given.len()) {
            (0, _) => Err(format!("'{text}' names no tensor")),
            (_, 0) => Ok(Self {
                weights: vec![1.0; names.len()],
                names: Some(names),
            }),
            (all, some) if all != some => Err(format!(
                "'{text}': {some} of {all} tensors have a weight; give all of them one, or none"
            )),
            _ if (given.iter().sum::<f64>() - 1.0).abs() > 1e-6 => Err(format!(
                "'{text}': the weights add up to {}, not to 1",
                given.iter().sum::<f64>()
            )),
            _ => Ok(Self {
                names: Some(names),
                weights: given,
            }),
        }
    }

    /// Slots of the compared tensors in a program that was made from the network.
    ///
    /// # Errors
    /// When a named tensor is not there: lowering may fuse it into another.
    pub fn slots(&self, interpreter: &Interpreter) -> Result<Vec<usize>, String> {
        let Some(names) = &self.names else {
            return Ok(interpreter.output_slots().to_vec());
        };
        names
            .iter()
            .map(|name| {
                interpreter.find_slot(name).ok_or_else(|| {
                    format!("the tensor '{name}' is not in the lowered network; compare the one after it")
                })
            })
            .collect()
    }

    /// The score of compared tensors against their references.
    pub fn score(&self, found: &[Cow<'_, [f32]>], reference: &[Vec<f32>]) -> Score {
        let pairs = found.iter().zip(reference).zip(&self.weights);
        Score::mean(pairs.map(|((found, reference), weight)| (Score::of(found, reference), *weight)))
    }
}

/// One sample.
pub struct Sample {
    /// The network's inputs.
    pub inputs: TensorMap,
    /// What the float network makes of them: the compared tensors.
    pub reference: Vec<Vec<f32>>,
}

/// Why there are no samples.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// A file is missing or bad.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The float network does not run on it.
    #[error(transparent)]
    Inference(#[from] InferenceError),
    /// The compared tensors are not there.
    #[error("{0}")]
    Targets(String),
}

/// Samples with their references.
pub struct Samples {
    /// What is compared.
    pub targets: Targets,
    /// In the order of the data set.
    pub all: Vec<Sample>,
}

impl Samples {
    /// Loads batches and runs the float network on them. Pictures that do not decode are left out.
    ///
    /// # Errors
    /// When a file cannot be read, too many do not decode, or an operation fails.
    pub fn load(
        float: &Interpreter,
        targets: Targets,
        batches: &mut Batches<'_>,
    ) -> Result<Self, SampleError> {
        let progress = Progress::new("float network", batches.len());
        let names: Vec<String> = batches.inputs().iter().map(|input| input.name.clone()).collect();
        let mut all = Vec::with_capacity(batches.len());
        while let Some(arrays) = batches.load_or_skip(all.len())? {
            let inputs = names
                .iter()
                .cloned()
                .zip(arrays.into_iter().map(Tensor::F32))
                .collect();
            all.push(Sample::new(float, &targets, inputs)?);
            progress.step();
        }
        Ok(Self { targets, all })
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

impl Sample {
    /// Runs the float network on these inputs.
    ///
    /// # Errors
    /// When an input is missing or an operation fails.
    pub fn new(float: &Interpreter, targets: &Targets, inputs: TensorMap) -> Result<Self, SampleError> {
        let slots = targets.slots(float).map_err(SampleError::Targets)?;
        let names: Vec<&str> = slots.iter().map(|slot| float.slot_name(*slot)).collect();
        let mut reference = vec![Vec::new(); slots.len()];
        float.run(&inputs, &mut |name, tensor| {
            for (wanted, values) in names.iter().zip(&mut reference) {
                if *wanted == name {
                    *values = tensor.to_f32().iter().copied().collect();
                }
            }
        })?;
        Ok(Self { inputs, reference })
    }
}
