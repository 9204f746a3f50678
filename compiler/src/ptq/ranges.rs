//! What calibration measures, on samples in memory: a table and, for convolutions, the largest magnitude of each channel.

use super::by_channel;
use super::equalize::ChannelRanges;
use crate::calibration::{Method, OpNames, Statistics};
use crate::data::TensorMap;
use crate::inference::{InferenceError, Interpreter};
use crate::program::Program;
use crate::quantization::CalibrationTable;
use crate::quantization::arithmetic::max_magnitude;
use rustc_hash::FxHashSet;
use tpuc_dialects::ir::OpView;

/// Bins of the histograms, as `tpuc calibrate` has them.
const BINS: usize = 2048;

/// Runs a top program on the samples: the calibration table by a method, not tuned, and the largest magnitude of each output
/// channel of every convolution.
///
/// # Errors
/// When the program fails on a sample.
pub fn measure(
    program: &Program,
    interpreter: &Interpreter,
    samples: &[&TensorMap],
    method: Method,
) -> Result<(CalibrationTable, ChannelRanges), InferenceError> {
    let ctx = &program.ctx;
    let convs: FxHashSet<&str> = ctx
        .walk(program.module.op())
        .into_iter()
        .filter(|op| ctx.is(*op, "top.Conv"))
        .map(|op| ctx.name(op))
        .collect();
    let mut statistics = Statistics::new(&[method], BINS, samples.len(), OpNames::of(program));
    let mut ranges = ChannelRanges::default();
    for sample in samples {
        interpreter.run(sample, &mut |name, tensor| {
            if let Some(values) = tensor.to_f32().as_slice() {
                statistics.add(name, values);
            }
            if convs.contains(name) {
                let channels = tensor.shape().get(1).copied().unwrap_or(1);
                let ranges = ranges
                    .entry(name.to_owned())
                    .or_insert_with(|| vec![0.0; channels]);
                by_channel(tensor, |channel, values| {
                    ranges[channel] = ranges[channel].max(max_magnitude(values));
                });
            }
        })?;
    }
    statistics.settle(samples.len());
    let thresholds = statistics.thresholds(method);
    Ok((statistics.table(method, &thresholds), ranges))
}
