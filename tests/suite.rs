//! The suite.

mod bmodel;
mod emulator;
