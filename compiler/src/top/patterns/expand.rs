//! Rewrites that start at `top.Expand`.

use crate::program::Program;
use tpuc_dialects::ir::{Op, OpView};
use tpuc_dialects::top::Expand;

/// Broadcasting is repeating; nothing at all if the shape stays.
pub fn to_tile(program: &mut Program, op: Op) -> bool {
    let ctx = &mut program.ctx;
    let expand = Expand::new_unchecked(op);
    let (mut input, output) = (expand.input(ctx), expand.output(ctx));
    let (Some(mut shape), Some(wanted)) = (
        ctx.shape(input).map(<[i64]>::to_vec),
        ctx.shape(output).map(<[i64]>::to_vec),
    ) else {
        return false;
    };
    if shape == wanted {
        ctx.rewriter().replace_op(op, &[input]);
        return true;
    }
    let (ty, loc, name) = (ctx.value_type(output), ctx.op_loc(op), ctx.name(op).to_owned());
    let mut rewriter = ctx.rewriter_before(op);
    if shape.len() < wanted.len() {
        while shape.len() < wanted.len() {
            shape.insert(0, 1);
        }
        let widened = rewriter.with_shape(ty, &shape);
        let reshape = rewriter
            .build("top.Reshape")
            .operand(input)
            .result(widened)
            .named(&format!("{name}_r_reshape"))
            .finish();
        input = rewriter.result(reshape);
    }
    let counts: Vec<i64> = shape
        .iter()
        .zip(&wanted)
        .map(|(from, to)| to / (*from).max(1))
        .collect();
    let tile = rewriter
        .build("top.Tile")
        .operand(input)
        .result(ty)
        .i64s("tile", &counts)
        .loc(loc)
        .finish();
    let value = rewriter.result(tile);
    rewriter.replace_op(op, &[value]);
    true
}
