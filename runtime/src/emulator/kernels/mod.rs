//! The inner loops of convolution: sums over a list of steps, for many pixels and 16 output channels at a time.
//!
//! A step is a position relative to a pixel's window corner, the same for all pixels, and one weight (f32) or a pair
//! of weights (i16) for each of the 16 channels. The order of additions of every output is the order of the steps.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod float;
mod integer;

pub(super) use float::F32Steps;
pub(super) use integer::I16Steps;

/// Output channels that are computed together.
pub(super) const CHANNEL_BLOCK: usize = 16;
/// Pixels of one piece of work.
pub(super) const PIXEL_CHUNK: usize = 192;
/// Pixels that are computed together.
const TILE: usize = 6;
