//! Which instruction set the inner loops use: the best of this machine, or what the variable `TPUC_SIMD` names.
//!
//! All of them give the same bits; the choice is a matter of speed and of tests.

use std::fmt;

use super::error::EmulatorError;

/// Name of the environment variable that overrides the choice, for measurements and tests.
const VARIABLE: &str = "TPUC_SIMD";

/// An instruction set that the inner loops exist for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Simd {
    /// Whatever the program was built for; on every architecture.
    Plain,
    /// 256-bit vectors of x86-64.
    Avx2,
    /// 512-bit vectors of x86-64 with byte and word operations and dot products (VNNI).
    Avx512,
}

impl Simd {
    /// All of them, slowest first.
    pub const ALL: [Simd; 3] = [Simd::Plain, Simd::Avx2, Simd::Avx512];

    /// The name that `TPUC_SIMD` uses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Simd::Plain => "plain",
            Simd::Avx2 => "avx2",
            Simd::Avx512 => "avx512",
        }
    }

    /// Whether this machine has it.
    #[must_use]
    pub fn is_available(self) -> bool {
        match self {
            Simd::Plain => true,
            #[cfg(target_arch = "x86_64")]
            Simd::Avx2 => is_x86_feature_detected!("avx2"),
            #[cfg(target_arch = "x86_64")]
            Simd::Avx512 => {
                is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512vnni")
            }
            #[cfg(not(target_arch = "x86_64"))]
            Simd::Avx2 | Simd::Avx512 => false,
        }
    }

    /// The best one that this machine has.
    #[must_use]
    pub fn best() -> Self {
        let mut available = Self::ALL.into_iter().rev().filter(|simd| simd.is_available());
        available.next().unwrap_or(Simd::Plain)
    }

    /// What the environment asks for, or the best.
    ///
    /// # Errors
    /// [`EmulatorError::Simd`] when the variable names nothing that is known, or what this machine does not have.
    pub(super) fn chosen() -> Result<Self, EmulatorError> {
        match std::env::var(VARIABLE) {
            Ok(name) if !name.is_empty() => Self::named(&name),
            _ => Ok(Self::best()),
        }
    }

    fn named(name: &str) -> Result<Self, EmulatorError> {
        let known = Self::ALL.into_iter().find(|simd| simd.name() == name);
        known
            .filter(|simd| simd.is_available())
            .ok_or_else(|| EmulatorError::Simd {
                name: name.to_owned(),
                known: known.is_some(),
            })
    }
}

impl fmt::Display for Simd {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_wrong_ones_are_explained() {
        assert_eq!(Simd::named("plain"), Ok(Simd::Plain));
        let error = Simd::named("sse").unwrap_err().to_string();
        assert_eq!(
            error,
            "TPUC_SIMD: 'sse' is not an instruction set (plain, avx2, avx512)"
        );
        for simd in Simd::ALL {
            match Simd::named(simd.name()) {
                Ok(found) => assert_eq!(found, simd),
                Err(error) => assert_eq!(
                    error.to_string(),
                    format!("TPUC_SIMD: this machine has no {simd}")
                ),
            }
        }
    }

    #[test]
    fn the_best_is_available() {
        assert!(Simd::best().is_available());
        assert!(
            Simd::ALL
                .iter()
                .all(|simd| !simd.is_available() || *simd <= Simd::best())
        );
    }
}
