//! Rewrites that start at `top.Reshape`.

use super::{
    elements, erase_if_unused, insert_before, new_weight, only_user, replace, set_shape, shape_of, used_once,
    weight_values,
};
use crate::program::Program;
use ndarray::{ArrayD, IxDyn};
use tpuc_dialects::ir::{Op, OpView};
use tpuc_dialects::top::{Add, InstanceNorm, Permute, Reshape};

/// Of two in a row the first is undone by the second.
pub fn join(program: &mut Program, op: Op) -> bool {
    let ctx = &mut program.ctx;
    let input = Reshape::new_unchecked(op).input(ctx);
    let Some(first) = used_once::<Reshape>(ctx, input) else {
        return false;
    };
    // The wanted shape may keep dimensions of the first result with 0: it is written out.
    let Some(shape) = shape_of(ctx, ctx.result(op)) else {
        return false;
    };
    let source = first.input(ctx);
    let zero = Reshape::new_unchecked(op)
        .shape(ctx)
        .is_some_and(|wanted| wanted.contains(&0));
    let mut rewriter = ctx.rewriter();
    if zero {
        let attr = rewriter.i64_array_attr(&shape);
        rewriter.set_attr(op, "shape", attr);
    }
    rewriter.set_operand(op, 0, source);
    rewriter.erase_op(first.op());
    true
}

/// The same shape before and behind.
pub fn remove(program: &mut Program, op: Op) -> bool {
    let ctx = &mut program.ctx;
    let reshape = Reshape::new_unchecked(op);
    let input = reshape.input(ctx);
    if ctx.shape(input).is_none() || ctx.shape(input) != ctx.shape(reshape.output(ctx)) {
        return false;
    }
    ctx.rewriter().replace_op(op, &[input]);
    true
}

/// An instance normalisation of channels that were joined to groups is a group normalisation.
pub fn to_group_norm(program: &mut Program, op: Op) -> bool {
    let ctx = &program.ctx;
    let reshape = Reshape::new_unchecked(op);
    let (input, output) = (reshape.input(ctx), reshape.output(ctx));
    let Some(norm) = only_user(ctx, output).and_then(|user| InstanceNorm::cast(ctx, user)) else {
        return false;
    };
    let (Some(shape), Some(grouped)) = (shape_of(ctx, input), shape_of(ctx, output)) else {
        return false;
    };
    if shape.len() < 3
        || grouped.len() < 3
        || shape[0] != grouped[0]
        || grouped[1] < 1
        || shape[1] % grouped[1] != 0
    {
        return false;
    }
    let groups = grouped[1];
    let channels = shape[1] as usize;
    let mut wide = vec![1; shape.len()];
    wide[1] = channels;
    let mut operands = vec![input];
    for (index, value) in [norm.weight(ctx), norm.bias(ctx)].into_iter().enumerate() {
        let Some(value) = value else {
            let none = program.ctx.operands(norm.op()).get(index + 1).copied();
            let Some(none) = none else { return false };
            operands.push(none);
            continue;
        };
        let Some(values) = weight_values(program, value).filter(|values| values.len() == groups as usize)
        else {
            return false;
        };
        let repeated = values
            .iter()
            .flat_map(|value| std::iter::repeat_n(*value, channels / groups as usize))
            .collect();
        let repeated = ArrayD::from_shape_vec(IxDyn(&wide), repeated).expect("one for each channel");
        let Some(maker) = program.ctx.defining_op(value) else {
            return false;
        };
        operands.push(new_weight(program, maker, "reorderd", repeated));
    }
    let eps = norm.eps(&program.ctx);
    let name = format!("{}_r_GroupNorm", program.ctx.name(norm.op()));
    let value = insert_before(
        program,
        norm.op(),
        "top.GroupNorm",
        &name,
        &operands,
        &shape,
        |builder| builder.f64("eps", eps).i64("num_groups", groups),
    );
    replace(program, norm.op(), "top.Reshape", &[value], |builder| builder);
    erase_if_unused(program, op);
    true
}

