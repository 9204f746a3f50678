//! Rounding of a convolution's weights by the error of its outputs instead of their own.
//!
//! For output channel `o` with integer weights `w`, inputs `x` (the integers that the quantised network really gives) and the
//! exact network's sums `y` in units of the accumulator, `sum over positions of (w.x - y)^2` is minimised over integers `w`
//! by coordinate descent on the normal equations `H = mean(x x')`, `g = mean(y x)`, both centred because the bias takes the
//! mean. A ridge pulls towards the exact weights where the samples say little. Positions that both networks clip, by
//! a relu or at the end of the range, cost nothing; the target is adapted and the descent repeated. The objective is that of AdaRound (Nagel et al.,
//! 2020); the solver is GPTQ-like coordinate descent without its fixed order.

use super::refine::RefineError;
use crate::data::Tensor;
use crate::program::Program;
use crate::quantization::quant_params;
use rayon::prelude::*;
use tpuc_dialects::ir::{Op, OpView};
use tpuc_dialects::top::Conv;
use tpuc_dialects::tpu::Conv2D;

/// Positions that are looked at, over all samples.
const POSITIONS: usize = 8000;
/// Longest row of weights: `H` has its square in numbers.
const LONGEST_ROW: usize = 1200;
/// Weight of the pull, relative to the mean of `H`'s diagonal.
const RIDGE: f64 = 0.02;
/// Passes over the weights.
const SWEEPS: usize = 4;
/// Adaptions of the target to what is clipped.
const CLIP_ROUNDS: usize = 3;

/// The geometry of a two-dimensional convolution.
struct Geometry {
    kernel: [usize; 2],
    strides: [usize; 2],
    dilations: [usize; 2],
    pads: [usize; 2],
    groups: usize,
}

/// Rounds the weights of `op` and sets its bias accordingly. `exact` and `rounded` are the inputs of the convolution in the exact
/// and in the quantised network. False if the layer's form or size does not suit, and when nothing changes.
///
/// # Errors
/// When a weight is missing.
pub fn round(
    top: &Program,
    top_op: Op,
    tpu: &mut Program,
    op: Op,
    exact: &[&Tensor],
    rounded: &[&Tensor],
) -> Result<bool, RefineError> {
    let conv = Conv2D::new_unchecked(op);
    let top_conv = Conv::new_unchecked(top_op);
    let (Some(filter), Some(float_filter)) = (
        tpu.weight(conv.filter(&tpu.ctx))?,
        top.weight(top_conv.filter(&top.ctx))?,
    ) else {
        return Ok(false);
    };
    let float_bias = match top_conv.bias(&top.ctx) {
        Some(bias) => top.weight(bias)?,
        None => None,
    };
    let (Some(bias), Some(channels), Some(geometry)) = (
        conv.bias(&tpu.ctx),
        super::Bias::of_channels(&tpu.ctx, op),
        geometry(top, top_conv),
    ) else {
        return Ok(false);
    };
    let Some(bias_tensor) = tpu.weight(bias)? else {
        return Ok(false);
    };
    let Some(in_scale) = super::value_scale(&tpu.ctx, conv.input(&tpu.ctx)) else {
        return Ok(false);
    };
    let outputs = channels.len();
    let row = filter.len() / outputs.max(1);
    if row == 0 || row > LONGEST_ROW || filter.len() != float_filter.len() || exact.len() != rounded.len() {
        return Ok(false);
    }
    let relu = tpu.ctx.get_bool(op, "do_relu") == Some(true);
    let Some(upper) = largest_output(top, top_op, tpu, op) else {
        return Ok(false);
    };
    let integers: Vec<f32> = filter.to_f32().iter().copied().collect();
    let floats: Vec<f32> = float_filter.to_f32().iter().copied().collect();
    let float_bias: Vec<f32> = match &float_bias {
        Some(bias) => bias.to_f32().iter().copied().collect(),
        None => vec![0.0; outputs],
    };
    let old_bias: Vec<f32> = bias_tensor.to_f32().iter().copied().collect();
    let mut weights: Vec<i8> = integers.iter().map(|value| *value as i8).collect();
    let mut biases: Vec<i16> = old_bias.iter().map(|value| *value as i16).collect();
    let outputs_of_group = outputs / geometry.groups;
    for group in 0..geometry.groups {
        let patches = Patches::gather(&geometry, group, row, exact, rounded);
        let statistics = Statistics::new(&patches);
        let first = group * outputs_of_group;
        let solved: Vec<(Vec<i8>, i16)> = (first..first + outputs_of_group)
            .into_par_iter()
            .map(|output| {
                let channel = Channel {
                    integers: &channels[output],
                    float: &floats[output * row..(output + 1) * row],
                    bias: f64::from(float_bias[output]),
                    start: &integers[output * row..(output + 1) * row],
                    in_scale,
                    relu,
                    upper,
                };
                channel.solve(&patches, &statistics)
            })
            .collect();
        for (output, (row_weights, bias)) in (first..).zip(solved) {
            weights[output * row..(output + 1) * row].copy_from_slice(&row_weights);
            biases[output] = bias;
        }
    }
    let filter_shape = filter.shape().to_vec();
    let bias_shape = bias_tensor.shape().to_vec();
    let filter_value = conv.filter(&tpu.ctx);
    super::replace_weight(tpu, filter_value, &filter_shape, weights);
    super::replace_weight(tpu, bias, &bias_shape, biases);
    Ok(true)
}

