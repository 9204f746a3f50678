//! Numbers of every type from their text.

use crate::ir::{FloatKind, Signedness};
use crate::text::float;

/// What is wrong with a number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NumberError {
    /// The integer does not fit its type.
    OutOfRange,
    /// A minus before an unsigned integer.
    Negative,
    /// A float where an integer is wanted.
    NotInteger,
    /// A decimal integer where a float is wanted.
    NotFloat,
    /// More bits than the float has.
    BitsOutOfRange,
    /// A minus before the bits of a float.
    NegativeBits,
    /// The float overflows.
    TooLarge,
    /// `true` or `false` for another type than `i1`.
    Boolean,
    /// The type is no number's.
    Type,
}

/// A float of a kind.
pub(super) fn float_of(text: &str, kind: FloatKind) -> Result<f64, NumberError> {
    if let Some(digits) = text.strip_prefix("0x") {
        let bits = u64::from_str_radix(digits, 16)
            .ok()
            .filter(|bits| float::float_bits(kind) == 64 || bits >> float::float_bits(kind) == 0);
        return bits
            .map(|bits| float::decode(kind, bits))
            .ok_or(NumberError::BitsOutOfRange);
    }
    if text.starts_with("-0x") {
        return Err(NumberError::NegativeBits);
    }
    if text.starts_with(['t', 'f']) {
        return Err(NumberError::Boolean);
    }
    if !text.contains('.') {
        return Err(NumberError::NotFloat);
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(float::round_to(kind, value)),
        _ => Err(NumberError::TooLarge),
    }
}

/// An integer of a width.
pub(super) fn integer_of(text: &str, width: u32, signedness: Signedness) -> Result<i128, NumberError> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    if digits.contains('.') {
        return Err(NumberError::NotInteger);
    }
    if digits.starts_with(['t', 'f']) {
        return Err(NumberError::Boolean);
    }
    let value = match digits.strip_prefix("0x") {
        Some(digits) => i128::from_str_radix(digits, 16),
        None => digits.parse(),
    };
    let value = value.map_err(|_| NumberError::OutOfRange)?;
    let value = if negative { -value } else { value };
    let bits = width.min(126);
    let (min, max) = match signedness {
        Signedness::Unsigned if negative => return Err(NumberError::Negative),
        Signedness::Unsigned => (0, (1_i128 << bits) - 1),
        Signedness::Signed => (-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1),
        // MLIR reads both halves into a signless integer and prints it as signed.
        Signedness::Signless => (-(1_i128 << (bits - 1)), (1_i128 << bits) - 1),
    };
    if !(min..=max).contains(&value) {
        return Err(NumberError::OutOfRange);
    }
    if signedness == Signedness::Signless && width > 1 && value >= 1_i128 << (bits - 1) {
        return Ok(value - (1_i128 << bits));
    }
    Ok(value)
}
