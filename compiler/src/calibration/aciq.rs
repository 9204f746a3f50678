//! Analytical clipping (Banner et al., "Post training 4-bit quantization of convolutional networks for rapid-deployment", 2018):
//! the clipping value of least error, if values were distributed as the named function, for one sample and 8 bits.

use crate::quantization::arithmetic::min_max;

/// Best clipping value of a normal distribution in standard deviations.
const GAUSS_ALPHA: f64 = 3.924_033_37;
/// Best clipping value of a Laplace distribution in mean deviations.
const LAPLACE_ALPHA: f64 = 9.896_759_82;

/// For a normal distribution, whose deviation is estimated from the range and the number of values.
pub fn gauss(values: &[f32]) -> f64 {
    let (min, max) = min_max(values);
    let constant = (0.5 * 0.35) * (1.0 + (std::f64::consts::PI * 4f64.ln()).sqrt());
    let deviation = f64::from(max - min) * constant / (2.0 * (values.len() as f64).ln()).sqrt();
    GAUSS_ALPHA * deviation
}

/// For a Laplace distribution: by the mean distance from the mean.
pub fn laplace(values: &[f32]) -> f64 {
    let count = values.len() as f64;
    let mean = (values.iter().map(|value| f64::from(*value)).sum::<f64>() / count) as f32;
    let deviation = values
        .iter()
        .map(|value| f64::from((value - mean).abs()))
        .sum::<f64>()
        / count;
    LAPLACE_ALPHA * deviation
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        let values = [-1.0, 1.0, -1.0, 1.0];
        assert!((laplace(&values) - LAPLACE_ALPHA).abs() < 1e-12);
        // 2 * 0.175 * (1 + sqrt(pi ln 4)) / sqrt(2 ln 4)
        let deviation = 2.0 * 0.175 * (1.0 + 2.086_913_8) / 1.665_109_2;
        assert!((gauss(&values) - GAUSS_ALPHA * deviation).abs() < 1e-5);
    }
}
