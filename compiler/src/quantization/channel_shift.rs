//! A right shift of its own for each output channel of an INT8 convolution, and what one unit of its sums is worth.
//!
//! `y[c] = saturate((sum + bias[c]) >> rshift[c])`, rounding half up, written `rshift = [..]` with a number for each channel
//! (`quant_mode` `OnlyShift`). The chip has one shift in a command, and multiplies bytes only, so that a multiplier for each
//! channel cannot follow on 16 bits. What it can do exactly, in three commands:
//!
//! ```text
//! t = saturate16((sum + bias[c] + excess[c]) >> lowest)    the convolution, half up, with a 16-bit result
//! t = t >> (rshift[c] - lowest)                            element by element, rounding down
//! y = saturate8(t)
//! ```
//!
//! The excess is the difference of the two halves that rounding adds, [`rounding_excess`]; it must fit the 16 bits of the bias.
//! Sixteen bits hold the result's range as long as no shift exceeds the lowest by more than [`MAX_SPREAD`].

use super::arithmetic::{bias_scale, max_magnitude, weight_shift};
use super::quant_params;
use tpuc_dialects::ir::{Context, Diagnostic, Op, op_error};

/// How far the shifts of one layer may lie apart: 16 bits less the 8 of the result.
pub const MAX_SPREAD: i64 = 8;

/// The largest right shift that a command can state.
const MAX_SHIFT: i32 = 31;

/// What a channel's bias gains when `lowest` bits are shifted out with rounding and the rest without.
pub fn rounding_excess(shift: i64, lowest: i64) -> i64 {
    let half = |shift: i64| if shift > 0 { 1 << (shift - 1).min(62) } else { 0 };
    half(shift) - half(lowest)
}

/// Smallest and largest bias of a channel with this shift in a layer whose lowest shift is `lowest`. Who changes biases of
/// a lowered layer keeps to it.
pub fn bias_range(shift: i64, lowest: i64) -> (i64, i64) {
    let (low, high) = (i64::from(i16::MIN), i64::from(i16::MAX));
    (low, high - rounding_excess(shift, lowest))
}

/// The right shift of each channel of a layer: the largest that keeps the channel's weights below 127 and its bias in
/// [`bias_range`], at most [`MAX_SPREAD`] above the layer's lowest, and at most `groups` different ones. `weights` are those of
/// all channels, one after another. None where the weights of a channel do not fit without a shift.
pub fn channel_shifts(
    weights: &[f32],
    bias: Option<&[f32]>,
    channels: usize,
    [in_scale, out_scale]: [f64; 2],
    groups: usize,
) -> Option<Vec<i32>> {
    let per_channel = weights.len() / channels.max(1);
    let bias = |channel: usize| bias.map_or(0.0, |bias| bias[channel]);
    // Weights of nothing but zeros are exact under every shift.
    let largest: Vec<Option<i32>> = (0..channels)
        .map(|channel| {
            let max = max_magnitude(&weights[channel * per_channel..][..per_channel]);
            let positive = f64::from(max) * in_scale / out_scale > 0.0;
            positive.then(|| weight_shift(max, in_scale, out_scale))
        })
        .collect();
    if largest.iter().flatten().any(|shift| *shift < 0) {
        return None;
    }
    let fitting = |channel: usize, shift: i32, fits: &dyn Fn(i64, i32) -> bool| {
        let mut shift = shift;
        while shift > 0 && !fits(quantized_bias(bias(channel), shift, out_scale), shift) {
            shift -= 1;
        }
        shift
    };
    let alone = |value: i64, _: i32| i16::try_from(value).is_ok();
    let bounds: Vec<i32> = (0..channels)
        .map(|channel| fitting(channel, largest[channel].unwrap_or(MAX_SHIFT), &alone))
        .collect();
    let lowest = if largest.iter().all(Option::is_none) {
        0
    } else {
        bounds.iter().copied().min().unwrap_or(0)
    };
    let shifts: Vec<i32> = (0..channels)
        .map(|channel| {
            if largest[channel].is_none() {
                return lowest;
            }
            let most = bounds[channel].min(lowest + MAX_SPREAD as i32);
            let within = |value: i64, shift: i32| {
                let (low, high) = bias_range(i64::from(shift), i64::from(lowest));
                shift <= lowest || (low..=high).contains(&value)
            };
            fitting(channel, most, &within).max(lowest)
        })
        .collect();
    Some(grouped(&shifts, lowest, groups))
}

/// The integer nearest to a bias under a shift, however large.
fn quantized_bias(bias: f32, shift: i32, out_scale: f64) -> i64 {
    (bias * bias_scale(shift, out_scale)).round() as i64
}

/// Lowers shifts so that at most `groups` different ones remain, the lowest among them: those whose squared steps have the smallest
/// sum over the channels.
fn grouped(shifts: &[i32], lowest: i32, groups: usize) -> Vec<i32> {
    // A bit of the mask for each distance from the lowest shift that may be used.
    let cut = |shift: i32, mask: u32| {
        let distance = (0..=shift - lowest)
            .rev()
            .find(|distance| mask >> distance & 1 == 1);
        lowest + distance.unwrap_or(0)
    };
    let cost = |mask: u32| -> u64 {
        shifts
            .iter()
            .map(|shift| 1_u64 << (2 * (MAX_SPREAD as i32 + lowest - cut(*shift, mask))))
            .sum()
    };
    let masks = (1..1_u32 << (MAX_SPREAD + 1))
        .filter(|mask| mask & 1 == 1 && mask.count_ones() as usize <= groups.max(1));
    let best = masks
        .min_by_key(|mask| (cost(*mask), mask.count_ones()))
        .unwrap_or(1);
    shifts.iter().map(|shift| cut(*shift, best)).collect()
}

