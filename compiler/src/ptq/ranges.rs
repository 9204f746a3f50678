//! What calibration measures, in process: the table of largest magnitudes and, for convolutions, those of each channel.

use super::equalize::ChannelRanges;
use crate::data::TensorMap;
use crate::inference::{InferenceError, Interpreter};
use crate::program::Program;
use crate::quantization::{CalibrationTable, Threshold};
use tpuc_dialects::ir::OpView;

/// A threshold is at least this: a tensor of zeros needs a scale too.
const SMALLEST: f64 = 1e-5;

/// Runs a top program on the samples: the calibration table by the largest magnitude (method `max`), and the largest magnitude
/// of each output channel of every convolution.
///
/// # Errors
/// When the program fails on a sample.
pub fn measure(
    program: &Program,
    interpreter: &Interpreter,
    samples: &[TensorMap],
) -> Result<(CalibrationTable, ChannelRanges), InferenceError> {
    let ctx = &program.ctx;
    let convs: rustc_hash::FxHashSet<&str> = ctx
        .walk(program.module.op())
        .into_iter()
        .filter(|op| ctx.is(*op, "top.Conv"))
        .map(|op| ctx.name(op))
        .collect();
    let mut table = CalibrationTable::default();
    let mut ranges = ChannelRanges::default();
    for sample in samples {
        interpreter.run(sample, &mut |name, tensor| {
            let values = tensor.to_f32();
            let Some(values) = values.as_slice() else { return };
            if values.is_empty() {
                return;
            }
            let (min, max) = crate::quantization::arithmetic::min_max(values);
            let (min, max) = (f64::from(min), f64::from(max));
            let entry = table.thresholds.entry(name.to_owned()).or_insert(Threshold {
                threshold: SMALLEST,
                min,
                max,
            });
            entry.min = entry.min.min(min);
            entry.max = entry.max.max(max);
            entry.threshold = entry.threshold.max(entry.min.abs()).max(entry.max.abs());
            if convs.contains(name) {
                let channels = tensor.shape().get(1).copied().unwrap_or(1).max(1);
                let inner = (values.len() / (tensor.shape()[0].max(1) * channels)).max(1);
                let ranges = ranges
                    .entry(name.to_owned())
                    .or_insert_with(|| vec![0.0; channels]);
                for (row, values) in values.chunks(inner).enumerate() {
                    let largest = values
                        .iter()
                        .fold(0.0_f32, |largest, value| largest.max(value.abs()));
                    let range = &mut ranges[row % channels];
                    *range = range.max(largest);
                }
            }
        })?;
    }
    Ok((table, ranges))
}
