//! The inner loops of convolution: sums over a list of steps, for many pixels and 16 output channels at a time.
//!
//! A step is a position relative to a pixel's window corner, the same for all pixels, and one weight (f32) or a pair
//! of weights (i16) for each of the 16 channels. The order of additions of every output is the order of the steps.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod float;
mod integer;
#[cfg(test)]
mod tests;

pub(super) use float::F32Steps;
pub(super) use integer::I16Steps;

/// Output channels that are computed together.
pub(super) const CHANNEL_BLOCK: usize = 16;
/// Pixels of one piece of work.
pub(super) const PIXEL_CHUNK: usize = 192;
/// Pixels that are computed together.
const TILE: usize = 6;

/// Panics unless `width` elements at every corner plus every offset lie inside an input of `length` elements.
#[cfg(target_arch = "x86_64")]
#[inline]
fn check(length: usize, corners: &[usize; TILE], offsets: &[u32], width: usize) {
    let corner = corners.iter().copied().max().unwrap_or(0);
    let offset = offsets.iter().copied().max().unwrap_or(0) as usize;
    let end = corner.checked_add(offset).and_then(|end| end.checked_add(width));
    assert!(
        end.is_some_and(|end| end <= length),
        "window outside of the input"
    );
}
