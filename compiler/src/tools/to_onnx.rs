//! `tpuc to-onnx` (`mlir2onnx`): MLIR text as an ONNX file for Netron.

use super::output::print;
use crate::data::file::write_bytes_atomically;
use crate::export::onnx::{ExportOptions, export};
use crate::program::Program;
use crate::weights::WeightStore;
use anyhow::Result;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// Show MLIR text as an ONNX file, to be opened in Netron.
#[derive(Debug, Args)]
#[command(rename_all = "snake_case")]
pub struct ToOnnxArgs {
    /// MLIR text.
    #[arg(short = 'm', long, value_name = "FILE")]
    pub mlir: PathBuf,
    /// The ONNX file to write; the text's name with .onnx if not given.
    #[arg(short = 'o', long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Put the weights into the file.
    #[arg(long)]
    pub weights: bool,
    /// Weights to put into the file instead of those that the text names.
    #[arg(short = 'w', long, value_name = "FILE")]
    pub weightfile: Option<PathBuf>,
}

/// Runs `tpuc to-onnx`.
///
/// # Errors
/// When the text or a weight cannot be read, or the file cannot be written.
pub fn run(args: &ToOnnxArgs) -> Result<ExitCode> {
    let mut program = Program::read(&args.mlir)?;
    if let Some(file) = &args.weightfile {
        program.weights = WeightStore::open(file)?;
    }
    let output = args
        .output
        .clone()
        .unwrap_or_else(|| args.mlir.with_extension("onnx"));
    let bytes = export(
        &program,
        ExportOptions {
            weights: args.weights || args.weightfile.is_some(),
        },
    )?;
    write_bytes_atomically(&output, &bytes)?;
    print(&format!("ONNX file generated:{}\n", output.display()))?;
    Ok(ExitCode::SUCCESS)
}
