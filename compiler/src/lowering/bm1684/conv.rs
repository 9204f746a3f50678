//! `top.Conv` -> `tpu.Conv2D`, `tpu.Conv3D`.
//!
//! INT8: one right shift for the whole layer, chosen so that the largest weight fits 8 bits; the weights' scale is then
//! `2^shift * in_scale / out_scale`, the bias has 16 bits. With `per_channel` or `conv_group` each output channel has a shift
//! (`quantization::channel_shift`); a layer whose shifts come out equal has one. Falls back to F32 where no shift fits, where a
//! stride is above 15 (the command's field) and where the filter is not a weight.

use super::context::{Lowering, flat};
use crate::quantization::Precision;
use crate::quantization::arithmetic::{
    bias_scale, max_magnitude, quantize_bias, quantize_i8, quantize_i16, weight_scale, weight_shift,
};
use crate::quantization::channel_shift::channel_shifts;
use tpuc_dialects::ir::{Diagnostic, Op, OpView};
use tpuc_dialects::top::Conv;

pub(super) fn lower(low: &mut Lowering, op: Op, precision: Precision) -> Result<(), Diagnostic> {
    if precision == Precision::F32 || !lower_int8(low, op)? {
        lower_f32(low, op);
    }
    Ok(())
}

fn target(conv: Conv, low: &Lowering) -> &'static str {
    if conv.kernel_shape(low.ctx).len() == 3 {
        "tpu.Conv3D"
    } else {
        "tpu.Conv2D"
    }
}

fn lower_f32(low: &mut Lowering, op: Op) {
    let conv = Conv::new_unchecked(op);
    let with_bias = low.ctx.bool_attr(conv.bias(low.ctx).is_some());
    let ty = low.ctx.value_type(conv.output(low.ctx));
    let operands = low.ctx.operands(op).to_vec();
    let name = target(conv, low);
    low.replace_with_attrs(op, name, &[ty], &operands, &[("with_bias", with_bias)]);
}

/// False if the layer must stay in F32.
fn lower_int8(low: &mut Lowering, op: Op) -> Result<bool, Diagnostic> {
    let conv = Conv::new_unchecked(op);
    let (input, filter) = (conv.input(low.ctx), conv.filter(low.ctx));
    if !low.is_weight(filter)
        || conv.strides(low.ctx).iter().any(|stride| *stride > 15)
        || conv.kernel_shape(low.ctx).len() == 3
    {
        return Ok(false);
    }
    let in_scale = low.scale(op, input)?;
    let out_scale = low.scale(op, conv.output(low.ctx))?;
    let weights = low.weight_f32(filter)?;
    let bias = match conv.bias(low.ctx) {
        Some(bias) => Some((bias, low.weight_f32(bias)?)),
        None => None,
    };
    let bias_values = bias.as_ref().map(|(_, values)| values.as_slice());
    let channels = low.ctx.shape(filter).and_then(|shape| shape.first()).copied();
    let channels = usize::try_from(channels.unwrap_or(0)).unwrap_or(0);
    if bias_values.is_some_and(|values| values.len() != channels) {
        return Err(low.error(op, format_args!("expects {channels} biases")));
    }
    let scales = [in_scale, out_scale];
    let quantized = if low.shift_groups > 1 {
        channel_shifts(&weights, bias_values, channels, scales, low.shift_groups)
            .map(|shifts| Quantized::per_channel(&weights, bias_values, scales, shifts))
    } else {
        Quantized::per_layer(&weights, bias_values, scales)
    };
    let Some(quantized) = quantized else {
        return Ok(false);
    };
    let bias = bias.map(|(bias, _)| bias);
    let with_bias = bias.is_some();
    let filter_shape = low.ctx.shape(filter).unwrap_or_default().to_vec();
    let i8_type = low.ctx.int_type(8);
    let mut operands = vec![
        input,
        low.new_weight(op, "filter_int8", flat(quantized.filter), &filter_shape, i8_type),
    ];
    operands.push(match bias {
        Some(bias) => {
            let shape = low.ctx.shape(bias).unwrap_or_default().to_vec();
            let i16_type = low.ctx.int_type(16);
            low.new_weight(op, "bias_int16", flat(quantized.bias), &shape, i16_type)
        }
        None => match low.ctx.operands(op).get(2) {
            Some(none) => *none,
            None => low.none(),
        },
    });
    let ty = low.int8_type(op)?;
    let attrs = [
        ("do_winograd", low.ctx.bool_attr(false)),
        ("quant_mode", low.tpu_enum("rq_mode", "OnlyShift")),
        ("rshift", low.ctx.i64_array_attr(&quantized.shifts)),
        ("with_bias", low.ctx.bool_attr(with_bias)),
    ];
    let name = target(conv, low);
    low.replace_with_attrs(op, name, &[ty], &operands, &attrs);
    Ok(true)
}

/// The integers of a layer.
struct Quantized {
    filter: Vec<i8>,
    /// Empty without bias.
    bias: Vec<i16>,
    /// One for the layer or one for each channel.
    shifts: Vec<i64>,
}

impl Quantized {
    /// One shift for all channels. None where the weights do not fit without one.
    fn per_layer(weights: &[f32], bias: Option<&[f32]>, [in_scale, out_scale]: [f64; 2]) -> Option<Self> {
        let shift = weight_shift(max_magnitude(weights), in_scale, out_scale);
        if shift < 0 {
            return None;
        }
        let (bias, shift) = bias.map_or((Vec::new(), shift), |bias| quantize_bias(bias, shift, out_scale));
        Some(Self {
            filter: quantize_i8(weights, weight_scale(shift, in_scale, out_scale)),
            bias,
            shifts: vec![i64::from(shift)],
        })
    }

    /// These shifts, one for each channel.
    fn per_channel(
        weights: &[f32],
        bias: Option<&[f32]>,
        [in_scale, out_scale]: [f64; 2],
        shifts: Vec<i32>,
    ) -> Self {
        let per_channel = (weights.len() / shifts.len().max(1)).max(1);
        let filter = weights
            .chunks(per_channel)
            .zip(&shifts)
            .flat_map(|(weights, shift)| quantize_i8(weights, weight_scale(*shift, in_scale, out_scale)))
            .collect();
        let bias = bias.unwrap_or_default().iter().zip(&shifts);
        let bias = bias
            .flat_map(|(bias, shift)| quantize_i16(&[*bias], bias_scale(*shift, out_scale)).0)
            .collect();
        let mut shifts: Vec<i64> = shifts.into_iter().map(i64::from).collect();
        if shifts.windows(2).all(|pair| pair[0] == pair[1]) {
            shifts.truncate(1);
        }
        Self { filter, bias, shifts }
    }
}
