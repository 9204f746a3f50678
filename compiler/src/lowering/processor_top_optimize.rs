//! `--processor-top-optimize`: rewrites of the top dialect that BM1684 needs before lowering.
//!
//! - a sum of more than two tensors becomes a chain of sums of two;
//! - two slices that a concatenation joins in exchanged order become a rotation (`top.SwapDimInner`);
//! - `top.Squeeze` and `top.Unsqueeze` become `top.Reshape`.

use crate::pass::{Changed, Failed, Options, Pass};
use crate::program::Program;
use tpuc_dialects::func::Func;
use tpuc_dialects::ir::{Context, Diagnostic, Op, OpView, Value};

/// The pass.
pub const PASS: Pass = Pass {
    flag: "processor-top-optimize",
    group: "lowering",
    summary: "Rewrite top operations into forms that the chip has",
    options: &[],
    run,
};

fn run(program: &mut Program, _options: &Options, found: &mut Vec<Diagnostic>) -> Result<Changed, Failed> {
    let func = program.main().map_err(|error| {
        found.push(error);
        Failed
    })?;
    let module = program.module.op();
    let ctx = &mut program.ctx;
    let mut changed = false;
    let mut added_flops = 0;
    for op in func.ops(ctx).into_iter().rev() {
        if ctx.is_erased(op) {
            continue;
        }
        changed |= match ctx.op_name(op) {
            "top.Add" => split_sum(ctx, op),
            "top.Concat" => {
                let rotated = rotate(ctx, op);
                if let Some(value) = rotated {
                    // Counted as one operation for each element.
                    added_flops += ctx.shape(value).unwrap_or_default().iter().product::<i64>();
                }
                rotated.is_some()
            }
            "top.Squeeze" | "top.Unsqueeze" => reshape(ctx, op),
            _ => false,
        };
    }
    if changed {
        erase_unread_slices(ctx, func);
    }
    if added_flops > 0
        && let Some(flops) = ctx.get_i64(module, "module.FLOPs")
    {
        let flops = ctx.i64_attr(flops.saturating_add(added_flops));
        ctx.rewriter().set_attr(module, "module.FLOPs", flops);
    }
    Ok(changed.into())
}

fn reshape(ctx: &mut Context, op: Op) -> bool {
    let (loc, span) = (ctx.op_loc(op), ctx.op_span(op));
    let (input, ty) = (ctx.operand(op, 0), ctx.value_type(ctx.result(op)));
    let mut rw = ctx.rewriter_before(op);
    let new = rw
        .build("top.Reshape")
        .loc(loc)
        .span(span)
        .operand(input)
        .result(ty)
        .finish();
    let result = rw.result(new);
    rw.replace_op(op, &[result]);
    true
}

/// `a + b + c` -> `(a + b) + c`; the partial sums are named `NAME1`, `NAME2`, ... and are not rectified.
fn split_sum(ctx: &mut Context, op: Op) -> bool {
    let inputs = ctx.operands(op).to_vec();
    if inputs.len() <= 2 {
        return false;
    }
    let coefficients = ctx
        .get_f64s(op, "coeff")
        .filter(|list| list.len() == inputs.len());
    let ty = ctx.value_type(ctx.result(op));
    let loc = ctx.op_loc(op);
    let name = ctx.name(op).to_owned();
    let mut sum = inputs[0];
    for (index, input) in inputs.iter().enumerate().skip(1) {
        let last = index == inputs.len() - 1;
        let coefficient = coefficients.as_ref().map(|list| {
            // A partial sum has its coefficients already.
            let first = if index == 1 { list[0] } else { 1.0 };
            ctx.f64_array_attr(&[first, list[index]])
        });
        let mut rw = ctx.rewriter_before(op);
        let mut builder = rw.build("top.Add").operands(&[sum, *input]).result(ty);
        if let Some(coefficient) = coefficient {
            builder = builder.attr("coeff", coefficient);
        }
        builder = if last {
            builder.loc(loc).attrs_of(op)
        } else {
            builder.named(&format!("{name}{index}"))
        };
        let new = builder.finish();
        sum = ctx.result(new);
    }
    ctx.rewriter().replace_op(op, &[sum]);
    true
}

/// The rotated value, where the concatenation is a rotation.
fn rotate(ctx: &mut Context, op: Op) -> Option<Value> {
    rotation(ctx, op).map(|(from, offsets)| {
        let (loc, span) = (ctx.op_loc(op), ctx.op_span(op));
        let ty = ctx.value_type(ctx.result(op));
        let mut rw = ctx.rewriter_before(op);
        let new = rw
            .build("top.SwapDimInner")
            .loc(loc)
            .span(span)
            .operand(from)
            .result(ty)
            .i64s("offset", &offsets)
            .finish();
        let result = rw.result(new);
        rw.replace_op(op, &[result]);
        result
    })
}

/// What a concatenation of two slices rotates, and by how much in each dimension.
fn rotation(ctx: &Context, op: Op) -> Option<(Value, Vec<i64>)> {
    let [first, second] = *ctx.operands(op) else {
        return None;
    };
    if ctx.get_bool(op, "do_relu") == Some(true) {
        return None;
    }
    let slice = |value: Value| ctx.defining_op(value).filter(|op| ctx.is(*op, "top.Slice"));
    let (first, second) = (slice(first)?, slice(second)?);
    let from = ctx.operand(first, 0);
    if from != ctx.operand(second, 0) || ctx.uses(from).len() != 2 {
        return None;
    }
    let steps = (ctx.get_i64s(first, "steps")?, ctx.get_i64s(second, "steps")?);
    if steps.0.iter().any(|step| *step != 1) || steps.0 != steps.1 {
        return None;
    }
    let axis = usize::try_from(ctx.get_i64(op, "axis")?).ok()?;
    let size = *ctx.shape(from)?.get(axis)?;
    let mut offsets = ctx.get_i64s(first, "offset")?;
    let positive = |offset: i64| if offset < 0 { offset + size } else { offset };
    let first_offset = positive(*offsets.get(axis)?);
    let second_offset = positive(*ctx.get_i64s(second, "offset")?.get(axis)?);
    let second_size = *ctx.shape(ctx.result(second))?.get(axis)?;
    if first_offset != second_size || second_offset != 0 {
        return None;
    }
    offsets[axis] = first_offset;
    Some((from, offsets))
}

fn erase_unread_slices(ctx: &mut Context, func: Func) {
    for op in func.ops(ctx).into_iter().rev() {
        if ctx.is(op, "top.Slice") && ctx.uses(ctx.result(op)).is_empty() {
            ctx.rewriter().erase_op(op);
        }
    }
}
