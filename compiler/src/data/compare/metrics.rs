//! Closeness and similarity of two equally long runs of numbers, in the arithmetic of TPU-MLIR's `TensorCompare`.
//!
//! f32 data are summed in f32 with numpy's pairwise order, so that the Euclidean similarity and the SQNR come out the
//! same to the last digit. The dot products of the cosine are the exception: upstream takes them from a BLAS library
//! whose order of summation depends on the machine, here they are summed in f64 and rounded once.
//! Integers are computed in f64 and cannot overflow, where upstream lets int8 and int32 differences wrap around.

/// How similar two runs are. 1, 1 and infinity when there is no difference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Similarity {
    /// Cosine of the angle between them; 0 when one is all zeros.
    pub cosine: f64,
    /// `1 - |a - b| / (|(a + b) / 2| + 1e-7)`; may be negative.
    pub euclidean: f64,
    /// Signal to quantisation noise in dB: `10 log10(var(a) / var(a - b))`.
    pub sqnr: f64,
}

/// The numbers that runs are made of.
pub(super) trait Number: Copy + PartialEq + Send + Sync + 'static {
    /// Type of sums and squares.
    type Wide: Float;
    fn wide(self) -> Self::Wide;
    fn single(self) -> f32;
}

/// f32 or f64 as an accumulator.
pub(super) trait Float:
    Copy
    + PartialOrd
    + std::ops::Add<Output = Self>
    + std::ops::Sub<Output = Self>
    + std::ops::Mul<Output = Self>
    + std::ops::Div<Output = Self>
{
    const ZERO: Self;
    fn of(value: f64) -> Self;
    fn double(self) -> f64;
    fn magnitude(self) -> Self;
    fn finite(self) -> bool;
    fn nan(self) -> bool;
    fn common_logarithm(self) -> Self;
}

macro_rules! float {
    ($ty:ident) => {
        impl Float for $ty {
            const ZERO: Self = 0.0;
            fn of(value: f64) -> Self {
                value as $ty
            }
            fn double(self) -> f64 {
                f64::from(self)
            }
            fn magnitude(self) -> Self {
                self.abs()
            }
            fn finite(self) -> bool {
                self.is_finite()
            }
            fn nan(self) -> bool {
                self.is_nan()
            }
            fn common_logarithm(self) -> Self {
                self.log10()
            }
        }
    };
}
float!(f32);
float!(f64);

impl Number for f32 {
    type Wide = f32;
    fn wide(self) -> f32 {
        self
    }
    fn single(self) -> f32 {
        self
    }
}

macro_rules! integer {
    ($ty:ident) => {
        impl Number for $ty {
            type Wide = f64;
            fn wide(self) -> f64 {
                f64::from(self)
            }
            fn single(self) -> f32 {
                self as f32
            }
        }
    };
}
integer!(i8);
integer!(i32);

/// The largest of the orders 5, 4 and 3 for which all numbers agree within `1e-8 + 10^-order * |b|`.
///
/// As in `numpy.allclose`, infinities are close when equal and NaNs always.
pub(super) fn close_order<T: Number>(a: &[T], b: &[T]) -> Option<u32> {
    [5, 4, 3].into_iter().find(|&order| {
        let relative = T::Wide::of(10_f64.powi(-(order as i32)));
        let absolute = T::Wide::of(1e-8);
        a.iter().zip(b).all(|(a, b)| {
            let (a, b) = (a.wide(), b.wide());
            if a.finite() && b.finite() {
                (a - b).magnitude() <= absolute + relative * b.magnitude()
            } else {
                a == b || (a.nan() && b.nan())
            }
        })
    })
}

/// The three similarities. NaN and infinity must have been replaced before.
pub(super) fn similarity<T: Number>(a: &[T], b: &[T]) -> Similarity {
    Similarity {
        cosine: cosine(a, b),
        euclidean: euclidean(a, b),
        sqnr: sqnr(a, b),
    }
}

fn cosine<T: Number>(a: &[T], b: &[T]) -> f64 {
    let all_zero = |run: &[T]| run.iter().all(|value| value.single() == 0.0);
    if all_zero(a) || all_zero(b) {
        return 0.0;
    }
    let norm = |run: &[T]| (dot(run, run) as f32).sqrt();
    let cosine = dot(a, b) as f32 / (norm(a) * norm(b));
    // Upstream goes through the distance, which costs digits when the cosine is small.
    1.0 - (1.0 - f64::from(cosine))
}

