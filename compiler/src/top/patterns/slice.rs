//! Rewrites that start at `top.Slice`.

use crate::program::Program;
use tpuc_dialects::ir::{Op, OpView};
use tpuc_dialects::top::Slice;

/// A slice of everything in order.
pub fn remove(program: &mut Program, op: Op) -> bool {
    let ctx = &mut program.ctx;
    let slice = Slice::new_unchecked(op);
    let input = slice.input(ctx);
    let Some(shape) = ctx.shape(input).map(<[i64]>::to_vec) else {
        return false;
    };
    let whole = slice.ranges(ctx, &shape).is_ok_and(|ranges| {
        ranges
            .iter()
            .zip(&shape)
            .all(|(range, dim)| range.start == 0 && range.step == 1 && range.count == *dim)
    });
    if !whole || ctx.shape(slice.output(ctx)) != Some(&shape[..]) {
        return false;
    }
    ctx.rewriter().replace_op(op, &[input]);
    true
}
