//! What programs look like: the IR, its text (MLIR's), and the dialects `builtin`, `func`, `quant`, `top` and `tpu`.
//! Knows no chip and no files but text, and prints nothing.

pub mod builtin;
pub mod func;
pub mod ir;
pub mod quant;
pub mod text;
pub mod top;
pub mod tpu;
