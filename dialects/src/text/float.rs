//! Floating point numbers as MLIR writes and reads them: six digits in scientific notation where that is exact, 17 (or the
//! format's own number of) digits elsewhere, bits in hexadecimal where the number is not finite.

use crate::ir::FloatKind;

/// Layout of a format: significand bits with the hidden one, exponent bits, total bits.
#[derive(Clone, Copy)]
struct Layout {
    precision: u32,
    exponent: u32,
    bits: u32,
    /// No infinities; only all ones is not a number.
    finite_only: bool,
}

fn layout(kind: FloatKind) -> Layout {
    let (precision, exponent, bits, finite_only) = match kind {
        FloatKind::F16 => (11, 5, 16, false),
        FloatKind::BF16 => (8, 8, 16, false),
        FloatKind::F32 => (24, 8, 32, false),
        FloatKind::F64 => (53, 11, 64, false),
        FloatKind::F8E4M3FN => (4, 4, 8, true),
        FloatKind::F8E5M2 => (3, 5, 8, false),
    };
    Layout {
        precision,
        exponent,
        bits,
        finite_only,
    }
}

/// Width of a format in bits.
pub fn float_bits(kind: FloatKind) -> u32 {
    layout(kind).bits
}

/// The nearest number of a format, ties to even; overflow gives infinity, or NaN in formats without one.
pub fn round_to(kind: FloatKind, value: f64) -> f64 {
    match kind {
        FloatKind::F64 => value,
        FloatKind::F32 => f64::from(value as f32),
        _ => decode(kind, encode(kind, value)),
    }
}

/// The bits of `value` in a format, rounded to nearest even.
pub fn encode(kind: FloatKind, value: f64) -> u64 {
    let layout = layout(kind);
    let bits = value.to_bits();
    if kind == FloatKind::F64 {
        return bits;
    }
    let sign = (bits >> 63) << (layout.bits - 1);
    let fraction_bits = layout.precision - 1;
    let largest_exponent = (1_u64 << layout.exponent) - 1;
    let magnitude_mask = (1_u64 << (layout.bits - 1)) - 1;
    if value.is_nan() {
        if layout.finite_only {
            return sign | magnitude_mask;
        }
        let payload = (bits & ((1 << 52) - 1)) >> (52 - fraction_bits);
        return sign | (largest_exponent << fraction_bits) | payload.max(1);
    }
    let infinity = if layout.finite_only {
        magnitude_mask
    } else {
        largest_exponent << fraction_bits
    };
    if value.is_infinite() {
        return sign | infinity;
    }
    let bias = (1_i64 << (layout.exponent - 1)) - 1;
    let exponent = ((bits >> 52) & 0x7ff) as i64;
    if exponent == 0 {
        // Subnormal in f64: below half of the smallest number of every narrower format.
        return sign;
    }
    let significand = (bits & ((1 << 52) - 1)) | (1 << 52);
    let target = exponent - 1023 + bias;
    // Bits to drop: more for numbers that become subnormal.
    let drop = (53 - i64::from(layout.precision)) + (1 - target).max(0);
    if drop > 54 {
        return sign;
    }
    let half = 1_u64 << (drop - 1);
    let mut kept = significand >> drop;
    let rest = significand & ((1_u64 << drop) - 1);
    if rest > half || (rest == half && kept & 1 == 1) {
        kept += 1;
    }
    // The hidden bit adds one to the exponent field, so a carry out of the fraction is right by itself.
    let field = (target - 1).max(0) as u64;
    let magnitude = (field << fraction_bits) + kept;
    if magnitude >= infinity {
        sign | infinity
    } else {
        sign | magnitude
    }
}