/// The real value of one unit of the sums (and of the bias) of each output channel of a lowered INT8 convolution:
/// `out_scale / 2^rshift[c]`. The same value for all channels where the layer has one shift.
///
/// # Errors
/// When the operation has no shifts, not as many as channels, or a result without scale.
pub fn sum_units(ctx: &Context, op: Op) -> Result<Vec<f64>, Diagnostic> {
    let output = ctx.result(op);
    let scale = quant_params(ctx, output)?.scale;
    let channels = ctx.shape(output).and_then(|shape| shape.get(1)).copied();
    let channels = channels.unwrap_or(1).max(0) as usize;
    let shifts = ctx.get_i64s(op, "rshift").unwrap_or_default();
    if shifts.len() != 1 && shifts.len() != channels {
        return Err(op_error(
            ctx,
            op,
            format_args!(
                "expects 1 or {channels} values in 'rshift', found {}",
                shifts.len()
            ),
        ));
    }
    let shift = |channel: usize| shifts[if shifts.len() == 1 { 0 } else { channel }];
    Ok((0..channels)
        .map(|channel| scale * (-(shift(channel) as f64)).exp2())
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantization::arithmetic::shift_half_up;

    const ALL: usize = 9;

    #[test]
    fn every_channel_uses_its_bits() {
        // The largest weights are 1, 1/4, 1/64: 6, 8 and 12 bits are shifted out.
        let weights = [1.0, -0.5, 0.1, -0.25, 1.0 / 64.0, 0.0];
        let shifts = channel_shifts(&weights, None, 3, [1.0, 1.0], ALL);
        assert_eq!(shifts, Some(vec![6, 8, 12]));
        // Channels without weights do not count; too fine ones keep to the spread.
        let weights = [1.0, 0.0, 1e-6];
        assert_eq!(
            channel_shifts(&weights, None, 3, [1.0, 1.0], ALL),
            Some(vec![6, 6, 14])
        );
        assert_eq!(
            channel_shifts(&[0.0; 4], None, 2, [1.0, 1.0], ALL),
            Some(vec![0, 0])
        );
        assert_eq!(channel_shifts(&[1.0, 200.0], None, 2, [1.0, 1.0], ALL), None);
    }

    #[test]
    fn biases_and_their_rounding_fit_16_bits() {
        // 1000 * 2^r fits up to r = 5, which is then the lowest; the other's bias is small, but half of 2^16 is not.
        let bias = [1000.0, 0.01];
        let shifts = channel_shifts(&[1e-9, 1e-9], Some(&bias), 2, [1.0, 1.0], ALL).unwrap();
        assert_eq!(shifts, [5, 13]);
        let shifts = channel_shifts(&[1e-3, 1e-9], Some(&[0.0, 0.0]), 2, [1.0, 1.0], ALL).unwrap();
        assert_eq!(shifts, [16, 16]);
        // Lowered until bias and excess fit together.
        let shifts = channel_shifts(&[1e-1, 1e-9], Some(&[0.0, 1.2]), 2, [1.0, 1.0], ALL).unwrap();
        assert_eq!(shifts, [10, 14]);
        let (low, high) = bias_range(14, 10);
        assert_eq!((low, high), (-32768, 32767 - 8192 + 512));
        // Not even without shift: it saturates later.
        let shifts = channel_shifts(&[1.0], Some(&[1e6]), 1, [1.0, 1.0], ALL);
        assert_eq!(shifts, Some(vec![0]));
    }

    #[test]
    fn groups_keep_the_steps_that_matter() {
        let shifts = [4, 7, 7, 7, 8, 12];
        assert_eq!(grouped(&shifts, 4, 1), [4; 6]);
        assert_eq!(grouped(&shifts, 4, 2), [4, 7, 7, 7, 7, 7]);
        assert_eq!(grouped(&shifts, 4, 3), [4, 7, 7, 7, 8, 8]);
        assert_eq!(grouped(&shifts, 4, 4), shifts);
        assert_eq!(grouped(&shifts, 4, usize::MAX), shifts);
    }

    #[test]
    fn two_shifts_round_as_one() {
        for (lowest, shift) in [(0, 0), (0, 3), (1, 1), (1, 9), (4, 5), (7, 15)] {
            for value in (-70_000_i64..70_000).step_by(13) {
                let once = shift_half_up(value, shift as u32).clamp(-128, 127);
                let sum = value + rounding_excess(shift, lowest);
                let wide = shift_half_up(sum, lowest as u32).clamp(-32768, 32767);
                let twice = (wide >> (shift - lowest)).clamp(-128, 127);
                assert_eq!(once, twice, "{value} >> {lowest}, {shift}");
            }
        }
    }
}
