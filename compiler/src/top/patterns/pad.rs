//! Rewrites that start at `top.Pad`.

use super::shape_of;
use crate::program::Program;
use tpuc_dialects::ir::{Op, OpView};
use tpuc_dialects::top::Pad;

/// Pads that the chip's windows can hold.
const MOST_PADS: i64 = 15;

/// A border of the value that all windows behind it pad with becomes their `pads`.
pub fn into_window(program: &mut Program, op: Op) -> bool {
    let ctx = &mut program.ctx;
    let pad = Pad::new_unchecked(op);
    let Some(shape) = shape_of(ctx, pad.input(ctx)) else {
        return false;
    };
    let paddings = pad.paddings(ctx);
    let rank = paddings.len() / 2;
    if shape.len() < 3
        || rank != shape.len()
        || pad.mode(ctx) != "constant"
        || pad.paddingsT(ctx).is_some()
        || paddings.iter().any(|pad| *pad < 0)
        || [0, 1, rank, rank + 1].iter().any(|index| paddings[*index] != 0)
    {
        return false;
    }
    let mut spatial = paddings[2..rank].to_vec();
    spatial.extend_from_slice(&paddings[rank + 2..]);
    let value = pad.val(ctx);
    let users = ctx.users(pad.output(ctx));
    let mut sums = Vec::with_capacity(users.len());
    for user in &users {
        let same_value = match ctx.op_name(*user) {
            "top.Conv" => value == 0.0,
            "top.MaxPool" | "top.AvgPool" => {
                ctx.get_i64(*user, "pad_value") == Some(value as i64)
                    && value.fract() == 0.0
                    && ctx.get_bool(*user, "count_include_pad") == Some(true)
            }
            _ => false,
        };
        let Some(pads) = ctx
            .get_i64s(*user, "pads")
            .filter(|pads| same_value && pads.len() == spatial.len())
        else {
            return false;
        };
        let sum: Vec<i64> = pads.iter().zip(&spatial).map(|(a, b)| a + b).collect();
        if sum.iter().any(|pad| *pad > MOST_PADS) {
            return false;
        }
        sums.push(sum);
    }
    let source = pad.input(ctx);
    let mut rewriter = ctx.rewriter();
    for (user, sum) in users.iter().zip(sums) {
        let attr = rewriter.i64_array_attr(&sum);
        rewriter.set_attr(*user, "pads", attr);
    }
    rewriter.replace_op(op, &[source]);
    true
}
