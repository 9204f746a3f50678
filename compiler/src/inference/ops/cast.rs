//! `tpu.Cast`: between real numbers and their quantised form.
//!
//! To bytes: `clamp(round(x * (1 / scale)) + zero_point)`, the reciprocal rounded to f32, halves away from zero. From bytes:
//! `(x - zero_point) * scale` in f32. Without `with_scale` the scale counts as 1.

use super::{Kernel, Prepared};
use crate::inference::node::Node;
use crate::inference::value::{Element, tensor};

/// The kernel of a cast.
pub fn prepare(node: &Node<'_>) -> Prepared {
    let (input, output) = (node.input(0)?, node.output()?);
    node.same_len(&input, &output)?;
    if node
        .case("round_mode")
        .is_some_and(|mode| mode != "HalfAwayFromZero")
    {
        return Err(node.error("rounds otherwise than half away from zero, which BM1684 does not do"));
    }
    let (mut from, mut to) = (input.quantisation, output.quantisation);
    if !node.bool("with_scale", true) {
        for quantisation in from.iter_mut().chain(to.iter_mut()) {
            quantisation.scale = 1.0;
        }
    }
    match (from, to) {
        (None, Some(quantisation)) if input.element == Element::F32 => {
            let element = output.element;
            Ok(Kernel::new(move |args| {
                Ok(vec![quantisation.quantise(element, args.get(0)?)])
            }))
        }
        (Some(quantisation), None) if output.element == Element::F32 => Ok(Kernel::new(move |args| {
            Ok(vec![quantisation.dequantise(args.get(0)?)])
        })),
        _ if input.element == output.element => super::movement::prepare_reshape(node),
        (None, None) if output.element == Element::F32 => Ok(Kernel::new(move |args| {
            let values: Vec<f32> = args.get(0)?.to_f32().iter().copied().collect();
            Ok(vec![tensor(&output.shape, values)?])
        })),
        _ => Err(node.error("casts between two quantised types, which BM1684 does by tpu.MulShift")),
    }
}
