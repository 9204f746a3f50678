//! `--weight-fold`: operations that read nothing but weights are computed now, and what nothing reads is removed.
//!
//! Folded are the operations that move data (reshape, permutation); others with constant operands stay, which is
//! slower at run time but not wrong.

use crate::data::Tensor;
use crate::lowering::bm1684::context::is_weight;
use crate::lowering::convert_top_to_tpu::remove_unused;
use crate::pass::{Changed, Failed, Options, Pass};
use crate::program::Program;
use std::sync::Arc;
use tpuc_dialects::ir::{Context, Diagnostic, Op, Value};

/// The pass.
pub const PASS: Pass = Pass {
    flag: "weight-fold",
    group: "tpu",
    summary: "Compute operations on weights and remove what is unread",
    options: &[],
    run,
};

fn run(program: &mut Program, _options: &Options, found: &mut Vec<Diagnostic>) -> Result<Changed, Failed> {
    let mut fail = |error: Diagnostic| {
        found.push(error);
        Failed
    };
    let func = program.main().map_err(&mut fail)?;
    let mut changed = false;
    for op in func.ops(&program.ctx) {
        if program.ctx.op_name(op).starts_with("tpu.") && reads_weights_only(&program.ctx, op) {
            changed |= fold(program, op).map_err(&mut fail)?;
        }
    }
    changed |= remove_unused(&mut program.ctx, func);
    Ok(changed.into())
}

fn reads_weights_only(ctx: &Context, op: Op) -> bool {
    let operands = ctx.operands(op);
    operands.iter().any(|value| is_weight(ctx, *value))
        && operands
            .iter()
            .all(|value| ctx.is_none(*value) || is_weight(ctx, *value))
        && !ctx
            .results(op)
            .iter()
            .any(|value| ctx.users(*value).iter().any(|user| ctx.is(*user, "func.return")))
}

/// Replaces an operation on weights by a weight named `NAME_folder`. False if it is not one that can be computed here.
fn fold(program: &mut Program, op: Op) -> Result<bool, Diagnostic> {
    let ctx = &program.ctx;
    let input = ctx.operand(op, 0);
    let tensor = |value: Value| -> Result<Arc<Tensor>, Diagnostic> {
        program
            .weight(value)
            .map_err(|error| Diagnostic::error(error.to_string()))?
            .ok_or_else(|| Diagnostic::error("a weight"))
    };
    let folded = match ctx.op_name(op) {
        "tpu.Reshape" | "tpu.Squeeze" | "tpu.Unsqueeze" => Tensor::clone(&*tensor(input)?),
        "tpu.Permute" => {
            let shape: Option<Vec<usize>> = ctx
                .shape(input)
                .and_then(|shape| shape.iter().map(|size| usize::try_from(*size).ok()).collect());
            let order: Option<Vec<usize>> = ctx
                .get_i64s(op, "order")
                .and_then(|order| order.iter().map(|axis| usize::try_from(*axis).ok()).collect());
            let (Some(shape), Some(order)) = (shape, order) else {
                return Ok(false);
            };
            Tensor::clone(&*tensor(input)?)
                .reshape(&shape)
                .and_then(|tensor| tensor.permute(&order))
                .map_err(|error| Diagnostic::error(error.to_string()))?
        }
        _ => return Ok(false),
    };
    let result = ctx.result(op);
    let ty = ctx.value_type(result);
    let length = folded.len();
    let folded = folded
        .reshape(&[length])
        .map_err(|error| Diagnostic::error(error.to_string()))?;
    let base = format!("{}_folder", ctx.name(op));
    let name = program.weights.unique_name(&base);
    program.weights.insert(&name, folded);
    let mut rw = program.ctx.rewriter_before(op);
    let weight = rw.build("top.Weight").named(&name).result(ty).finish();
    let value = rw.result(weight);
    rw.replace_op(op, &[value]);
    Ok(true)
}
