//! `--processor-tpu-optimize`: rewrites that BM1684's commands ask for, as TPU-MLIR's pass of this name makes them.
//!
//! - A padded convolution over the three channels of an 8-bit input reads rows that are padded already: the rows of padding become
//!   a `tpu.Pad` in front of it (`_pad`), and it is marked by `use_3ic_optimize`.
//! - A cast between f32 and 8 bits with a scale becomes a product and a cast without scale (`_mul_scale`, `_new_cast`).
//! - A gather at computed indices becomes a layer of the host (`codegen/bm1684/gather.rs`).
//!
//! Convolutions with more than 15 rows of padding or a dilated kernel of 32 rows or more stay as they are: TPU-MLIR pads them
//! apart and takes their pixels apart by blocks; here code generation does both.

use crate::codegen::bm1684::gather;
use crate::lowering::bm1684::context::none_value;
use crate::pass::{Changed, Failed, Options, Pass};
use crate::program::Program;
use tpuc_dialects::func::Func;
use tpuc_dialects::ir::{Context, Diagnostic, Op, TypeKind, Value};

/// The row.
pub const PASS: Pass = Pass {
    flag: "processor-tpu-optimize",
    group: "tpu",
    summary: "Rewrites for the chip: casts without scale, padded rows in front of the first convolution, gathers on the host",
    options: &[],
    run,
};

fn run(program: &mut Program, _: &Options, found: &mut Vec<Diagnostic>) -> Result<Changed, Failed> {
    let function = program.main().map_err(|error| {
        found.push(error);
        Failed
    })?;
    let (mut changed, mut failed) = (false, false);
    for op in function.ops(&program.ctx) {
        match gather::to_host_layer(program, op) {
            Ok(done) => changed |= done,
            Err(error) => {
                let ctx = &program.ctx;
                found.push(
                    Diagnostic::error(format!("'{}' op {error}", ctx.op_name(op)))
                        .at(ctx.op_span(op))
                        .named(ctx.name(op)),
                );
                failed = true;
            }
        }
    }
    if failed {
        return Err(Failed);
    }
    let ctx = &mut program.ctx;
    // Convolutions first: once their input's cast is rewritten, they do not see the network's input any more.
    for op in function.ops(ctx) {
        changed |= pad_first_convolution(ctx, function, op);
    }
    for op in function.ops(ctx) {
        changed |= cast_without_scale(ctx, op);
    }
    Ok(changed.into())
}

/// Scale of a value of a quantised type.
fn scale(ctx: &Context, value: Value) -> Option<f64> {
    match ctx.type_kind(ctx.element(value)?) {
        TypeKind::Uniform { scale, .. } => Some(scale.get()),
        _ => None,
    }
}

fn cast_without_scale(ctx: &mut Context, op: Op) -> bool {
    if !ctx.is(op, "tpu.Cast") || ctx.get_bool(op, "with_scale") == Some(false) {
        return false;
    }
    let (input, output) = (ctx.operand(op, 0), ctx.result(op));
    let name = ctx.name(op).to_owned();
    let (input_type, output_type) = (ctx.value_type(input), ctx.value_type(output));
    // The first of the two operations is new, the second has the cast's name.
    let (first, first_type, second, factor) = match (scale(ctx, input), scale(ctx, output)) {
        (Some(scale), None) => ("_new_cast", output_type, "tpu.MulConst", scale),
        (None, Some(scale)) => ("_mul_scale", input_type, "tpu.Cast", 1.0 / scale),
        _ => return false,
    };
    if factor == 1.0 {
        return false;
    }
    let mut value = input;
    for (kind, ty, name) in [
        (
            if second == "tpu.Cast" {
                "tpu.MulConst"
            } else {
                "tpu.Cast"
            },
            first_type,
            format!("{name}{first}"),
        ),
        (second, output_type, name),
    ] {
        let mut rewriter = ctx.rewriter_before(op);
        let builder = rewriter.build(kind).operand(value).result(ty).named(&name);
        let new = match kind {
            "tpu.Cast" => builder.bool("with_scale", false).finish(),
            _ => builder.f64("const_val", factor).finish(),
        };
        value = ctx.result(new);
    }
    // The latest reader first: then the order of readers, which `topo-sort` asks for, is that of TPU-MLIR.
    for used in ctx.uses(output).to_vec().into_iter().rev() {
        ctx.rewriter().set_operand(used.op, used.index as usize, value);
    }
    ctx.rewriter().erase_op(op);
    true
}

/// Whether `value` is the network's input, or a cast of it that nothing else reads.
fn is_input(ctx: &Context, value: Value) -> bool {
    let Some(op) = ctx.defining_op(value) else {
        return false;
    };
    if ctx.is(op, "tpu.Cast") && ctx.uses(value).len() == 1 {
        let source = ctx.defining_op(ctx.operand(op, 0));
        return source.is_some_and(|source| ctx.is(source, "top.Input"));
    }
    ctx.is(op, "top.Input")
}

fn pad_first_convolution(ctx: &mut Context, function: Func, op: Op) -> bool {
    if !ctx.is(op, "tpu.Conv2D") || !is_input(ctx, ctx.operand(op, 0)) {
        return false;
    }
    let input = ctx.operand(op, 0);
    let Some(&[batch, channels, rows, columns]) = ctx.shape(input) else {
        return false;
    };
    let list = |name: &str| ctx.get_i64s(op, name).unwrap_or_default();
    let pads = list("pads");
    let dense = ctx.get_i64(op, "group").unwrap_or(1) == 1
        && list("dilations").first().is_none_or(|dilation| *dilation == 1);
    let high = list("kernel_shape").first().is_some_and(|rows| *rows > 1);
    if scale(ctx, input).is_none() || channels != 3 || !dense || !high {
        return false;
    }
    let &[top, left, bottom, right] = pads.as_slice() else {
        return false;
    };
    let Some(element) = ctx.element(input).filter(|_| pads.iter().any(|pad| *pad != 0)) else {
        return false;
    };
    let ty = ctx.tensor_type(&[batch, channels, rows + top + bottom, columns], element);
    let none = none_value(ctx, function.block(ctx));
    let name = format!("{}_pad", ctx.name(op));
    let mut rewriter = ctx.rewriter_before(op);
    let pad = rewriter
        .build("tpu.Pad")
        .operands(&[input, none, none, none, none])
        .result(ty)
        .i64s("paddings", &[0, 0, top, 0, 0, 0, bottom, 0])
        .named(&name)
        .finish();
    let padded = ctx.result(pad);
    let (rest, mark) = (ctx.i64_array_attr(&[0, left, 0, right]), ctx.i64_attr(1));
    let mut rewriter = ctx.rewriter();
    rewriter.set_operand(op, 0, padded);
    rewriter.set_attr(op, "pads", rest);
    rewriter.set_attr(op, "use_3ic_optimize", mark);
    true
}
