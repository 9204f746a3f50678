//! ONNX to bmodel.

pub mod data;
