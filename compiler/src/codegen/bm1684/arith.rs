//! Short command sequences over local tensors that several operations share. Tensors are aligned and of one shape.

use super::elementwise::InputUse;
use super::emitter::Emitter;
use super::error::Result;
use super::tensor::{Element, Local, lane_rows};
use super::tiu::Operand;
use tpuc_runtime::isa::memory_map::l2_table;
use tpuc_runtime::isa::{Precision, TiuOp};

/// The zero of a tensor's type, as a constant operand.
pub fn zero_like(tensor: &Local) -> Operand {
    match tensor.precision {
        Precision::Float32 => Operand::Float(0.0),
        _ => Operand::Integer(0, element_of(tensor)),
    }
}

/// Element type of a local tensor.
pub fn element_of(tensor: &Local) -> Element {
    match (tensor.precision, tensor.signed) {
        (Precision::Float32, _) => Element::F32,
        (Precision::Int8, true) => Element::I8,
        (Precision::Int8, false) => Element::U8,
        (Precision::Int16, true) => Element::I16,
        (Precision::Int16, false) => Element::U16,
        (Precision::Int32, true) => Element::I32,
        (Precision::Int32, false) => Element::U32,
    }
}

/// `t = max(t, 0)` if `relu`, then `min(t, limit)` if the limit is positive.
///
/// # Errors
/// When a command cannot be encoded.
pub fn float_relu(emitter: &mut Emitter, t: Local, relu: bool, limit: f64) -> Result<()> {
    if !relu {
        return Ok(());
    }
    emitter.arith(TiuOp::Max, t, t, Operand::Float(0.0), 0)?;
    if limit > 0.0 {
        emitter.arith(TiuOp::Min, t, t, Operand::Float(limit as f32), 0)?;
    }
    Ok(())
}

/// `out = x * scale` rounded half away from zero and saturated to the byte type `element`, as 32-bit integers whose low
/// byte is the result. `out` and `scratch` are 32-bit tensors; [`quantize_use`] says what becomes of `x`.
///
/// Source of the formula: TPU-MLIR's cast rounds `x * (float)(1 / scale)` half away from zero; the chip has truncation
/// only, so half a unit is added or taken away first.
///
/// # Errors
/// When a command cannot be encoded.
pub fn quantize(
    emitter: &mut Emitter,
    out: Local,
    x: Local,
    scratch: Local,
    scale: f32,
    element: Element,
) -> Result<()> {
    let out = out.as_element(Element::F32);
    let float = Operand::Float;
    let scaled = (scale - 1.0).abs() > 0.0;
    if element.is_signed() {
        if scaled {
            emitter.arith(TiuOp::Mul, x, x, float(scale), 0)?;
        }
        emitter.arith(TiuOp::Add, out, x, float(0.5), 0)?;
        emitter.arith(TiuOp::Sub, scratch, x, float(0.5), 0)?;
        emitter.select(out, x, 0.0, out.into(), scratch.into())?;
        emitter.arith(TiuOp::Max, out, out, float(-128.0), 0)?;
        emitter.arith(TiuOp::Min, out, out, float(127.0), 0)?;
    } else {
        // What is not negative is rounded one way only.
        if scaled {
            emitter.arith(TiuOp::Mul, out, x, float(scale), 0)?;
        }
        let x = if scaled { out } else { x };
        emitter.arith(TiuOp::Max, out, x, float(0.0), 0)?;
        emitter.arith(TiuOp::Min, out, out, float(255.0), 0)?;
        emitter.arith(TiuOp::Add, out, out, float(0.5), 0)?;
    }
    emitter.special(TiuOp::FloatToInt, out.as_element(Element::I32), out)
}

/// What [`quantize`] does with its input.
pub fn quantize_use(scale: f32, element: Element) -> InputUse {
    match (element.is_signed(), (scale - 1.0).abs() > 0.0) {
        (false, _) => InputUse::Strided,
        (true, false) => InputUse::Aligned,
        (true, true) => InputUse::Overwritten,
    }
}

