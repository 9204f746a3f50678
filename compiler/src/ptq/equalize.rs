//! Cross-layer equalisation (Nagel et al., "Data-free quantization through weight equalization and bias correction", 2019),
//! for a chip whose activations have one scale for all channels: channels of small range are stretched so that they use more
//! of the 8 bits, and the weights that read them shrink by as much.
//!
//! For each class of channels (see [`super::channel_classes`]), with `a` = its largest activation over the largest of its tensor and
//! `w` = the largest share that its column has in a row of a reader's filter, activations are divided by
//! `sqrt(a / w)`; where only depthwise convolutions with scales of their own read it, by `a`. The function of the network
//! stays the same up to rounding of f32.

use super::channel_classes::{ChannelClasses, ConvChannels, FIXED};
use super::replace_weight;
use crate::program::Program;
use crate::weights::WeightError;
use rustc_hash::FxHashMap;
use tpuc_dialects::ir::OpView;
use tpuc_dialects::top::Conv;

/// Rounds of the iteration: the rows' largest shares depend on the other columns.
const ROUNDS: usize = 8;
/// Channels are not scaled by more than this, in either direction.
const LARGEST_SCALE: f64 = 256.0;

/// Largest magnitude of each channel of a tensor, by its name.
pub type ChannelRanges = FxHashMap<String, Vec<f32>>;

/// Rewrites filters and biases. `ranges` holds the output channels' largest magnitudes of every convolution.
/// `per_channel` says that weights will have a scale for each output channel, otherwise for the whole layer.
/// Gives the number of classes that were scaled.
///
/// # Errors
/// When a weight is missing.
pub fn equalize(
    program: &mut Program,
    classes: &ChannelClasses,
    ranges: &ChannelRanges,
    per_channel: bool,
) -> Result<usize, WeightError> {
    let scales = find_scales(program, classes, ranges, per_channel)?;
    for conv in &classes.convs {
        rewrite(program, conv, &scales)?;
    }
    Ok(scales.iter().filter(|scale| **scale != 1.0).count())
}

fn find_scales(
    program: &Program,
    classes: &ChannelClasses,
    ranges: &ChannelRanges,
    per_channel: bool,
) -> Result<Vec<f64>, WeightError> {
    let mut activation = vec![0.0_f64; classes.count];
    for conv in &classes.convs {
        let Some(ranges) = ranges.get(program.ctx.name(conv.op)) else {
            continue;
        };
        let largest = f64::from(ranges.iter().copied().fold(0.0, f32::max));
        for (class, range) in conv.outputs.iter().zip(ranges) {
            if largest > 0.0 {
                let share = f64::from(*range) / largest;
                activation[*class as usize] = activation[*class as usize].max(share);
            }
        }
    }
    let columns: Vec<Columns> = classes
        .convs
        .iter()
        .map(|conv| Columns::new(program, conv))
        .collect::<Result<_, _>>()?;
    let mut scales = vec![1.0_f64; classes.count];
    for _ in 0..ROUNDS {
        let mut shares = vec![0.0_f64; classes.count];
        for (conv, columns) in classes.convs.iter().zip(&columns) {
            columns.shares(conv, &scales, per_channel, &mut shares);
        }
        for class in 0..classes.count {
            let a = activation[class];
            if class as u32 == FIXED || a <= 0.0 {
                continue;
            }
            // Half of the distance to the balance in each round: neighbours move at the same time.
            let wanted = if shares[class] > 0.0 {
                // `shares` already holds the scale in use.
                (a / (shares[class] / scales[class])).sqrt()
            } else {
                a
            };
            scales[class] = (scales[class] * wanted)
                .sqrt()
                .clamp(1.0 / LARGEST_SCALE, LARGEST_SCALE);
        }
    }
    Ok(scales)
}

/// Largest magnitude over the taps of each (output, input) pair of a filter.
struct Columns {
    largest: Vec<f64>,
    inputs_of_group: usize,
}

