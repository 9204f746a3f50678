//! `top.AddConst`, `top.SubConst`, `top.MulConst`, `top.MinConst`, `top.MaxConst`, `top.Relu`: one tensor and one number.
//!
//! INT8: the tensor has a multiplier and a right shift that bring it to the result's scale; the number is brought to the
//! result's scale times `2^shift` in 16 bits, or is part of the multiplier (`MulConst`).

use super::context::Lowering;
use crate::quantization::Precision;
use crate::quantization::arithmetic::{operand_shift, quantize_i8, quantize_i16, weight_scale};
use tpuc_dialects::ir::{Diagnostic, Op};

/// Scales of the input and the result.
fn scales(low: &Lowering, op: Op) -> Result<(f64, f64), Diagnostic> {
    Ok((
        low.scale(op, low.ctx.operand(op, 0))?,
        low.scale(op, low.ctx.result(op))?,
    ))
}

/// Multiplier and right shift of the input, times `factor`.
fn multiplier(factor: f32, in_scale: f64, out_scale: f64) -> (i8, i32) {
    let shift = operand_shift(factor, in_scale, out_scale).max(0);
    (
        quantize_i8(&[factor], weight_scale(shift, in_scale, out_scale))[0],
        shift,
    )
}

/// `2^shift / out_scale`
fn constant_scale(shift: i32, out_scale: f64) -> f32 {
    (f64::from(shift).exp2() / out_scale) as f32
}

pub(super) fn lower_add(low: &mut Lowering, op: Op, precision: Precision) -> Result<(), Diagnostic> {
    lower_sum(low, op, precision, "tpu.AddConst")
}

pub(super) fn lower_sub(low: &mut Lowering, op: Op, precision: Precision) -> Result<(), Diagnostic> {
    lower_sum(low, op, precision, "tpu.SubConst")
}

fn lower_sum(low: &mut Lowering, op: Op, precision: Precision, name: &str) -> Result<(), Diagnostic> {
    if precision == Precision::F32 {
        low.float(op, name, 0);
        return Ok(());
    }
    let (in_scale, out_scale) = scales(low, op)?;
    let (multiplier, shift) = multiplier(1.0, in_scale, out_scale);
    let constant = low.ctx.get_f64(op, "const_val").unwrap_or(0.0) as f32;
    let (constant, _) = quantize_i16(&[constant], constant_scale(shift, out_scale));
    let do_relu = low.ctx.get_bool(op, "do_relu").unwrap_or(false);
    let mut attrs = vec![
        ("const_val", low.ctx.f64_attr(f64::from(constant[0]))),
        ("do_relu", low.ctx.bool_attr(do_relu)),
        ("multiplier", low.ctx.si32_attr(i32::from(multiplier))),
        ("rshift", low.ctx.si32_attr(shift)),
    ];
    if let Some(is_reverse) = low.ctx.get_attr(op, "is_reverse") {
        attrs.push(("is_reverse", is_reverse));
    }
    let ty = low.int8_type(op)?;
    let operands = low.ctx.operands(op).to_vec();
    low.replace(op, name, &[ty], &operands, &attrs);
    Ok(())
}

pub(super) fn lower_mul(low: &mut Lowering, op: Op, precision: Precision) -> Result<(), Diagnostic> {
    if precision == Precision::F32 {
        low.float(op, "tpu.MulConst", 0);
        return Ok(());
    }
    let (in_scale, out_scale) = scales(low, op)?;
    let constant = low.ctx.get_f64(op, "const_val").unwrap_or(0.0) as f32;
    let (multiplier, shift) = multiplier(constant, in_scale, out_scale);
    let do_relu = low.ctx.get_bool(op, "do_relu").unwrap_or(false);
    let attrs = [
        ("const_val", low.ctx.f64_attr(1.0)),
        ("do_relu", low.ctx.bool_attr(do_relu)),
        ("multiplier", low.ctx.si32_attr(i32::from(multiplier))),
        ("rshift", low.ctx.si32_attr(shift)),
    ];
    let ty = low.int8_type(op)?;
    let operands = low.ctx.operands(op).to_vec();
    low.replace(op, "tpu.MulConst", &[ty], &operands, &attrs);
    Ok(())
}

pub(super) fn lower_max(low: &mut Lowering, op: Op, precision: Precision) -> Result<(), Diagnostic> {
    lower_bound(low, op, precision, "tpu.MaxConst")
}

pub(super) fn lower_min(low: &mut Lowering, op: Op, precision: Precision) -> Result<(), Diagnostic> {
    lower_bound(low, op, precision, "tpu.MinConst")
}

/// The shift is lowered while the constant overflows 16 bits, at most five times; F32 where none above 0 is left.
fn lower_bound(low: &mut Lowering, op: Op, precision: Precision, name: &str) -> Result<(), Diagnostic> {
    if precision == Precision::F32 {
        low.float(op, name, 0);
        return Ok(());
    }
    let (in_scale, out_scale) = scales(low, op)?;
    let constant = low.ctx.get_f64(op, "const_val").unwrap_or(0.0) as f32;
    let mut shift = operand_shift(1.0, in_scale, out_scale);
    let mut quantized = quantize_i16(&[constant], constant_scale(shift, out_scale));
    for _ in 0..5 {
        if quantized.1 == 0 {
            break;
        }
        shift -= 1;
        quantized = quantize_i16(&[constant], constant_scale(shift, out_scale));
    }
    if shift <= 0 {
        low.float(op, name, 0);
        return Ok(());
    }
    let multiplier = quantize_i8(&[1.0], weight_scale(shift, in_scale, out_scale))[0];
    let attrs = [
        ("const_val", low.ctx.f64_attr(f64::from(quantized.0[0]))),
        ("multiplier", low.ctx.si32_attr(i32::from(multiplier))),
        ("rshift", low.ctx.si32_attr(shift)),
    ];
    let ty = low.int8_type(op)?;
    let operands = low.ctx.operands(op).to_vec();
    low.replace(op, name, &[ty], &operands, &attrs);
    Ok(())
}

pub(super) fn lower_relu(low: &mut Lowering, op: Op, precision: Precision) -> Result<(), Diagnostic> {
    if precision == Precision::F32 {
        low.float(op, "tpu.Relu", 0);
        return Ok(());
    }
    let (in_scale, out_scale) = scales(low, op)?;
    let (multiplier, shift) = multiplier(1.0, in_scale, out_scale);
    let mut attrs = vec![
        ("multiplier", low.ctx.si32_attr(i32::from(multiplier))),
        ("rshift", low.ctx.si32_attr(shift)),
    ];
    if let Some(limit) = low.ctx.get_attr(op, "relu_limit") {
        attrs.push(("relu_limit", limit));
    }
    let ty = low.int8_type(op)?;
    let operands = low.ctx.operands(op).to_vec();
    low.replace(op, "tpu.Relu", &[ty], &operands, &attrs);
    Ok(())
}