/// The number that bits of a format stand for. The payload of a NaN is kept.
pub fn decode(kind: FloatKind, bits: u64) -> f64 {
    let layout = layout(kind);
    if kind == FloatKind::F64 {
        return f64::from_bits(bits);
    }
    let fraction_bits = layout.precision - 1;
    let sign = (bits >> (layout.bits - 1)) & 1;
    let exponent = (bits >> fraction_bits) & ((1 << layout.exponent) - 1);
    let fraction = bits & ((1 << fraction_bits) - 1);
    let bias = (1_i64 << (layout.exponent - 1)) - 1;
    let special = exponent == (1 << layout.exponent) - 1;
    let not_finite = if layout.finite_only {
        special && fraction == (1 << fraction_bits) - 1
    } else {
        special
    };
    if not_finite {
        let payload = fraction << (52 - fraction_bits);
        return f64::from_bits((sign << 63) | (0x7ff << 52) | payload);
    }
    let magnitude = if exponent == 0 {
        fraction as f64 * 2_f64.powi((1 - bias - i64::from(fraction_bits)) as i32)
    } else {
        let significand = (fraction | (1 << fraction_bits)) as f64;
        significand * 2_f64.powi((exponent as i64 - bias - i64::from(fraction_bits)) as i32)
    };
    if sign == 1 { -magnitude } else { magnitude }
}

/// Appends a number of a format. Returns whether it was written as bits.
pub fn write_float(out: &mut String, value: f64, kind: FloatKind) -> bool {
    if value.is_finite() {
        let start = out.len();
        let digits = Digits::of(value, 6);
        digits.scientific(out, value.is_sign_negative());
        // MLIR takes the short form only if it reads back as the same number.
        if out[start..]
            .parse::<f64>()
            .is_ok_and(|again| round_to(kind, again).to_bits() == value.to_bits())
        {
            return false;
        }
        out.truncate(start);
        let precision = 2 + layout(kind).precision * 59 / 196;
        Digits::of(value, precision as usize).natural(out, value.is_sign_negative(), precision as i32);
        if out[start..].contains('.') {
            return false;
        }
        out.truncate(start);
    }
    out.push_str(&format!("0x{:X}", encode(kind, value)));
    true
}

/// Decimal digits, the most significant first, times ten to the power of `exponent`.
struct Digits {
    digits: Vec<u8>,
    exponent: i32,
}

impl Digits {
    /// At most `precision` digits, found the way LLVM's `APFloat::toString` does: the exact integer is first cut to about
    /// the bits that are needed (always downwards), then its decimal digits are rounded half up. Both steps show in the
    /// last digit.
    fn of(value: f64, precision: usize) -> Self {
        let bits = value.to_bits();
        let field = ((bits >> 52) & 0x7ff) as i32;
        let fraction = bits & ((1 << 52) - 1);
        let (mut significand, mut binary) = if field == 0 {
            (fraction, -1074)
        } else {
            (fraction | (1 << 52), field - 1075)
        };
        if significand == 0 {
            return Self {
                digits: vec![b'0'],
                exponent: 0,
            };
        }
        let zeros = significand.trailing_zeros();
        significand >>= zeros;
        binary += zeros as i32;
        // value = number * 10^exponent
        let mut number = BigNumber::new(significand);
        let mut exponent = 0;
        if binary > 0 {
            number.shift_left(binary as u32);
        } else if binary < 0 {
            number.multiply_by_power(5, binary.unsigned_abs());
            exponent = binary;
        }
        let have = number.bits();
        let needed = (precision as u32 * 196).div_ceil(59);
        if have > needed {
            let removable = (have - needed) * 59 / 196;
            number.divide_by_power_of_ten(removable);
            exponent += removable as i32;
        }
        let mut digits = number.decimal();
        let cut = digits.len() - digits.iter().rev().take_while(|digit| **digit == b'0').count();
        exponent += (digits.len() - cut) as i32;
        digits.truncate(cut);
        if digits.len() > precision {
            let round_up = digits[precision] >= b'5';
            exponent += (digits.len() - precision) as i32;
            digits.truncate(precision);
            let dropped = if round_up { b'9' } else { b'0' };
            while digits.last() == Some(&dropped) {
                digits.pop();
                exponent += 1;
            }
            match digits.last_mut() {
                Some(last) if round_up => *last += 1,
                Some(_) => {}
                None => digits.push(b'1'),
            }
        }
        Self { digits, exponent }
    }

