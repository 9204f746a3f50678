//! `--op-reorder`: in every sub-net, what is no operation of layer groups and stands at the end of a chain moves behind everything
//! else, as TPU-MLIR's pass of this name does.

use super::local_support::is_local;
use super::subnets;
use crate::pass::{Changed, Failed, Options, Pass};
use crate::program::Program;
use tpuc_dialects::func::Func;
use tpuc_dialects::ir::{Context, Diagnostic, OpView};

/// The row.
pub const PASS: Pass = Pass {
    flag: "op-reorder",
    group: "tpu",
    summary: "Move what cannot be in layer groups to the end of a sub-net, where nothing else follows it",
    options: &[],
    run,
};

fn run(program: &mut Program, _: &Options, found: &mut Vec<Diagnostic>) -> Result<Changed, Failed> {
    subnets::each_called(program, found, reorder)
}

fn reorder(ctx: &mut Context, function: Func) -> bool {
    let Some(ret) = function.return_op(ctx) else {
        return false;
    };
    let (mut anchor, mut changed) = (ret.op(), false);
    for value in ret.values(ctx).to_vec() {
        let mut last = ctx.defining_op(value);
        while let Some(op) = last.filter(|op| !ctx.is(*op, "top.Weight") && !is_local(ctx, *op)) {
            let makers = ctx
                .operands(op)
                .iter()
                .filter_map(|value| ctx.defining_op(*value));
            let makers = makers.filter(|op| !matches!(ctx.op_name(*op), "top.Weight" | "top.None"));
            let uses: usize = ctx.results(op).iter().map(|value| ctx.uses(*value).len()).sum();
            if uses != 1 || makers.count() > 1 {
                break;
            }
            if ctx.next_op(op) != Some(anchor) {
                ctx.rewriter().move_before(op, anchor);
                changed = true;
            }
            anchor = op;
            last = ctx.operands(op).first().and_then(|value| ctx.defining_op(*value));
        }
    }
    changed
}
