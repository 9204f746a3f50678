//! Inner loops of matrix multiplication for the machine's vector units, and the choice between them at run time.
//!
//! Both kernels multiply a panel of [`ROWS`] rows by a panel of [`COLUMNS`] columns and add the products to a tile of
//! accumulators. Panels are packed by [`gemm`](super::gemm): element `k` of row `r` is `a[k * ROWS + r]`, of column `c`
//! `b[k * COLUMNS + c]`. 8-bit integers travel as pairs of `i16`, two successive `k` side by side, since the product of a
//! `u8` and an `i8` summed in pairs does not fit the 16 bits of the byte-wise instructions, and results must be exact.
//!
//! Why `unsafe` is sound here: the functions compiled for AVX2 and AVX-512 are called only after the processor was asked for
//! them, and every pointer is derived from a slice whose length was checked against the loop bounds at the head of the function.
#![allow(unsafe_code)]

/// Rows of a tile: with two vectors of 16 columns, 24 of AVX-512's 32 registers hold sums.
pub const ROWS: usize = 12;
/// Columns of a tile.
pub const COLUMNS: usize = 32;

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

/// `c[r][j] += sum over k of a[k][r] * b[k][j]` in f32; rows of `c` are `stride` apart.
///
/// # Panics
/// When a slice is too short for `steps` values of `k`.
pub fn tile_f32(steps: usize, a: &[f32], b: &[f32], c: &mut [f32], stride: usize) {
    assert!(a.len() >= steps * ROWS && b.len() >= steps * COLUMNS);
    assert!(stride >= COLUMNS && c.len() >= (ROWS - 1) * stride + COLUMNS);
    #[cfg(target_arch = "x86_64")]
    {
        let (a, b, c) = (a.as_ptr(), b.as_ptr(), c.as_mut_ptr());
        if has_avx512() {
            // SAFETY: the processor has AVX-512 F and BW; the lengths were checked above.
            return unsafe { avx512::tile_f32(steps, a, b, c, stride) };
        }
        if has_avx2() {
            // SAFETY: the processor has AVX2 and FMA; the lengths were checked above.
            return unsafe { avx2::tile_f32(steps, a, b, c, stride) };
        }
    }
    portable::tile_f32(steps, a, b, c, stride);
}

/// As [`tile_f32`] with exact integers: a step is a pair of `k`, `a[step][r][2]`, `b[step][j][2]`. Sums wrap at 32 bits; the
/// caller sees to it that they do not get there.
///
/// # Panics
/// When a slice is too short for `steps` pairs.
pub fn tile_i16(steps: usize, a: &[i16], b: &[i16], c: &mut [i32], stride: usize) {
    assert!(a.len() >= steps * ROWS * 2 && b.len() >= steps * COLUMNS * 2);
    assert!(stride >= COLUMNS && c.len() >= (ROWS - 1) * stride + COLUMNS);
    #[cfg(target_arch = "x86_64")]
    {
        let (a, b, c) = (a.as_ptr(), b.as_ptr(), c.as_mut_ptr());
        if has_vnni() {
            // SAFETY: the processor has AVX-512 F, BW and VNNI; the lengths were checked above.
            return unsafe { avx512::tile_i16_vnni(steps, a, b, c, stride) };
        }
        if has_avx512() {
            // SAFETY: the processor has AVX-512 F and BW; the lengths were checked above.
            return unsafe { avx512::tile_i16(steps, a, b, c, stride) };
        }
        if has_avx2() {
            // SAFETY: the processor has AVX2 and FMA; the lengths were checked above.
            return unsafe { avx2::tile_i16(steps, a, b, c, stride) };
        }
    }
    portable::tile_i16(steps, a, b, c, stride);
}

mod portable {
    use super::{COLUMNS, ROWS};

