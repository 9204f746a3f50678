//! The threshold methods and their names.

use super::{aciq, mse};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// How a threshold is chosen.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Least information lost (Kullback-Leibler).
    Kl,
    /// The largest magnitude seen.
    Max,
    /// Least mean squared error (OCTAV), averaged over the samples.
    Mse,
    /// The percentile 99.99 for the first operation, rising to 99.999999 for the last.
    Percentile9999,
    /// Analytical clipping of a normal distribution, averaged over the samples.
    AciqGauss,
    /// Analytical clipping of a Laplace distribution, averaged over the samples.
    AciqLaplace,
    /// Least squared error by alternating directions.
    Admm,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 7] = [
        Self::Kl,
        Self::Max,
        Self::Mse,
        Self::Percentile9999,
        Self::AciqGauss,
        Self::AciqLaplace,
        Self::Admm,
    ];

    /// Those whose threshold is the mean of one threshold for each sample.
    pub(super) const AVERAGED: [Self; 3] = [Self::Mse, Self::AciqGauss, Self::AciqLaplace];

    /// TPU-MLIR's word for it; TPU-NNTC's for ADMM, in small letters.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kl => "kl",
            Self::Max => "max",
            Self::Mse => "mse",
            Self::Percentile9999 => "percentile9999",
            Self::AciqGauss => "aciq_gauss",
            Self::AciqLaplace => "aciq_laplace",
            Self::Admm => "admm",
        }
    }

    /// Whether tuning moves the thresholds afterwards, as TPU-MLIR does it.
    pub fn is_tuned(self) -> bool {
        matches!(self, Self::Kl | Self::AciqGauss | Self::AciqLaplace)
    }

    /// Whether it looks at a histogram of magnitudes.
    pub(super) fn needs_histogram(self) -> bool {
        matches!(self, Self::Kl | Self::Admm)
    }

    /// Place among the methods that average.
    pub(super) fn averaged(self) -> Option<usize> {
        Self::AVERAGED.iter().position(|method| *method == self)
    }

    /// The threshold of one sample, for methods that average these.
    pub(super) fn of_sample(self, values: &[f32]) -> Option<f64> {
        match self {
            Self::Mse => Some(mse::threshold(values)),
            Self::AciqGauss => Some(aciq::gauss(values)),
            Self::AciqLaplace => Some(aciq::laplace(values)),
            Self::Kl | Self::Max | Self::Percentile9999 | Self::Admm => None,
        }
    }
}

impl FromStr for Method {
    type Err = String;

    /// By its name or TPU-MLIR's other one, `use_kl`.
    fn from_str(text: &str) -> Result<Self, String> {
        let name = text.strip_prefix("use_").unwrap_or(text);
        Self::ALL
            .into_iter()
            .find(|method| method.name() == name)
            .ok_or_else(|| {
                format!(
                    "'{text}' is no threshold method; choose from {}",
                    Self::ALL.map(Self::name).join(", ")
                )
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_names_are_known() {
        for method in Method::ALL {
            assert_eq!(method.name().parse(), Ok(method));
            assert_eq!(format!("use_{}", method.name()).parse(), Ok(method));
        }
        let error = "entropy".parse::<Method>().unwrap_err();
        assert!(error.contains("choose from kl, max"), "{error}");
    }
}
