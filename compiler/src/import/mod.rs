//! Networks of other frameworks become programs of the `top` dialect.

pub mod onnx;
