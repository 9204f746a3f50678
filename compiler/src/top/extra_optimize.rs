//! `--extra-optimize`: results of recurrent layers that nothing uses become `none`, and the module learns the number of
//! floating point operations of one run (`module.FLOPs`).

use crate::pass::{Changed, Failed, Options, Pass};
use crate::program::Program;
use tpuc_dialects::ir::{Diagnostic, OpView};

/// The row.
pub const PASS: Pass = Pass {
    flag: "extra-optimize",
    group: "top",
    summary: "drop unused results of recurrent layers and count floating point operations",
    options: &[],
    run,
};

#[allow(clippy::unnecessary_wraps)] // The signature is that of all passes.
fn run(program: &mut Program, _: &Options, _: &mut Vec<Diagnostic>) -> Result<Changed, Failed> {
    let ctx = &mut program.ctx;
    let none = ctx.none_type();
    let mut flops: i64 = 0;
    for op in ctx.walk(program.module.op()) {
        if matches!(ctx.op_name(op), "top.LSTM" | "top.GRU") {
            for value in ctx.results(op).to_vec() {
                if ctx.uses(value).is_empty() {
                    ctx.rewriter().set_type(value, none);
                }
            }
        }
        if let Some(count) = ctx.info(op).and_then(|info| info.flops) {
            flops = flops.saturating_add(count(ctx, op));
        }
    }
    let attr = ctx.i64_attr(flops);
    let mut rewriter = ctx.rewriter();
    rewriter.set_attr(program.module.op(), "module.FLOPs", attr);
    Ok(rewriter.changed().into())
}
