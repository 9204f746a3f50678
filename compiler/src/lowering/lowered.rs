//! Lowering in process: from a top program and tables in memory to the tpu program, as a deployment's first step does it
//! with files. Searches lower a network hundreds of times.

use super::{convert_top_to_tpu, import_calibration_table};
use crate::pass::{RunError, parse_options, run_pipeline};
use crate::program::Program;
use crate::quantization::{CalibrationTable, QuantizeTable};
use crate::weights::WeightError;
use tpuc_dialects::ir::Diagnostic;

/// Why a program could not be lowered.
#[derive(Debug, thiserror::Error)]
pub enum LoweringError {
    /// A table, an option or an operation does not suit.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Diagnostics(Vec<Diagnostic>),
    /// A pass failed.
    #[error(transparent)]
    Pass(#[from] RunError),
    /// A weight is missing.
    #[error(transparent)]
    Weight(#[from] WeightError),
}

/// The tpu program of a top program in state `TOP_F32`, which stays as it is: INT8 with the ranges of a table, F32 without one.
/// Operations of `floats` keep their precision; `options` is the text of `--convert-top-to-tpu`'s options, such as `per_channel=true`.
///
/// # Errors
/// When the tables are of another program, an option is unknown, or an operation cannot be lowered.
pub fn lowered(
    top: &Program,
    ranges: Option<&CalibrationTable>,
    floats: &QuantizeTable,
    options: &str,
) -> Result<Program, LoweringError> {
    let mut program = top.fork()?;
    let one = |error: Diagnostic| LoweringError::Diagnostics(vec![error]);
    let mode = if ranges.is_some() { "INT8" } else { "F32" };
    run_pipeline(
        &mut program,
        &[("processor-assign", &format!("chip=bm1684 mode={mode}"))],
    )?;
    if let Some(ranges) = ranges {
        import_calibration_table::apply(&mut program, ranges, "the calibration table", false).map_err(one)?;
    }
    run_pipeline(&mut program, &[("processor-top-optimize", "")])?;
    let options = parse_options(&convert_top_to_tpu::PASS, options)
        .map_err(|message| one(Diagnostic::error(message)))?;
    convert_top_to_tpu::apply(&mut program, &options, floats.clone()).map_err(LoweringError::Diagnostics)?;
    run_pipeline(&mut program, &[("canonicalize", ""), ("weight-fold", "")])?;
    Ok(program)
}

/// [`lowered`] to INT8.
///
/// # Errors
/// As [`lowered`].
pub fn quantised(
    top: &Program,
    ranges: &CalibrationTable,
    floats: &QuantizeTable,
    options: &str,
) -> Result<Program, LoweringError> {
    lowered(top, Some(ranges), floats, options)
}
