//! The suite. Its tests print their counts.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod bmodel;
mod bmodel_tools;
mod calibration;
mod codegen;
mod damaged;
mod data;
mod emulator;
mod errors;
mod fuzz_corpus;
mod import;
mod inference;
mod language_server;
mod lit;
mod lowering;
mod networks;
mod onnx_backend;
mod ops_table;
mod profile;
mod session;
mod sources;
mod text;
mod whole_commands;
