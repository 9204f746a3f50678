//! Tiles by AVX-512: a register for each row and vector.

use super::{LANES, Tile, for_sizes};
use std::arch::x86_64::*;

/// # Safety
/// `a` is readable for `steps * rows` elements, `b` for `steps` times the columns, `c` writable for `rows` rows of columns that
/// are `stride` apart; the processor has AVX-512 F and BW.
#[target_feature(enable = "avx512f,avx512bw")]
pub unsafe fn tile_f32(tile: Tile, a: *const f32, b: *const f32, c: *mut f32) {
    // SAFETY: the same.
    unsafe {
        for_sizes!(tile.rows, tile.vectors, [1 2 3 4 5 6 7 8 9 10 11 12 13 14], sized_f32(tile, a, b, c))
    }
}

#[target_feature(enable = "avx512f,avx512bw")]
unsafe fn sized_f32<const ROWS: usize, const VECTORS: usize>(
    tile: Tile,
    a: *const f32,
    b: *const f32,
    c: *mut f32,
) {
    let mut sums = [[_mm512_setzero_ps(); VECTORS]; ROWS];
    for step in 0..tile.steps {
        // SAFETY: `step < steps`, see `tile_f32`.
        unsafe {
            let b = b.add(step * VECTORS * LANES);
            let b: [__m512; VECTORS] = std::array::from_fn(|vector| _mm512_loadu_ps(b.add(vector * LANES)));
            let a = a.add(step * ROWS);
            for (row, sums) in sums.iter_mut().enumerate() {
                let a = _mm512_set1_ps(*a.add(row));
                for (sum, b) in sums.iter_mut().zip(b) {
                    *sum = _mm512_fmadd_ps(a, b, *sum);
                }
            }
        }
    }
    for (row, sums) in sums.iter().enumerate() {
        for (vector, sum) in sums.iter().enumerate() {
            // SAFETY: `row` and `vector` lie inside the tile, see `tile_f32`.
            unsafe {
                let c = c.add(row * tile.stride + LANES * vector);
                let sum = if tile.add {
                    _mm512_add_ps(_mm512_loadu_ps(c), *sum)
                } else {
                    *sum
                };
                _mm512_storeu_ps(c, sum);
            }
        }
    }
}

/// # Safety
/// As [`tile_f32`], with two `i16` for each element of `a` and `b`.
#[target_feature(enable = "avx512f,avx512bw")]
pub unsafe fn tile_i16(tile: Tile, a: *const i16, b: *const i16, c: *mut i32) {
    // SAFETY: the same.
    unsafe {
        for_sizes!(tile.rows, tile.vectors, [1 2 3 4 5 6 7 8 9 10 11 12 13 14], sized_i16(tile, a, b, c))
    }
}

#[target_feature(enable = "avx512f,avx512bw")]
unsafe fn sized_i16<const ROWS: usize, const VECTORS: usize>(
    tile: Tile,
    a: *const i16,
    b: *const i16,
    c: *mut i32,
) {
    let mut sums = [[_mm512_setzero_si512(); VECTORS]; ROWS];
    for step in 0..tile.steps {
        // SAFETY: `step < steps`, see `tile_i16`; the loads do not need alignment.
        unsafe {
            let (a, b) = pairs::<ROWS, VECTORS>(a, b, step);
            for (row, sums) in sums.iter_mut().enumerate() {
                let a = _mm512_set1_epi32(a.add(row).read_unaligned());
                for (sum, b) in sums.iter_mut().zip(b) {
                    *sum = _mm512_add_epi32(*sum, _mm512_madd_epi16(a, b));
                }
            }
        }
    }
    // SAFETY: see `tile_i16`.
    unsafe { store_i32(tile, &sums, c) };
}

/// As [`tile_i16`], multiplying and adding by one instruction.
///
/// # Safety
/// As [`tile_i16`]; the processor has AVX-512 VNNI too.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub unsafe fn tile_i16_vnni(tile: Tile, a: *const i16, b: *const i16, c: *mut i32) {
    // SAFETY: the same.
    unsafe {
        for_sizes!(tile.rows, tile.vectors, [1 2 3 4 5 6 7 8 9 10 11 12 13 14], sized_vnni(tile, a, b, c))
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn sized_vnni<const ROWS: usize, const VECTORS: usize>(
    tile: Tile,
    a: *const i16,
    b: *const i16,
    c: *mut i32,
) {
    let mut sums = [[_mm512_setzero_si512(); VECTORS]; ROWS];
    for step in 0..tile.steps {
        // SAFETY: `step < steps`, see `tile_i16`; the loads do not need alignment.
        unsafe {
            let (a, b) = pairs::<ROWS, VECTORS>(a, b, step);
            for (row, sums) in sums.iter_mut().enumerate() {
                let a = _mm512_set1_epi32(a.add(row).read_unaligned());
                for (sum, b) in sums.iter_mut().zip(b) {
                    *sum = _mm512_dpwssd_epi32(*sum, a, b);
                }
            }
        }
    }
    // SAFETY: see `tile_i16`.
    unsafe { store_i32(tile, &sums, c) };
}

/// The rows of a step, and its columns.
///
/// # Safety
/// `step` is one of the tile's.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
unsafe fn pairs<const ROWS: usize, const VECTORS: usize>(
    a: *const i16,
    b: *const i16,
    step: usize,
) -> (*const i32, [__m512i; VECTORS]) {
    // SAFETY: see `tile_i16`.
    unsafe {
        let b = b.add(step * VECTORS * LANES * 2).cast::<__m512i>();
        let b = std::array::from_fn(|vector| _mm512_loadu_si512(b.add(vector)));
        (a.add(step * ROWS * 2).cast::<i32>(), b)
    }
}

/// # Safety
/// As [`tile_i16`].
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
unsafe fn store_i32<const ROWS: usize, const VECTORS: usize>(
    tile: Tile,
    sums: &[[__m512i; VECTORS]; ROWS],
    c: *mut i32,
) {
    for (row, sums) in sums.iter().enumerate() {
        for (vector, sum) in sums.iter().enumerate() {
            // SAFETY: `row` and `vector` lie inside the tile, see `tile_i16`.
            unsafe {
                let c = c.add(row * tile.stride + LANES * vector).cast::<__m512i>();
                let sum = if tile.add {
                    _mm512_add_epi32(_mm512_loadu_si512(c), *sum)
                } else {
                    *sum
                };
                _mm512_storeu_si512(c, sum);
            }
        }
    }
}
