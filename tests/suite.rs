//! The suite.

mod bmodel;
mod emulator;
mod text;
