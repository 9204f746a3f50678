//! `tpu.Shape`: the dimensions of a tensor, which are known when code is generated.

use super::codegen::Codegen;
use super::error::{Result, malformed};
use super::tensor::Element;
use tpuc_dialects::ir::Op;

/// Writes each dimension from `start` to `end` as a constant.
///
/// # Errors
/// When the result has another number of elements, or is not of 32 bits.
pub fn emit(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let (input, output) = (cg.operand(op, 0)?, cg.result(op)?);
    let rank = input.shape.len() as i64;
    let place = |name: &str, default: i64| {
        let value = cg.int(op, name, default);
        (if value < 0 { value + rank } else { value }).clamp(0, rank) as usize
    };
    let (start, end) = (place("start", 0), place("end", rank));
    let dims = input
        .shape
        .get(start..end.max(start))
        .unwrap_or_default()
        .to_vec();
    if dims.len() != output.elements() || output.element.bytes() != 4 {
        return malformed(format!("dimensions {dims:?} in a result of {:?}", output.shape));
    }
    for (index, dim) in dims.into_iter().enumerate() {
        let bits = if output.element == Element::F32 {
            (dim as f32).to_bits()
        } else {
            dim as u32
        };
        let address = output.address + 4 * index as u64;
        cg.emitter.fill_global(address, output.element, 1, bits)?;
    }
    Ok(())
}
