//! `--shape-infer`: gives every value of the `top` dialect its shape, from the inputs on, and writes the functions' types.
//! Operations that nothing uses go away; `top.Flatten` becomes `top.Reshape`; the part of a shape becomes the whole shape and a
//! `top.Slice`, and the network is one whose shapes are computed (`DYNAMIC`).

use super::infer::infer_op;
use super::patterns::{erase_unused, is_unused};
use crate::pass::{Changed, Failed, Options, Pass};
use crate::program::Program;
use tpuc_dialects::func::Func;
use tpuc_dialects::ir::{Diagnostic, Op, OpView, op_error};
use tpuc_dialects::top::{Flatten, Shape};

/// The row.
pub const PASS: Pass = Pass {
    flag: "shape-infer",
    group: "top",
    summary: "infer the shapes of all values",
    options: &[],
    run,
};

fn run(program: &mut Program, _: &Options, found: &mut Vec<Diagnostic>) -> Result<Changed, Failed> {
    let before = found.len();
    let functions = program.module.functions(&program.ctx);
    for func in functions {
        copy_shared_weights(program, func);
        for op in func.ops(&program.ctx) {
            if !program.ctx.op_name(op).starts_with("top.") {
                continue;
            }
            if is_unused(&program.ctx, op)
                && !program.ctx.is(op, "top.Weight")
                && !program.ctx.is(op, "top.None")
            {
                program.ctx.rewriter().erase_op(op);
                continue;
            }
            if let Err(error) = infer_op(program, op) {
                // What follows has no shapes either and would only repeat the message.
                found.push(error);
                return Err(Failed);
            }
            if let Some(shape) = Shape::cast(&program.ctx, op) {
                shape_with_slice(program, shape, found)?;
                continue;
            }
            if let Some(flatten) = Flatten::cast(&program.ctx, op) {
                flatten_to_reshape(program, flatten);
                continue;
            }
            check_ranked(program, op, found);
        }
        erase_unused(program, func);
        func.update_type(&mut program.ctx.rewriter());
    }
    if found.len() > before {
        Err(Failed)
    } else {
        Ok(Changed::Yes)
    }
}

/// A weight with several uses becomes one for each, so that each can be changed: `<name>_<number>`, counted from the last use.
fn copy_shared_weights(program: &mut Program, func: Func) {
    for op in func.ops(&program.ctx) {
        let ctx = &program.ctx;
        if !ctx.is(op, "top.Weight") || ctx.uses(ctx.result(op)).len() < 2 {
            continue;
        }
        let value = ctx.result(op);
        let (name, ty, uses) = (
            ctx.name(op).to_owned(),
            ctx.value_type(value),
            ctx.uses(value).to_vec(),
        );
        let Ok(tensor) = program.weights.get(&name) else {
            continue;
        };
        // An operation with several such operands takes the copies in the order of its operands.
        let users: Vec<Op> = uses.iter().rev().map(|used| used.op).collect();
        for (index, user) in users.into_iter().enumerate() {
            let copy_name = program.weights.unique_name(&format!("{name}_{index}"));
            program.weights.insert_shared(&copy_name, tensor.clone());
            let ctx = &mut program.ctx;
            let Some(operand) = ctx.operands(user).iter().position(|operand| *operand == value) else {
                continue;
            };
            let mut rewriter = ctx.rewriter();
            rewriter.set_after(op);
            let copy = rewriter.build("top.Weight").result(ty).named(&copy_name).finish();
            let copied = rewriter.result(copy);
            rewriter.set_operand(user, operand, copied);
        }
        program.ctx.rewriter().erase_op(op);
    }
}

fn check_ranked(program: &Program, op: Op, found: &mut Vec<Diagnostic>) {
    let ctx = &program.ctx;
    for value in ctx.results(op) {
        if !ctx.is_none(*value) && ctx.shape(*value).is_none() {
            found.push(op_error(
                ctx,
                op,
                "has no shape inference and a result of unknown shape",
            ));
        }
    }
}

fn flatten_to_reshape(program: &mut Program, flatten: Flatten) {
    let ctx = &mut program.ctx;
    let op = flatten.op();
    let (input, output) = (flatten.input(ctx), flatten.output(ctx));
    let shape = ctx.shape(output).unwrap_or_default().to_vec();
    let start = flatten.start_dim(ctx);
    let (ty, loc) = (ctx.value_type(output), ctx.op_loc(op));
    let mut rewriter = ctx.rewriter_before(op);
    let reshape = rewriter
        .build("top.Reshape")
        .operand(input)
        .result(ty)
        .i64("flatten_start_dim", start)
        .i64s("shape", &shape)
        .loc(loc)
        .finish();
    let value = rewriter.result(reshape);
    rewriter.replace_op(op, &[value]);
}

/// A shape is computed as a whole: TPU-MLIR slices what `start` and `end` ask for.
fn shape_with_slice(program: &mut Program, shape: Shape, found: &mut Vec<Diagnostic>) -> Result<(), Failed> {
    let op = shape.op();
    let ctx = &program.ctx;
    let rank = ctx.shape(shape.input(ctx)).map_or(0, <[i64]>::len) as i64;
    let place = |position: i64| if position < 0 { position + rank } else { position }.clamp(0, rank);
    let start = place(shape.start(ctx).unwrap_or(0));
    let end = place(shape.end(ctx).unwrap_or(rank));
    let step = shape.step(ctx).unwrap_or(1);
    let (output, name) = (shape.output(ctx), ctx.name(op).to_owned());
    let uses = ctx.uses(output).to_vec();
    let mut rewriter = program.ctx.rewriter();
    rewriter.remove_attr(op, "start");
    rewriter.remove_attr(op, "end");
    program.set_module_str("top_run_mode", "DYNAMIC");
    if start == 0 && end == rank {
        return Ok(());
    }
    super::patterns::set_shape(program, output, &[rank]);
    let none = super::infer::none_before(program, op);
    let loc = program.ctx.loc_name(&format!("{name}_0"));
    program.ctx.rewriter().set_loc(op, loc);
    let sliced = super::patterns::insert_after(
        program,
        output,
        "top.Slice",
        &name,
        &[output, none, none, none],
        &[end - start],
        |builder| {
            builder
                .i64s("offset", &[start])
                .i64s("steps", &[step])
                .i64s("ends", &[end])
                .i64s("axes", &[0])
        },
    );
    let Some(sliced) = sliced else {
        found.push(op_error(&program.ctx, op, "has nothing behind it"));
        return Err(Failed);
    };
    let mut rewriter = program.ctx.rewriter();
    for used in uses {
        rewriter.set_operand(used.op, used.index as usize, sliced);
    }
    let maker = program.ctx.defining_op(sliced).expect("it was made just now");
    infer_op(program, maker).map_err(|error| {
        found.push(error);
        Failed
    })
}
