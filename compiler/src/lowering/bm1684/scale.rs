//! `top.Scale` -> `tpu.Scale`. INT8: each channel has a right shift of its own; scale in 8 bits, bias in 16 with the
//! rounding half of the shift added.

use super::context::{Lowering, flat};
use crate::quantization::Precision;
use crate::quantization::arithmetic::{operand_shift, quantize_bias, quantize_i8, weight_scale};
use tpuc_dialects::ir::{Diagnostic, Op};

pub(super) fn lower(low: &mut Lowering, op: Op, precision: Precision) -> Result<(), Diagnostic> {
    let [input, scale, bias] = *low.ctx.operands(op) else {
        return Err(low.error(op, "expects 3 operands"));
    };
    if precision == Precision::F32 || !low.is_weight(scale) || !low.is_weight(bias) {
        let ty = low.ctx.value_type(low.ctx.result(op));
        low.common(op, "tpu.Scale", ty, 4);
        return Ok(());
    }
    let in_scale = low.scale(op, input)?;
    let out_scale = low.scale(op, low.ctx.result(op))?;
    let (scales, biases) = (low.weight_f32(scale)?, low.weight_f32(bias)?);
    if scales.len() != biases.len() {
        return Err(low.error(
            op,
            format_args!(
                "expects as many scales as biases, found {} and {}",
                scales.len(),
                biases.len()
            ),
        ));
    }
    let (mut scale_int8, mut bias_int16, mut left_shift) = (Vec::new(), Vec::new(), Vec::new());
    for (scale, bias) in scales.iter().zip(&biases) {
        let shift = operand_shift(*scale, in_scale, out_scale).max(0);
        let (quantized, shift) = quantize_bias(&[*bias], shift, out_scale);
        let half = if shift > 0 { 1_i32 << (shift - 1) } else { 0 };
        // The sum wraps at 16 bits; a bias that wrapped stays what it was.
        let rounded = (i32::from(quantized[0]) + half) as i16;
        bias_int16.push(rounded.max(quantized[0]));
        scale_int8.push(quantize_i8(&[*scale], weight_scale(shift, in_scale, out_scale))[0]);
        left_shift.push(-shift as i8);
    }
    let shape = |value| low.ctx.shape(value).unwrap_or_default().to_vec();
    let (scale_shape, bias_shape) = (shape(scale), shape(bias));
    let i8_type = low.ctx.int_type(8);
    let i16_type = low.ctx.sint_type(16);
    let scale = low.new_weight(op, "scale_int8", flat(scale_int8), &scale_shape, i8_type);
    let bias = low.new_weight(op, "bias_int16", flat(bias_int16), &bias_shape, i16_type);
    let shifts = low.new_weight(op, "lshift_i8", flat(left_shift), &scale_shape, i8_type);
    let attrs: Vec<_> = ["do_relu", "relu_limit"]
        .into_iter()
        .filter_map(|name| Some((name, low.ctx.get_attr(op, name)?)))
        .collect();
    let ty = low.int8_type(op)?;
    low.replace(op, "tpu.Scale", &[ty], &[input, scale, bias, shifts], &attrs);
    Ok(())
}
