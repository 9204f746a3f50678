//! f32 sums in the chip's order: four accumulators, each a plain sequence of multiply, round, add, round.

use super::{CHANNEL_BLOCK, TILE};
use crate::emulator::simd::Simd;

/// Sums of a tile: pixel, then channel.
pub(super) type Sums = [[f32; CHANNEL_BLOCK]; TILE];

/// Weights of 16 output channels for each of the four accumulators, `[step][channel]`.
pub(in crate::emulator) struct F32Steps {
    weights: [Vec<f32>; 4],
    bias: Option<[f32; CHANNEL_BLOCK]>,
}

impl F32Steps {
    /// Room for the steps whose positions are `offsets`, one list per accumulator.
    pub(in crate::emulator) fn new(offsets: &[Vec<u32>; 4]) -> Self {
        Self {
            weights: offsets
                .each_ref()
                .map(|list| vec![0.0; list.len() * CHANNEL_BLOCK]),
            bias: None,
        }
    }

    #[inline]
    pub(in crate::emulator) fn set(&mut self, accumulator: usize, step: usize, channel: usize, value: f32) {
        self.weights[accumulator][step * CHANNEL_BLOCK + channel] = value;
    }

    pub(in crate::emulator) fn set_bias(&mut self, channel: usize, value: Option<f32>) {
        if let Some(value) = value {
            self.bias.get_or_insert([0.0; CHANNEL_BLOCK])[channel] = value;
        }
    }

    /// Results for the pixels with the given window corners, written to `target[channel * stride + pixel]`.
    #[inline(never)]
    pub(in crate::emulator) fn run(
        &self,
        simd: Simd,
        input: &[f32],
        offsets: &[Vec<u32>; 4],
        corners: &[usize],
        target: &mut [f32],
        stride: usize,
    ) {
        for (tile, corners) in corners.chunks(TILE).enumerate() {
            // A short tile repeats its last corner; the surplus is not stored.
            let mut padded = [corners[corners.len() - 1]; TILE];
            padded[..corners.len()].copy_from_slice(corners);
            let mut sums = [[[0.0; CHANNEL_BLOCK]; TILE]; 4];
            for ((offsets, weights), sums) in offsets.iter().zip(&self.weights).zip(&mut sums) {
                add_tile(simd, input, &padded, corners.len(), offsets, weights, sums);
            }
            for pixel in 0..corners.len() {
                for channel in 0..CHANNEL_BLOCK {
                    let [a, b, c, d] = sums.each_ref().map(|sums| sums[pixel][channel]);
                    let mut sum = (a + c) + (b + d);
                    if let Some(bias) = &self.bias {
                        sum += bias[channel];
                    }
                    target[channel * stride + tile * TILE + pixel] = sum;
                }
            }
        }
    }
}

#[inline]
fn add_tile(
    simd: Simd,
    input: &[f32],
    corners: &[usize; TILE],
    used: usize,
    offsets: &[u32],
    weights: &[f32],
    sums: &mut Sums,
) {
    match simd {
        #[cfg(target_arch = "x86_64")]
        Simd::Avx2 => super::avx2::add_tile_f32(input, corners, used, offsets, weights, sums),
        #[cfg(target_arch = "x86_64")]
        Simd::Avx512 => super::avx512::add_tile_f32(input, corners, used, offsets, weights, sums),
        _ => add_tile_portable(input, corners, used, offsets, weights, sums),
    }
}

#[inline(never)]
fn add_tile_portable(
    input: &[f32],
    corners: &[usize; TILE],
    used: usize,
    offsets: &[u32],
    weights: &[f32],
    sums: &mut Sums,
) {
    for (corner, sums) in corners.iter().zip(sums).take(used) {
        for (offset, weights) in offsets.iter().zip(weights.as_chunks::<CHANNEL_BLOCK>().0) {
            let value = input[corner + *offset as usize];
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum += value * weight;
            }
        }
    }
}
