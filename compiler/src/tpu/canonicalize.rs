//! Patterns of `--canonicalize` for the tpu dialect.
//!
//! - a cast that changes nothing is removed; two casts that undo each other are removed; a cast of a cast of plain numbers
//!   becomes one;
//! - adding 0 is removed; products with constants one behind the other become one product;
//! - a matrix product whose result is added to a row becomes a matrix product with bias.

use crate::lowering::casts::type_need_cast;
use crate::quantization::scale::{is_uniform, storage_type};
use tpuc_dialects::func::Func;
use tpuc_dialects::ir::{Context, Op};

/// Applies the patterns to all operations of `func`, from the last to the first, until nothing changes (at most ten
/// times), and removes what is unread. True if something changed.
pub fn canonicalize(ctx: &mut Context, func: Func) -> bool {
    let mut changed = false;
    for _ in 0..10 {
        let mut again = false;
        for op in func.ops(ctx).into_iter().rev() {
            if ctx.is_erased(op) {
                continue;
            }
            if ctx.op_name(op).starts_with("tpu.") && is_unread(ctx, op) {
                ctx.rewriter().erase_op(op);
                again = true;
                continue;
            }
            again |= match ctx.op_name(op) {
                "tpu.Cast" => simplify_cast(ctx, op),
                "tpu.AddConst" => remove_zero(ctx, op),
                "tpu.MulConst" => fuse_products(ctx, op),
                "tpu.MatMul" => take_bias(ctx, op),
                _ => false,
            };
        }
        changed |= again;
        if !again {
            break;
        }
    }
    changed
}

fn is_unread(ctx: &Context, op: Op) -> bool {
    ctx.info(op)
        .is_some_and(|info| info.has(tpuc_dialects::ir::Trait::Pure))
        && ctx.results(op).iter().all(|value| ctx.uses(*value).is_empty())
}

fn simplify_cast(ctx: &mut Context, op: Op) -> bool {
    let (input, output) = (ctx.operand(op, 0), ctx.result(op));
    let (in_type, out_type) = (ctx.value_type(input), ctx.value_type(output));
    if !type_need_cast(ctx, in_type, out_type) {
        ctx.rewriter().replace_op(op, &[input]);
        return true;
    }
    let Some(before) = ctx
        .defining_op(input)
        .filter(|before| ctx.is(*before, "tpu.Cast"))
    else {
        return false;
    };
    if !ctx.has_one_use(input) {
        return false;
    }
    let origin = ctx.operand(before, 0);
    let origin_type = ctx.value_type(origin);
    if out_type == origin_type {
        let mut rw = ctx.rewriter();
        rw.replace_op(op, &[origin]);
        rw.erase_op(before);
        return true;
    }
    let plain = |ctx: &Context, ty| !is_uniform(ctx, ty);
    let origin_storage = storage_type(ctx, origin_type);
    let origin_is_float = !crate::quantization::scale::is_integer(ctx, origin_storage);
    let skips = plain(ctx, out_type) && plain(ctx, origin_type)
        || !plain(ctx, out_type) && plain(ctx, in_type) && plain(ctx, origin_type) && origin_is_float;
    if skips {
        let mut rw = ctx.rewriter();
        rw.set_operand(op, 0, origin);
        rw.erase_op(before);
    }
    skips
}

fn remove_zero(ctx: &mut Context, op: Op) -> bool {
    let (input, output) = (ctx.operand(op, 0), ctx.result(op));
    let (in_type, out_type) = (ctx.value_type(input), ctx.value_type(output));
    let zero = ctx
        .get_f64(op, "const_val")
        .is_some_and(|constant| constant.abs() < 1e-15);
    let plain = ctx.get_i64(op, "multiplier").unwrap_or(1) == 1
        && ctx.get_i64(op, "rshift").unwrap_or(0) == 0
        && ctx.get_bool(op, "do_relu") != Some(true);
    if !zero || !plain || storage_type(ctx, in_type) != storage_type(ctx, out_type) {
        return false;
    }
    ctx.rewriter().replace_op(op, &[input]);
    true
}

/// `(x * a) * b` -> `x * (a * b)` in floating point, where nothing else reads the first product.
fn fuse_products(ctx: &mut Context, op: Op) -> bool {
    let (input, output) = (ctx.operand(op, 0), ctx.result(op));
    let Some(before) = ctx
        .defining_op(input)
        .filter(|before| ctx.is(*before, "tpu.MulConst"))
    else {
        return false;
    };
    let f32_type = ctx.f32_type();
    let origin = ctx.operand(before, 0);
    for value in [origin, input, output] {
        let ty = ctx.value_type(value);
        if storage_type(ctx, ty) != f32_type {
            return false;
        }
    }
    if !ctx.has_one_use(input) || ctx.get_bool(before, "do_relu") == Some(true) {
        return false;
    }
    let (Some(a), Some(b)) = (ctx.get_f64(before, "const_val"), ctx.get_f64(op, "const_val")) else {
        return false;
    };
    let product = ctx.f64_attr(b * a);
    let mut rw = ctx.rewriter();
    rw.set_attr(op, "const_val", product);
    rw.set_operand(op, 0, origin);
    rw.erase_op(before);
    true
}

/// `matmul + row` -> `matmul` with bias, in floating point; the result has the sum's name and place.
fn take_bias(ctx: &mut Context, op: Op) -> bool {
    let output = ctx.result(op);
    let has_bias = ctx.operands(op).get(2).is_some_and(|bias| !ctx.is_none(*bias));
    let ty = ctx.value_type(output);
    if has_bias || ctx.operands(op).len() < 3 || !ctx.has_one_use(output) {
        return false;
    }
    let f32_type = ctx.f32_type();
    if storage_type(ctx, ty) != f32_type || ctx.get_bool(op, "do_relu") == Some(true) {
        return false;
    }
    let Some(sum) = ctx
        .users(output)
        .first()
        .copied()
        .filter(|user| ctx.is(*user, "tpu.Add"))
    else {
        return false;
    };
    let [first, second] = *ctx.operands(sum) else {
        return false;
    };
    let other = if first == output { second } else { first };
    let (Some(shape), Some(row)) = (ctx.shape(output), ctx.shape(other)) else {
        return false;
    };
    let count: i64 = row.iter().product();
    let fits = shape.len() > 1 && row.last() == Some(&count) && shape.last() == Some(&count);
    if !fits || ctx.get_bool(sum, "do_relu") == Some(true) || ctx.get_attr(sum, "coeff").is_some() {
        return false;
    }
    let loc = ctx.op_loc(sum);
    let mut rw = ctx.rewriter();
    rw.set_operand(op, 2, other);
    rw.set_loc(op, loc);
    rw.move_before(op, sum);
    rw.replace_op(sum, &[output]);
    true
}
