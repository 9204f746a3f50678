//! Why commands could not be made. The driver adds the operation and the tensor's name.

use crate::weights::WeightError;
use tpuc_runtime::isa::FieldOverflow;

/// A problem of one operation.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something that the chip, or this compiler, cannot do; says what to do instead.
    #[error("{0}")]
    Unsupported(String),
    /// A value that does not fit its command field.
    #[error("{0}; split the tensor, or run this operation on the host")]
    Field(#[from] FieldOverflow),
    /// A weight is missing or bad.
    #[error(transparent)]
    Weight(#[from] WeightError),
    /// The program is not what earlier passes promise.
    #[error("{0}")]
    Malformed(String),
}

/// Result of code generation steps.
pub type Result<T> = std::result::Result<T, Error>;

/// Shorthand for [`Error::Unsupported`].
pub fn unsupported<T>(message: impl Into<String>) -> Result<T> {
    Err(Error::Unsupported(message.into()))
}

/// Shorthand for [`Error::Malformed`].
pub fn malformed<T>(message: impl Into<String>) -> Result<T> {
    Err(Error::Malformed(message.into()))
}
