//! Joins of a network's outputs. A detector's scores and boxes differ in range by orders of magnitude; joined in INT8 they share one
//! scale and the smaller ones lose their bits. Such a join costs nearly nothing in floating point: it only moves data.

use crate::program::Program;
use crate::quantization::CalibrationTable;
use tpuc_dialects::ir::{Context, Op, Value};

/// Ranges of a join that differ by less than this factor may share a scale.
const FACTOR: f64 = 1.5;

/// Names of the concatenations whose result reaches the network's outputs through moves only, and whose parts have different
/// ranges in the table.
pub fn mixed_joins(program: &Program, table: &CalibrationTable) -> Vec<String> {
    let ctx = &program.ctx;
    let Ok(main) = program.main() else {
        return Vec::new();
    };
    main.ops(ctx)
        .into_iter()
        .filter(|op| ctx.is(*op, "top.Concat") && only_moves_follow(ctx, ctx.result(*op)))
        .filter(|op| has_different_ranges(ctx, *op, table))
        .map(|op| ctx.name(op).to_owned())
        .collect()
}

fn only_moves_follow(ctx: &Context, value: Value) -> bool {
    ctx.users(value).iter().all(|user| match ctx.op_name(*user) {
        "func.return" => true,
        "top.Reshape" | "top.Permute" | "top.Squeeze" | "top.Unsqueeze" | "top.Slice" => {
            only_moves_follow(ctx, ctx.result(*user))
        }
        _ => false,
    })
}

fn has_different_ranges(ctx: &Context, op: Op, table: &CalibrationTable) -> bool {
    let thresholds: Vec<f64> = ctx
        .operands(op)
        .iter()
        .filter_map(|value| table.thresholds.get(ctx.value_name(*value)))
        .map(|entry| entry.threshold)
        .collect();
    let largest = thresholds.iter().copied().fold(0.0, f64::max);
    let smallest = thresholds.iter().copied().fold(f64::INFINITY, f64::min);
    largest > smallest * FACTOR
}
