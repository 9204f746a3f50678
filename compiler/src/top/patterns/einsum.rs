//! Rewrites that start at `top.Einsum`.

use crate::program::Program;
use tpuc_dialects::ir::{Op, OpView};
use tpuc_dialects::top::Einsum;

/// A product whose sum runs over the first operand's last dimensions and the second operand's first ones is a matrix product
/// of reshaped operands.
pub fn to_matmul(program: &mut Program, op: Op) -> bool {
    let ctx = &mut program.ctx;
    let einsum = Einsum::new_unchecked(op);
    let Some((terms, result)) = einsum
        .mode(ctx)
        .split_once("->")
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
    else {
        return false;
    };
    let (&[left, right], Some((first, second))) = (einsum.inputs(ctx), terms.split_once(',')) else {
        return false;
    };
    let common =
        (1..=first.len().min(second.len())).find(|count| first[first.len() - count..] == second[..*count]);
    let Some(common) = common else { return false };
    let (rows, columns) = (&first[..first.len() - common], &second[common..]);
    let plain = !rows.is_empty() && !columns.is_empty() && result == format!("{rows}{columns}");
    let distinct = !rows.contains(|letter| columns.contains(letter))
        && !rows.contains(|letter| second[..common].contains(letter));
    if !plain || !distinct || ctx.shape(left).is_none() {
        return false;
    }
    let (Some(left_shape), Some(right_shape)) = (
        ctx.shape(left).map(<[i64]>::to_vec),
        ctx.shape(right).map(<[i64]>::to_vec),
    ) else {
        return false;
    };
    let none = crate::top::infer::none_before(program, op);
    let ctx = &mut program.ctx;
    let (ty, loc, name) = (
        ctx.value_type(ctx.result(op)),
        ctx.op_loc(op),
        ctx.name(op).to_owned(),
    );
    let inner: i64 = right_shape[..common].iter().product();
    let row_count: i64 = left_shape[..rows.len()].iter().product();
    let column_count: i64 = right_shape[common..].iter().product();
    let wanted = ctx.shape(ctx.result(op)).unwrap_or_default().to_vec();
    let mut rewriter = ctx.rewriter_before(op);
    let mut operands = Vec::new();
    for (value, shape, suffix) in [
        (left, [row_count, inner], "left"),
        (right, [inner, column_count], "right"),
    ] {
        let reshaped = rewriter.with_shape(ty, &shape);
        let reshape = rewriter
            .build("top.Reshape")
            .operand(value)
            .result(reshaped)
            .i64s("shape", &shape)
            .named(&format!("{name}_{suffix}"))
            .finish();
        operands.push(rewriter.result(reshape));
    }
    operands.push(none);
    let product_type = rewriter.with_shape(ty, &[row_count, column_count]);
    let product = rewriter
        .build("top.MatMul")
        .operands(&operands)
        .result(product_type)
        .named(&format!("{name}_matmul"))
        .finish();
    let product = rewriter.result(product);
    let reshape = rewriter
        .build("top.Reshape")
        .operand(product)
        .result(ty)
        .i64s("shape", &wanted)
        .loc(loc)
        .finish();
    let value = rewriter.result(reshape);
    rewriter.replace_op(op, &[value]);
    true
}
