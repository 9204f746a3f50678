//! ONNX to BM1684 bmodel: import, passes, calibration, lowering, code generation, reference inference, and the tools.

pub mod calibration;
pub mod codegen;
pub mod data;
pub mod export;
pub mod import;
pub mod inference;
pub mod inputs;
pub mod lowering;
pub mod pass;
pub mod program;
pub mod ptq;
pub mod quantization;
pub mod report;
pub mod tools;
pub mod top;
pub mod tpu;
pub mod weights;
