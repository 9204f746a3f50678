//! Control flow: operations with programs inside. `top.If` yields the values of its first region if `cond` is positive, else
//! those of its second. `top.Loop` runs its body at most `M` times while `cond` holds: the body takes the round, the condition
//! and the carried values, and yields the next condition, the next carried values and what is collected. `top.Yield` ends a
//! region.
//!
//! Source: ONNX If and Loop (opset 16); attributes as TPU-MLIR's `top.If`, `top.Loop`, `top.Yield`.

use super::shape;
use crate::ir::{Context, Diagnostic, Op, Region, Rewriter, Value, op_error};
use crate::op;

op! {
    /// One of two programs.
    pub If = "top.If", "one of two programs";
    operands: cond: One;
    results: output: Variadic;
    attrs: ;
    regions: 2;
    traits: ;
    verify: Some(verify_if);
    infer_shape: Some(infer_if);
    flops: None;
}

op! {
    /// A program that is repeated.
    pub Loop = "top.Loop", "a program that is repeated";
    operands: M: Optional, cond: Optional, v_initial: Variadic;
    results: v_final_and_scan_outputs: Variadic;
    attrs: ;
    regions: 1;
    traits: ;
    verify: Some(verify_loop);
    infer_shape: Some(infer_loop);
    flops: None;
}

op! {
    /// Ends a region.
    pub Yield = "top.Yield", "ends a region";
    operands: operands: Variadic;
    results: ;
    attrs: ;
    traits: Terminator;
    verify: None;
    infer_shape: None;
    flops: None;
}

/// The operands of the `top.Yield` that ends a region.
fn yielded(ctx: &Context, region: Region) -> Option<&[Value]> {
    let block = *ctx.region_blocks(region).last()?;
    let last = ctx.last_op(block)?;
    ctx.is(last, "top.Yield").then(|| ctx.operands(last))
}

/// Verifies that every region yields `wanted` values.
fn check_yields(ctx: &Context, op: Op, wanted: usize, found: &mut Vec<Diagnostic>) {
    for (index, region) in ctx.op_regions(op).iter().enumerate() {
        match yielded(ctx, *region) {
            None => found.push(op_error(
                ctx,
                op,
                format_args!("expects region #{index} to end in 'top.Yield'"),
            )),
            Some(values) if values.len() != wanted => found.push(op_error(
                ctx,
                op,
                format_args!(
                    "expects region #{index} to yield {wanted} values, found {}",
                    values.len()
                ),
            )),
            Some(_) => {}
        }
    }
}

fn verify_if(ctx: &Context, op: Op, found: &mut Vec<Diagnostic>) {
    check_yields(ctx, op, ctx.results(op).len(), found);
}

fn verify_loop(ctx: &Context, op: Op, found: &mut Vec<Diagnostic>) {
    check_yields(ctx, op, ctx.results(op).len() + 1, found);
}

fn infer_if(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let branches: Vec<Vec<Value>> = rw
        .op_regions(op)
        .iter()
        .map(|region| yielded(rw, *region).unwrap_or_default().to_vec())
        .collect();
    for (index, result) in rw.results(op).to_vec().into_iter().enumerate() {
        let first = shape::ranked(rw, op, branches[0][index])?;
        let second = shape::ranked(rw, op, branches[1][index])?;
        if first != second {
            return Err(op_error(
                rw,
                op,
                format_args!(
                    "expects branches that yield one shape, found {} and {} for result #{index}",
                    shape::text(&first),
                    shape::text(&second)
                ),
            ));
        }
        shape::set_result(rw, result, &first);
    }
    Ok(())
}

fn infer_loop(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let region = rw.op_regions(op)[0];
    let values = yielded(rw, region).unwrap_or_default().to_vec();
    for (value, result) in values.into_iter().skip(1).zip(rw.results(op).to_vec()) {
        let shape = shape::ranked(rw, op, value)?;
        shape::set_result(rw, result, &shape);
    }
    Ok(())
}
