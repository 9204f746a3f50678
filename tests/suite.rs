//! The suite. Its tests print their counts.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod bmodel;
mod calibration;
mod codegen;
mod codegen_forms;
mod damaged;
mod data;
mod emulator;
mod errors;
mod functions;
mod fuzz_corpus;
mod import;
mod inference;
mod language_server;
mod lit;
mod lowering;
mod networks;
mod onnx_backend;
mod ops_table;
mod random_networks;
mod session;
mod small_programs;
mod sources;
mod text;
mod whole_commands;
