//! Rewrites that start at `top.Depth2Space`.

use super::{erase_if_unused, replace};
use crate::program::Program;
use tpuc_dialects::ir::{Op, OpView};
use tpuc_dialects::top::{Depth2Space, Permute};

/// A permutation before it that only moves the channels between their two places becomes `in_is_NCHW`.
pub fn without_permute(program: &mut Program, op: Op) -> bool {
    let ctx = &mut program.ctx;
    let blocks = Depth2Space::new_unchecked(op);
    let Some(permute) = Permute::defining(ctx, blocks.input(ctx)) else {
        return false;
    };
    let channels_first = blocks.in_is_NCHW(ctx);
    let wanted = if channels_first {
        [0, 3, 1, 2]
    } else {
        [0, 2, 3, 1]
    };
    if permute.order(ctx) != wanted {
        return false;
    }
    let source = permute.input(ctx);
    replace(program, op, "top.Depth2Space", &[source], |builder| {
        builder.bool("in_is_NCHW", !channels_first).attrs_of(op)
    });
    erase_if_unused(program, permute.op());
    true
}
