//! `tpuc to-onnx` (`mlir2onnx`): MLIR text as an ONNX file, for Netron or for ONNX Runtime.

use super::output::{print, warn};
use crate::data::file::write_bytes_atomically;
use crate::export::onnx::{ExportOptions, Form, Tables, export};
use crate::program::Program;
use crate::quantization::{CalibrationTable, QuantizeTable};
use crate::weights::WeightStore;
use anyhow::Result;
use clap::{Args, ValueEnum};
use std::collections::HashSet;
use std::path::PathBuf;
use std::process::ExitCode;
use tpuc_dialects::ir::{OpView, nearest};

/// Show MLIR text as an ONNX file, to be opened in Netron; with weights ONNX Runtime runs it.
#[derive(Debug, Args)]
#[command(rename_all = "snake_case")]
#[command(after_help = "Examples:
  tpuc to-onnx -m net_bm1684_int8_sym_tpu.mlir -o view.onnx
  tpuc to-onnx -m net.mlir --calibration_table net_cali_table --quantize_table net_qtable -o view.onnx
  tpuc to-onnx -m net.mlir --weights -o net_f32.onnx
Nodes are the operations of the text under their own names. Only a top program with weights is written in ONNX's own operators,
so that ONNX Runtime runs it; --form chooses. Every node says its precision, range and threshold: docs/onnx.md.")]
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
    /// What the nodes are; onnx for a top program with weights, else mlir, if not given.
    #[arg(long, value_enum, value_name = "FORM")]
    pub form: Option<FormName>,
    /// Thresholds to write beside the nodes.
    #[arg(long, value_name = "FILE")]
    pub calibration_table: Option<PathBuf>,
    /// Layers whose precision was asked for, to write beside the nodes.
    #[arg(long, value_name = "FILE")]
    pub quantize_table: Option<PathBuf>,
}

/// Names of the forms.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum FormName {
    /// The text's own operations, for looking at.
    Mlir,
    /// ONNX's operators, for running.
    Onnx,
}

/// Runs `tpuc to-onnx`.
///
/// # Errors
/// When the text, a table or a weight cannot be read, an operation has no form in ONNX's operators, or the file cannot be
/// written.
pub fn run(args: &ToOnnxArgs) -> Result<ExitCode> {
    let mut program = Program::read(&args.mlir)?;
    if let Some(file) = &args.weightfile {
        program.weights = WeightStore::open(file)?;
    }
    let ranges = args
        .calibration_table
        .as_deref()
        .map(CalibrationTable::read)
        .transpose()?;
    let floats = args
        .quantize_table
        .as_deref()
        .map(QuantizeTable::read)
        .transpose()?;
    let output = args
        .output
        .clone()
        .unwrap_or_else(|| args.mlir.with_extension("onnx"));
    let weights = args.weights || args.weightfile.is_some();
    let is_top = program
        .module_str("state")
        .is_some_and(|state| state.starts_with("TOP"));
    let form = match args.form {
        Some(FormName::Mlir) => Form::Mlir,
        Some(FormName::Onnx) => Form::Onnx,
        None if weights && is_top => Form::Onnx,
        None => Form::Mlir,
    };
    let tables = Tables {
        ranges: ranges.as_ref(),
        floats: floats.as_ref(),
    };
    let bytes = export(&program, ExportOptions { weights, form }, tables)?;
    write_bytes_atomically(&output, &bytes)?;
    if let Some(floats) = &floats {
        warn_of_strangers(&program, "quantisation", floats.modes.keys());
    }
    if let Some(ranges) = &ranges {
        warn_of_strangers(&program, "calibration", ranges.thresholds.keys());
    }
    print(&format!("ONNX file generated:{}\n", output.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// Names of a table that no operation has are not shown anywhere.
fn warn_of_strangers<'a>(program: &Program, table: &str, names: impl Iterator<Item = &'a String>) {
    let ctx = &program.ctx;
    let mut known: HashSet<&str> = HashSet::new();
    for op in ctx.walk(program.module.op()) {
        known.insert(ctx.name(op));
        known.extend(ctx.results(op).iter().map(|value| ctx.value_name(*value)));
    }
    let strangers: Vec<&String> = names.filter(|name| !known.contains(name.as_str())).collect();
    let Some(first) = strangers.first() else { return };
    let near = nearest(first, known.iter().copied(), 1);
    let hint = near
        .first()
        .map(|near| format!(" (nearest: '{near}')"))
        .unwrap_or_default();
    warn(&format!(
        "{} of the {table} table's names are no operations of the text, the first is '{first}'{hint}",
        strangers.len()
    ));
}