/// What an output is clipped at from above: the end of its integers' range, or the limit of its relu.
fn largest_output(top: &Program, top_op: Op, tpu: &Program, op: Op) -> Option<f64> {
    let params = quant_params(&tpu.ctx, tpu.ctx.result(op)).ok()?;
    let end = params.scale * if params.signed { 127.0 } else { 255.0 };
    let limit = Conv::new_unchecked(top_op).relu_limit(&top.ctx);
    Some(if limit > 0.0 { end.min(limit) } else { end })
}

fn geometry(program: &Program, conv: Conv) -> Option<Geometry> {
    let ctx = &program.ctx;
    let pair = |values: &[i64]| -> Option<[usize; 2]> {
        match values {
            [rows, columns] => Some([*rows as usize, *columns as usize]),
            _ => None,
        }
    };
    let pads = conv.pads(ctx);
    Some(Geometry {
        kernel: pair(&conv.kernel_shape(ctx))?,
        strides: pair(&conv.strides(ctx))?,
        dilations: conv
            .dilations(ctx)
            .map_or(Some([1, 1]), |dilations| pair(&dilations))?,
        pads: pair(pads.get(..2)?)?,
        groups: conv.group(ctx).max(1) as usize,
    })
}

/// What the windows of some output positions read, in the exact and in the quantised network: one row of numbers for each tap.
struct Patches {
    positions: usize,
    exact: Vec<f32>,
    rounded: Vec<f32>,
}

impl Patches {
    fn gather(geometry: &Geometry, group: usize, row: usize, exact: &[&Tensor], rounded: &[&Tensor]) -> Self {
        let each = POSITIONS.div_ceil(exact.len().max(1));
        let parts: Vec<(Vec<f32>, Vec<f32>, usize)> = exact
            .par_iter()
            .zip(rounded)
            .map(|(exact, rounded)| {
                let (exact, positions) = unfold(geometry, group, row, exact, each);
                let (rounded, _) = unfold(geometry, group, row, rounded, each);
                (exact, rounded, positions)
            })
            .collect();
        let positions = parts.iter().map(|part| part.2).sum();
        let mut all = Self {
            positions,
            exact: Vec::with_capacity(row * positions),
            rounded: Vec::with_capacity(row * positions),
        };
        for tap in 0..row {
            for (exact, rounded, count) in &parts {
                all.exact
                    .extend_from_slice(&exact[tap * count..(tap + 1) * count]);
                all.rounded
                    .extend_from_slice(&rounded[tap * count..(tap + 1) * count]);
            }
        }
        all
    }

    fn taps(&self) -> usize {
        self.rounded.len() / self.positions.max(1)
    }

    fn row(&self, tap: usize) -> &[f32] {
        &self.rounded[tap * self.positions..(tap + 1) * self.positions]
    }
}

