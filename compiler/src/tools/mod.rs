//! The subcommands: arguments and printing, one file each. Everything else is in the libraries.

pub mod bmodel;
pub mod calibrate;
pub mod cli;
pub mod deploy;
pub mod eval;
pub mod fp_forward;
pub mod groups;
pub mod links;
pub mod lsp;
pub mod npz;
pub mod opt;
pub mod output;
pub mod qtable;
pub mod quantize;
pub mod report;
pub mod run;
pub mod runner;
pub mod to_onnx;
pub mod transform;
pub mod umodel;
