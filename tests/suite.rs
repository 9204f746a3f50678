//! The suite.

mod bmodel;
mod codegen;
mod data;
mod import;
mod emulator;
mod inference;
mod lit;
mod lowering;
mod session;
mod text;