/// Windows of about `wanted` evenly spaced output positions of one sample.
fn unfold(geometry: &Geometry, group: usize, row: usize, input: &Tensor, wanted: usize) -> (Vec<f32>, usize) {
    let shape = input.shape();
    let [batches, channels, height, width] = match shape {
        [n, c, h, w] => [*n, *c, *h, *w],
        _ => return (Vec::new(), 0),
    };
    let values = input.to_f32();
    let Some(values) = values.as_slice() else {
        return (Vec::new(), 0);
    };
    let size = |axis: usize, input: usize| {
        let span = (geometry.kernel[axis] - 1) * geometry.dilations[axis] + 1;
        (input + 2 * geometry.pads[axis]).saturating_sub(span) / geometry.strides[axis] + 1
    };
    let (rows, columns) = (size(0, height), size(1, width));
    let all = batches * rows * columns;
    let step = (all / wanted.max(1)).max(1);
    // A step that shares a factor with the row's length would see few columns.
    let step = if step > 1 && columns % step == 0 {
        step + 1
    } else {
        step
    };
    let chosen: Vec<usize> = (0..all).step_by(step).collect();
    let taps = geometry.kernel[0] * geometry.kernel[1];
    let inputs = row / taps;
    let mut result = vec![0.0; row * chosen.len()];
    for channel in 0..inputs {
        for tap in 0..taps {
            let (tap_row, tap_column) = (tap / geometry.kernel[1], tap % geometry.kernel[1]);
            let out = &mut result[(channel * taps + tap) * chosen.len()..][..chosen.len()];
            for (value, position) in out.iter_mut().zip(&chosen) {
                let (batch, place) = (position / (rows * columns), position % (rows * columns));
                let y = (place / columns * geometry.strides[0] + tap_row * geometry.dilations[0])
                    .checked_sub(geometry.pads[0]);
                let x = (place % columns * geometry.strides[1] + tap_column * geometry.dilations[1])
                    .checked_sub(geometry.pads[1]);
                if let (Some(y), Some(x)) = (y.filter(|y| *y < height), x.filter(|x| *x < width)) {
                    let plane = batch * channels + group * inputs + channel;
                    *value = values[(plane * height + y) * width + x];
                }
            }
        }
    }
    (result, chosen.len())
}

/// Means and the centred second moments of the taps.
struct Statistics {
    mean: Vec<f64>,
    /// Symmetric, row by row.
    moments: Vec<f64>,
}

impl Statistics {
    fn new(patches: &Patches) -> Self {
        let taps = patches.taps();
        let count = patches.positions.max(1) as f64;
        let mean: Vec<f64> = (0..taps)
            .map(|tap| {
                patches
                    .row(tap)
                    .iter()
                    .map(|value| f64::from(*value))
                    .sum::<f64>()
                    / count
            })
            .collect();
        let rows: Vec<Vec<f64>> = (0..taps)
            .into_par_iter()
            .map(|a| {
                (0..=a)
                    .map(|b| dot(patches.row(a), patches.row(b)) / count - mean[a] * mean[b])
                    .collect()
            })
            .collect();
        let mut moments = vec![0.0; taps * taps];
        for (a, row) in rows.iter().enumerate() {
            for (b, value) in row.iter().enumerate() {
                moments[a * taps + b] = *value;
                moments[b * taps + a] = *value;
            }
        }
        Self { mean, moments }
    }
}

/// A sum of products in eight partial sums, so that it is fast and always the same.
fn dot(a: &[f32], b: &[f32]) -> f64 {
    let mut total = 0.0;
    for (a, b) in a.chunks(512).zip(b.chunks(512)) {
        let mut sums = [0.0_f32; 8];
        for (a, b) in a.chunks(8).zip(b.chunks(8)) {
            for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
                *sum += a * b;
            }
        }
        total += f64::from(sums.iter().sum::<f32>());
    }
    total
}

/// One output channel's problem.
struct Channel<'a> {
    integers: &'a super::Bias,
    float: &'a [f32],
    bias: f64,
    start: &'a [f32],
    in_scale: f64,
    relu: bool,
    /// The output's largest value: what is above it is clipped.
    upper: f64,
}

