//! Local rewrites of the `top` dialect, one file for each operation that they start at, and what they share.

mod add;
mod arg;
mod batch_norm;
mod concat;
mod conv;
mod depth2space;
mod div;
mod einsum;
mod expand;
mod extremum;
mod gather;
mod interp;
mod matmul;
mod mul;
mod mul_const;
mod pad;
mod permute;
mod pow;
mod reduce;
mod relu;
mod reshape;
mod scale;
mod slice;
mod split;
mod squeeze;
mod tile;
mod unsqueeze;

use crate::data::Tensor;
use crate::program::Program;
use ndarray::ArrayD;
use tpuc_dialects::func::Func;
use tpuc_dialects::ir::{Context, Op, OpBuilder, OpView, Trait, Value};

/// A rewrite: true if it matched and changed the program. `op` may be erased by it.
pub type Pattern = fn(&mut Program, Op) -> bool;

/// The rewrites that start at an operation of this name, in the order in which they are tried.
pub fn patterns_of(name: &str) -> &'static [Pattern] {
    match name {
        "top.Add" => &[
            add::constant_second,
            add::to_add_const,
            add::to_scale,
            add::merge,
            add::align,
        ],
        "top.Arg" => &[arg::with_values, arg::without_transpose],
        "top.BatchNorm" => &[batch_norm::to_scale],
        "top.Concat" => &[concat::to_depth2space, concat::join_slices, concat::remove],
        "top.Conv" => &[
            conv::two_dims_for_one,
            conv::two_dims_for_three,
            conv::join_pointwise,
        ],
        "top.Depth2Space" => &[depth2space::without_permute],
        "top.Div" => &[div::to_softsign, div::to_mul],
        "top.Einsum" => &[einsum::to_matmul],
        "top.Expand" => &[expand::to_tile],
        "top.Gather" => &[gather::to_slice],
        "top.Interp" => &[interp::remove, interp::to_upsample],
        "top.MatMul" => &[matmul::take_bias, matmul::take_apart_first],
        "top.Mul" => &[
            mul::to_silu,
            mul::to_mul_const,
            mul::to_scale,
            mul::merge,
            mul::to_gelu,
        ],
        "top.Max" | "top.Min" => &[extremum::to_const],
        "top.MulConst" => &[mul_const::merge, mul_const::remove, mul_const::into_product],
        "top.Pad" => &[pad::into_window],
        "top.Permute" => &[
            permute::to_depth2space,
            permute::split,
            permute::join,
            permute::remove,
            permute::softmax_between,
        ],
        "top.Pow" => &[pow::to_plain],
        "top.Reduce" => &[
            reduce::to_reshape,
            reduce::to_pool,
            reduce::join,
            reduce::without_transpose,
            reduce::fill_axes,
        ],
        "top.Relu" => &[relu::ahead_of_concat, relu::fuse],
        "top.Reshape" => &[
            reshape::to_depth2space,
            reshape::join,
            reshape::remove,
            reshape::to_group_norm,
            reshape::ahead_of_add,
        ],
        "top.Scale" => &[
            scale::merge,
            scale::take_constant,
            scale::into_matmul,
            scale::align,
        ],
        "top.Slice" => &[
            slice::remove,
            slice::copy_for_slices,
            slice::join,
            slice::to_reverse,
            slice::to_gather,
            slice::into_conv,
        ],
        "top.Split" => &[split::to_slices],
        "top.Squeeze" => &[squeeze::undo, squeeze::remove],
        "top.Tile" => &[tile::remove],
        "top.Unsqueeze" => &[unsqueeze::undo, unsqueeze::remove],
        _ => &[],
    }
}

/// Whether nothing uses the results and the operation has no other effect.
pub fn is_unused(ctx: &Context, op: Op) -> bool {
    let pure = ctx.info(op).is_some_and(|info| info.has(Trait::Pure));
    pure && ctx.results(op).iter().all(|value| ctx.uses(*value).is_empty())
}

/// Erases weights and `top.None` that nothing uses. True if there were any.
pub fn erase_unused_constants(program: &mut Program, func: Func) -> bool {
    let ctx = &mut program.ctx;
    let mut changed = false;
    for op in func.ops(ctx) {
        if matches!(ctx.op_name(op), "top.Weight" | "top.None") && is_unused(ctx, op) {
            ctx.rewriter().erase_op(op);
            changed = true;
        }
    }
    changed
}

/// Erases operations that nothing uses, and then those that only they used. True if there were any.
pub fn erase_unused(program: &mut Program, func: Func) -> bool {
    let ctx = &mut program.ctx;
    let mut changed = false;
    for op in func.ops(ctx).into_iter().rev() {
        if is_unused(ctx, op) {
            ctx.rewriter().erase_op(op);
            changed = true;
        }
    }
    changed
}

/// The f32 values of a weight; `None` for any other value.
pub fn weight_values(program: &Program, value: Value) -> Option<ArrayD<f32>> {
    let weight = program.weight(value).ok().flatten()?;
    weight.as_f32().cloned()
}

/// The number in a weight of one element.
pub fn weight_number(program: &Program, value: Value) -> Option<f32> {
    let values = weight_values(program, value)?;
    (values.len() == 1).then(|| values.first().copied()).flatten()
}

/// The number that all elements of a weight are equal to.
pub fn uniform_weight(program: &Program, value: Value) -> Option<f32> {
    let values = weight_values(program, value)?;
    let first = *values.first()?;
    values.iter().all(|value| *value == first).then_some(first)
}

