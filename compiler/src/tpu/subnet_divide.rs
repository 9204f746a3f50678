//! `--subnet-divide`: `main` keeps the network's inputs and calls; the operations move into functions `subfunc_N`, one for each
//! sub-net ([`super::subnet_split`]), in TPU-MLIR's form. Shapes are constants on the way to BM1684, so operations on shapes
//! are static here, and stay on the chip.
//!
//! Then simplifications inside each function, as there: operations that only rename memory become `tpu.Reshape` and are joined, and slices
//! of slices are one slice. What is computed twice stays, where TPU-MLIR's pass keeps one: a tensor's name would go with it.

use super::subnet_split::{Subnet, split};
use super::subnets::{MODE, is_divided, is_static};
use crate::lowering::bm1684::context::none_value;
use crate::lowering::convert_top_to_tpu::remove_unused;
use crate::pass::{Changed, Failed, OptionKind, OptionSpec, Options, Pass};
use crate::program::Program;
use std::collections::HashSet;
use tpuc_dialects::builtin::Module;
use tpuc_dialects::func::Func;
use tpuc_dialects::ir::{AttrKind, Context, Diagnostic, LocKind, Op, OpView, Type, Value};

/// The row.
pub const PASS: Pass = Pass {
    flag: "subnet-divide",
    group: "tpu",
    summary: "Move the operations of each sub-net into a function that main calls",
    options: &[OptionSpec {
        name: "dynamic",
        kind: OptionKind::Bool,
        default: "false",
        help: "Not supported",
    }],
    run,
};

fn run(program: &mut Program, options: &Options, found: &mut Vec<Diagnostic>) -> Result<Changed, Failed> {
    let main = program.main().map_err(|error| {
        found.push(error);
        Failed
    })?;
    if options.bool("dynamic") {
        found.push(Diagnostic::error(
            "dynamic shapes need the vendor's on-chip interpreter; compile one static model for each shape",
        ));
        return Err(Failed);
    }
    if is_divided(program) {
        return Ok(Changed::No);
    }
    let module = program.device_module();
    let ctx = &mut program.ctx;
    let subnets = split(ctx, &main.ops(ctx));
    let count = subnets.len();
    let mut functions = Vec::with_capacity(count);
    for (index, subnet) in subnets.into_iter().enumerate() {
        let next = if index + 1 == count { -1 } else { index as i32 + 1 };
        functions.push(outline(ctx, module, main, (index, next), subnet));
    }
    sort(ctx, main);
    for &function in &functions {
        sort(ctx, function);
        simplify(ctx, function);
    }
    remove_unused(ctx, main);
    for function in functions {
        remove_unused(ctx, function);
        function.update_type(&mut ctx.rewriter());
    }
    main.update_type(&mut ctx.rewriter());
    program.set_module_str("state", "TPU_DIVIDED");
    Ok(Changed::Yes)
}

/// What a sub-net reads from outside, and which of its results are read outside, each once, in the order of its operations.
fn borders(ctx: &Context, ops: &[Op]) -> (Vec<Value>, Vec<Value>, bool) {
    let own: HashSet<Op> = ops.iter().copied().collect();
    let mut seen = HashSet::new();
    let (mut inputs, mut outputs, mut has_none) = (Vec::new(), Vec::new(), false);
    for &op in ops {
        for &value in ctx.operands(op) {
            if ctx.is_none(value) {
                has_none = true;
            } else if !ctx.defining_op(value).is_some_and(|maker| own.contains(&maker)) && seen.insert(value)
            {
                inputs.push(value);
            }
        }
        for &value in ctx.results(op) {
            if ctx.users(value).iter().any(|user| !own.contains(user)) {
                outputs.push(value);
            }
        }
    }
    (inputs, outputs, has_none)
}

/// The value behind the results of calls.
fn original(ctx: &Context, functions: &Module, mut value: Value) -> Value {
    while let Some(call) = ctx.defining_op(value).filter(|op| ctx.is(*op, "func.call")) {
        let name = match ctx.get_attr(call, "callee").map(|attr| ctx.attr_kind(attr)) {
            Some(AttrKind::SymbolRef(path)) => path.last().map_or("", |name| ctx.text(*name)),
            _ => return value,
        };
        let index = ctx.results(call).iter().position(|result| *result == value);
        let returned = functions
            .function(ctx, name)
            .and_then(|function| function.return_op(ctx));
        let Some((index, ret)) = index.zip(returned) else {
            return value;
        };
        value = ret.values(ctx)[index];
    }
    value
}

