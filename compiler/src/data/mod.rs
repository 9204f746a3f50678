//! Tensors and the files they live in: npz archives, images, calibration datasets, and the comparison of two archives.
//!
//! Nothing here knows the IR. Files are untrusted: every loader returns an error for a malformed one, allocates no
//! more than the file's own size can justify, and names the file in its message. Files are written through
//! [`file::write_atomically`], so that a failed command leaves no partial output.

pub mod batches;
pub mod compare;
pub mod dataset;
pub mod error;
pub mod file;
pub mod image;
pub mod lmdb;
pub mod npy;
pub mod npz;
pub mod numpy_text;
pub mod preprocess;
pub mod progress;
pub mod random;
pub mod resize;
pub mod tensor;
mod yuv;

pub use error::DataError;
pub use tensor::{DType, Tensor, TensorMap};
