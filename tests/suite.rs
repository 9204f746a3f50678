//! The suite.

mod bmodel;
mod codegen;
mod data;
mod emulator;
mod errors;
mod import;
mod inference;
mod lit;
mod lowering;
mod session;
mod text;
mod whole_commands;
