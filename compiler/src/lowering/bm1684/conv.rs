//! `top.Conv` -> `tpu.Conv2D`, `tpu.Conv3D`.
//!
//! INT8: one right shift for the whole layer, chosen so that the largest weight fits 8 bits; the weights' scale is then
//! `2^shift * in_scale / out_scale`, the bias has 16 bits. Falls back to F32 where no shift fits, where a stride is above
//! 15 (the command's field) and where the filter is not a weight.

use super::context::{Lowering, flat};
use crate::quantization::Precision;
use crate::quantization::arithmetic::{
    max_magnitude, quantize_bias, quantize_i8, weight_scale, weight_shift,
};
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
    let mut shift = weight_shift(max_magnitude(&weights), in_scale, out_scale);
    if shift < 0 {
        return Ok(false);
    }
    let bias = match conv.bias(low.ctx) {
        Some(bias) => {
            let (values, lowered) = quantize_bias(&low.weight_f32(bias)?, shift, out_scale);
            shift = lowered;
            Some((bias, values))
        }
        None => None,
    };
    let with_bias = bias.is_some();
    let quantized = quantize_i8(&weights, weight_scale(shift, in_scale, out_scale));
    let filter_shape = low.ctx.shape(filter).unwrap_or_default().to_vec();
    let i8_type = low.ctx.int_type(8);
    let mut operands = vec![
        input,
        low.new_weight(op, "filter_int8", flat(quantized), &filter_shape, i8_type),
    ];
    operands.push(match bias {
        Some((bias, values)) => {
            let shape = low.ctx.shape(bias).unwrap_or_default().to_vec();
            let i16_type = low.ctx.int_type(16);
            low.new_weight(op, "bias_int16", flat(values), &shape, i16_type)
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
        ("rshift", low.ctx.i64_array_attr(&[i64::from(shift)])),
        ("with_bias", low.ctx.bool_attr(with_bias)),
    ];
    let name = target(conv, low);
    low.replace_with_attrs(op, name, &[ty], &operands, &attrs);
    Ok(true)
}
