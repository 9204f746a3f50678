//! Running a program in text form on the host, for `tpuc run` and `model_runner`.

use crate::data::TensorMap;
use crate::inference::{Dump, InferenceError, Interpreter};
use crate::program::{Program, ProgramError};
use std::path::Path;
use tpuc_dialects::ir::Diagnostic;
use tpuc_dialects::text::{Colors, SourceMap, render_all};

/// Why a program could not be run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// It cannot be read.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// It cannot be executed; every reason with its line, ready to print.
    #[error("{0}")]
    Inference(String),
}

/// Executes `main` of a text file on these inputs and returns tensors in real values: all of them in the order of the
/// program, or the outputs with the tensors that they were cast from, as TPU-MLIR's `model_runner` writes them.
///
/// # Errors
/// When the file cannot be read, an operation has no kernel, or an input is missing or of another size.
pub fn run_mlir(path: &Path, inputs: &TensorMap, dump_all: bool) -> Result<TensorMap, RunError> {
    let program = Program::read(path)?;
    let dump = if dump_all { Dump::All } else { Dump::Outputs };
    Interpreter::new(&program)
        .and_then(|interpreter| interpreter.run_all(inputs, dump))
        .map_err(|error| RunError::Inference(explain(path, &error)))
}

/// The message of an inference error with the lines of the text that it is about.
pub fn explain(path: &Path, error: &InferenceError) -> String {
    let shown = |diagnostics: &[Diagnostic]| {
        let mut sources = SourceMap::new();
        // A file that vanished meanwhile costs the lines, not the message.
        let source = std::fs::read_to_string(path).ok()?;
        sources.add(path.display().to_string(), source);
        let text = render_all(diagnostics, &sources, Colors::No);
        Some(text.trim_end().to_owned())
    };
    let text = match error {
        InferenceError::Program(diagnostics) => shown(diagnostics),
        InferenceError::Run(diagnostic) => shown(std::slice::from_ref(diagnostic)),
        InferenceError::Input(_) => None,
    };
    text.unwrap_or_else(|| error.to_string())
}