/// Moves the operations of a sub-net into a function, and calls it where its last operation stood.
fn outline(
    ctx: &mut Context,
    module: Module,
    main: Func,
    (index, next): (usize, i32),
    subnet: Subnet,
) -> Func {
    let ops = subnet.ops;
    let (mut inputs, mut outputs, has_none) = borders(ctx, &ops);
    in_order_of_inputs(ctx, main, &mut inputs);
    in_order_of_outputs(ctx, main, &mut outputs);
    let locations: Vec<_> = inputs
        .iter()
        .map(|value| {
            let value = original(ctx, &module, *value);
            let maker = ctx.defining_op(value);
            maker.map(|op| match ctx.loc_kind(ctx.op_loc(op)).clone() {
                LocKind::Fused { parts, .. } if ctx.results(op).len() > 1 => {
                    let at = ctx.results(op).iter().position(|result| *result == value);
                    at.and_then(|at| parts.get(at).copied()).unwrap_or(ctx.op_loc(op))
                }
                _ => ctx.op_loc(op),
            })
        })
        .collect();
    let types = |ctx: &Context, values: &[Value]| -> Vec<Type> {
        values.iter().map(|value| ctx.value_type(*value)).collect()
    };
    let (input_types, output_types) = (types(ctx, &inputs), types(ctx, &outputs));
    let name = format!("subfunc_{index}");
    let callee = ctx.str(&name);
    let callee = ctx.attr(AttrKind::SymbolRef(vec![callee]));
    let call = match ops.last() {
        Some(&last) => {
            let mut rewriter = ctx.rewriter_before(last);
            let build = rewriter
                .build("func.call")
                .operands(&inputs)
                .results(&output_types);
            build.attr("callee", callee).finish()
        }
        None => unreachable!("sub-nets have operations"),
    };
    let own: HashSet<Op> = ops.iter().copied().collect();
    let results = ctx.results(call).to_vec();
    for (value, result) in outputs.iter().zip(&results) {
        replace_uses(ctx, *value, *result, |user| !own.contains(&user));
    }
    let ty = ctx.function_type(&[], &[]);
    let module_block = module.block(ctx);
    let mut rewriter = ctx.rewriter_at_end(module_block);
    let function = Func::create(&mut rewriter, &name, ty);
    let block = function.block(ctx);
    let (id, mode) = (
        ctx.i64_attr(index as i64),
        ctx.enum_attr("tpu", "run_mode", subnet.mode.name()),
    );
    let next_index = ctx.dense_i32_attr(&[next]);
    let mut rewriter = ctx.rewriter();
    for (name, attr) in [("id", id), (MODE, mode), ("next_index", next_index)] {
        rewriter.set_attr(function.op(), name, attr);
    }
    let mut arguments = Vec::with_capacity(inputs.len());
    for (ty, loc) in input_types.into_iter().zip(locations) {
        arguments.push(rewriter.add_argument(block, ty, loc));
    }
    for &op in &ops {
        rewriter.move_to_end(op, block);
    }
    let mut rewriter = ctx.rewriter_at_end(block);
    rewriter.build("func.return").operands(&outputs).finish();
    for (value, argument) in inputs.into_iter().zip(arguments) {
        replace_uses(ctx, value, argument, |user| own.contains(&user));
    }
    if has_none {
        let none = none_value(ctx, block);
        for &op in &ops {
            for at in 0..ctx.operands(op).len() {
                if ctx.is_none(ctx.operand(op, at)) {
                    ctx.rewriter().set_operand(op, at, none);
                }
            }
        }
    }
    function.update_type(&mut ctx.rewriter());
    function
}

/// The latest reader first: then the order of readers, which `topo-sort` asks for, is that of TPU-MLIR.
fn replace_uses(ctx: &mut Context, old: Value, new: Value, of: impl Fn(Op) -> bool) {
    for used in ctx.uses(old).to_vec().into_iter().rev() {
        if of(used.op) {
            ctx.rewriter().set_operand(used.op, used.index as usize, new);
        }
    }
}

/// Definitions before uses; what is in order already stays where it is.
fn sort(ctx: &mut Context, function: Func) {
    let mut ops = function.ops(ctx);
    let Some(ret) = ops.pop() else { return };
    let mut left: HashSet<Op> = ops.iter().copied().collect();
    let mut order = Vec::with_capacity(ops.len());
    while !ops.is_empty() {
        let before = order.len();
        ops.retain(|&op| {
            let ready = ctx
                .operands(op)
                .iter()
                .all(|value| !ctx.defining_op(*value).is_some_and(|maker| left.contains(&maker)));
            if ready {
                left.remove(&op);
                order.push(op);
            }
            !ready
        });
        if order.len() == before {
            // Operations that wait for each other; the verifier says so.
            order.append(&mut ops);
        }
    }
    let mut rewriter = ctx.rewriter();
    for op in order {
        rewriter.move_before(op, ret);
    }
}

/// Simplifications until nothing changes.
fn simplify(ctx: &mut Context, function: Func) {
    loop {
        let mut changed = false;
        for op in function.ops(ctx) {
            if ctx.is_erased(op) {
                continue;
            }
            if is_static(ctx, function) {
                changed |= rename_memory(ctx, function, op);
                changed |= ctx.is(op, "tpu.Slice") && join_slices(ctx, op);
            }
            changed |= ctx.is(op, "tpu.Reshape") && join_reshapes(ctx, op);
        }
        if !changed {
            return;
        }
    }
}

