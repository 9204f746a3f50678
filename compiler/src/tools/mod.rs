//! The subcommands: arguments and printing, one file each. Everything else is in the libraries.

pub mod bmodel;
pub mod fp_forward;
pub mod npz;
pub mod opt;
pub mod output;
pub mod run;
pub mod runner;
