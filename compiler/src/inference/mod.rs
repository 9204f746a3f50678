//! The reference: executes `top` programs in f32 and lowered `tpu` programs in their own types, as TPU-MLIR's interpreter
//! does. Integers are equal to it bit for bit; real numbers differ by the order of summation only.
//!
//! [`Interpreter::new`] plans once: kernels are chosen by [`ops::KERNELS`], weights packed, lifetimes found. Running it keeps
//! no tensor beyond its last reader. It knows no chip's commands and shares no arithmetic with the emulator.

pub mod convolution;
pub mod gemm;
pub mod grid;
pub mod interpreter;
pub mod kernels;
pub mod math;
pub mod node;
pub mod ops;
pub mod packing;
pub mod pool;
pub mod requantise;
pub mod strided;
pub mod unfold;
pub mod value;
pub mod window;

pub use interpreter::{Dump, InferenceError, Interpreter};
pub use pool::KernelPool;
