//! Inner loops of matrix multiplication for the machine's vector units, and the choice between them at run time.
//!
//! All kernels multiply a panel of up to [`MOST_ROWS`] rows by a panel of one or two vectors of [`LANES`] columns and write the
//! products to a tile of sums, or add them to it. Panels are packed by [`packing`](super::packing): element `k` of row `r` is
//! `a[k * rows + r]`, of column `c` `b[k * columns + c]`. 8-bit integers travel as pairs of `i16`, two successive `k` side by
//! side, since the product of a `u8` and an `i8` summed in pairs does not fit the 16 bits of the byte-wise instructions, and
//! results must be exact.
//!
//! Why `unsafe` is sound here: the functions compiled for AVX2 and AVX-512 are called only after the processor was asked for
//! them, and every pointer is derived from a slice whose length was checked against the loop bounds at the head of the function.
#![allow(unsafe_code)]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;

/// Most rows of a tile: with two vectors of columns, 28 of AVX-512's 32 registers hold sums.
pub const MOST_ROWS: usize = 14;
/// Columns of a vector.
pub const LANES: usize = 16;
/// Most vectors of a tile.
pub const VECTORS: usize = 2;

/// Something to be run with the widest instructions that the machine has. Implement `run` with `#[inline(always)]`: it is
/// compiled once for each instruction set.
pub trait Vectorised {
    /// What it returns.
    type Output;
    /// The loops.
    fn run(self) -> Self::Output;
}

/// Runs `task` compiled for AVX2 and FMA where the machine has them, else as plain code.
pub fn vectorised<T: Vectorised>(task: T) -> T::Output {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx2,fma")]
        fn wide<T: Vectorised>(task: T) -> T::Output {
            task.run()
        }
        if has_avx2() {
            // SAFETY: the processor has AVX2 and FMA.
            return unsafe { wide(task) };
        }
    }
    task.run()
}

#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma")
}

#[cfg(target_arch = "x86_64")]
fn has_avx512() -> bool {
    std::arch::is_x86_feature_detected!("avx512f") && std::arch::is_x86_feature_detected!("avx512bw")
}

#[cfg(target_arch = "x86_64")]
fn has_vnni() -> bool {
    has_avx512() && std::arch::is_x86_feature_detected!("avx512vnni")
}

/// Rows of the tiles that suit this machine best.
pub fn rows() -> usize {
    #[cfg(target_arch = "x86_64")]
    if has_avx512() {
        return MOST_ROWS;
    }
    // Twice what AVX2's registers hold.
    12
}

/// The sizes of a tile.
#[derive(Clone, Copy, Debug)]
pub struct Tile {
    /// How many values of `k`, or pairs of them.
    pub steps: usize,
    /// 1 to [`MOST_ROWS`].
    pub rows: usize,
    /// 1 to [`VECTORS`] times [`LANES`] columns.
    pub vectors: usize,
    /// Distance between rows of sums.
    pub stride: usize,
    /// Add to the sums that are there.
    pub add: bool,
}

impl Tile {
    /// Panics where a slice is too short for panels of `group` elements for each step and lane, or for the sums.
    fn check(self, group: usize, a: usize, b: usize, c: usize) {
        let Self {
            steps,
            rows,
            vectors,
            stride,
            ..
        } = self;
        let columns = vectors * LANES;
        assert!((1..=MOST_ROWS).contains(&rows) && (1..=VECTORS).contains(&vectors));
        assert!(a >= steps * rows * group && b >= steps * columns * group);
        assert!(stride >= columns && c >= (rows - 1) * stride + columns);
    }
}

/// `c[r][j] (+)= sum over k of a[k][r] * b[k][j]` in f32.
///
/// # Panics
/// When a slice is too short for the tile.
pub fn tile_f32(tile: Tile, a: &[f32], b: &[f32], c: &mut [f32]) {
    tile.check(1, a.len(), b.len(), c.len());
    #[cfg(target_arch = "x86_64")]
    {
        let (a, b, c) = (a.as_ptr(), b.as_ptr(), c.as_mut_ptr());
        if has_avx512() {
            // SAFETY: the processor has AVX-512 F and BW; the lengths were checked above.
            return unsafe { avx512::tile_f32(tile, a, b, c) };
        }
        if has_avx2() {
            // SAFETY: the processor has AVX2 and FMA; the lengths were checked above.
            return unsafe { avx2::tile_f32(tile, a, b, c) };
        }
    }
    portable::tile_f32(tile, a, b, c);
}

/// As [`tile_f32`] with exact integers: a step is a pair of `k`, `a[step][r][2]`, `b[step][j][2]`. Sums wrap at 32 bits; the
/// caller sees to it that they do not get there.
///
/// # Panics
/// When a slice is too short for the tile.
pub fn tile_i16(tile: Tile, a: &[i16], b: &[i16], c: &mut [i32]) {
    tile.check(2, a.len(), b.len(), c.len());
    #[cfg(target_arch = "x86_64")]
    {
        let (a, b, c) = (a.as_ptr(), b.as_ptr(), c.as_mut_ptr());
        if has_vnni() {
            // SAFETY: the processor has AVX-512 F, BW and VNNI; the lengths were checked above.
            return unsafe { avx512::tile_i16_vnni(tile, a, b, c) };
        }
        if has_avx512() {
            // SAFETY: the processor has AVX-512 F and BW; the lengths were checked above.
            return unsafe { avx512::tile_i16(tile, a, b, c) };
        }
        if has_avx2() {
            // SAFETY: the processor has AVX2 and FMA; the lengths were checked above.
            return unsafe { avx2::tile_i16(tile, a, b, c) };
        }
    }
    portable::tile_i16(tile, a, b, c);
}

