//! Better integers for convolutions, found on samples: bias correction and rounding. The layers are visited in order, each
//! on the activations that the refined layers before it give, and compared with the floating-point network's tensors of
//! the same name.
//!
//! Bias correction (Nagel et al. 2019, empirical form): the mean error of an output channel is taken off its bias. After a
//! relu only the share of positions that it lets through answers to the bias, so the error is divided by that share.

use super::by_channel;
use super::lockstep::Lockstep;
use super::rounding;
use crate::data::progress::Progress;
use crate::data::{Tensor, TensorMap};
use crate::inference::{InferenceError, Interpreter};
use crate::program::Program;
use crate::weights::WeightError;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use tpuc_dialects::ir::{Context, Op, OpView};
use tpuc_dialects::tpu::Conv2D;

/// What is refined.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Refinement {
    /// Biases take the mean error off.
    pub correct_bias: bool,
    /// Weights are rounded so that the outputs' error is least.
    pub round: bool,
}

/// Why a refinement stopped.
#[derive(Debug, thiserror::Error)]
pub enum RefineError {
    /// A program failed on a sample.
    #[error(transparent)]
    Inference(#[from] InferenceError),
    /// A weight is missing.
    #[error(transparent)]
    Weight(#[from] WeightError),
}

/// A share of positions below this counts as this.
const LEAST_SHARE: f64 = 0.1;

/// Refines the quantised convolutions of `tpu`, which was lowered from `top`. Gives how many were changed.
///
/// # Errors
/// When a program fails on a sample, or a weight is missing.
pub fn refine(
    top: &Program,
    tpu: &mut Program,
    samples: &[&TensorMap],
    what: Refinement,
) -> Result<usize, RefineError> {
    let reference = Interpreter::new(top)?;
    let mut candidate = Interpreter::new(tpu)?;
    let mut exact = Lockstep::new(&reference, samples)?;
    let mut rounded = Lockstep::new(&candidate, samples)?;
    let convs = by_name(tpu, |ctx, op| ctx.is(op, "tpu.Conv2D") && is_quantised(ctx, op));
    let top_convs = by_name(top, |ctx, op| ctx.is(op, "top.Conv"));
    let progress = Progress::new("refine", candidate.step_count());
    let mut changed = 0;
    while rounded.done() < candidate.step_count() {
        rounded.advance(&candidate)?;
        progress.step();
        let Some(slot) = candidate.step_results(rounded.done() - 1).first() else {
            continue;
        };
        let name = candidate.slot_name(*slot).to_owned();
        let Some(op) = convs.get(name.as_str()).copied() else {
            continue;
        };
        let Some(top_op) = top_convs.get(name.as_str()).copied() else {
            continue;
        };
        if !exact.advance_to(&reference, &name)? {
            break;
        }
        let mut touched = false;
        if what.round {
            touched |= rounding::round(
                top,
                top_op,
                tpu,
                op,
                &exact.inputs(&reference),
                &rounded.inputs(&candidate),
            )?;
        }
        if what.correct_bias && !touched {
            touched |= correct_bias(
                tpu,
                op,
                &exact.outputs(&reference),
                &rounded.outputs(&candidate),
                &candidate,
                &name,
            )?;
        }
        if touched {
            changed += 1;
            candidate.refresh(tpu, op)?;
            rounded.repeat(&candidate)?;
        }
    }
    Ok(changed)
}

/// Operations by name.
fn by_name(program: &Program, wanted: impl Fn(&Context, Op) -> bool) -> FxHashMap<String, Op> {
    let ctx = &program.ctx;
    ctx.walk(program.module.op())
        .into_iter()
        .filter(|op| wanted(ctx, *op))
        .map(|op| (ctx.name(op).to_owned(), op))
        .collect()
}

fn is_quantised(ctx: &Context, op: Op) -> bool {
    crate::quantization::scale::is_uniform(ctx, ctx.value_type(ctx.result(op)))
}

/// Sum, count and count of positive values of each channel.
fn channel_sums(tensors: &[&Tensor]) -> Vec<(f64, u64, u64)> {
    let mut sums: Vec<(f64, u64, u64)> = Vec::new();
    for tensor in tensors {
        let channels = tensor.shape().get(1).copied().unwrap_or(1);
        sums.resize(channels, (0.0, 0, 0));
        by_channel(tensor, |channel, values| {
            let sum = &mut sums[channel];
            for value in values {
                sum.0 += f64::from(*value);
                sum.1 += 1;
                sum.2 += u64::from(*value > 0.0);
            }
        });
    }
    sums
}

fn correct_bias(
    tpu: &mut Program,
    op: Op,
    exact: &[&Tensor],
    rounded: &[&Tensor],
    candidate: &Interpreter,
    name: &str,
) -> Result<bool, RefineError> {
    let conv = Conv2D::new_unchecked(op);
    let bias = conv.bias(&tpu.ctx);
    let (Some(bias), Some(quantisation)) = (bias, candidate.quantisation(name)) else {
        return Ok(false);
    };
    let Some(tensor) = tpu.weight(bias)? else {
        return Ok(false);
    };
    let Some(biases) = super::Bias::of_channels(&tpu.ctx, op) else {
        return Ok(false);
    };
    let relu = tpu.ctx.get_bool(op, "do_relu") == Some(true);
    let shape = tensor.shape().to_vec();
    let mut values: Vec<i16> = tensor.to_f32().iter().map(|value| *value as i16).collect();
    let before = values.clone();
    let (exact, rounded) = (channel_sums(exact), channel_sums(rounded));
    for (channel, value) in values.iter_mut().enumerate() {
        let (Some(exact), Some(rounded)) = (exact.get(channel), rounded.get(channel)) else {
            continue;
        };
        if exact.1 == 0 || rounded.1 == 0 {
            continue;
        }
        let mean = exact.0 / exact.1 as f64 - rounded.0 * quantisation.scale / rounded.1 as f64;
        let share = if relu {
            exact.2 as f64 / exact.1 as f64
        } else {
            1.0
        };
        let bias = &biases[channel];
        let step = mean / share.max(LEAST_SHARE) / bias.unit;
        *value = bias.clamp(f64::from(*value) + step);
    }
    if values == before {
        return Ok(false);
    }
    super::replace_weight(tpu, bias, &shape, values);
    Ok(true)
}
