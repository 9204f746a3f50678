//! Rewrites that start at `top.MulConst`.

use super::{new_weight, used_once, weight_values};
use crate::program::Program;
use tpuc_dialects::ir::{Op, OpView};
use tpuc_dialects::top::{Conv, MatMul, MulConst, Reshape};

/// Two in a row are one.
pub fn merge(program: &mut Program, op: Op) -> bool {
    let ctx = &mut program.ctx;
    let mul = MulConst::new_unchecked(op);
    let Some(first) = used_once::<MulConst>(ctx, mul.input(ctx)).filter(|first| !first.do_relu(ctx)) else {
        return false;
    };
    let (number, source) = (mul.const_val(ctx) * first.const_val(ctx), first.input(ctx));
    let mut rewriter = ctx.rewriter();
    let attr = rewriter.f64_attr(number);
    rewriter.set_attr(op, "const_val", attr);
    rewriter.set_operand(op, 0, source);
    rewriter.erase_op(first.op());
    true
}

/// A factor of 1.
pub fn remove(program: &mut Program, op: Op) -> bool {
    let ctx = &mut program.ctx;
    let mul = MulConst::new_unchecked(op);
    if mul.const_val(ctx) != 1.0 || mul.do_relu(ctx) {
        return false;
    }
    let input = mul.input(ctx);
    ctx.rewriter().replace_op(op, &[input]);
    true
}

/// Into the weights of the convolution or matrix product before, also through reshapes.
pub fn into_product(program: &mut Program, op: Op) -> bool {
    let ctx = &program.ctx;
    let mul = MulConst::new_unchecked(op);
    let number = mul.const_val(ctx);
    let input = mul.input(ctx);
    let mut value = input;
    while let Some(reshape) = Reshape::defining(ctx, value) {
        if !ctx.has_one_use(value) {
            return false;
        }
        value = reshape.input(ctx);
    }
    let Some(product) = ctx.defining_op(value).filter(|_| ctx.has_one_use(value)) else {
        return false;
    };
    let relu = ctx.get_bool(product, "do_relu") == Some(true);
    let limited = relu
        && ctx
            .get_f64(product, "relu_limit")
            .is_some_and(|limit| limit > 0.0);
    let fits = match (Conv::cast(ctx, product), MatMul::cast(ctx, product)) {
        (Some(conv), _) => {
            conv.kernel_shape(ctx).len() == 2 && weight_values(program, conv.filter(ctx)).is_some()
        }
        (_, Some(matmul)) => weight_values(program, matmul.right(ctx)).is_some(),
        _ => false,
    };
    // A bias that is computed would stay as it is.
    let operands = ctx.operands(product).to_vec();
    let computed_bias = operands
        .get(2)
        .is_some_and(|bias| !ctx.is_none(*bias) && weight_values(program, *bias).is_none());
    if !fits || computed_bias || (relu && number < 0.0) || limited || (relu && mul.do_relu(ctx)) {
        return false;
    }
    let (also_relu, limit, loc) = (mul.do_relu(ctx), mul.relu_limit(ctx), ctx.op_loc(op));
    let name = format!("{}_r_MulOrConv", ctx.name(op));
    for (index, operand) in operands.iter().enumerate().skip(1) {
        if let Some(values) = weight_values(program, *operand) {
            let scaled = values.mapv(|value| (f64::from(value) * number) as f32);
            let weight = new_weight(program, product, "_mergeMulConst", scaled);
            program.ctx.rewriter().set_operand(product, index, weight);
        }
    }
    let nearest = program.ctx.defining_op(input);
    let mut rewriter = program.ctx.rewriter();
    let renamed = rewriter.loc_name(&name);
    rewriter.set_loc(product, renamed);
    if let Some(nearest) = nearest {
        rewriter.set_loc(nearest, loc);
    }
    if also_relu {
        let (relu, limit) = (rewriter.bool_attr(true), rewriter.f64_attr(limit));
        rewriter.set_attr(product, "do_relu", relu);
        rewriter.set_attr(product, "relu_limit", limit);
    }
    rewriter.replace_op(op, &[input]);
    true
}
