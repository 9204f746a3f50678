//! `tpuc umodel export`: the float network as the prototxt that users of TPU-NNTC open in Netron.

use super::output::print;
use crate::data::file::write_bytes_atomically;
use crate::export::prototxt;
use crate::program::Program;
use anyhow::{Result, anyhow, bail};
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// TPU-NNTC's view of a network.
#[derive(Debug, Args)]
pub struct UmodelArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write the float network as a Caffe prototxt for Netron.
    Export(ExportArgs),
}

/// Arguments of `export`.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  tpuc umodel export net.mlir -o net_bmnetX_test_fp32.prototxt
Its layers' names are those that '-fpfwd_outputs' of 'tpuc quantize --nntc_options' and quantisation tables take.")]
struct ExportArgs {
    /// MLIR text in the top dialect, made by 'tpuc transform'.
    mlir: PathBuf,
    /// The prototxt to write; NAME_bmnetX_test_fp32.prototxt beside the text if not given.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Runs the tool.
///
/// # Errors
/// When the text cannot be read or is not a float network, or the file cannot be written.
pub fn run(args: &UmodelArgs) -> Result<ExitCode> {
    let Command::Export(args) = &args.command;
    let program = Program::read(&args.mlir)?;
    let state = program.module_str("state").unwrap_or("unknown");
    if !state.starts_with("TOP") {
        bail!(
            "'{}' is in state {state}; a umodel shows the float network, the top module that 'tpuc transform' writes",
            args.mlir.display()
        );
    }
    let text = prototxt::export(&program).map_err(|error| anyhow!("{error}"))?;
    let output = args.output.clone().unwrap_or_else(|| {
        let stem = args.mlir.file_stem().unwrap_or_default().to_string_lossy();
        args.mlir
            .with_file_name(format!("{stem}_bmnetX_test_fp32.prototxt"))
    });
    write_bytes_atomically(&output, text.as_bytes())?;
    print(&format!("{} written\n", output.display()))?;
    Ok(ExitCode::SUCCESS)
}
