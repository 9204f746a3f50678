//! Programs in other tools' formats.

pub mod onnx;
pub mod prototxt;
