//! The tables that are in L2 after initialisation.
//!
//! Every table is a formula; the word-by-word accumulation of the series in f32 matters for the last bit.

use crate::isa::memory_map::l2_table;

/// A ramp of 2048 floats, used by no compiled model seen.
const RAMP: usize = 0x30_1800;
/// Coefficients of asin.
const ASIN_SERIES: usize = 0x30_0e00;
/// Coefficients of sin.
const SIN_SERIES: usize = 0x30_1700;
/// 64 KiB of `i mod 256`, then 64 KiB of `i div 256`.
const BYTE_RAMPS: usize = 0x30_3800;

fn write(l2: &mut [u8], offset: usize, values: impl Iterator<Item = f32>) {
    for (chunk, value) in l2[offset..].as_chunks_mut::<4>().0.iter_mut().zip(values) {
        *chunk = value.to_le_bytes();
    }
}

/// Index 0..=255 read as a signed byte.
fn signed_indices() -> impl Iterator<Item = i32> {
    (0..=255u8).map(|index| i32::from(index.cast_signed()))
}

/// Writes all tables into a zeroed L2.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
pub(super) fn fill(l2: &mut [u8]) {
    let clamped = |index: i32| (-103..=88).contains(&index);
    let float_or_zero = move |index: i32| if clamped(index) { index as f32 } else { 0.0 };
    let exp_or_zero = move |index: i32| {
        if clamped(index) {
            f64::from(index).exp() as f32
        } else {
            0.0
        }
    };
    write(
        l2,
        l2_table::INT_TO_FLOAT_CLAMPED as usize,
        signed_indices().map(float_or_zero),
    );
    write(l2, l2_table::EXP as usize, signed_indices().map(exp_or_zero));
    let exponents = (0..256).map(|exponent| (f64::from(exponent - 127) * std::f64::consts::LN_2) as f32);
    write(l2, l2_table::EXPONENT_LN2 as usize, exponents);

    let mut inverse_factorials = [0.0f32; 64];
    let mut value = 1.0f32;
    for (index, slot) in inverse_factorials.iter_mut().enumerate() {
        value /= (index + 1) as f32;
        *slot = value;
    }
    write(l2, l2_table::EXP_SERIES as usize, inverse_factorials.into_iter());
    let log = (1..=64).map(|k| (if k % 2 == 1 { 1.0 } else { -1.0 } / f64::from(k)) as f32);
    write(l2, l2_table::LOG_SERIES as usize, log);

    let mut asin = [0.0f32; 64];
    let (mut numerator, mut denominator) = (1.0f32, 1.0f32);
    for n in 0..32 {
        asin[2 * n] = numerator / denominator / (2 * n + 1) as f32;
        numerator *= (2 * n + 1) as f32;
        denominator *= (2 * n + 2) as f32;
    }
    write(l2, ASIN_SERIES, asin.into_iter());

    write(l2, l2_table::UINT_TO_FLOAT as usize, (0..256u16).map(f32::from));
    write(
        l2,
        l2_table::INT_TO_FLOAT as usize,
        signed_indices().map(|index| index as f32),
    );
    let sin = (0..64).map(|index| match index % 4 {
        0 => inverse_factorials[index],
        2 => -inverse_factorials[index],
        _ => 0.0,
    });
    write(l2, SIN_SERIES, sin);
    write(l2, RAMP, (0..2048u16).map(f32::from));
    for index in 0..0x1_0000 {
        l2[BYTE_RAMPS + index] = (index & 0xff) as u8;
        l2[BYTE_RAMPS + 0x1_0000 + index] = (index >> 8) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::memory_map::L2_BYTES;

    /// The digest was taken from L2 of the vendor's functional simulator right after its initialisation.
    #[test]
    fn tables_are_those_of_the_vendor_simulator() {
        use sha2::Digest as _;
        let mut l2 = vec![0; L2_BYTES];
        fill(&mut l2);
        let digest = sha2::Sha256::digest(&l2);
        let text: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            text,
            "eb864194a6e719e1b061f367d7d5c7797541cff37f06a74ffa05d9826736caa3"
        );
    }
}
