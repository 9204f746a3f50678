//! Numbers of every type from their text.

use crate::ir::{FloatKind, Signedness};
use crate::text::float;

/// A float of a kind.
pub(super) fn float_of(text: &str, kind: FloatKind) -> Result<f64, &'static str> {
    if let Some(digits) = text.strip_prefix("0x") {
        let bits = u64::from_str_radix(digits, 16)
            .ok()
            .filter(|bits| float::float_bits(kind) == 64 || bits >> float::float_bits(kind) == 0);
        return bits
            .map(|bits| float::decode(kind, bits))
            .ok_or("hexadecimal float constant out of range for type");
    }
    if text.starts_with("-0x") {
        return Err("hexadecimal float literal should not have a leading minus");
    }
    if !text.contains('.') {
        return Err("unexpected decimal integer literal for a floating point value");
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(float::round_to(kind, value)),
        _ => Err("floating point value too large for attribute"),
    }
}

/// An integer of a width.
pub(super) fn integer_of(text: &str, width: u32, signedness: Signedness) -> Result<i128, &'static str> {
    const OUT_OF_RANGE: &str = "integer constant out of range for attribute";
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let hexadecimal = digits.strip_prefix("0x");
    let value = match hexadecimal {
        Some(digits) => i128::from_str_radix(digits, 16),
        None => digits.parse(),
    };
    if digits.contains('.') {
        return Err("floating point value not valid for specified type");
    }
    if digits.starts_with(['t', 'f']) {
        return Err("expected integer literal");
    }
    let value = value.map_err(|_| OUT_OF_RANGE)?;
    let value = if negative { -value } else { value };
    let bits = width.min(126);
    let (min, max) = match signedness {
        Signedness::Unsigned if negative => {
            return Err("negative integer literal not valid for unsigned integer type");
        }
        Signedness::Unsigned => (0, (1_i128 << bits) - 1),
        Signedness::Signed => (-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1),
        // MLIR reads both halves into a signless integer and prints it as signed.
        Signedness::Signless => (-(1_i128 << (bits - 1)), (1_i128 << bits) - 1),
    };
    if !(min..=max).contains(&value) {
        return Err(OUT_OF_RANGE);
    }
    if signedness == Signedness::Signless && width > 1 && value >= 1_i128 << (bits - 1) {
        return Ok(value - (1_i128 << bits));
    }
    Ok(value)
}
