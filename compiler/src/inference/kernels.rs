//! Inner loops of matrix multiplication for the machine's vector units, and the choice between them at run time.
//!
//! Both kernels multiply a panel of [`ROWS`] rows by a panel of [`COLUMNS`] columns and add the products to a tile of
//! accumulators. Panels are packed by [`gemm`](super::gemm): element `k` of row `r` is `a[k * ROWS + r]`, of column `c`
//! `b[k * COLUMNS + c]`. 8-bit integers travel as pairs of `i16`, two successive `k` side by side, since the product of a
//! `u8` and an `i8` summed in pairs does not fit the 16 bits of the byte-wise instructions, and results must be exact.
//!
//! Why `unsafe` is sound here: the functions compiled for AVX2 are called only after the processor was asked for it, and
//! every pointer is derived from a slice whose length was checked against the loop bounds at the head of the function.
#![allow(unsafe_code)]

/// Rows of a tile.
pub const ROWS: usize = 6;
/// Columns of a tile.
pub const COLUMNS: usize = 16;

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

/// `c[r][j] += sum over k of a[k][r] * b[k][j]` in f32; rows of `c` are `stride` apart.
///
/// # Panics
/// When a slice is too short for `steps` values of `k`.
pub fn tile_f32(steps: usize, a: &[f32], b: &[f32], c: &mut [f32], stride: usize) {
    assert!(a.len() >= steps * ROWS && b.len() >= steps * COLUMNS);
    assert!(stride >= COLUMNS && c.len() >= (ROWS - 1) * stride + COLUMNS);
    #[cfg(target_arch = "x86_64")]
    if has_avx2() {
        // SAFETY: the processor has AVX2 and FMA; the lengths were checked above.
        return unsafe { x86::tile_f32(steps, a.as_ptr(), b.as_ptr(), c.as_mut_ptr(), stride) };
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
    if has_avx2() {
        // SAFETY: the processor has AVX2; the lengths were checked above.
        return unsafe { x86::tile_i16(steps, a.as_ptr(), b.as_ptr(), c.as_mut_ptr(), stride) };
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

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{COLUMNS, ROWS};
    use std::arch::x86_64::*;

    /// # Safety
    /// `a` is readable for `steps * ROWS` elements, `b` for `steps * COLUMNS`, `c` writable for `ROWS` rows of `COLUMNS`
    /// elements that are `stride` apart.
    #[target_feature(enable = "avx2,fma")]
    pub unsafe fn tile_f32(steps: usize, a: *const f32, b: *const f32, c: *mut f32, stride: usize) {
        let mut sums = [[_mm256_setzero_ps(); 2]; ROWS];
        for step in 0..steps {
            // SAFETY: `step < steps`, see above.
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
            // SAFETY: `row < ROWS`, see above.
            unsafe {
                let c = c.add(row * stride);
                _mm256_storeu_ps(c, _mm256_add_ps(_mm256_loadu_ps(c), sums[0]));
                let c = c.add(8);
                _mm256_storeu_ps(c, _mm256_add_ps(_mm256_loadu_ps(c), sums[1]));
            }
        }
    }

    /// # Safety
    /// As [`tile_f32`], with two `i16` for each element of `a` and `b`.
    #[target_feature(enable = "avx2")]
    pub unsafe fn tile_i16(steps: usize, a: *const i16, b: *const i16, c: *mut i32, stride: usize) {
        let mut sums = [[_mm256_setzero_si256(); 2]; ROWS];
        for step in 0..steps {
            // SAFETY: `step < steps`, see above; the loads do not need alignment.
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
            // SAFETY: `row < ROWS`, see above.
            unsafe {
                let c = c.add(row * stride).cast::<__m256i>();
                _mm256_storeu_si256(c, _mm256_add_epi32(_mm256_loadu_si256(c), sums[0]));
                let c = c.add(1);
                _mm256_storeu_si256(c, _mm256_add_epi32(_mm256_loadu_si256(c), sums[1]));
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

    #[test]
    fn vector_and_plain_tiles_agree() {
        for steps in [0, 1, 2, 7, 64] {
            let (a, b) = (numbers(steps * ROWS * 2, 1), numbers(steps * COLUMNS * 2, 2));
            let start: Vec<i32> = numbers(ROWS * 20, 3).into_iter().map(i32::from).collect();
            let (mut fast, mut plain) = (start.clone(), start);
            tile_i16(steps, &a, &b, &mut fast, 20);
            portable::tile_i16(steps, &a, &b, &mut plain, 20);
            assert_eq!(fast, plain);

            // Small whole numbers: f32 sums are exact in any order.
            let real = |values: &[i16]| values.iter().map(|v| f32::from(*v % 16)).collect::<Vec<_>>();
            let (a, b) = (real(&a[..steps * ROWS]), real(&b[..steps * COLUMNS]));
            let (mut fast, mut plain) = (vec![1.0; ROWS * 17], vec![1.0; ROWS * 17]);
            tile_f32(steps, &a, &b, &mut fast, 17);
            portable::tile_f32(steps, &a, &b, &mut plain, 17);
            assert_eq!(fast, plain);
        }
    }
}
