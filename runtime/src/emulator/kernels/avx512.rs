//! AVX-512 versions of the tile sums: 16 channels in one register, pairs of 16-bit products by VNNI.
//!
//! Why this is sound: as for AVX2; see there.
#![allow(unsafe_code)]

use std::arch::x86_64::{
    __m512, __m512i, _mm512_add_epi32, _mm512_add_ps, _mm512_dpwssd_epi32, _mm512_loadu_ps,
    _mm512_loadu_si512, _mm512_mul_ps, _mm512_set1_epi32, _mm512_set1_ps, _mm512_setzero_si512,
    _mm512_storeu_ps, _mm512_storeu_si512,
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
    assert!(Simd::Avx512.is_available());
    check(input.len(), corners, offsets, 2);
    let steps = offsets.len().min(weights.len() / (2 * CHANNEL_BLOCK));
    let offsets = &offsets[..steps];
    // SAFETY: AVX-512 is there; bounds as the module says.
    unsafe {
        match used {
            1 => tile_i16::<1>(input, corners, offsets, weights, sums),
            2 | 3 => tile_i16::<3>(input, corners, offsets, weights, sums),
            _ => tile_i16::<TILE>(input, corners, offsets, weights, sums),
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn tile_i16<const PIXELS: usize>(
    input: &[i16],
    corners: &[usize; TILE],
    offsets: &[u32],
    weights: &[i16],
    sums: &mut integer::Sums,
) {
    let mut totals: [__m512i; PIXELS] = [_mm512_setzero_si512(); PIXELS];
    // SAFETY: `check` put every corner plus offset plus 2 inside the input; step counts are within both lists.
    unsafe {
        let pixels: [*const i16; PIXELS] = std::array::from_fn(|pixel| input.as_ptr().add(corners[pixel]));
        let mut weight = weights.as_ptr();
        for offset in offsets {
            let pairs = _mm512_loadu_si512(weight.cast::<__m512i>());
            weight = weight.add(2 * CHANNEL_BLOCK);
            for pixel in 0..PIXELS {
                let pair = pixels[pixel].add(*offset as usize).cast::<i32>().read_unaligned();
                totals[pixel] = _mm512_dpwssd_epi32(totals[pixel], _mm512_set1_epi32(pair), pairs);
            }
        }
        for pixel in 0..PIXELS {
            let target = sums[pixel].as_mut_ptr().cast::<__m512i>();
            let old = _mm512_loadu_si512(target);
            _mm512_storeu_si512(target, _mm512_add_epi32(old, totals[pixel]));
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
    assert!(Simd::Avx512.is_available());
    check(input.len(), corners, offsets, 1);
    let steps = offsets.len().min(weights.len() / CHANNEL_BLOCK);
    let offsets = &offsets[..steps];
    // SAFETY: AVX-512 is there; bounds as the module says.
    unsafe {
        match used {
            1 => tile_f32::<1>(input, corners, offsets, weights, sums),
            2 | 3 => tile_f32::<3>(input, corners, offsets, weights, sums),
            _ => tile_f32::<TILE>(input, corners, offsets, weights, sums),
        }
    }
}

#[target_feature(enable = "avx512f")]
unsafe fn tile_f32<const PIXELS: usize>(
    input: &[f32],
    corners: &[usize; TILE],
    offsets: &[u32],
    weights: &[f32],
    sums: &mut float::Sums,
) {
    // SAFETY: `check` put every corner plus offset plus 1 inside the input; step counts are within both lists.
    unsafe {
        let mut totals: [__m512; PIXELS] = std::array::from_fn(|pixel| _mm512_loadu_ps(sums[pixel].as_ptr()));
        let pixels: [*const f32; PIXELS] = std::array::from_fn(|pixel| input.as_ptr().add(corners[pixel]));
        let mut weight = weights.as_ptr();
        for offset in offsets {
            let channels = _mm512_loadu_ps(weight);
            weight = weight.add(CHANNEL_BLOCK);
            for pixel in 0..PIXELS {
                let value = _mm512_set1_ps(*pixels[pixel].add(*offset as usize));
                totals[pixel] = _mm512_add_ps(totals[pixel], _mm512_mul_ps(value, channels));
            }
        }
        for pixel in 0..PIXELS {
            _mm512_storeu_ps(sums[pixel].as_mut_ptr(), totals[pixel]);
        }
    }
}
