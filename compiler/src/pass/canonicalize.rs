//! `--canonicalize`: the simplifying rewrites of all dialects.

use super::{Changed, Failed, Options, Pass};
use crate::program::Program;
use crate::{top, tpu};
use tpuc_dialects::ir::Diagnostic;

/// The row.
pub const PASS: Pass = Pass {
    flag: "canonicalize",
    group: "general",
    summary: "Apply simplifying rewrites until nothing changes and remove what nothing uses",
    options: &[],
    run,
};

#[allow(clippy::unnecessary_wraps)] // The signature is that of all passes.
fn run(program: &mut Program, _: &Options, _: &mut Vec<Diagnostic>) -> Result<Changed, Failed> {
    let mut changed = top::canonicalize::canonicalize(program);
    for func in program.device_module().functions(&program.ctx) {
        changed |= tpu::canonicalize::canonicalize(&mut program.ctx, func);
    }
    Ok(changed.into())
}