/// `out = (float(low byte of x) - zero_point) * scale`, exactly rounded once. `x` holds bytes in the lowest byte of each word; `out`
/// is f32.
///
/// Of few elements a table gives the number. Of many, the byte becomes the low bits of a float from 2^23 on, where they count
/// ones; 2^23 is taken away again, together with the zero point and, of a signed byte, the 128 by which it is shifted up.
///
/// # Errors
/// When a command cannot be encoded.
pub fn dequantize(
    emitter: &mut Emitter,
    out: Local,
    x: Local,
    element: Element,
    zero_point: i64,
    scale: f32,
) -> Result<()> {
    let [n, c, h, w] = out.shape;
    let mut offset = zero_point as f32;
    if x.is_aligned() && n * lane_rows(c) * (h * w).div_ceil(16) <= TABLE_ROUNDS {
        let table = if element.is_signed() {
            l2_table::INT_TO_FLOAT
        } else {
            l2_table::UINT_TO_FLOAT
        };
        emitter.lookup(out, x, table)?;
    } else {
        let (source, bits) = (x.as_element(Element::U32), out.as_element(Element::U32));
        let constant = |value: i64| Operand::Integer(value, Element::U32);
        let flip = if element.is_signed() { 0x80 } else { 0 };
        emitter.arith(TiuOp::And, bits, source, constant(0xff), 0)?;
        emitter.arith(TiuOp::Xor, bits, bits, constant(0x4b00_0000 | flip), 0)?;
        offset += 8_388_608.0 + flip as f32;
    }
    if offset.abs() > 0.0 {
        emitter.arith(TiuOp::Sub, out, out, Operand::Float(offset), 0)?;
    }
    if (scale - 1.0).abs() > 0.0 {
        emitter.arith(TiuOp::Mul, out, out, Operand::Float(scale), 0)?;
    }
    Ok(())
}

/// Rounds of 16 positions up to which one look-up is cheaper than three commands of calculation.
const TABLE_ROUNDS: usize = 28;

/// `t = 1 / t` as the chip's division does it (within 4 units in the last place).
///
/// # Errors
/// When a command cannot be encoded.
pub fn reciprocal(emitter: &mut Emitter, t: Local) -> Result<()> {
    emitter.arith(TiuOp::Divide, t, Operand::Float(1.0), t, 0)
}

/// `out = saturate((x * multiplier) >> right_shift)` with rounding half up, for byte tensors of any sign, and at least 0
/// if `relu`. `wide` is a 16-bit scratch tensor.
///
/// # Errors
/// When a command cannot be encoded.
pub fn multiply_shift(
    emitter: &mut Emitter,
    out: Local,
    x: Local,
    wide: Local,
    multiplier: i64,
    right_shift: u32,
    relu: bool,
) -> Result<()> {
    // One command will do when it saturates to the output's range: signed if an operand is signed.
    let factor = match (out.signed, x.signed) {
        (true, _) if (-128..128).contains(&multiplier) => Some(Element::I8),
        (false, false) if (0..256).contains(&multiplier) => Some(Element::U8),
        _ => None,
    };
    if let (Some(factor), false) = (factor, relu && out.signed) {
        return emitter.arith(
            TiuOp::Mul,
            out,
            x,
            Operand::Integer(multiplier, factor),
            right_shift,
        );
    }
    let wide = scale_to_wide(emitter, x, wide, multiplier, right_shift)?;
    narrow(emitter, out, wide, relu)
}

/// `wide = (x * multiplier) >> right_shift` in 16 bits; the result says whether it is signed.
///
/// # Errors
/// When a command cannot be encoded.
pub fn scale_to_wide(
    emitter: &mut Emitter,
    x: Local,
    wide: Local,
    multiplier: i64,
    right_shift: u32,
) -> Result<Local> {
    let factor = constant_byte(multiplier);
    let signed = x.signed || factor.is_signed();
    let wide = wide.as_element(if signed { Element::I16 } else { Element::U16 });
    let multiplier = Operand::Integer(multiplier, factor);
    emitter.arith(TiuOp::Mul, wide, x, multiplier, right_shift)?;
    Ok(wide)
}

/// The byte type of a constant: signed where it fits.
pub fn constant_byte(value: i64) -> Element {
    if value < 128 { Element::I8 } else { Element::U8 }
}

/// `out = saturate(wide)`, and at least 0 if `relu`. Overwrites `wide` where a clamp is needed.
///
/// # Errors
/// When a command cannot be encoded.
pub fn narrow(emitter: &mut Emitter, out: Local, wide: Local, relu: bool) -> Result<()> {
    let clamp = |value: i64, element: Element| Operand::Integer(value, element);
    if wide.signed && (relu || !out.signed) {
        emitter.arith(TiuOp::Max, wide, wide, clamp(0, Element::I16), 0)?;
    }
    if !wide.signed && out.signed {
        emitter.arith(TiuOp::Min, wide, wide, clamp(127, Element::U16), 0)?;
    }
    // A command saturates to the signed range when an operand is signed; the value fits either reading now.
    let element = if out.signed { Element::I16 } else { Element::U16 };
    emitter.arith(TiuOp::Add, out, wide.as_element(element), clamp(0, element), 0)
}
