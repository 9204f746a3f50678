//! `tpuc to-onnx` (`mlir2onnx`): MLIR text as an ONNX file for Netron.

use super::output::print;
use crate::data::file::write_bytes_atomically;
use crate::export::onnx::{ExportOptions, export};
use crate::program::Program;
use anyhow::Result;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// MLIR text to an ONNX file for Netron.
#[derive(Debug, Args)]
#[command(after_help = "Example: tpuc to-onnx -m net.mlir -o net_view.onnx
Node types are operation names (top.Conv); the file is for looking at, not for running.")]
pub struct ToOnnxArgs {
    /// MLIR text of any stage.
    #[arg(short, long, value_name = "FILE")]
    mlir: PathBuf,
    /// Put the weights into the file: this npz, or the text's own with an empty name.
    #[arg(short, long, value_name = "FILE", num_args = 0..=1, default_missing_value = "")]
    weight: Option<PathBuf>,
    /// The ONNX file to write.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

/// Runs the tool.
///
/// # Errors
/// When the text or its weights are bad, or the file cannot be written.
pub fn run(args: &ToOnnxArgs) -> Result<ExitCode> {
    let mut program = Program::read(&args.mlir)?;
    if let Some(path) = args.weight.as_ref().filter(|path| !path.as_os_str().is_empty()) {
        program.weights = crate::weights::WeightStore::open(path)?;
    }
    let bytes = export(
        &program,
        ExportOptions {
            weights: args.weight.is_some(),
        },
    )?;
    write_bytes_atomically(&args.output, &bytes)?;
    print(&format!("{} written\n", args.output.display()))?;
    Ok(ExitCode::SUCCESS)
}
