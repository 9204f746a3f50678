//! The suite.

mod bmodel;
mod data;
mod emulator;
mod text;
