//! `tpu.Cast`: between f32 and 8-bit quantised integers.
//!
//! To integers: `x * (float)(1 / scale)`, rounded half away from zero, saturated. To f32: `(q - zero_point) * (float)scale`.
//! Without `with_scale` the scale counts as 1.

use super::arith;
use super::codegen::Codegen;
use super::elementwise::{Elementwise, InputUse, Strided};
use super::error::{Result, unsupported};
use super::group::rows::Rows;
use super::movement::{Axis, copy};
use super::tensor::Element;
use tpuc_dialects::ir::Op;

/// Emits the commands.
///
/// # Errors
/// For other pairs of types.
pub fn emit(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let (mut input, mut output) = (cg.operand(op, 0)?, cg.result(op)?);
    if cg.ctx().get_bool(op, "with_scale") == Some(false) {
        (input.scale, output.scale) = (1.0, 1.0);
    }
    let elements = input.elements();
    let elementwise =
        |scratch: Vec<Element>, local: super::elementwise::LocalFn<'_>, cg: &mut Codegen<'_>| {
            let operation = Elementwise {
                shape: vec![elements],
                inputs: vec![Strided::row(&input)],
                output: Strided::row(&output),
                scratch,
                words: true,
                input_use: if input.element == Element::F32 {
                    arith::quantize_use((1.0 / output.scale) as f32, output.element)
                } else {
                    InputUse::Strided
                },
                local,
            };
            operation.emit(&mut cg.emitter)
        };
    match (input.element, output.element) {
        (Element::F32, to) if to.is_byte() && output.zero_point != 0 => unsupported(format!(
            "a cast to integers with zero point {}; quantise symmetrically",
            output.zero_point
        )),
        (Element::F32, to) if to.is_byte() => {
            let scale = (1.0 / output.scale) as f32;
            elementwise(
                vec![Element::F32],
                &|emitter, inputs, out, scratch| {
                    arith::quantize(emitter, out, inputs[0], scratch[0], scale, to)
                },
                cg,
            )
        }
        (from, Element::F32) if from.is_byte() => {
            let (scale, zero_point) = (input.scale as f32, input.zero_point);
            elementwise(
                vec![],
                &|emitter, inputs, out, _| {
                    arith::dequantize(emitter, out, inputs[0], from, zero_point, scale)
                },
                cg,
            )
        }
        (from, to) if from == to => {
            let axis = Axis {
                size: elements,
                source: 1,
                target: 1,
            };
            copy(&mut cg.emitter, from, input.address, output.address, &[axis])
        }
        (from, to) => unsupported(format!("a cast from {from:?} to {to:?}; go through F32")),
    }
}

/// Each row comes from the same row. Bytes are one in each word on the way: one batch.
///
/// # Errors
/// When a tensor is of no type of this chip.
pub fn rows(cg: &Codegen<'_>, op: Op) -> Result<Option<Rows>> {
    let (input, output) = (cg.whole(cg.ctx().operand(op, 0))?, cg.whole(cg.ctx().result(op))?);
    Ok((output.shape.first() == Some(&1) && input.element != output.element).then_some(Rows::Same))
}
