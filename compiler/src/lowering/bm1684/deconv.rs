//! `top.Deconv` -> `tpu.Deconv`, `tpu.Deconv3D`: as `top.Conv`. Three dimensions are computed in F32.

use super::context::{Lowering, flat};
use crate::quantization::Precision;
use crate::quantization::arithmetic::{
    max_magnitude, quantize_bias, quantize_i8, weight_scale, weight_shift,
};
use tpuc_dialects::ir::{Diagnostic, Op, OpView};
use tpuc_dialects::top::Deconv;

pub(super) fn lower(low: &mut Lowering, op: Op, precision: Precision) -> Result<(), Diagnostic> {
    let dims = Deconv::new_unchecked(op).kernel_shape(low.ctx).len();
    if precision == Precision::Int8 && dims == 2 && lower_int8(low, op)? {
        return Ok(());
    }
    let name = match dims {
        2 => "tpu.Deconv",
        3 => "tpu.Deconv3D",
        _ => {
            return Err(low.error(
                op,
                format_args!("with {dims} spatial dimensions cannot be lowered for bm1684: use 2 or 3 (reshape before and after)"),
            ));
        }
    };
    let deconv = Deconv::new_unchecked(op);
    let with_bias = low.ctx.bool_attr(deconv.bias(low.ctx).is_some());
    let ty = low.ctx.value_type(deconv.output(low.ctx));
    let operands = low.ctx.operands(op).to_vec();
    low.replace_with_attrs(op, name, &[ty], &operands, &[("with_bias", with_bias)]);
    Ok(())
}

/// False if the layer must stay in F32.
fn lower_int8(low: &mut Lowering, op: Op) -> Result<bool, Diagnostic> {
    let deconv = Deconv::new_unchecked(op);
    let (input, filter) = (deconv.input(low.ctx), deconv.filter(low.ctx));
    if !low.is_weight(filter) {
        return Ok(false);
    }
    let in_scale = low.scale(op, input)?;
    let out_scale = low.scale(op, deconv.output(low.ctx))?;
    let weights = low.weight_f32(filter)?;
    let mut shift = weight_shift(max_magnitude(&weights), in_scale, out_scale);
    if shift < 0 {
        return Ok(false);
    }
    let bias = match deconv.bias(low.ctx) {
        Some(bias) => {
            let (values, lowered) = quantize_bias(&low.weight_f32(bias)?, shift, out_scale);
            shift = lowered;
            Some((bias, values))
        }
        None => None,
    };
    let with_bias = bias.is_some();
    let quantized = quantize_i8(&weights, weight_scale(shift, in_scale, out_scale));
    let shape = low.ctx.shape(filter).unwrap_or_default().to_vec();
    let i8_type = low.ctx.int_type(8);
    let filter = low.new_weight(op, "filter_int8", flat(quantized), &shape, i8_type);
    let bias = match bias {
        Some((bias, values)) => {
            let shape = low.ctx.shape(bias).unwrap_or_default().to_vec();
            let i16_type = low.ctx.int_type(16);
            low.new_weight(op, "bias_int16", flat(values), &shape, i16_type)
        }
        None => low.none(),
    };
    let ty = low.int8_type(op)?;
    let attrs = [
        ("multiplier", low.ctx.i64_array_attr(&[1])),
        ("quant_mode", low.tpu_enum("rq_mode", "OnlyShift")),
        ("rshift", low.ctx.i64_array_attr(&[i64::from(shift)])),
        ("with_bias", low.ctx.bool_attr(with_bias)),
    ];
    low.replace_with_attrs(op, "tpu.Deconv", &[ty], &[input, filter, bias], &attrs);
    Ok(true)
}
