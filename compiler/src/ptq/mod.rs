//! Post-training quantisation: what makes an INT8 program more accurate than the thresholds alone do, and the search for
//! what must stay in floating point.

pub mod bisect;
pub mod channel_classes;
pub mod cost;
pub mod diagnose;
pub mod equalize;
pub mod errors;
pub mod evaluate;
pub mod external;
pub mod floats;
pub mod heads;
pub mod layers;
pub mod lockstep;
pub mod ranges;
pub mod reach;
pub mod recipe;
pub mod refine;
pub mod rounding;
pub mod samples;
pub mod score;
pub mod search;
pub mod table;

use crate::data::Tensor;
use crate::program::Program;
use crate::quantization::channel_shift::{bias_range, sum_units};
use crate::quantization::scale::quant_params;
use ndarray::ArrayD;
use tpuc_dialects::ir::{Context, Op, Value};

/// Real value of one quantum of a quantised value.
fn value_scale(ctx: &Context, value: Value) -> Option<f64> {
    quant_params(ctx, value).ok().map(|params| params.scale)
}

/// What the bias of each output channel of a lowered convolution counts in, and how far it may go; `None` if it is not
/// quantised.
struct Bias {
    /// Real value of one unit of the sum.
    unit: f64,
    /// Smallest and largest integer.
    range: (i64, i64),
}

impl Bias {
    fn of_channels(ctx: &Context, op: Op) -> Option<Vec<Self>> {
        let units = sum_units(ctx, op).ok()?;
        let shifts = ctx.get_i64s(op, "rshift")?;
        let lowest = *shifts.iter().min()?;
        Some(
            units
                .into_iter()
                .enumerate()
                .map(|(channel, unit)| Self {
                    unit,
                    range: bias_range(*shifts.get(channel).unwrap_or(&lowest), lowest),
                })
                .collect(),
        )
    }

    fn clamp(&self, value: f64) -> i16 {
        value.round().clamp(self.range.0 as f64, self.range.1 as f64) as i16
    }
}

/// Values of each channel of a tensor of shape N, C, ...: calls `each(channel, values)` for every batch and channel.
fn by_channel(tensor: &Tensor, mut each: impl FnMut(usize, &[f32])) {
    let values = tensor.to_f32();
    let Some(values) = values.as_slice().filter(|values| !values.is_empty()) else {
        return;
    };
    let channels = tensor.shape().get(1).copied().unwrap_or(1);
    let inner = values.len() / (tensor.shape()[0] * channels);
    for (row, values) in values.chunks(inner).enumerate() {
        each(row % channels, values);
    }
}

/// Gives a weight new numbers under its name.
fn replace_weight<T>(program: &mut Program, value: Value, shape: &[usize], values: Vec<T>)
where
    Tensor: From<ArrayD<T>>,
{
    let name = program.ctx.value_name(value).to_owned();
    if let Ok(tensor) = Tensor::from_vec(shape, values) {
        program.weights.insert(&name, tensor);
    }
}

#[cfg(test)]
mod tests;
