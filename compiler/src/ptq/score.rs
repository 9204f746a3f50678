//! How near the outputs of a quantised network are to those of the float network: SQNR and cosine in the arithmetic of
//! `npz compare`, of each output (or each tensor named), weighted, averaged over the samples.

use crate::data::compare::similarity_of;

/// What counts as an SQNR without any error; an average over samples must not be infinite because one of them is equal.
pub const EQUAL_SQNR: f64 = 150.0;

/// Nearness to the float network. Higher is better.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Score {
    /// Signal to noise in dB, [`EQUAL_SQNR`] at most.
    pub sqnr: f64,
    /// Cosine similarity.
    pub cosine: f64,
}

impl Score {
    /// The worst score: nothing in common.
    pub const WORST: Self = Self {
        sqnr: -EQUAL_SQNR,
        cosine: -1.0,
    };

    /// Of one tensor against its reference.
    pub fn of(found: &[f32], reference: &[f32]) -> Self {
        let similarity = similarity_of(reference, found);
        let sqnr = if similarity.sqnr.is_nan() {
            -EQUAL_SQNR
        } else {
            similarity.sqnr.clamp(-EQUAL_SQNR, EQUAL_SQNR)
        };
        Self {
            sqnr,
            cosine: if similarity.cosine.is_nan() {
                0.0
            } else {
                similarity.cosine
            },
        }
    }

    /// The mean with these weights; [`Score::WORST`] of nothing.
    pub fn mean(scores: impl IntoIterator<Item = (Self, f64)>) -> Self {
        let (mut sqnr, mut cosine, mut weights) = (0.0, 0.0, 0.0);
        for (score, weight) in scores {
            sqnr += score.sqnr * weight;
            cosine += score.cosine * weight;
            weights += weight;
        }
        if weights > 0.0 {
            Self {
                sqnr: sqnr / weights,
                cosine: cosine / weights,
            }
        } else {
            Self::WORST
        }
    }
}

impl std::fmt::Display for Score {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.2} dB, cosine {:.6}", self.sqnr, self.cosine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_tensors_have_a_finite_score() {
        let score = Score::of(&[1.0, 2.0], &[1.0, 2.0]);
        assert_eq!((score.sqnr, score.cosine), (EQUAL_SQNR, 1.0));
    }

    #[test]
    fn sqnr_is_of_the_noise_against_the_reference() {
        // The variance of 0, 2 is 1, that of the noise 0, 0.2 is 0.01.
        let score = Score::of(&[0.0, 2.2], &[0.0, 2.0]);
        assert!((score.sqnr - 20.0).abs() < 1e-4, "{score}");
        let nothing = Score::of(&[f32::NAN, 1.0], &[1.0, 2.0]);
        assert!(
            nothing.sqnr.is_finite() && nothing.cosine.is_finite(),
            "{nothing}"
        );
    }

    #[test]
    fn means_are_weighted() {
        let score = |sqnr| Score { sqnr, cosine: 0.5 };
        assert_eq!(Score::mean([(score(10.0), 0.3), (score(20.0), 0.7)]).sqnr, 17.0);
        assert_eq!(Score::mean([]), Score::WORST);
    }
}