/// Dot product in f64 with eight interleaved sums, whose order is fixed.
fn dot<T: Number>(a: &[T], b: &[T]) -> f64 {
    let mut sums = [0_f64; 8];
    let (a_chunks, b_chunks) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f64 = a_chunks
        .remainder()
        .iter()
        .zip(b_chunks.remainder())
        .map(|(a, b)| f64::from(a.single()) * f64::from(b.single()))
        .sum();
    for (a, b) in a_chunks.zip(b_chunks) {
        for lane in 0..8 {
            sums[lane] += f64::from(a[lane].single()) * f64::from(b[lane].single());
        }
    }
    sums.iter().sum::<f64>() + rest
}

fn euclidean<T: Number>(a: &[T], b: &[T]) -> f64 {
    let two = T::Wide::of(2.0);
    let distance = pairwise_sum(a.len(), &|index| {
        let difference = a[index].wide() - b[index].wide();
        difference * difference
    })
    .double()
    .sqrt();
    let middle = pairwise_sum(a.len(), &|index| {
        let middle = (a[index].wide() + b[index].wide()) / two;
        middle * middle
    })
    .double()
    .sqrt()
        + 1e-7;
    if distance.is_infinite() || middle.is_infinite() {
        0.0
    } else {
        1.0 - distance / middle
    }
}

fn sqnr<T: Number>(raw: &[T], reference: &[T]) -> f64 {
    let noise = |index: usize| raw[index].wide() - reference[index].wide();
    let signal = |index: usize| raw[index].wide();
    let raw_variance = centred_squares(raw.len(), &signal);
    let noise_variance = centred_squares(raw.len(), &noise);
    if raw_variance == T::Wide::ZERO || noise_variance == T::Wide::ZERO {
        return f64::INFINITY;
    }
    10.0 * (raw_variance / noise_variance).common_logarithm().double()
}

/// Sum of squared distances from the mean.
fn centred_squares<F: Float>(length: usize, value: &impl Fn(usize) -> F) -> F {
    let mean = F::of(pairwise_sum(length, value).double() / length as f64);
    pairwise_sum(length, &|index| {
        let centred = value(index) - mean;
        centred * centred
    })
}

/// Sum of `value(0) .. value(length - 1)` in the order of numpy's `sum`: blocks of at most 128 by eight interleaved
/// sums, blocks combined as a binary tree.
fn pairwise_sum<F: Float>(length: usize, value: &impl Fn(usize) -> F) -> F {
    fn range<F: Float>(start: usize, length: usize, value: &impl Fn(usize) -> F) -> F {
        if length < 8 {
            return (start..start + length).fold(F::ZERO, |sum, index| sum + value(index));
        }
        if length > 128 {
            let half = length / 2 - (length / 2) % 8;
            return range(start, half, value) + range(start + half, length - half, value);
        }
        let mut sums: [F; 8] = std::array::from_fn(|lane| value(start + lane));
        let whole = length - length % 8;
        for index in (8..whole).step_by(8) {
            for (lane, sum) in sums.iter_mut().enumerate() {
                *sum = *sum + value(start + index + lane);
            }
        }
        let total = ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
        (start + whole..start + length).fold(total, |sum, index| sum + value(index))
    }
    F::ZERO + range(0, length, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_of_closeness() {
        assert_eq!(close_order(&[1.0_f32], &[1.000_005]), Some(5));
        assert_eq!(close_order(&[1.0_f32], &[1.000_05]), Some(4));
        assert_eq!(close_order(&[1.0_f32], &[1.000_5]), Some(3));
        assert_eq!(close_order(&[1.0_f32], &[1.005]), None);
        assert_eq!(
            close_order(&[f32::NAN, f32::INFINITY], &[f32::NAN, f32::INFINITY]),
            Some(5)
        );
        assert_eq!(close_order(&[f32::INFINITY], &[1.0]), None);
        assert_eq!(close_order(&[100_i8], &[101]), None);
    }

    #[test]
    fn similarity_of_small_runs() {
        let same = similarity(&[3_i32, 4], &[3, 4]);
        assert_eq!(
            (same.cosine, same.euclidean, same.sqnr),
            (1.0, 1.0, f64::INFINITY)
        );
        let zero = similarity(&[0.0_f32, 0.0], &[1.0, 0.0]);
        assert_eq!(zero.cosine, 0.0);
        assert!(zero.euclidean < -0.99);
        let wide = similarity(&[100_i8, -100], &[-100, 100]);
        assert_eq!(wide.cosine, -1.0);
    }
}