/// Calls `$tile::<ROWS, VECTORS>(...)` for the sizes of a tile, which are numbers that are known only at run time.
#[cfg(target_arch = "x86_64")]
macro_rules! for_sizes {
    ($rows:expr, $vectors:expr, [$($row:literal)*], $tile:ident $arguments:tt) => {
        match ($rows, $vectors) {
            $(($row, 1) => $tile::<$row, 1> $arguments,
            ($row, 2) => $tile::<$row, 2> $arguments,)*
            _ => {}
        }
    };
}
#[cfg(target_arch = "x86_64")]
use for_sizes;

mod portable {
    use super::{LANES, MOST_ROWS, Tile, VECTORS};

    pub fn tile_f32(tile: Tile, a: &[f32], b: &[f32], c: &mut [f32]) {
        let columns = tile.vectors * LANES;
        let mut sums = [[0.0_f32; VECTORS * LANES]; MOST_ROWS];
        for (a, b) in a
            .chunks_exact(tile.rows)
            .zip(b.chunks_exact(columns))
            .take(tile.steps)
        {
            for (sums, a) in sums.iter_mut().zip(a) {
                for (sum, b) in sums.iter_mut().zip(b) {
                    *sum = a.mul_add(*b, *sum);
                }
            }
        }
        for (row, sums) in sums.iter().take(tile.rows).enumerate() {
            for (c, sum) in c[row * tile.stride..][..columns].iter_mut().zip(sums) {
                *c = if tile.add { *c + sum } else { *sum };
            }
        }
    }

    pub fn tile_i16(tile: Tile, a: &[i16], b: &[i16], c: &mut [i32]) {
        let columns = tile.vectors * LANES;
        let mut sums = [[0_i32; VECTORS * LANES]; MOST_ROWS];
        for (a, b) in a
            .chunks_exact(2 * tile.rows)
            .zip(b.chunks_exact(2 * columns))
            .take(tile.steps)
        {
            for (sums, a) in sums.iter_mut().zip(a.chunks_exact(2)) {
                for (sum, b) in sums.iter_mut().zip(b.chunks_exact(2)) {
                    let pair = i32::from(a[0]) * i32::from(b[0]) + i32::from(a[1]) * i32::from(b[1]);
                    *sum = sum.wrapping_add(pair);
                }
            }
        }
        for (row, sums) in sums.iter().take(tile.rows).enumerate() {
            for (c, sum) in c[row * tile.stride..][..columns].iter_mut().zip(sums) {
                *c = if tile.add { c.wrapping_add(*sum) } else { *sum };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A small deterministic sequence.
    fn numbers(count: usize, seed: u32) -> Vec<i16> {
        let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12345);
        (0..count)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                ((state >> 16) % 512) as i16 - 256
            })
            .collect()
    }

    /// All tiles that this machine can run, beside the plain one.
    #[cfg(target_arch = "x86_64")]
    #[test]
    fn vector_and_plain_tiles_agree() {
        type Real = unsafe fn(Tile, *const f32, *const f32, *mut f32);
        type Integer = unsafe fn(Tile, *const i16, *const i16, *mut i32);
        let mut tiles: Vec<(Real, Integer)> = Vec::new();
        if has_avx2() {
            tiles.push((avx2::tile_f32, avx2::tile_i16));
        }
        if has_avx512() {
            tiles.push((avx512::tile_f32, avx512::tile_i16));
        }
        if has_vnni() {
            tiles.push((avx512::tile_f32, avx512::tile_i16_vnni));
        }
        for rows in 1..=MOST_ROWS {
            for (vectors, steps, add) in [
                (1, 0, true),
                (2, 1, false),
                (1, 2, false),
                (2, 7, true),
                (1, 64, true),
                (2, 64, false),
            ] {
                let columns = vectors * LANES;
                let tile = Tile {
                    steps,
                    rows,
                    vectors,
                    stride: columns + 3,
                    add,
                };
                let (a, b) = (numbers(steps * rows * 2, 1), numbers(steps * columns * 2, 2));
                let start: Vec<i32> = numbers(rows * tile.stride, 3)
                    .into_iter()
                    .map(i32::from)
                    .collect();
                let mut wanted = start.clone();
                portable::tile_i16(tile, &a, &b, &mut wanted);
                // Sums are rounded after each product, the same way everywhere.
                let real = |values: &[i16]| values.iter().map(|v| f32::from(*v) * 0.1).collect::<Vec<_>>();
                let (real_a, real_b) = (real(&a[..steps * rows]), real(&b[..steps * columns]));
                let mut wanted_real = vec![0.3; rows * tile.stride];
                portable::tile_f32(tile, &real_a, &real_b, &mut wanted_real);
                for (tile_f32, tile_i16) in &tiles {
                    let mut found = start.clone();
                    // SAFETY: the processor has what the tile needs; the slices have the sizes that it reads and writes.
                    unsafe { tile_i16(tile, a.as_ptr(), b.as_ptr(), found.as_mut_ptr()) };
                    assert_eq!(found, wanted, "{tile:?}");
                    let mut found = vec![0.3; rows * tile.stride];
                    // SAFETY: as above.
                    unsafe { tile_f32(tile, real_a.as_ptr(), real_b.as_ptr(), found.as_mut_ptr()) };
                    assert_eq!(found, wanted_real, "{tile:?}");
                }
            }
        }
    }
}
