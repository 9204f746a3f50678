//! `--dev-parallel`: one module for each device. There is one device: `main` moves into a module inside, and the outer one names
//! the network's inputs and outputs, as TPU-MLIR's pass of this name writes it. What nothing reads goes.

use crate::lowering::convert_top_to_tpu::remove_unused;
use crate::pass::{Changed, Failed, Options, Pass};
use crate::program::Program;
use tpuc_dialects::builtin::Module;
use tpuc_dialects::ir::{Diagnostic, OpView};

/// The row.
pub const PASS: Pass = Pass {
    flag: "dev-parallel",
    group: "tpu",
    summary: "One module for each device: there is one",
    options: &[],
    run,
};

fn run(program: &mut Program, _: &Options, found: &mut Vec<Diagnostic>) -> Result<Changed, Failed> {
    let main = program.main().map_err(|error| {
        found.push(error);
        Failed
    })?;
    if program.device_module() != program.module {
        return Ok(Changed::No);
    }
    let ctx = &program.ctx;
    let ops = main.ops(ctx);
    let names = |values: Vec<_>| -> Vec<String> {
        let names = values.into_iter().map(|value| ctx.value_name(value).to_owned());
        names.collect()
    };
    let inputs = ops.iter().filter(|op| ctx.is(**op, "top.Input"));
    let inputs = names(inputs.map(|op| ctx.result(*op)).collect());
    let outputs = main
        .return_op(ctx)
        .map(|op| names(op.values(ctx).to_vec()))
        .unwrap_or_default();
    let name = ctx.get_str(program.module.op(), "sym_name").map(str::to_owned);
    let outer = program.module;
    let ctx = &mut program.ctx;
    let functions = ctx.block_ops(outer.block(ctx));
    let inner = Module::create(&mut ctx.rewriter(), name.as_deref());
    let block = inner.block(ctx);
    let attrs = [
        (outer, "module.inputs", ctx.string_array_attr(&inputs)),
        (outer, "module.outputs", ctx.string_array_attr(&outputs)),
        (inner, "module.device_id", ctx.i64_attr(0)),
        (inner, "module.step", ctx.i64_attr(0)),
    ];
    let outer_block = outer.block(ctx);
    let mut rewriter = ctx.rewriter();
    for function in functions {
        rewriter.move_to_end(function, block);
    }
    rewriter.move_to_end(inner.op(), outer_block);
    for (module, name, attr) in attrs {
        rewriter.set_attr(module.op(), name, attr);
    }
    remove_unused(ctx, main);
    Ok(Changed::Yes)
}
