//! The suite.

mod bmodel;
