//! `--struct-optimize`: rewrites of whole structures (attention blocks and the like). None of TPU-MLIR's apply to the
//! networks that are supported, so the pass changes nothing; it keeps the pipeline's name and place.

use crate::pass::{Changed, Failed, Options, Pass};
use crate::program::Program;
use tpuc_dialects::ir::Diagnostic;

/// The row.
pub const PASS: Pass = Pass {
    flag: "struct-optimize",
    group: "top",
    summary: "rewrite structures of many operations; none of the known ones needs it",
    options: &[],
    run,
};

#[allow(clippy::unnecessary_wraps)] // The signature is that of all passes.
fn run(_: &mut Program, _: &Options, _: &mut Vec<Diagnostic>) -> Result<Changed, Failed> {
    Ok(Changed::No)
}
