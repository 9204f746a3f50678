//! The suite.

mod bmodel;
mod codegen;
mod data;
mod emulator;
mod session;
mod inference;
mod lowering;
mod lit;
mod text;