    pub fn tile_f32(steps: usize, a: &[f32], b: &[f32], c: &mut [f32], stride: usize) {
        let mut sums = [[0.0_f32; COLUMNS]; ROWS];
        for (a, b) in a.chunks_exact(ROWS).zip(b.chunks_exact(COLUMNS)).take(steps) {
            for (sums, a) in sums.iter_mut().zip(a) {
                for (sum, b) in sums.iter_mut().zip(b) {
                    *sum = a.mul_add(*b, *sum);
                }
            }
        }
        for (row, sums) in sums.iter().enumerate() {
            for (c, sum) in c[row * stride..][..COLUMNS].iter_mut().zip(sums) {
                *c += sum;
            }
        }
    }

    pub fn tile_i16(steps: usize, a: &[i16], b: &[i16], c: &mut [i32], stride: usize) {
        let mut sums = [[0_i32; COLUMNS]; ROWS];
        for (a, b) in a
            .chunks_exact(2 * ROWS)
            .zip(b.chunks_exact(2 * COLUMNS))
            .take(steps)
        {
            for (sums, a) in sums.iter_mut().zip(a.chunks_exact(2)) {
                for (sum, b) in sums.iter_mut().zip(b.chunks_exact(2)) {
                    let pair = i32::from(a[0]) * i32::from(b[0]) + i32::from(a[1]) * i32::from(b[1]);
                    *sum = sum.wrapping_add(pair);
                }
            }
        }
        for (row, sums) in sums.iter().enumerate() {
            for (c, sum) in c[row * stride..][..COLUMNS].iter_mut().zip(sums) {
                *c = c.wrapping_add(*sum);
            }
        }
    }
}