    /// `1.250000e+00`: six digits after the point.
    fn scientific(&self, out: &mut String, negative: bool) {
        if negative {
            out.push('-');
        }
        let exponent = if self.digits == [b'0'] {
            0
        } else {
            self.exponent + self.digits.len() as i32 - 1
        };
        out.push(char::from(self.digits[0]));
        out.push('.');
        for index in 1..7 {
            out.push(char::from(self.digits.get(index).copied().unwrap_or(b'0')));
        }
        out.push('e');
        out.push(if exponent < 0 { '-' } else { '+' });
        out.push_str(&format!("{:02}", exponent.unsigned_abs()));
    }

    /// `765.25`, `0.00765`, `7.65E-5`: no more zeros than three between the point and the first digit, and no zeros added
    /// after the last.
    fn natural(&self, out: &mut String, negative: bool, precision: i32) {
        const MOST_PADDING: i32 = 3;
        if negative {
            out.push('-');
        }
        let count = self.digits.len() as i32;
        let digit = |index: i32| char::from(self.digits[index as usize]);
        let scientific = if self.exponent >= 0 {
            self.exponent > MOST_PADDING || count + self.exponent > precision
        } else {
            let first = self.exponent + count - 1;
            first < 0 && -first > MOST_PADDING
        };
        if scientific {
            out.push(digit(0));
            out.push('.');
            if count == 1 {
                out.push('0');
            }
            (1..count).for_each(|index| out.push(digit(index)));
            let exponent = self.exponent + count - 1;
            out.push('E');
            out.push(if exponent < 0 { '-' } else { '+' });
            out.push_str(&exponent.unsigned_abs().to_string());
            return;
        }
        if self.exponent >= 0 {
            (0..count).for_each(|index| out.push(digit(index)));
            (0..self.exponent).for_each(|_| out.push('0'));
            return;
        }
        let whole = self.exponent + count;
        if whole > 0 {
            (0..whole).for_each(|index| out.push(digit(index)));
            out.push('.');
            (whole..count).for_each(|index| out.push(digit(index)));
        } else {
            out.push_str("0.");
            (0..-whole).for_each(|_| out.push('0'));
            (0..count).for_each(|index| out.push(digit(index)));
        }
    }
}

/// An unsigned integer of any size, the least significant word first.
struct BigNumber {
    words: Vec<u32>,
}

impl BigNumber {
    fn new(value: u64) -> Self {
        let mut number = Self {
            words: vec![value as u32, (value >> 32) as u32],
        };
        number.trim();
        number
    }

    fn trim(&mut self) {
        while self.words.last() == Some(&0) {
            self.words.pop();
        }
    }

    fn bits(&self) -> u32 {
        self.words.last().map_or(0, |top| {
            (self.words.len() as u32 - 1) * 32 + 32 - top.leading_zeros()
        })
    }

    fn shift_left(&mut self, count: u32) {
        let (words, bits) = (count / 32, count % 32);
        if bits > 0 {
            self.multiply(1 << bits);
        }
        self.words.splice(0..0, std::iter::repeat_n(0, words as usize));
    }

    fn multiply(&mut self, factor: u32) {
        let mut carry = 0_u64;
        for word in &mut self.words {
            let product = u64::from(*word) * u64::from(factor) + carry;
            *word = product as u32;
            carry = product >> 32;
        }
        if carry > 0 {
            self.words.push(carry as u32);
        }
    }

    fn multiply_by_power(&mut self, base: u32, mut power: u32) {
        // 5^13 is the largest power of five below 2^32.
        while power > 0 {
            let step = power.min(13);
            self.multiply(base.pow(step));
            power -= step;
        }
    }

    fn divide(&mut self, divisor: u32) -> u32 {
        let mut remainder = 0_u64;
        for word in self.words.iter_mut().rev() {
            let value = (remainder << 32) | u64::from(*word);
            *word = (value / u64::from(divisor)) as u32;
            remainder = value % u64::from(divisor);
        }
        self.trim();
        remainder as u32
    }