/// `tpu.Squeeze`, `tpu.Unsqueeze`, and a permutation that moves nothing, become `tpu.Reshape`.
fn rename_memory(ctx: &mut Context, function: Func, op: Op) -> bool {
    match ctx.op_name(op) {
        "tpu.Squeeze" | "tpu.Unsqueeze" => {}
        "tpu.Permute" if moves_nothing(ctx, op) => {}
        _ => return false,
    }
    let (input, ty, loc) = (ctx.operand(op, 0), ctx.value_type(ctx.result(op)), ctx.op_loc(op));
    let span = ctx.op_span(op);
    let none = none_value(ctx, function.block(ctx));
    let mut rewriter = ctx.rewriter_before(op);
    let build = rewriter.build("tpu.Reshape").operands(&[input, none]).result(ty);
    let new = build.i64s("shape", &[]).loc(loc).span(span).finish();
    let value = rewriter.result(new);
    rewriter.replace_op(op, &[value]);
    for user in ctx.users(value) {
        if ctx.is(user, "tpu.Concat") {
            let no = ctx.bool_attr(false);
            ctx.rewriter().set_attr(user, "only_merge", no);
        }
    }
    true
}

/// Whether all axes between the first and the last one that moves have one element, but for one.
fn moves_nothing(ctx: &Context, op: Op) -> bool {
    let (Some(shape), Some(order)) = (ctx.shape(ctx.operand(op, 0)), ctx.get_i64s(op, "order")) else {
        return false;
    };
    let moved = |axis: &usize| order.get(*axis) != Some(&(*axis as i64));
    let mut axes = (0..shape.len()).filter(moved);
    let Some(first) = axes.next() else { return true };
    let last = axes.next_back().unwrap_or(first);
    shape[first..=last].iter().filter(|size| **size != 1).count() <= 1
}

/// A reshape of a reshape that nothing else reads.
fn join_reshapes(ctx: &mut Context, op: Op) -> bool {
    let input = ctx.operand(op, 0);
    let Some(before) = ctx
        .defining_op(input)
        .filter(|before| ctx.is(*before, "tpu.Reshape") && ctx.has_one_use(input))
    else {
        return false;
    };
    let source = ctx.operand(before, 0);
    let mut rewriter = ctx.rewriter();
    rewriter.set_operand(op, 0, source);
    rewriter.erase_op(before);
    true
}

/// A slice of a slice that nothing else reads.
fn join_slices(ctx: &mut Context, op: Op) -> bool {
    let input = ctx.operand(op, 0);
    let Some(before) = ctx
        .defining_op(input)
        .filter(|before| ctx.is(*before, "tpu.Slice") && ctx.has_one_use(input))
    else {
        return false;
    };
    let constant = |op: Op| ctx.operands(op).iter().skip(1).all(|value| ctx.is_none(*value));
    let lists = |op: Op| {
        let list = |name: &str| ctx.get_i64s(op, name);
        Some((list("offset")?, list("steps")?, list("ends")?))
    };
    let (Some((offset, steps, ends)), Some((first, strides, _))) = (lists(op), lists(before)) else {
        return false;
    };
    let count = offset.len();
    let fits = [&steps, &ends, &first, &strides]
        .iter()
        .all(|list| list.len() == count);
    let positive = steps.iter().chain(&strides).all(|step| *step > 0);
    if !constant(op) || !constant(before) || !fits || !positive {
        return false;
    }
    let axes = 0..count;
    let offsets: Vec<i64> = axes
        .clone()
        .map(|axis| first[axis] + offset[axis] * strides[axis])
        .collect();
    let new_ends: Vec<i64> = axes
        .clone()
        .map(|axis| offsets[axis] + (ends[axis] - offset[axis]) * strides[axis])
        .collect();
    let new_steps: Vec<i64> = axes.map(|axis| steps[axis] * strides[axis]).collect();
    let attrs = [("offset", offsets), ("ends", new_ends), ("steps", new_steps)];
    let attrs = attrs.map(|(name, values)| (name, ctx.i64_array_attr(&values)));
    let source = ctx.operand(before, 0);
    let mut rewriter = ctx.rewriter();
    for (name, attr) in attrs {
        rewriter.set_attr(op, name, attr);
    }
    rewriter.set_operand(op, 0, source);
    rewriter.erase_op(before);
    true
}

/// A call on all of the network's inputs takes them in the network's order.
fn in_order_of_inputs(ctx: &Context, main: Func, inputs: &mut [Value]) {
    let arguments = main.arguments(ctx);
    let place = |value: Value| {
        let input = ctx.defining_op(value).filter(|op| ctx.is(*op, "top.Input"))?;
        arguments
            .iter()
            .position(|argument| *argument == ctx.operand(input, 0))
    };
    if inputs.len() == arguments.len() && inputs.iter().all(|value| place(*value).is_some()) {
        inputs.sort_by_key(|value| place(*value));
    }
}

/// A call that gives all of the network's outputs gives them in the network's order.
fn in_order_of_outputs(ctx: &Context, main: Func, outputs: &mut [Value]) {
    let Some(ret) = main.return_op(ctx) else { return };
    let values = ret.values(ctx);
    let place = |value: Value| values.iter().position(|returned| *returned == value);
    if outputs.len() == values.len() && outputs.iter().all(|value| place(*value).is_some()) {
        outputs.sort_by_key(|value| place(*value));
    }
}
