//! Calibration: what range does each activation need? One streaming pass over the samples keeps a minimum, a maximum and a
//! histogram of magnitudes for each tensor, so memory does not grow with the number of samples; a method then turns these
//! into a threshold, and tuning may move it between the method's value and the maximum.
//!
//! Thresholds follow TPU-MLIR 1.30.2 so that tables can be compared with its own.

pub mod aciq;
pub mod admm;
pub mod dump;
pub mod histogram;
pub mod kl;
pub mod method;
pub mod mse;
pub mod samples;
pub mod search;
pub mod statistics;
pub mod tails;
pub mod tune;

pub use histogram::Histogram;
pub use method::Method;
pub use samples::{CalibrationError, Samples, collect};
pub use statistics::{OpNames, Statistics, TensorStatistics};
