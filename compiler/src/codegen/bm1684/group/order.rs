//! The order of operations before they are grouped: what cannot be in a group stands right before what needs it, so that it
//! does not part those that can.

use super::super::alias::is_alias;
use super::super::codegen::Codegen;
use super::super::resident::Frame;
use super::graph::Graph;
use crate::program::Program;
use std::collections::{BTreeSet, HashMap, HashSet};
use tpuc_dialects::func::Func;
use tpuc_dialects::ir::{Op, OpView};

/// Moves operations that cannot be in groups down to their first users.
pub fn defer(program: &mut Program, function: Func) {
    let order = {
        let mut cg = Codegen::new(program);
        cg.frame = Some(Frame::pretending());
        let graph = Graph::new(&cg, function);
        let late: HashSet<Op> = graph
            .nodes
            .iter()
            .filter(|node| node.rows.is_none() && (!node.is_pointwise || is_alias(cg.ctx(), node.op)))
            .map(|node| node.op)
            .collect();
        deferred(&cg, function, &late)
    };
    let Some(last) = function.return_op(&program.ctx) else {
        return;
    };
    let mut rewriter = program.ctx.rewriter();
    for op in order {
        rewriter.move_before(op, last.op());
    }
}

/// All operations but the last, each of `late` before the first that needs it.
fn deferred(cg: &Codegen<'_>, function: Func, late: &HashSet<Op>) -> Vec<Op> {
    let ctx = cg.ctx();
    let ops = function.ops(ctx);
    let place: HashMap<Op, usize> = ops.iter().enumerate().map(|(index, op)| (*op, index)).collect();
    let mut waiting: BTreeSet<usize> = BTreeSet::new();
    let mut order = Vec::with_capacity(ops.len());
    for (index, &op) in ops.iter().enumerate() {
        if late.contains(&op) {
            waiting.insert(index);
            continue;
        }
        if ctx.is(op, "func.return") {
            // With results that nothing uses.
            order.extend(waiting.iter().map(|index| ops[*index]));
            break;
        }
        // What it needs, and what that needs in turn, in the old order.
        let mut needed: Vec<usize> = Vec::new();
        let mut next = vec![op];
        while let Some(user) = next.pop() {
            for &value in ctx.operands(user) {
                let Some(source) = ctx.defining_op(value) else {
                    continue;
                };
                if let Some(index) = place.get(&source).filter(|index| waiting.remove(index)) {
                    needed.push(*index);
                    next.push(source);
                }
            }
        }
        needed.sort_unstable();
        order.extend(needed.iter().map(|index| ops[*index]));
        order.push(op);
    }
    order
}