impl Channel<'_> {
    fn solve(&self, patches: &Patches, statistics: &Statistics) -> (Vec<i8>, i16) {
        let taps = self.float.len();
        let count = patches.positions.max(1) as f64;
        // The exact sums in units of the accumulator, without the bias of the integers.
        let mut exact = vec![self.bias as f32; patches.positions];
        for (tap, weight) in self.float.iter().enumerate() {
            let row = &patches.exact[tap * patches.positions..(tap + 1) * patches.positions];
            for (sum, value) in exact.iter_mut().zip(row) {
                *sum += weight * value;
            }
        }
        let inverse = (1.0 / self.integers.unit) as f32;
        for sum in &mut exact {
            *sum *= inverse;
        }
        let ideal: Vec<f64> = self
            .float
            .iter()
            .map(|weight| f64::from(*weight) * self.in_scale / self.integers.unit)
            .collect();
        let mut weights: Vec<f64> = self.start.iter().map(|weight| f64::from(*weight)).collect();
        let diagonal: f64 = (0..taps)
            .map(|tap| statistics.moments[tap * taps + tap])
            .sum::<f64>()
            / taps as f64;
        let ridge = RIDGE * diagonal;
        let mut bias = 0.0;
        let upper = self.upper as f32 * inverse;
        let clips = self.relu || exact.iter().any(|exact| *exact > upper);
        // Sums that are clipped say nothing of the weights beyond the end of the range.
        let lower = if self.relu { 0.0 } else { f32::MIN };
        let mut target: Vec<f32> = exact.iter().map(|exact| exact.min(upper)).collect();
        for round in 0..if clips { CLIP_ROUNDS } else { 1 } {
            if clips && round > 0 {
                let sums = self.sums(patches, &weights, bias);
                for ((target, exact), sum) in target.iter_mut().zip(&exact).zip(sums) {
                    // Where the exact network clips, any sum that is clipped too is right.
                    *target = if *exact < lower {
                        sum.min(lower)
                    } else if *exact > upper {
                        sum.max(upper)
                    } else {
                        *exact
                    };
                }
            }
            let mean_target = target.iter().map(|value| f64::from(*value)).sum::<f64>() / count;
            let gradient: Vec<f64> = (0..taps)
                .map(|tap| dot(&target, patches.row(tap)) / count - mean_target * statistics.mean[tap])
                .collect();
            descend(&mut weights, &ideal, &gradient, &statistics.moments, ridge);
            bias = mean_target
                - weights
                    .iter()
                    .zip(&statistics.mean)
                    .map(|(weight, mean)| weight * mean)
                    .sum::<f64>();
        }
        let weights = weights.iter().map(|weight| *weight as i8).collect();
        (weights, self.integers.clamp(bias))
    }

    fn sums(&self, patches: &Patches, weights: &[f64], bias: f64) -> Vec<f32> {
        let mut sums = vec![bias as f32; patches.positions];
        for (tap, weight) in weights.iter().enumerate() {
            for (sum, value) in sums.iter_mut().zip(patches.row(tap)) {
                *sum += *weight as f32 * value;
            }
        }
        sums
    }
}

/// Coordinate descent over integers in -128..=127.
fn descend(weights: &mut [f64], ideal: &[f64], gradient: &[f64], moments: &[f64], ridge: f64) {
    let taps = weights.len();
    let mut product: Vec<f64> = (0..taps)
        .map(|a| {
            let row = &moments[a * taps..(a + 1) * taps];
            row.iter()
                .zip(&*weights)
                .map(|(moment, weight)| moment * weight)
                .sum()
        })
        .collect();
    for _ in 0..SWEEPS {
        let mut moved = false;
        for tap in 0..taps {
            let own = moments[tap * taps + tap];
            if own + ridge <= 0.0 {
                continue;
            }
            let pull = ridge * (ideal[tap] - weights[tap]);
            let step = (gradient[tap] - product[tap] + pull) / (own + ridge);
            let wanted = (weights[tap] + step).round().clamp(-128.0, 127.0);
            let change = wanted - weights[tap];
            if change != 0.0 {
                moved = true;
                weights[tap] = wanted;
                let row = &moments[tap * taps..(tap + 1) * taps];
                for (product, moment) in product.iter_mut().zip(row) {
                    *product += moment * change;
                }
            }
        }
        if !moved {
            break;
        }
    }
}
