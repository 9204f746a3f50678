//! Keeps use lists and the links between the operations of a block consistent.

use crate::ir::context::Use;
use crate::ir::{Block, Context, Op, Value};

pub(super) fn add_uses(ctx: &mut Context, op: Op) {
    for index in 0..ctx.ops[op.index()].operands.len() {
        let value = ctx.ops[op.index()].operands[index];
        ctx.values[value.index()].uses.push(Use {
            op,
            index: index as u32,
        });
    }
}

pub(super) fn remove_use(ctx: &mut Context, value: Value, used: Use) {
    let uses = &mut ctx.values[value.index()].uses;
    let position = uses
        .iter()
        .position(|other| *other == used)
        .expect("use lists are consistent");
    uses.remove(position);
}

pub(super) fn drop_operands(ctx: &mut Context, op: Op) {
    let operands = std::mem::take(&mut ctx.ops[op.index()].operands);
    for (index, value) in operands.into_iter().enumerate() {
        remove_use(
            ctx,
            value,
            Use {
                op,
                index: index as u32,
            },
        );
    }
}

pub(super) fn unlink(ctx: &mut Context, op: Op) {
    let data = &ctx.ops[op.index()];
    let (block, previous, next) = (data.block, data.previous, data.next);
    let Some(block) = block else { return };
    match previous {
        Some(previous) => ctx.ops[previous.index()].next = next,
        None => ctx.blocks[block.index()].first = next,
    }
    match next {
        Some(next) => ctx.ops[next.index()].previous = previous,
        None => ctx.blocks[block.index()].last = previous,
    }
    let data = &mut ctx.ops[op.index()];
    (data.block, data.previous, data.next) = (None, None, None);
}

pub(super) fn link_at_end(ctx: &mut Context, op: Op, block: Block) {
    let last = ctx.blocks[block.index()].last;
    let data = &mut ctx.ops[op.index()];
    (data.block, data.previous, data.next) = (Some(block), last, None);
    match last {
        Some(last) => ctx.ops[last.index()].next = Some(op),
        None => ctx.blocks[block.index()].first = Some(op),
    }
    ctx.blocks[block.index()].last = Some(op);
}

pub(super) fn link_before(ctx: &mut Context, op: Op, anchor: Op) {
    let block = ctx.ops[anchor.index()].block.expect("the anchor is in a block");
    let previous = ctx.ops[anchor.index()].previous;
    let data = &mut ctx.ops[op.index()];
    (data.block, data.previous, data.next) = (Some(block), previous, Some(anchor));
    ctx.ops[anchor.index()].previous = Some(op);
    match previous {
        Some(previous) => ctx.ops[previous.index()].next = Some(op),
        None => ctx.blocks[block.index()].first = Some(op),
    }
}
