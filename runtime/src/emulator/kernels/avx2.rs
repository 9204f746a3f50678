//! AVX2 versions of the tile sums.
//!
//! Why this is sound: every function here first checks that AVX2 was found on this machine and that the largest
//! corner plus the largest offset lies inside `input`, and takes `min(offsets, weights / block)` steps. All loads are
//! unaligned loads inside those bounds; nothing is written but `sums`.
#![allow(unsafe_code)]

use std::arch::x86_64::{
    __m256, __m256i, _mm256_add_epi32, _mm256_add_ps, _mm256_loadu_ps, _mm256_loadu_si256, _mm256_madd_epi16,
    _mm256_mul_ps, _mm256_set1_epi32, _mm256_set1_ps, _mm256_setzero_ps, _mm256_setzero_si256,
    _mm256_storeu_ps, _mm256_storeu_si256,
};

use super::{CHANNEL_BLOCK, TILE, check, float, integer};
use crate::emulator::simd::Simd;

/// Adds the products of all steps, pairs of 16-bit values, to the sums of the first `used` pixels.
pub(super) fn add_tile_i16(
    input: &[i16],
    corners: &[usize; TILE],
    used: usize,
    offsets: &[u32],
    weights: &[i16],
    sums: &mut integer::Sums,
) {
    assert!(Simd::Avx2.is_available());
    check(input.len(), corners, offsets, 2);
    let steps = offsets.len().min(weights.len() / (2 * CHANNEL_BLOCK));
    let offsets = &offsets[..steps];
    // SAFETY: AVX2 is there; bounds as the module says.
    unsafe {
        match used {
            1 => tile_i16::<1>(input, corners, offsets, weights, sums),
            2 | 3 => tile_i16::<3>(input, corners, offsets, weights, sums),
            _ => tile_i16::<TILE>(input, corners, offsets, weights, sums),
        }
    }
}

#[target_feature(enable = "avx2")]
unsafe fn tile_i16<const PIXELS: usize>(
    input: &[i16],
    corners: &[usize; TILE],
    offsets: &[u32],
    weights: &[i16],
    sums: &mut integer::Sums,
) {
    let mut low = [_mm256_setzero_si256(); PIXELS];
    let mut high = [_mm256_setzero_si256(); PIXELS];
    // SAFETY: `check` put every corner plus offset plus 2 inside the input; step counts are within both lists.
    unsafe {
        let pixels: [*const i16; PIXELS] = std::array::from_fn(|pixel| input.as_ptr().add(corners[pixel]));
        let mut weight = weights.as_ptr();
        for offset in offsets {
            let first = _mm256_loadu_si256(weight.cast::<__m256i>());
            let second = _mm256_loadu_si256(weight.add(16).cast::<__m256i>());
            weight = weight.add(2 * CHANNEL_BLOCK);
            for pixel in 0..PIXELS {
                let pair = pixels[pixel].add(*offset as usize).cast::<i32>().read_unaligned();
                let pair = _mm256_set1_epi32(pair);
                low[pixel] = _mm256_add_epi32(low[pixel], _mm256_madd_epi16(pair, first));
                high[pixel] = _mm256_add_epi32(high[pixel], _mm256_madd_epi16(pair, second));
            }
        }
        for pixel in 0..PIXELS {
            let target = sums[pixel].as_mut_ptr();
            let old = _mm256_loadu_si256(target.cast::<__m256i>());
            _mm256_storeu_si256(target.cast::<__m256i>(), _mm256_add_epi32(old, low[pixel]));
            let old = _mm256_loadu_si256(target.add(8).cast::<__m256i>());
            _mm256_storeu_si256(
                target.add(8).cast::<__m256i>(),
                _mm256_add_epi32(old, high[pixel]),
            );
        }
    }
}

/// Adds the products of all steps to the sums of the first `used` pixels, each step rounded twice.
pub(super) fn add_tile_f32(
    input: &[f32],
    corners: &[usize; TILE],
    used: usize,
    offsets: &[u32],
    weights: &[f32],
    sums: &mut float::Sums,
) {
    assert!(Simd::Avx2.is_available());
    check(input.len(), corners, offsets, 1);
    let steps = offsets.len().min(weights.len() / CHANNEL_BLOCK);
    let offsets = &offsets[..steps];
    // SAFETY: AVX2 is there; bounds as the module says.
    unsafe {
        match used {
            1 => tile_f32::<1>(input, corners, offsets, weights, sums),
            2 | 3 => tile_f32::<3>(input, corners, offsets, weights, sums),
            _ => tile_f32::<TILE>(input, corners, offsets, weights, sums),
        }
    }
}

#[target_feature(enable = "avx2")]
unsafe fn tile_f32<const PIXELS: usize>(
    input: &[f32],
    corners: &[usize; TILE],
    offsets: &[u32],
    weights: &[f32],
    sums: &mut float::Sums,
) {
    let mut low: [__m256; PIXELS] = [_mm256_setzero_ps(); PIXELS];
    let mut high: [__m256; PIXELS] = [_mm256_setzero_ps(); PIXELS];
    // SAFETY: `check` put every corner plus offset plus 1 inside the input; step counts are within both lists.
    unsafe {
        for pixel in 0..PIXELS {
            low[pixel] = _mm256_loadu_ps(sums[pixel].as_ptr());
            high[pixel] = _mm256_loadu_ps(sums[pixel].as_ptr().add(8));
        }
        let pixels: [*const f32; PIXELS] = std::array::from_fn(|pixel| input.as_ptr().add(corners[pixel]));
        let mut weight = weights.as_ptr();
        for offset in offsets {
            let first = _mm256_loadu_ps(weight);
            let second = _mm256_loadu_ps(weight.add(8));
            weight = weight.add(CHANNEL_BLOCK);
            for pixel in 0..PIXELS {
                let value = _mm256_set1_ps(*pixels[pixel].add(*offset as usize));
                low[pixel] = _mm256_add_ps(low[pixel], _mm256_mul_ps(value, first));
                high[pixel] = _mm256_add_ps(high[pixel], _mm256_mul_ps(value, second));
            }
        }
        for pixel in 0..PIXELS {
            _mm256_storeu_ps(sums[pixel].as_mut_ptr(), low[pixel]);
            _mm256_storeu_ps(sums[pixel].as_mut_ptr().add(8), high[pixel]);
        }
    }
}
