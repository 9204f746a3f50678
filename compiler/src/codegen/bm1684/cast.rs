//! `tpu.Cast`: between f32 and 8-bit quantised integers.
//!
//! To integers: `x * (float)(1 / scale)`, rounded half away from zero, saturated. To f32: `(q - zero_point) * (float)scale`.
//! Without `with_scale` the scale counts as 1.

use super::arith;
use super::codegen::Codegen;
use super::elementwise::{Elementwise, Strided};
use super::error::{Result, unsupported};
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
    let dense = |address, element| Strided {
        address,
        element,
        strides: vec![1],
    };
    let elementwise =
        |scratch: Vec<Element>, local: super::elementwise::LocalFn<'_>, cg: &mut Codegen<'_>| {
            let operation = Elementwise {
                shape: vec![elements],
                inputs: vec![dense(input.address, input.element)],
                output: dense(output.address, output.element),
                scratch,
                words: true,
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
