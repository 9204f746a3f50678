//! Shape inference of one operation, with the weights at hand: some shapes are values of weights.

use crate::program::Program;
use tpuc_dialects::ir::{Diagnostic, Op, OpView, op_error};
use tpuc_dialects::top::Interp;

/// Gives the results of `op` their shapes. Operations without shape inference keep their types.
///
/// # Errors
/// When the operands' shapes do not fit the operation.
pub fn infer_op(program: &mut Program, op: Op) -> Result<(), Diagnostic> {
    if let Some(interp) = Interp::cast(&program.ctx, op) {
        resolve_target(program, interp)?;
    }
    infer_regions(program, op)?;
    let info = program.ctx.info(op);
    if let Some(verify) = info.and_then(|info| info.verify) {
        // Inference relies on what the verifier holds, and import infers before the module is verified.
        let mut found = Vec::new();
        verify(&program.ctx, op, &mut found);
        if let Some(first) = found.into_iter().next() {
            return Err(first);
        }
    }
    match info.and_then(|info| info.infer_shape) {
        Some(infer) => infer(&mut program.ctx.rewriter_before(op), op)?,
        None => return Ok(()),
    }
    match program.ctx.op_name(op) {
        name if BROADCASTING.contains(&name) => widen_weights(program, op),
        "top.LayerNorm" => widen_norm_weights(program, op, true),
        "top.GroupNorm" | "top.InstanceNorm" => widen_norm_weights(program, op, false),
        _ => {}
    }
    Ok(())
}

/// What is inside of `top.If` and `top.Loop`. A loop's body sees the types of the loop's operands.
fn infer_regions(program: &mut Program, op: Op) -> Result<(), Diagnostic> {
    let is_loop = program.ctx.is(op, "top.Loop");
    for region in program.ctx.op_regions(op).to_vec() {
        for block in program.ctx.region_blocks(region).to_vec() {
            if is_loop {
                let arguments = program.ctx.block_arguments(block).to_vec();
                for (argument, operand) in arguments.into_iter().zip(program.ctx.operands(op).to_vec()) {
                    let ty = program.ctx.value_type(operand);
                    program.ctx.rewriter().set_type(argument, ty);
                }
            }
            let inner = program.ctx.block_ops(block);
            for op in inner {
                infer_op(program, op)?;
            }
        }
    }
    Ok(())
}

/// Weight and bias of a normalisation get the rank of what they are applied to: in front of the last dimensions, or around the
/// channels.
fn widen_norm_weights(program: &mut Program, op: Op, last: bool) {
    let ctx = &program.ctx;
    let operands = ctx.operands(op).to_vec();
    let Some(rank) = operands
        .first()
        .and_then(|input| ctx.shape(*input))
        .map(<[i64]>::len)
    else {
        return;
    };
    for value in operands.into_iter().skip(1) {
        let Some(shape) = program.ctx.shape(value).map(<[i64]>::to_vec) else {
            continue;
        };
        if shape.len() >= rank || (!last && shape.len() != 1) {
            continue;
        }
        let mut wide = vec![1; rank - shape.len()];
        wide.extend(shape);
        if !last && rank > 1 {
            wide.swap(1, rank - 1);
        }
        super::patterns::reshape_weight(program, value, &wide);
    }
}

/// Operations whose operands are broadcast to one shape.
const BROADCASTING: &[&str] = &["top.Add", "top.Sub", "top.Mul", "top.Div", "top.Max", "top.Min"];

/// A weight of fewer dimensions than the result gets leading dimensions of size 1, so that its dimensions are the result's.
/// One element stays a vector, since it becomes a number later.
fn widen_weights(program: &mut Program, op: Op) {
    let rank = program.ctx.shape(program.ctx.result(op)).map_or(0, <[i64]>::len);
    for value in program.ctx.operands(op).to_vec() {
        let Some(shape) = program.ctx.shape(value).map(<[i64]>::to_vec) else {
            continue;
        };
        let weight = match program.weight(value) {
            Ok(Some(weight)) if shape.len() < rank && weight.len() > 1 && program.ctx.has_one_use(value) => {
                weight
            }
            _ => continue,
        };
        let mut wide = vec![1; rank - shape.len()];
        wide.extend(shape);
        let dims: Vec<usize> = wide.iter().map(|dim| *dim as usize).collect();
        let name = program.ctx.value_name(value).to_owned();
        if let Ok(tensor) = weight.as_ref().clone().reshape(&dims) {
            program.weights.insert(&name, tensor);
            let ty = program.ctx.value_type(value);
            let ty = program.ctx.with_shape(ty, &wide);
            program.ctx.rewriter().set_type(value, ty);
        }
    }
}

/// A constant target shape becomes scales.
fn resolve_target(program: &mut Program, interp: Interp) -> Result<(), Diagnostic> {
    let op = interp.op();
    let Some(target) = interp.target_shape(&program.ctx) else {
        return Ok(());
    };
    let computed = || op_error(&program.ctx, op, "expects a constant 'target_shape'");
    let sizes: Vec<i64> = match program.weight(target) {
        Ok(Some(weight)) => weight.to_f32().iter().map(|value| *value as i64).collect(),
        _ => return Err(computed()),
    };
    let Some(input) = program.ctx.shape(interp.input(&program.ctx)).map(<[i64]>::to_vec) else {
        return Err(op_error(&program.ctx, op, "expects an input of known rank"));
    };
    if sizes.len() + 2 != input.len() || sizes.is_empty() || sizes.len() > 2 {
        return Err(op_error(
            &program.ctx,
            op,
            format_args!(
                "expects 1 or 2 target sizes, found {sizes:?} for an input of rank {}",
                input.len()
            ),
        ));
    }
    let scale = |from_end: usize| sizes[sizes.len() - from_end] as f64 / input[input.len() - from_end] as f64;
    let scale_w = scale(1);
    let scale_h = if sizes.len() == 2 { scale(2) } else { 1.0 };
    let none = none_before(program, op);
    let mut rewriter = program.ctx.rewriter_before(op);
    for (name, value) in [("scale_h", scale_h), ("scale_w", scale_w)] {
        let attr = rewriter.f64_attr(value);
        rewriter.set_attr(op, name, attr);
    }
    rewriter.set_operand(op, 1, none);
    Ok(())
}

/// The function's `top.None`; one is made at the start of the block if there is none.
pub fn none_before(program: &mut Program, op: Op) -> tpuc_dialects::ir::Value {
    let ctx = &mut program.ctx;
    let block = ctx.op_block(op).expect("an operation in a function");
    for candidate in ctx.block_ops(block) {
        if ctx.is(candidate, "top.None") {
            return ctx.result(candidate);
        }
        if candidate == op {
            break;
        }
    }
    let ty = ctx.none_type();
    let mut rewriter = ctx.rewriter();
    rewriter.set_at_start(block);
    let none = rewriter.build("top.None").result(ty).finish();
    rewriter.result(none)
}
