//! `--extra-optimize`: operations that are the same are done once, results of recurrent layers that nothing uses become
//! `none`, the module learns the number of floating point operations of one run (`module.FLOPs`), and what nothing uses goes
//! away.

use super::patterns::erase_unused;
use crate::pass::{Changed, Failed, Options, Pass};
use crate::program::Program;
use tpuc_dialects::func::Func;
use tpuc_dialects::ir::{Context, Diagnostic, Op, OpView};

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
    let functions = program.module.functions(&program.ctx);
    for func in &functions {
        merge_equal(&mut program.ctx, *func);
    }
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
    // The count has what nothing uses, as TPU-MLIR's.
    for func in functions {
        erase_unused(program, func);
    }
    Ok(Changed::Yes)
}

/// Operations of one kind with the same operands, attributes and result types: the first one serves all.
fn merge_equal(ctx: &mut Context, func: Func) {
    for op in func.ops(ctx) {
        if ctx.is_erased(op) || matches!(ctx.op_name(op), "top.None" | "top.Weight") {
            continue;
        }
        while merge_two_users(ctx, op) {}
    }
}

fn merge_two_users(ctx: &mut Context, op: Op) -> bool {
    let users: Vec<Op> = ctx
        .results(op)
        .iter()
        .flat_map(|value| ctx.users(*value))
        .collect();
    for (index, first) in users.iter().enumerate() {
        for second in &users[index + 1..] {
            if first == second || !is_same(ctx, *first, *second) {
                continue;
            }
            let (kept, dropped) = if comes_before(ctx, *first, *second) {
                (*first, *second)
            } else {
                (*second, *first)
            };
            let values = ctx.results(kept).to_vec();
            ctx.rewriter().replace_op(dropped, &values);
            return true;
        }
    }
    false
}

fn is_same(ctx: &Context, first: Op, second: Op) -> bool {
    let types = |op: Op| -> Vec<_> {
        ctx.results(op)
            .iter()
            .map(|value| ctx.value_type(*value))
            .collect()
    };
    !ctx.results(first).is_empty()
        && ctx.op_name(first) == ctx.op_name(second)
        && ctx.operands(first) == ctx.operands(second)
        && ctx.attrs(first) == ctx.attrs(second)
        && types(first) == types(second)
}

fn comes_before(ctx: &Context, first: Op, second: Op) -> bool {
    let mut next = ctx.next_op(first);
    while let Some(op) = next {
        if op == second {
            return true;
        }
        next = ctx.next_op(op);
    }
    false
}
