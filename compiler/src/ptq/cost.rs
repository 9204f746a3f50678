//! What a mixed-precision version costs on the chip: its bmodel is made and its commands are laid on the cycle model's time
//! line (`docs/cycle-model.md`), casts included. Nothing is executed.

use crate::codegen::bm1684::passes::compile;
use crate::program::Program;
use tpuc_runtime::profile::{OperationNames, Profile};

/// Estimated time of one run in microseconds, of a lowered program.
///
/// # Errors
/// Why no bmodel can be made of it, in one line.
pub fn microseconds(mut program: Program) -> Result<f64, String> {
    let bmodel = compile(&mut program, false).map_err(|errors| {
        errors
            .first()
            .map_or_else(|| "no bmodel can be made".to_owned(), ToString::to_string)
    })?;
    let stage = bmodel
        .nets
        .first()
        .and_then(|net| net.stages.first())
        .ok_or("the bmodel is empty")?;
    let profile = Profile::of_stage(stage, &OperationNames::default()).map_err(|error| error.to_string())?;
    Ok(profile.totals.milliseconds() * 1e3)
}
