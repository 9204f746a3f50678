//! Rewrites that start at `top.Tile`.

use super::{broadcast_shape, shape_of, weight_values};
use crate::program::Program;
use tpuc_dialects::ir::{Op, OpView};
use tpuc_dialects::top::Tile;

/// Repeating a dimension of size 1 is not needed in front of operations that broadcast to the same shape anyway.
pub fn remove(program: &mut Program, op: Op) -> bool {
    let ctx = &program.ctx;
    let tile = Tile::new_unchecked(op);
    let (input, output) = (tile.input(ctx), tile.output(ctx));
    let (Some(from), Some(to)) = (shape_of(ctx, input), shape_of(ctx, output)) else {
        return false;
    };
    let sizes = |shape: &[i64]| -> Vec<usize> { shape.iter().map(|dim| *dim as usize).collect() };
    let repeats_ones =
        from.len() == to.len() && from.iter().zip(&to).all(|(from, to)| from == to || *from == 1);
    let users = ctx.users(output);
    let broadcasts = |user: &Op| {
        let operands = ctx.operands(*user);
        let kind = ctx.op_name(*user);
        let known = matches!(kind, "top.Add" | "top.Sub" | "top.Mul" | "top.Min" | "top.Max");
        let weight = operands
            .iter()
            .any(|operand| weight_values(program, *operand).is_some());
        let shape = operands.iter().try_fold(Vec::new(), |shape, operand| {
            let operand = if *operand == output {
                &from[..]
            } else {
                ctx.shape(*operand)?
            };
            broadcast_shape(&shape, &sizes(operand))
        });
        let result = ctx
            .results(*user)
            .first()
            .and_then(|result| ctx.shape(*result))
            .map(sizes);
        known && !(kind == "top.Add" && weight) && shape.is_some() && shape == result
    };
    if !repeats_ones || users.is_empty() || !users.iter().all(broadcasts) {
        return false;
    }
    program.ctx.rewriter().replace_op(op, &[input]);
    true
}
