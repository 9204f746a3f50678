//! Which threshold method suits a network best? Each method's table is made from the same statistics, the network lowered
//! to INT8 with it in memory, and its outputs on samples compared with those of the float network.

use super::{CalibrationError, Method, Samples, Statistics, tune};
use crate::data::Tensor;
use crate::data::compare::similarity;
use crate::data::progress::Progress;
use crate::inference::Interpreter;
use crate::lowering;
use crate::program::Program;
use crate::quantization::calibration_table::CalibrationTable;
use crate::quantization::qtable::QuantizeTable;

/// A perfect output counts as this many dB, so that means stay finite.
pub const MOST_DECIBEL: f64 = 100.0;

/// How near the outputs of a quantised network are to those of the float network: for each output by the formulas of
/// `npz compare`, mean over samples and outputs.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Score {
    /// Signal to quantisation noise in dB, [`MOST_DECIBEL`] at most.
    pub sqnr: f64,
    /// Cosine of the angle between them.
    pub cosine: f64,
}

/// What decides between tables.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Benchmark {
    /// [`Score::sqnr`].
    Sqnr,
    /// [`Score::cosine`].
    Cosine,
}

impl Benchmark {
    fn of(self, score: &Score) -> f64 {
        let value = match self {
            Self::Sqnr => score.sqnr,
            Self::Cosine => score.cosine,
        };
        // Outputs that are no numbers lose against any.
        if value.is_nan() { f64::NEG_INFINITY } else { value }
    }
}

/// The outputs of the float network on the first samples.
pub struct Reference {
    outputs: Vec<Vec<Tensor>>,
}

impl Reference {
    /// Runs the float network on the first `count` samples.
    ///
    /// # Errors
    /// When a sample is bad or the network does not run on it.
    pub fn new(
        interpreter: &Interpreter,
        samples: &mut Samples<'_>,
        count: usize,
    ) -> Result<Self, CalibrationError> {
        let mut outputs = Vec::new();
        while outputs.len() < count {
            let Some(sample) = samples.load(outputs.len())? else {
                break;
            };
            outputs.push(interpreter.run_outputs(&sample)?);
        }
        if outputs.is_empty() {
            return Err(CalibrationError::Option(
                "no sample is left to compare on".to_owned(),
            ));
        }
        Ok(Self { outputs })
    }

    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.outputs.len()
    }

    /// How near a lowered program comes on the same samples.
    ///
    /// # Errors
    /// When the program cannot be executed.
    pub fn score(&self, program: &Program, samples: &mut Samples<'_>) -> Result<Score, CalibrationError> {
        let interpreter = Interpreter::new(program)?;
        let (mut sqnr, mut cosine, mut count) = (0.0, 0.0, 0);
        for (index, wanted) in self.outputs.iter().enumerate() {
            let Some(sample) = samples.load(index)? else { break };
            let found = interpreter.run_outputs(&sample)?;
            for (found, wanted) in found.iter().zip(wanted) {
                let near = similarity(found, wanted);
                sqnr += near.sqnr.min(MOST_DECIBEL);
                cosine += near.cosine;
                count += 1;
            }
        }
        let count = f64::from(count.max(1));
        Ok(Score {
            sqnr: sqnr / count,
            cosine: cosine / count,
        })
    }
}

/// The table of a method: thresholds from the statistics, tuned on the first `tune_samples` samples where the method is
/// one of those and there is what to tune on; without a header.
///
/// # Errors
/// When a sample is bad or the network does not run on it.
pub fn table(
    tuning: Option<(&Interpreter, &mut Samples<'_>)>,
    statistics: &Statistics,
    method: Method,
    tune_samples: usize,
) -> Result<CalibrationTable, CalibrationError> {
    let mut thresholds = statistics.thresholds(method);
    if method.is_tuned()
        && tune_samples > 0
        && let Some((interpreter, samples)) = tuning
    {
        let samples = samples.first(tune_samples)?;
        thresholds = tune::tune(interpreter, &samples, statistics, thresholds)?;
    }
    Ok(statistics.table(method, &thresholds))
}

/// One method, tried.
pub struct Trial {
    /// The method.
    pub method: Method,
    /// Its table, without a header.
    pub table: CalibrationTable,
    /// How near the network comes with it.
    pub score: Score,
}

/// Options of [`search`].
#[derive(Clone, Copy, Debug)]
pub struct SearchOptions {
    /// Samples for tuning; 0 does not tune.
    pub tune_samples: usize,
    /// Samples on which the outputs are compared.
    pub compare_samples: usize,
}

/// Tries methods that the statistics serve, in order.
///
/// # Errors
/// When a sample is bad, or the network does not run or cannot be lowered.
pub fn search(
    program: &Program,
    interpreter: &Interpreter,
    samples: &mut Samples<'_>,
    statistics: &Statistics,
    methods: &[Method],
    options: SearchOptions,
) -> Result<Vec<Trial>, CalibrationError> {
    let reference = Reference::new(interpreter, samples, options.compare_samples)?;
    let progress = Progress::new("search", methods.len());
    let mut trials = Vec::new();
    for method in methods {
        progress.describe(method.name());
        let tuning = Some((interpreter, &mut *samples));
        let table = table(tuning, statistics, *method, options.tune_samples)?;
        // Judged is what the file will say: numbers of seven decimals.
        let written = CalibrationTable::parse(&table.to_text(), method.name())
            .map_err(|error| CalibrationError::Option(error.to_string()))?;
        let quantised = lowering::quantised(program, &written, &QuantizeTable::default(), "")?;
        let score = reference.score(&quantised, samples)?;
        trials.push(Trial {
            method: *method,
            table,
            score,
        });
        progress.step();
    }
    Ok(trials)
}

/// The best of several trials; the first of equals.
pub fn best(trials: Vec<Trial>, benchmark: Benchmark) -> Option<Trial> {
    trials.into_iter().reduce(|best, trial| {
        if benchmark.of(&trial.score) > benchmark.of(&best.score) {
            trial
        } else {
            best
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_the_best_wins() {
        let trial = |method, sqnr, cosine| Trial {
            method,
            table: CalibrationTable::default(),
            score: Score { sqnr, cosine },
        };
        let trials = || {
            vec![
                trial(Method::Kl, f64::NAN, 0.5),
                trial(Method::Max, 9.0, 0.8),
                trial(Method::Mse, 9.0, 0.9),
                trial(Method::AciqGauss, f64::NAN, 0.9),
            ]
        };
        let method = |benchmark| best(trials(), benchmark).map(|trial| trial.method);
        assert_eq!(method(Benchmark::Sqnr), Some(Method::Max));
        assert_eq!(method(Benchmark::Cosine), Some(Method::Mse));
        assert!(best(Vec::new(), Benchmark::Sqnr).is_none());
    }
}
