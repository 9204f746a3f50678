//! `top.MatMul` -> `tpu.MatMul`.
//!
//! INT8 where the right side is a weight of shape K x N and the input's first dimension is M (a fully connected layer):
//! one right shift for the whole layer, weights in 8 bits, bias in 16. Everything else is computed in F32.

use super::context::{Lowering, flat};
use crate::quantization::Precision;
use crate::quantization::arithmetic::{
    max_magnitude, quantize_bias, quantize_i8, weight_scale, weight_shift,
};
use tpuc_dialects::ir::{Context, Diagnostic, Op, OpView};
use tpuc_dialects::top::MatMul;

pub(super) fn lower(low: &mut Lowering, op: Op, precision: Precision) -> Result<(), Diagnostic> {
    if precision == Precision::Int8 && is_fully_connected(low.ctx, MatMul::new_unchecked(op)) {
        return lower_int8(low, op);
    }
    low.float(op, "tpu.MatMul", 5);
    Ok(())
}

fn is_fully_connected(ctx: &Context, matmul: MatMul) -> bool {
    let right = matmul.right(ctx);
    let (Some(input), Some(weight)) = (ctx.shape(matmul.input(ctx)), ctx.shape(right)) else {
        return false;
    };
    let transposed = matmul.left_transpose(ctx) || matmul.right_transpose(ctx) || matmul.hdim_is_batch(ctx);
    // A 1-D input is a row; more dimensions before K all count into M, which then differs from the first.
    let (rows, depth) = match input {
        [] => return false,
        [depth] => (1, *depth),
        [rows @ .., depth] => (rows.iter().product(), *depth),
    };
    super::context::is_weight(ctx, right)
        && !transposed
        && weight.len() == 2
        && input[0] == rows
        && weight[0] == depth
}

fn lower_int8(low: &mut Lowering, op: Op) -> Result<(), Diagnostic> {
    let matmul = MatMul::new_unchecked(op);
    let (input, right) = (matmul.input(low.ctx), matmul.right(low.ctx));
    let in_scale = low.scale(op, input)?;
    let out_scale = low.scale(op, matmul.output(low.ctx))?;
    let weights = low.weight_f32(right)?;
    let mut shift = weight_shift(max_magnitude(&weights), in_scale, out_scale).max(0);
    let bias = match matmul.bias(low.ctx) {
        Some(bias) => {
            let (values, lowered) = quantize_bias(&low.weight_f32(bias)?, shift, out_scale);
            shift = lowered;
            Some((bias, values))
        }
        None => None,
    };
    let quantized = quantize_i8(&weights, weight_scale(shift, in_scale, out_scale));
    let shape = low.ctx.shape(right).unwrap_or_default().to_vec();
    let i8_type = low.ctx.int_type(8);
    let filter = low.new_weight(op, "filter_int8", flat(quantized), &shape, i8_type);
    let none = low.none();
    let bias = match bias {
        Some((bias, values)) => {
            let shape = low.ctx.shape(bias).unwrap_or_default().to_vec();
            let i16_type = low.ctx.int_type(16);
            low.new_weight(op, "bias_int16", flat(values), &shape, i16_type)
        }
        None => none,
    };
    let rshifts = low.ctx.i64_array_attr(&[i64::from(shift)]);
    let ty = low.int8_type(op)?;
    low.replace_with_attrs(
        op,
        "tpu.MatMul",
        &[ty],
        &[input, filter, bias, none, none],
        &[("rshifts", rshifts)],
    );
    Ok(())
}