    fn divide_by_power_of_ten(&mut self, mut power: u32) {
        while power > 0 {
            let step = power.min(9);
            self.divide(10_u32.pow(step));
            power -= step;
        }
    }

    /// Digits, the most significant first. Consumes the number.
    fn decimal(mut self) -> Vec<u8> {
        let mut digits = Vec::new();
        while !self.words.is_empty() {
            let mut chunk = self.divide(1_000_000_000);
            for _ in 0..9 {
                digits.push(b'0' + (chunk % 10) as u8);
                chunk /= 10;
            }
        }
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        digits.reverse();
        digits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: f64, kind: FloatKind) -> String {
        let mut out = String::new();
        write_float(&mut out, value, kind);
        out
    }

    #[test]
    fn numbers_as_mlir_writes_them() {
        let cases = [
            (0.0, "0.000000e+00"),
            (-0.0, "-0.000000e+00"),
            (1.0, "1.000000e+00"),
            (-1.0, "-1.000000e+00"),
            (255.0, "2.550000e+02"),
            (0.5, "5.000000e-01"),
            (1e100, "1.000000e+100"),
            (0.003_921_568_859_368_562_7, "0.0039215688593685627"),
            (3.059_276_386_274_509_8, "3.0592763862745098"),
            (7.717_551_666_451_251_6e-4, "7.7175516664512516E-4"),
            (9.999_999_747_378_751_6e-6, "9.9999997473787516E-6"),
            (f64::INFINITY, "0x7FF0000000000000"),
            (f64::NEG_INFINITY, "0xFFF0000000000000"),
        ];
        for (value, expected) in cases {
            assert_eq!(text(value, FloatKind::F64), expected);
        }
        assert_eq!(text(f64::from(0.1_f32), FloatKind::F32), "1.000000e-01");
        assert_eq!(text(f64::NAN, FloatKind::F32), "0x7FC00000");
        assert_eq!(text(f64::NAN, FloatKind::BF16), "0x7FC0");
        assert_eq!(text(f64::INFINITY, FloatKind::F16), "0x7C00");
    }

    #[test]
    fn narrow_formats_round_to_even_and_back() {
        assert_eq!(round_to(FloatKind::F16, 65504.0), 65504.0);
        assert_eq!(round_to(FloatKind::F16, 65520.0), f64::INFINITY);
        assert_eq!(round_to(FloatKind::F16, 6e-8), 2_f64.powi(-24));
        assert_eq!(round_to(FloatKind::BF16, 1.0 + 1.0 / 256.0), 1.0);
        assert_eq!(round_to(FloatKind::F8E4M3FN, 448.0), 448.0);
        assert!(round_to(FloatKind::F8E4M3FN, 1000.0).is_nan());
        for kind in [
            FloatKind::F16,
            FloatKind::BF16,
            FloatKind::F8E4M3FN,
            FloatKind::F8E5M2,
        ] {
            for bits in 0..1_u64 << float_bits(kind) {
                assert_eq!(encode(kind, decode(kind, bits)), bits, "{kind:?} {bits:#x}");
            }
        }
        for bits in (0..u32::MAX).step_by(65_521) {
            assert_eq!(
                encode(FloatKind::F32, decode(FloatKind::F32, bits.into())),
                u64::from(bits)
            );
            let value = f32::from_bits(bits);
            if !value.is_nan() {
                assert_eq!(decode(FloatKind::F32, bits.into()), f64::from(value));
            }
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut bits = 0x1234_5678_9abc_def0_u64;
        for _ in 0..20_000 {
            bits = bits
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let value = f64::from_bits(bits);
            if value.is_finite() {
                let written = text(value, FloatKind::F64);
                // Whole numbers of many digits are written as bits.
                if let Some(digits) = written.strip_prefix("0x") {
                    assert_eq!(u64::from_str_radix(digits, 16), Ok(bits));
                    continue;
                }
                let again: f64 = written.parse().expect("a number");
                let error = (again - value).abs() / value.abs();
                // The digits are cut, not rounded, in some cases: a unit in the 17th digit.
                assert!(error <= 1e-16 || again == value, "{value:e} {again:e}");
            }
        }
    }
}
