//! Tensors and the files they live in: npz archives, images, calibration datasets, and the comparison of two archives.
//!
//! Nothing here knows the IR. Files are untrusted: every loader returns an error for a malformed one, allocates no
//! more than the file's own size can justify, and names the file in its message. Files are written through
//! [`file::write_atomically`], so that a failed command leaves no partial output.

pub mod error;
pub mod file;
pub mod npy;
pub mod npz;
pub mod tensor;

pub use error::DataError;
pub use tensor::{DType, Tensor, TensorMap};
