//! Programs to files of other tools.

pub mod onnx;
