//! Local rewrites of the `top` dialect, one file for each operation that they start at, and what they share.

mod add;
mod einsum;
mod expand;
mod gather;
mod interp;
mod mul;
mod permute;
mod relu;
mod reshape;
mod slice;
mod split;
mod unsqueeze;

use crate::data::Tensor;
use crate::program::Program;
use ndarray::ArrayD;
use tpuc_dialects::func::Func;
use tpuc_dialects::ir::{Context, Op, Trait, Value};

/// A rewrite: true if it matched and changed the program. `op` may be erased by it.
pub type Pattern = fn(&mut Program, Op) -> bool;

/// The rewrites that start at an operation of this name, in the order in which they are tried.
pub fn patterns_of(name: &str) -> &'static [Pattern] {
    match name {
        "top.Add" => &[add::constant_second, add::to_add_const, add::to_scale],
        "top.Einsum" => &[einsum::to_matmul],
        "top.Expand" => &[expand::to_tile],
        "top.Gather" => &[gather::to_slice],
        "top.Interp" => &[interp::remove, interp::to_upsample],
        "top.Mul" => &[mul::to_silu, mul::to_mul_const, mul::to_scale],
        "top.Permute" => &[permute::to_depth2space, permute::join],
        "top.Relu" => &[relu::fuse],
        "top.Reshape" => &[reshape::join, reshape::remove],
        "top.Slice" => &[slice::remove],
        "top.Split" => &[split::to_slices],
        "top.Unsqueeze" => &[unsqueeze::undo],
        _ => &[],
    }
}

/// Whether nothing uses the results and the operation has no other effect.
pub fn is_unused(ctx: &Context, op: Op) -> bool {
    let pure = ctx.info(op).is_some_and(|info| info.has(Trait::Pure));
    pure && ctx.results(op).iter().all(|value| ctx.uses(*value).is_empty())
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
