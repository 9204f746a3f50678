//! Shapes as values: `top.Shape` and slices of it are computed on the host in 32-bit integers, and go to the device where
//! the function returns them.

use crate::quantization::scale::with_plain_element;
use tpuc_dialects::func::Func;
use tpuc_dialects::ir::{Context, Diagnostic, Op, Value, op_error};

/// The problems of shapes that are used for anything but slicing and returning.
pub fn unsupported_uses(ctx: &Context, op: Op) -> Option<Diagnostic> {
    if !ctx.is(op, "top.Shape") {
        return None;
    }
    let mut stack = vec![ctx.result(op)];
    while let Some(value) = stack.pop() {
        for user in ctx.users(value) {
            if ctx.is(user, "top.Slice") && ctx.operand(user, 0) == value {
                stack.push(ctx.result(user));
            } else if !ctx.is(user, "func.return") {
                return Some(
                    op_error(
                        ctx,
                        op,
                        format_args!(
                            "is read by '{}' ({}), which needs shapes at run time",
                            ctx.name(user),
                            ctx.op_name(user)
                        ),
                    )
                    .note("give all input shapes, so that shapes become constants", None),
                );
            }
        }
    }
    None
}

/// Lowers shapes and their slices.
pub fn lower_shapes(ctx: &mut Context, func: Func) {
    for op in func.ops(ctx) {
        let name = if ctx.is(op, "top.Shape") {
            "tpu.Shape"
        } else if ctx.is(op, "top.Slice") && is_host_value(ctx, ctx.operand(op, 0)) {
            "tpu.ShapeSlice"
        } else {
            continue;
        };
        let i32_type = ctx.int_type(32);
        let ty = ctx.value_type(ctx.result(op));
        let ty = with_plain_element(ctx, ty, i32_type);
        let (loc, span, operands) = (ctx.op_loc(op), ctx.op_span(op), ctx.operands(op).to_vec());
        let mut rw = ctx.rewriter_before(op);
        let builder = rw.build(name).loc(loc).span(span).operands(&operands).result(ty);
        let builder = if name == "tpu.ShapeSlice" {
            builder.attrs_of(op)
        } else {
            builder
        };
        let new = builder.finish();
        let result = rw.result(new);
        rw.replace_op(op, &[result]);
    }
    let Some(end) = func.return_op(ctx) else { return };
    let end = tpuc_dialects::ir::OpView::op(end);
    for index in 0..ctx.operands(end).len() {
        let value = ctx.operand(end, index);
        if let Some(producer) = ctx.defining_op(value)
            && is_host_value(ctx, value)
        {
            let name = format!("{}_host2device", ctx.value_name(value));
            let ty = ctx.value_type(value);
            let mut rw = ctx.rewriter();
            rw.set_after(producer);
            let new = rw
                .build("tpu.Host2Device")
                .named(&name)
                .operand(value)
                .result(ty)
                .finish();
            let result = rw.result(new);
            rw.set_operand(end, index, result);
        }
    }
}

/// Whether a value lives on the host.
fn is_host_value(ctx: &Context, value: Value) -> bool {
    ctx.defining_op(value)
        .is_some_and(|op| ctx.is(op, "tpu.Shape") || ctx.is(op, "tpu.ShapeSlice"))
}