/// A new weight before `op`, named `<name of op>_<suffix>`.
pub fn new_weight(program: &mut Program, op: Op, suffix: &str, values: ArrayD<f32>) -> Value {
    let name = program
        .weights
        .unique_name(&format!("{}_{suffix}", program.ctx.name(op)));
    let shape: Vec<i64> = values.shape().iter().map(|dim| *dim as i64).collect();
    program.weights.insert(&name, Tensor::from(values));
    let element = program.ctx.f32_type();
    let ty = program.ctx.tensor_type(&shape, element);
    let mut rewriter = program.ctx.rewriter_before(op);
    let weight = rewriter.build("top.Weight").result(ty).named(&name).finish();
    rewriter.result(weight)
}

/// Number of elements of a ranked value.
pub fn elements(ctx: &Context, value: Value) -> Option<i64> {
    ctx.shape(value).map(|shape| shape.iter().product())
}

/// An operation with one result of type f32 and this shape before `anchor`.
pub fn insert_before(
    program: &mut Program,
    anchor: Op,
    kind: &str,
    name: &str,
    operands: &[Value],
    shape: &[i64],
    attributes: impl for<'a> FnOnce(OpBuilder<'a>) -> OpBuilder<'a>,
) -> Value {
    let ctx = &mut program.ctx;
    let element = ctx.f32_type();
    let ty = ctx.tensor_type(shape, element);
    let mut rewriter = ctx.rewriter_before(anchor);
    let builder = rewriter.build(kind).operands(operands).result(ty).named(name);
    let new = attributes(builder).finish();
    rewriter.result(new)
}

/// As [`insert_before`], right behind the operation that makes `value`.
pub fn insert_after(
    program: &mut Program,
    value: Value,
    kind: &str,
    name: &str,
    operands: &[Value],
    shape: &[i64],
    attributes: impl for<'a> FnOnce(OpBuilder<'a>) -> OpBuilder<'a>,
) -> Option<Value> {
    let maker = program.ctx.defining_op(value)?;
    let next = program.ctx.next_op(maker)?;
    Some(insert_before(
        program, next, kind, name, operands, shape, attributes,
    ))
}

/// Puts another operation in the place of `op`: same location, same result type.
pub fn replace(
    program: &mut Program,
    op: Op,
    kind: &str,
    operands: &[Value],
    attributes: impl for<'a> FnOnce(OpBuilder<'a>) -> OpBuilder<'a>,
) -> Value {
    let ctx = &mut program.ctx;
    let (ty, loc) = (ctx.value_type(ctx.result(op)), ctx.op_loc(op));
    let mut rewriter = ctx.rewriter_before(op);
    let builder = rewriter.build(kind).operands(operands).result(ty).loc(loc);
    let new = attributes(builder).finish();
    let value = rewriter.result(new);
    rewriter.replace_op(op, &[value]);
    value
}

/// Erases `op` if nothing uses its results.
pub fn erase_if_unused(program: &mut Program, op: Op) {
    let ctx = &mut program.ctx;
    if ctx.results(op).iter().all(|value| ctx.uses(*value).is_empty()) {
        ctx.rewriter().erase_op(op);
    }
}

/// The only operation that uses `value`, once.
pub fn only_user(ctx: &Context, value: Value) -> Option<Op> {
    match ctx.uses(value) {
        [used] => Some(used.op),
        _ => None,
    }
}

/// The operation of type `V` that makes `value`, if `value` has one use.
pub fn used_once<V: OpView>(ctx: &Context, value: Value) -> Option<V> {
    V::defining(ctx, value).filter(|_| ctx.has_one_use(value))
}

/// Gives a value another shape.
pub fn set_shape(program: &mut Program, value: Value, shape: &[i64]) {
    let ty = program.ctx.value_type(value);
    let ty = program.ctx.with_shape(ty, shape);
    program.ctx.rewriter().set_type(value, ty);
}

/// Gives a weight that is used once another shape; false if that is not possible.
pub fn reshape_weight(program: &mut Program, value: Value, shape: &[i64]) -> bool {
    if !program.ctx.has_one_use(value) {
        return false;
    }
    let Ok(Some(weight)) = program.weight(value) else {
        return false;
    };
    let dims: Vec<usize> = shape.iter().map(|dim| *dim as usize).collect();
    let Ok(tensor) = weight.as_ref().clone().reshape(&dims) else {
        return false;
    };
    let name = program.ctx.value_name(value).to_owned();
    program.weights.insert(&name, tensor);
    set_shape(program, value, shape);
    true
}

/// The shape of a ranked value.
pub fn shape_of(ctx: &Context, value: Value) -> Option<Vec<i64>> {
    ctx.shape(value).map(<[i64]>::to_vec)
}

/// A one-dimensional array.
pub fn vector(values: Vec<f32>) -> ArrayD<f32> {
    ndarray::Array1::from_vec(values).into_dyn()
}

/// The shape that two are broadcast to.
pub fn broadcast_shape(left: &[usize], right: &[usize]) -> Option<Vec<usize>> {
    let rank = left.len().max(right.len());
    let dim = |shape: &[usize], index: usize| {
        (index + shape.len())
            .checked_sub(rank)
            .map_or(1, |index| shape[index])
    };
    (0..rank)
        .map(|index| match (dim(left, index), dim(right, index)) {
            (1, size) | (size, 1) => Some(size),
            (a, b) => (a == b).then_some(a),
        })
        .collect()
}