/// A reshape of a sum in front of a layer normalisation or a matrix product moves before the sum.
pub fn ahead_of_add(program: &mut Program, op: Op) -> bool {
    let ctx = &program.ctx;
    let reshape = Reshape::new_unchecked(op);
    let (input, output) = (reshape.input(ctx), reshape.output(ctx));
    let Some(add) = used_once::<Add>(ctx, input) else {
        return false;
    };
    let wanted = ctx
        .users(output)
        .iter()
        .any(|user| matches!(ctx.op_name(*user), "top.LayerNorm" | "top.MatMul"));
    let inputs = add.inputs(ctx).to_vec();
    let movable = inputs.iter().all(|value| {
        let product = ctx
            .defining_op(*value)
            .is_some_and(|maker| matches!(ctx.op_name(maker), "top.LayerNorm" | "top.MatMul"));
        !(product && ctx.has_one_use(*value)) && elements(ctx, *value) == elements(ctx, input)
    });
    let (Some(from), Some(to)) = (shape_of(ctx, input), shape_of(ctx, output)) else {
        return false;
    };
    let single_row = from.len() == 4 && to.len() == 4 && from[..2] == [1, 1] && to[0] == 1 && to[2] == 1;
    if !wanted || !movable || single_row {
        return false;
    }
    let mut reshaped = Vec::with_capacity(inputs.len());
    for value in inputs {
        let name = format!("{}_r_reshape", program.ctx.value_name(value));
        reshaped.push(insert_before(
            program,
            add.op(),
            "top.Reshape",
            &name,
            &[value],
            &to,
            |builder| builder,
        ));
    }
    replace(program, op, "top.Add", &reshaped, |builder| {
        builder.attrs_of(add.op())
    });
    erase_if_unused(program, add.op());
    true
}

/// Blocks of pixels whose channels, which are last, are joined: `Reshape`, `Permute`, `Reshape`.
pub fn to_depth2space(program: &mut Program, op: Op) -> bool {
    let ctx = &program.ctx;
    let after = Reshape::new_unchecked(op);
    let Some(permute) = used_once::<Permute>(ctx, after.input(ctx))
        .filter(|permute| permute.order(ctx) == [0, 1, 3, 4, 2, 5])
    else {
        return false;
    };
    let Some(before) = used_once::<Reshape>(ctx, permute.input(ctx)) else {
        return false;
    };
    let (Some(split), Some(source), Some(output)) = (
        shape_of(ctx, permute.input(ctx)),
        shape_of(ctx, before.input(ctx)),
        shape_of(ctx, after.output(ctx)),
    ) else {
        return false;
    };
    let &[n, rows, block_h, columns, block_w, channels] = &split[..] else {
        return false;
    };
    let picture = vec![n, rows * block_h, columns * block_w, channels];
    let joined = [n, rows, columns, channels * block_h * block_w];
    let flat = source.len() == 3 && source[0] == n && source[2] == channels;
    if !ctx.has_one_use(after.output(ctx)) || output != joined || !(flat || source == picture) {
        return false;
    }
    let mut operand = before.input(ctx);
    if flat {
        operand = before.output(ctx);
        set_shape(program, operand, &picture);
        let mut rewriter = program.ctx.rewriter();
        let attr = rewriter.i64_array_attr(&picture);
        rewriter.set_attr(before.op(), "shape", attr);
    }
    replace(program, op, "top.Depth2Space", &[operand], |builder| {
        builder
            .i64("block_h", block_h)
            .i64("block_w", block_w)
            .bool("is_CRD", false)
            .bool("is_inversed", true)
            .bool("in_is_NCHW", false)
            .bool("out_is_NCHW", false)
            .bool("swap_cr", true)
    });
    erase_if_unused(program, permute.op());
    erase_if_unused(program, before.op());
    true
}
