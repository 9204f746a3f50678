//! `--strip-debuginfo`: MLIR's pass of that name. Names of operations live in locations, so what remains is for reading
//! and comparing, not for compiling.

use super::{Changed, Failed, Options, Pass};
use crate::program::Program;
use tpuc_dialects::ir::{Diagnostic, OpView};

/// The row.
pub const PASS: Pass = Pass {
    flag: "strip-debuginfo",
    group: "general",
    summary: "replace all locations of operations, and so their names, by unknown",
    options: &[],
    run,
};

fn run(program: &mut Program, _: &Options, _: &mut Vec<Diagnostic>) -> Result<Changed, Failed> {
    let unknown = program.ctx.loc_unknown();
    let ops = program.ctx.walk(program.module.op());
    let mut rewriter = program.ctx.rewriter();
    for op in ops {
        rewriter.set_loc(op, unknown);
    }
    Ok(rewriter.changed().into())
}
