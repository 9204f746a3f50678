//! Exact sums of 16-bit products in 32 bits, spilled to 64 bits before they can overflow.

use super::{CHANNEL_BLOCK, TILE};
use crate::emulator::simd::Simd;

/// Steps whose sum certainly fits 32 bits: two products of at most 255 * 255 each.
const NARROW_STEPS: usize = 1 << 13;

/// Sums of a tile: pixel, then channel.
pub(super) type Sums = [[i32; CHANNEL_BLOCK]; TILE];

/// Weights of 16 output channels, `[step][channel][2]`.
pub(in crate::emulator) struct I16Steps {
    weights: Vec<i16>,
    bias: [i64; CHANNEL_BLOCK],
}

impl I16Steps {
    pub(in crate::emulator) fn new(steps: usize) -> Self {
        Self {
            weights: vec![0; steps * CHANNEL_BLOCK * 2],
            bias: [0; CHANNEL_BLOCK],
        }
    }

    /// Sets one weight; `half` tells the first or second input of the step.
    #[inline]
    pub(in crate::emulator) fn set(&mut self, step: usize, channel: usize, half: usize, value: i16) {
        self.weights[(step * CHANNEL_BLOCK + channel) * 2 + half] = value;
    }

    pub(in crate::emulator) fn set_bias(&mut self, channel: usize, value: i64) {
        self.bias[channel] = value;
    }

    /// Sums for the pixels with the given window corners; `store(channel, pixel, sum)` takes each with its bias.
    #[inline]
    pub(in crate::emulator) fn run(
        &self,
        simd: Simd,
        input: &[i16],
        offsets: &[u32],
        corners: &[usize],
        mut store: impl FnMut(usize, usize, i64),
    ) {
        for (tile, corners) in corners.chunks(TILE).enumerate() {
            // A short tile repeats its last corner; the surplus is not stored.
            let mut padded = [corners[corners.len() - 1]; TILE];
            padded[..corners.len()].copy_from_slice(corners);
            let mut totals = [self.bias; TILE];
            for (offsets, weights) in offsets
                .chunks(NARROW_STEPS)
                .zip(self.weights.chunks(NARROW_STEPS * CHANNEL_BLOCK * 2))
            {
                let mut sums = [[0; CHANNEL_BLOCK]; TILE];
                add_tile(simd, input, &padded, corners.len(), offsets, weights, &mut sums);
                for (totals, sums) in totals.iter_mut().zip(&sums).take(corners.len()) {
                    for (total, sum) in totals.iter_mut().zip(sums) {
                        *total += i64::from(*sum);
                    }
                }
            }
            for channel in 0..CHANNEL_BLOCK {
                for (pixel, totals) in totals.iter().enumerate().take(corners.len()) {
                    store(channel, tile * TILE + pixel, totals[channel]);
                }
            }
        }
    }
}

#[inline]
fn add_tile(
    simd: Simd,
    input: &[i16],
    corners: &[usize; TILE],
    used: usize,
    offsets: &[u32],
    weights: &[i16],
    sums: &mut Sums,
) {
    match simd {
        #[cfg(target_arch = "x86_64")]
        Simd::Avx2 => super::avx2::add_tile_i16(input, corners, used, offsets, weights, sums),
        #[cfg(target_arch = "x86_64")]
        Simd::Avx512 => super::avx512::add_tile_i16(input, corners, used, offsets, weights, sums),
        _ => add_tile_portable(input, corners, used, offsets, weights, sums),
    }
}

fn add_tile_portable(
    input: &[i16],
    corners: &[usize; TILE],
    used: usize,
    offsets: &[u32],
    weights: &[i16],
    sums: &mut Sums,
) {
    for (corner, sums) in corners.iter().zip(sums).take(used) {
        for (offset, weights) in offsets.iter().zip(weights.chunks_exact(CHANNEL_BLOCK * 2)) {
            let at = corner + *offset as usize;
            let (first, second) = (i32::from(input[at]), i32::from(input[at + 1]));
            for (sum, pair) in sums.iter_mut().zip(weights.chunks_exact(2)) {
                *sum += first * i32::from(pair[0]) + second * i32::from(pair[1]);
            }
        }
    }
}
