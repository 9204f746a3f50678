//! `tpuc bmodel check`.

use crate::tools::output::print;
use anyhow::Result;
use std::{path::PathBuf, process::ExitCode};
use tpuc_runtime::{bmodel::Bmodel, session::check};

/// Runs `tpuc bmodel check`: a line for each file, and one for each thing that is wrong or will not run on the emulator.
///
/// # Errors
/// The result cannot be printed.
pub fn check(paths: &[PathBuf]) -> Result<ExitCode> {
    let mut whole = true;
    for path in paths {
        let place = path.display();
        // Reading checks header, offsets, sizes and check codes.
        let model = match Bmodel::read(path) {
            Ok(model) => model,
            Err(error) => {
                print(&format!("{place}: damaged: {error}\n"))?;
                whole = false;
                continue;
            }
        };
        let findings = check::findings(&model);
        let damaged = findings.iter().any(|finding| finding.damage);
        let stages: usize = model.nets.iter().map(|net| net.stages.len()).sum();
        print(&format!(
            "{place}: {}: {} nets, {stages} stages\n",
            if damaged { "damaged" } else { "whole" },
            model.nets.len()
        ))?;
        for finding in &findings {
            print(&format!("  {}\n", finding.text))?;
        }
        whole &= !damaged;
    }
    Ok(if whole {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