impl Columns {
    fn new(program: &Program, conv: &ConvChannels) -> Result<Self, WeightError> {
        let filter = Conv::new_unchecked(conv.op).filter(&program.ctx);
        let inputs_of_group = (conv.inputs.len() / conv.groups).max(1);
        let Some(weights) = program.weight(filter)? else {
            return Ok(Self {
                largest: Vec::new(),
                inputs_of_group,
            });
        };
        let weights = weights.to_f32();
        let taps = (weights.len() / (conv.outputs.len() * inputs_of_group).max(1)).max(1);
        let flat: Vec<f32> = weights.iter().copied().collect();
        let largest = flat
            .chunks(taps)
            .map(|taps| f64::from(taps.iter().fold(0.0_f32, |largest, tap| largest.max(tap.abs()))))
            .collect();
        Ok(Self {
            largest,
            inputs_of_group,
        })
    }

    /// Raises each input class's share to the largest that its scaled column has of what sets the scale of the weights.
    fn shares(&self, conv: &ConvChannels, scales: &[f64], per_channel: bool, shares: &mut [f64]) {
        if self.largest.is_empty() || (per_channel && conv.is_depthwise()) {
            return;
        }
        let outputs_of_group = (conv.outputs.len() / conv.groups).max(1);
        let input = |output: usize, column: usize| {
            conv.inputs[output / outputs_of_group * self.inputs_of_group + column] as usize
        };
        let scaled = |output: usize, column: usize| {
            let own = if per_channel {
                1.0
            } else {
                scales[conv.outputs[output] as usize]
            };
            self.largest[output * self.inputs_of_group + column] * scales[input(output, column)] / own
        };
        let row = |output: usize| {
            (0..self.inputs_of_group)
                .map(|column| scaled(output, column))
                .fold(0.0, f64::max)
        };
        let rows: Vec<f64> = (0..conv.outputs.len()).map(row).collect();
        let layer = rows.iter().copied().fold(0.0, f64::max);
        for output in 0..conv.outputs.len() {
            let whole = if per_channel { rows[output] } else { layer };
            if whole <= 0.0 {
                continue;
            }
            for column in 0..self.inputs_of_group {
                let share = &mut shares[input(output, column)];
                *share = share.max(scaled(output, column) / whole);
            }
        }
    }
}

/// `filter'[o, i] = filter[o, i] * scale[i] / scale[o]`, `bias'[o] = bias[o] / scale[o]`.
fn rewrite(program: &mut Program, conv: &ConvChannels, scales: &[f64]) -> Result<(), WeightError> {
    let scale = |class: u32| scales[class as usize];
    if conv
        .inputs
        .iter()
        .chain(&conv.outputs)
        .all(|class| scale(*class) == 1.0)
    {
        return Ok(());
    }
    let view = Conv::new_unchecked(conv.op);
    let filter = view.filter(&program.ctx);
    let inputs_of_group = (conv.inputs.len() / conv.groups).max(1);
    let outputs_of_group = (conv.outputs.len() / conv.groups).max(1);
    if let Some(weights) = program.weight(filter)? {
        let shape = weights.shape().to_vec();
        let mut flat: Vec<f32> = weights.to_f32().iter().copied().collect();
        let taps = (flat.len() / (conv.outputs.len() * inputs_of_group).max(1)).max(1);
        for (index, taps) in flat.chunks_mut(taps).enumerate() {
            let (output, column) = (index / inputs_of_group, index % inputs_of_group);
            let input = output / outputs_of_group * inputs_of_group + column;
            let factor = scale(conv.inputs[input]) / scale(conv.outputs[output]);
            for tap in taps {
                *tap = (f64::from(*tap) * factor) as f32;
            }
        }
        replace_weight(program, filter, &shape, flat);
    }
    if let Some(bias) = view.bias(&program.ctx)
        && let Some(values) = program.weight(bias)?
    {
        let shape = values.shape().to_vec();
        let mut flat: Vec<f32> = values.to_f32().iter().copied().collect();
        for (value, class) in flat.iter_mut().zip(&conv.outputs) {
            *value = (f64::from(*value) / scale(*class)) as f32;
        }
        replace_weight(program, bias, &shape, flat);
    }
    Ok(())
}
