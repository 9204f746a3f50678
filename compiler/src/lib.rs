//! ONNX to bmodel.