/// Tiles of 12 x 32 as four of 6 x 16: twelve of AVX2's sixteen registers hold sums.
#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::{COLUMNS, ROWS};
    use std::arch::x86_64::*;

    const PART_ROWS: usize = 6;
    const PART_COLUMNS: usize = 16;

    /// # Safety
    /// `a` is readable for `steps * ROWS` elements, `b` for `steps * COLUMNS`, `c` writable for `ROWS` rows of `COLUMNS`
    /// elements that are `stride` apart.
    #[target_feature(enable = "avx2,fma")]
    pub unsafe fn tile_f32(steps: usize, a: *const f32, b: *const f32, c: *mut f32, stride: usize) {
        for row in (0..ROWS).step_by(PART_ROWS) {
            for column in (0..COLUMNS).step_by(PART_COLUMNS) {
                // SAFETY: the part lies inside the tile.
                unsafe {
                    part_f32(
                        steps,
                        a.add(row),
                        b.add(column),
                        c.add(row * stride + column),
                        stride,
                    )
                };
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn part_f32(steps: usize, a: *const f32, b: *const f32, c: *mut f32, stride: usize) {
        let mut sums = [[_mm256_setzero_ps(); 2]; PART_ROWS];
        for step in 0..steps {
            // SAFETY: `step < steps`, see `tile_f32`.
            unsafe {
                let b = b.add(step * COLUMNS);
                let (b0, b1) = (_mm256_loadu_ps(b), _mm256_loadu_ps(b.add(8)));
                let a = a.add(step * ROWS);
                for (row, sums) in sums.iter_mut().enumerate() {
                    let a = _mm256_broadcast_ss(&*a.add(row));
                    sums[0] = _mm256_fmadd_ps(a, b0, sums[0]);
                    sums[1] = _mm256_fmadd_ps(a, b1, sums[1]);
                }
            }
        }
        for (row, sums) in sums.iter().enumerate() {
            for (half, sum) in sums.iter().enumerate() {
                // SAFETY: `row < PART_ROWS`, see `tile_f32`.
                unsafe {
                    let c = c.add(row * stride + 8 * half);
                    _mm256_storeu_ps(c, _mm256_add_ps(_mm256_loadu_ps(c), *sum));
                }
            }
        }
    }

    /// # Safety
    /// As [`tile_f32`], with two `i16` for each element of `a` and `b`.
    #[target_feature(enable = "avx2,fma")]
    pub unsafe fn tile_i16(steps: usize, a: *const i16, b: *const i16, c: *mut i32, stride: usize) {
        for row in (0..ROWS).step_by(PART_ROWS) {
            for column in (0..COLUMNS).step_by(PART_COLUMNS) {
                // SAFETY: the part lies inside the tile.
                unsafe {
                    let c = c.add(row * stride + column);
                    part_i16(steps, a.add(2 * row), b.add(2 * column), c, stride);
                }
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn part_i16(steps: usize, a: *const i16, b: *const i16, c: *mut i32, stride: usize) {
        let mut sums = [[_mm256_setzero_si256(); 2]; PART_ROWS];
        for step in 0..steps {
            // SAFETY: `step < steps`, see `tile_i16`; the loads do not need alignment.
            unsafe {
                let b = b.add(step * COLUMNS * 2).cast::<__m256i>();
                let (b0, b1) = (_mm256_loadu_si256(b), _mm256_loadu_si256(b.add(1)));
                let a = a.add(step * ROWS * 2).cast::<i32>();
                for (row, sums) in sums.iter_mut().enumerate() {
                    let a = _mm256_set1_epi32(a.add(row).read_unaligned());
                    sums[0] = _mm256_add_epi32(sums[0], _mm256_madd_epi16(a, b0));
                    sums[1] = _mm256_add_epi32(sums[1], _mm256_madd_epi16(a, b1));
                }
            }
        }
        for (row, sums) in sums.iter().enumerate() {
            for (half, sum) in sums.iter().enumerate() {
                // SAFETY: `row < PART_ROWS`, see `tile_i16`.
                unsafe {
                    let c = c.add(row * stride + 8 * half).cast::<__m256i>();
                    _mm256_storeu_si256(c, _mm256_add_epi32(_mm256_loadu_si256(c), *sum));
                }
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx512 {
    use super::{COLUMNS, ROWS};
    use std::arch::x86_64::*;

    /// # Safety
    /// As in `avx2`.
    #[target_feature(enable = "avx512f,avx512bw")]
    pub unsafe fn tile_f32(steps: usize, a: *const f32, b: *const f32, c: *mut f32, stride: usize) {
        let mut sums = [[_mm512_setzero_ps(); 2]; ROWS];
        for step in 0..steps {
            // SAFETY: `step < steps`, see `avx2::tile_f32`.
            unsafe {
                let b = b.add(step * COLUMNS);
                let (b0, b1) = (_mm512_loadu_ps(b), _mm512_loadu_ps(b.add(16)));
                let a = a.add(step * ROWS);
                for (row, sums) in sums.iter_mut().enumerate() {
                    let a = _mm512_set1_ps(*a.add(row));
                    sums[0] = _mm512_fmadd_ps(a, b0, sums[0]);
                    sums[1] = _mm512_fmadd_ps(a, b1, sums[1]);
                }
            }
        }
        for (row, sums) in sums.iter().enumerate() {
            for (half, sum) in sums.iter().enumerate() {
                // SAFETY: `row < ROWS`, see `avx2::tile_f32`.
                unsafe {
                    let c = c.add(row * stride + 16 * half);
                    _mm512_storeu_ps(c, _mm512_add_ps(_mm512_loadu_ps(c), *sum));
                }
            }
        }
    }

    /// # Safety
    /// As in `avx2`.
    #[target_feature(enable = "avx512f,avx512bw")]
    pub unsafe fn tile_i16(steps: usize, a: *const i16, b: *const i16, c: *mut i32, stride: usize) {
        let mut sums = [[_mm512_setzero_si512(); 2]; ROWS];
        for step in 0..steps {
            // SAFETY: `step < steps`, see `avx2::tile_i16`; the loads do not need alignment.
            unsafe {
                let b = b.add(step * COLUMNS * 2).cast::<__m512i>();
                let (b0, b1) = (_mm512_loadu_si512(b), _mm512_loadu_si512(b.add(1)));
                let a = a.add(step * ROWS * 2).cast::<i32>();
                for (row, sums) in sums.iter_mut().enumerate() {
                    let a = _mm512_set1_epi32(a.add(row).read_unaligned());
                    sums[0] = _mm512_add_epi32(sums[0], _mm512_madd_epi16(a, b0));
                    sums[1] = _mm512_add_epi32(sums[1], _mm512_madd_epi16(a, b1));
                }
            }
        }
        for (row, sums) in sums.iter().enumerate() {
            for (half, sum) in sums.iter().enumerate() {
                // SAFETY: `row < ROWS`, see `avx2::tile_i16`.
                unsafe {
                    let c = c.add(row * stride + 16 * half).cast::<__m512i>();
                    _mm512_storeu_si512(c, _mm512_add_epi32(_mm512_loadu_si512(c), *sum));
                }
            }
        }
    }

    /// As [`tile_i16`], multiplying and adding by one instruction.
    ///
    /// # Safety
    /// As in `avx2`.
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    pub unsafe fn tile_i16_vnni(steps: usize, a: *const i16, b: *const i16, c: *mut i32, stride: usize) {
        let mut sums = [[_mm512_setzero_si512(); 2]; ROWS];
        for step in 0..steps {
            // SAFETY: `step < steps`, see `avx2::tile_i16`; the loads do not need alignment.
            unsafe {
                let b = b.add(step * COLUMNS * 2).cast::<__m512i>();
                let (b0, b1) = (_mm512_loadu_si512(b), _mm512_loadu_si512(b.add(1)));
                let a = a.add(step * ROWS * 2).cast::<i32>();
                for (row, sums) in sums.iter_mut().enumerate() {
                    let a = _mm512_set1_epi32(a.add(row).read_unaligned());
                    sums[0] = _mm512_dpwssd_epi32(sums[0], a, b0);
                    sums[1] = _mm512_dpwssd_epi32(sums[1], a, b1);
                }
            }
        }
        for (row, sums) in sums.iter().enumerate() {
            for (half, sum) in sums.iter().enumerate() {
                // SAFETY: `row < ROWS`, see `avx2::tile_i16`.
                unsafe {
                    let c = c.add(row * stride + 16 * half).cast::<__m512i>();
                    _mm512_storeu_si512(c, _mm512_add_epi32(_mm512_loadu_si512(c), *sum));
                }
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
        type Real = unsafe fn(usize, *const f32, *const f32, *mut f32, usize);
        type Integer = unsafe fn(usize, *const i16, *const i16, *mut i32, usize);
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
        const STRIDE: usize = COLUMNS + 3;
        for steps in [0, 1, 2, 7, 64] {
            let (a, b) = (numbers(steps * ROWS * 2, 1), numbers(steps * COLUMNS * 2, 2));
            let start: Vec<i32> = numbers(ROWS * STRIDE, 3).into_iter().map(i32::from).collect();
            let mut wanted = start.clone();
            portable::tile_i16(steps, &a, &b, &mut wanted, STRIDE);
            // Sums are rounded after each product, the same way everywhere.
            let real = |values: &[i16]| values.iter().map(|v| f32::from(*v) * 0.1).collect::<Vec<_>>();
            let (real_a, real_b) = (real(&a[..steps * ROWS]), real(&b[..steps * COLUMNS]));
            let mut wanted_real = vec![0.3; ROWS * STRIDE];
            portable::tile_f32(steps, &real_a, &real_b, &mut wanted_real, STRIDE);
            for (tile_f32, tile_i16) in &tiles {
                let mut found = start.clone();
                // SAFETY: the processor has what the tile needs; the slices have the sizes that it reads and writes.
                unsafe { tile_i16(steps, a.as_ptr(), b.as_ptr(), found.as_mut_ptr(), STRIDE) };
                assert_eq!(found, wanted);
                let mut found = vec![0.3; ROWS * STRIDE];
                // SAFETY: as above.
                unsafe {
                    tile_f32(
                        steps,
                        real_a.as_ptr(),
                        real_b.as_ptr(),
                        found.as_mut_ptr(),
                        STRIDE,
                    )
                };
                assert_eq!(found, wanted_real);
            }
        }
    }
}
