//! `tpu.Scale`: `x * scale + bias`, both for each channel (axis 1).
//!
//! 8-bit: the product and the sum are saturated to 16 bits, then shifted right by a number of bits of each channel's own,
//! rounding down, and saturated to 8 bits.

use super::arith;
use super::codegen::{Codegen, TensorInfo};
use super::elementwise::{Elementwise, InputUse, Strided};
use super::error::{Result, malformed, unsupported};
use super::group::rows::Rows;
use super::tensor::Element;
use super::tiu::Operand;
use tpuc_dialects::ir::Op;
use tpuc_runtime::isa::TiuOp;

/// Emits the commands.
///
/// # Errors
/// For unsigned results whose sums may exceed 15 bits, and for parameters that are not one for each channel.
pub fn emit(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let (input, output) = (cg.operand(op, 0)?, cg.result(op)?);
    let (scale, bias) = (cg.operand(op, 1)?, cg.operand(op, 2)?);
    let shape = output.shape.clone();
    let inputs = vec![
        Strided::broadcast(&input, &input.shape, &shape)?,
        per_channel(&scale, &shape)?,
        per_channel(&bias, &shape)?,
    ];
    let own = Strided::broadcast(&output, &shape, &shape)?;
    let relu = cg.flag(op, "do_relu");
    if output.element == Element::F32 {
        let limit = cg.float(op, "relu_limit", -1.0);
        let each = Elementwise {
            shape,
            inputs,
            output: own,
            scratch: vec![],
            words: true,
            input_use: InputUse::Strided,
            local: &|emitter, inputs, out, _| {
                emitter.arith(TiuOp::Mul, out, inputs[0], inputs[1], 0)?;
                emitter.arith(TiuOp::Add, out, out, inputs[2], 0)?;
                arith::float_relu(emitter, out, relu, limit)
            },
        };
        return each.emit(&mut cg.emitter);
    }
    let shift = cg.operand(op, 3)?;
    if !scale.element.is_byte() || !shift.element.is_byte() || bias.element.bytes() != 2 {
        return malformed("8-bit scales and shifts with 16-bit biases are expected");
    }
    if !output.element.is_signed() {
        check_unsigned_sums(cg, op)?;
    }
    let mut inputs = inputs;
    inputs.push(per_channel(&shift, &shape)?);
    let each = Elementwise {
        shape,
        inputs,
        output: own,
        scratch: vec![Element::I16, Element::I16],
        words: false,
        input_use: InputUse::Strided,
        local: &|emitter, inputs, out, scratch| {
            let (wide, amount) = (scratch[0], scratch[1]);
            let scale = inputs[1].as_element(Element::I8);
            emitter.arith(TiuOp::Mul, wide, inputs[0], scale, 0)?;
            emitter.arith(TiuOp::Add, wide, wide, inputs[2].as_element(Element::I16), 0)?;
            // Amounts must be as wide as what is shifted.
            let shift = inputs[3].as_element(Element::I8);
            emitter.arith(TiuOp::Add, amount, shift, Operand::Integer(0, Element::I8), 0)?;
            emitter.arith(TiuOp::Shift, wide, wide, amount, 0)?;
            arith::narrow(emitter, out, wide, relu)
        },
    };
    each.emit(&mut cg.emitter)
}

/// A parameter, one for each channel or one for all.
fn per_channel(parameter: &TensorInfo, shape: &[usize]) -> Result<Strided> {
    let axis = usize::from(shape.len() > 1);
    let channels = shape.get(axis).copied().unwrap_or(1);
    let count = parameter.elements();
    if count != 1 && count != channels {
        return malformed(format!("{count} parameters for {channels} channels"));
    }
    let mut own = vec![1; shape.len() - axis];
    if let Some(first) = own.first_mut() {
        *first = count;
    }
    Strided::broadcast(parameter, &own, shape)
}

/// The chip's sum saturates at 2^15 - 1. For unsigned results that is too early where shifts of 8 bits or more follow and
/// the sum can be larger; below 8 bits both saturate to 255.
fn check_unsigned_sums(cg: &Codegen<'_>, op: Op) -> Result<()> {
    let numbers = |index: usize| -> Result<Vec<i64>> {
        let value = cg.weight_behind(cg.ctx().operand(op, index));
        let Some(tensor) = cg.program.weight(value)? else {
            return unsupported("scales that are computed; keep this operation in F32 (qtable)");
        };
        Ok(tensor.to_f64().iter().map(|value| *value as i64).collect())
    };
    let (scales, biases, shifts) = (numbers(1)?, numbers(2)?, numbers(3)?);
    let at = |values: &[i64], index: usize| values[index.min(values.len().saturating_sub(1))];
    for index in 0..scales.len().max(biases.len()).max(shifts.len()) {
        let largest = at(&scales, index).max(0) * 255 + at(&biases, index);
        if largest > 32_767 && at(&shifts, index) <= -8 {
            return unsupported(format!(
                "channel {index} with sums up to {largest}, which the chip's 16 bits do not hold; keep this operation \
                 in F32 (qtable)"
            ));
        }
    }
    Ok(())
}

/// Each row comes from the same row.
///
/// # Errors
/// None.
pub fn rows(_: &Codegen<'_>, _: Op) -> Result<Option<Rows>> {
    Ok(Some(Rows::Same))
}
