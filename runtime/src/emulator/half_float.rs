//! Conversions of GDMA between f32, f16 and 8-bit integers, as the vendor's simulator does them.
//!
//! Its f16 is IEEE half precision without special values: every exponent counts as one of a normal number, so that the bits
//! of zero read as 2^-15. Towards f16 mantissas are cut off; what is too small becomes zero, what is too large (and NaN)
//! infinity.

/// Cuts an f32 down to f16.
pub(super) fn from_f32(x: f32) -> u16 {
    let bits = x.to_bits();
    let sign = (bits >> 16 & 0x8000) as u16;
    let exponent = (bits >> 23 & 0xff) as i32 - 127 + 15;
    match exponent {
        ..=0 => sign,
        1..31 => sign | (exponent as u16) << 10 | (bits >> 13 & 0x3ff) as u16,
        _ => sign | 0x7c00,
    }
}

/// Reads an f16 as f32, also those bits that IEEE gives another meaning.
pub(super) fn to_f32(half: u16) -> f32 {
    let magnitude = (u32::from(half & 0x7fff) << 13) + 0x3800_0000;
    f32::from_bits(u32::from(half & 0x8000) << 16 | magnitude)
}

/// Half to even, saturating; NaN gives the largest value.
pub(super) fn to_i8(x: f32) -> i8 {
    if x.is_nan() {
        i8::MAX
    } else {
        x.round_ties_even() as i8
    }
}

/// Half to even, saturating; NaN gives the largest value.
pub(super) fn to_u8(x: f32) -> u8 {
    if x.is_nan() {
        u8::MAX
    } else {
        x.round_ties_even() as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f16_as_the_vendor_simulator_gives_it() {
        for (x, half) in [
            (65504.0, 0x7bff),
            (65520.0, 0x7bff),
            (1e10, 0x7c00),
            (6e-8, 0),
            (1.000_976_4, 0x3c00),
            (f32::NAN, 0x7c00),
            (2_040.919_1, 0x67f8),
            (-0.002_555_665, 0x993b),
            (4.18e-5, 0),
            (-2e-6, 0x8000),
        ] {
            assert_eq!(from_f32(x), half, "{x}");
        }
        for (half, bits) in [
            (0, 0x3800_0000),
            (7, 0x3800_e000),
            (0x3c00, 0x3f80_0000),
            (0xfffe, 0xc7ff_c000),
        ] {
            assert_eq!(to_f32(half).to_bits(), bits, "{half:#x}");
        }
    }

    #[test]
    fn integers_round_half_to_even_and_saturate() {
        let inputs = [
            0.5,
            1.5,
            2.5,
            -1.5,
            127.6,
            255.5,
            -128.4,
            f32::NAN,
            f32::INFINITY,
            f32::NEG_INFINITY,
        ];
        assert_eq!(inputs.map(to_i8), [0, 2, 2, -2, 127, 127, -128, 127, 127, -128]);
        assert_eq!(inputs.map(to_u8), [0, 2, 2, 0, 128, 255, 0, 255, 255, 0]);
    }
}
