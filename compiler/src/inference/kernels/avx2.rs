//! Tiles by AVX2, as parts of up to 6 rows and 16 columns: twelve of its sixteen registers hold sums.

use super::{LANES, Tile, for_sizes};
use std::arch::x86_64::*;

/// Most rows of a part, which has one vector of columns.
const PART_ROWS: usize = 6;

/// Calls `$part` on the first row, the number of rows and the first column of each part; the parts of a tile have nearly the
/// same number of rows.
macro_rules! for_parts {
    ($tile:expr, |$row:ident, $rows:ident, $column:ident| $part:expr) => {
        let count = $tile.rows.div_ceil(PART_ROWS);
        for part in 0..count {
            let $row = part * $tile.rows / count;
            let $rows = (part + 1) * $tile.rows / count - $row;
            for $column in (0..$tile.vectors * LANES).step_by(LANES) {
                $part
            }
        }
    };
}

/// # Safety
/// `a` is readable for `steps * rows` elements, `b` for `steps` times the columns, `c` writable for `rows` rows of columns that
/// are `stride` apart; the processor has AVX2 and FMA.
#[target_feature(enable = "avx2,fma")]
pub unsafe fn tile_f32(tile: Tile, a: *const f32, b: *const f32, c: *mut f32) {
    for_parts!(tile, |row, rows, column| {
        // SAFETY: the part lies inside the tile.
        unsafe {
            let (a, b, c) = (a.add(row), b.add(column), c.add(row * tile.stride + column));
            for_sizes!(rows, 1, [1 2 3 4 5 6], part_f32(tile, a, b, c))
        }
    });
}

#[target_feature(enable = "avx2,fma")]
unsafe fn part_f32<const ROWS: usize, const VECTORS: usize>(
    tile: Tile,
    a: *const f32,
    b: *const f32,
    c: *mut f32,
) {
    let mut sums = [[_mm256_setzero_ps(); 2]; ROWS];
    for step in 0..tile.steps {
        // SAFETY: `step < steps`, see `tile_f32`.
        unsafe {
            let b = b.add(step * tile.vectors * LANES);
            let (b0, b1) = (_mm256_loadu_ps(b), _mm256_loadu_ps(b.add(8)));
            let a = a.add(step * tile.rows);
            for (row, sums) in sums.iter_mut().enumerate() {
                let a = _mm256_broadcast_ss(&*a.add(row));
                sums[0] = _mm256_fmadd_ps(a, b0, sums[0]);
                sums[1] = _mm256_fmadd_ps(a, b1, sums[1]);
            }
        }
    }
    for (row, sums) in sums.iter().enumerate() {
        for (half, sum) in sums.iter().enumerate() {
            // SAFETY: `row < ROWS`, see `tile_f32`.
            unsafe {
                let c = c.add(row * tile.stride + 8 * half);
                let sum = if tile.add {
                    _mm256_add_ps(_mm256_loadu_ps(c), *sum)
                } else {
                    *sum
                };
                _mm256_storeu_ps(c, sum);
            }
        }
    }
}

/// # Safety
/// As [`tile_f32`], with two `i16` for each element of `a` and `b`.
#[target_feature(enable = "avx2,fma")]
pub unsafe fn tile_i16(tile: Tile, a: *const i16, b: *const i16, c: *mut i32) {
    for_parts!(tile, |row, rows, column| {
        // SAFETY: the part lies inside the tile.
        unsafe {
            let (a, b) = (a.add(2 * row), b.add(2 * column));
            let c = c.add(row * tile.stride + column);
            for_sizes!(rows, 1, [1 2 3 4 5 6], part_i16(tile, a, b, c))
        }
    });
}

#[target_feature(enable = "avx2,fma")]
unsafe fn part_i16<const ROWS: usize, const VECTORS: usize>(
    tile: Tile,
    a: *const i16,
    b: *const i16,
    c: *mut i32,
) {
    let mut sums = [[_mm256_setzero_si256(); 2]; ROWS];
    for step in 0..tile.steps {
        // SAFETY: `step < steps`, see `tile_i16`; the loads do not need alignment.
        unsafe {
            let b = b.add(step * tile.vectors * LANES * 2).cast::<__m256i>();
            let (b0, b1) = (_mm256_loadu_si256(b), _mm256_loadu_si256(b.add(1)));
            let a = a.add(step * tile.rows * 2).cast::<i32>();
            for (row, sums) in sums.iter_mut().enumerate() {
                let a = _mm256_set1_epi32(a.add(row).read_unaligned());
                sums[0] = _mm256_add_epi32(sums[0], _mm256_madd_epi16(a, b0));
                sums[1] = _mm256_add_epi32(sums[1], _mm256_madd_epi16(a, b1));
            }
        }
    }
    for (row, sums) in sums.iter().enumerate() {
        for (half, sum) in sums.iter().enumerate() {
            // SAFETY: `row < ROWS`, see `tile_i16`.
            unsafe {
                let c = c.add(row * tile.stride + 8 * half).cast::<__m256i>();
                let sum = if tile.add {
                    _mm256_add_epi32(_mm256_loadu_si256(c), *sum)
                } else {
                    *sum
                };
                _mm256_storeu_si256(c, sum);
            }
        }
    }
}
