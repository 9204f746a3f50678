//! The order of operations before they are grouped: those that can be in groups come first, as long as they need nothing else;
//! then those that cannot, as long as they need nothing else; and so on. So the latter do not part the former.

use super::super::alias::is_alias;
use super::super::codegen::Codegen;
use super::super::resident::Frame;
use super::graph::Graph;
use crate::program::Program;
use std::collections::{BTreeSet, HashMap, HashSet};
use tpuc_dialects::func::Func;
use tpuc_dialects::ir::{Context, Op, OpView};

/// Brings the operations into this order.
pub fn arrange(program: &mut Program, function: Func) {
    let order = {
        let mut cg = Codegen::new(program);
        cg.frame = Some(Frame::pretending());
        let graph = Graph::new(&cg, function);
        let apart = graph
            .nodes
            .iter()
            .filter(|node| node.rows.is_none() && (node.flat.is_none() || is_alias(cg.ctx(), node.op)));
        let apart: HashSet<Op> = apart.map(|node| node.op).collect();
        arranged(cg.ctx(), &function.ops(cg.ctx()), &apart)
    };
    let Some(last) = function.return_op(&program.ctx) else {
        return;
    };
    let mut rewriter = program.ctx.rewriter();
    for op in order {
        rewriter.move_before(op, last.op());
    }
}

/// All operations but the last, which gives the results back. `apart`: those that cannot be in groups.
fn arranged(ctx: &Context, ops: &[Op], apart: &HashSet<Op>) -> Vec<Op> {
    // Inputs and weights stand right before what needs them first.
    let is_free = |op: Op| matches!(ctx.op_name(op), "top.Input" | "top.None" | "top.Weight");
    let number: HashMap<Op, usize> = ops.iter().enumerate().map(|(index, op)| (*op, index)).collect();
    let sources = |op: Op| {
        let values = ctx.operands(op).iter();
        values.filter_map(|value| number.get(&ctx.defining_op(*value)?).copied())
    };
    let mut missing = vec![0; ops.len()];
    let mut users: Vec<Vec<usize>> = vec![Vec::new(); ops.len()];
    // Ready to be taken: that can be in groups, that cannot; in the old order.
    let mut ready = [BTreeSet::new(), BTreeSet::new()];
    for (index, &op) in ops.iter().enumerate() {
        if is_free(op) || ctx.is(op, "func.return") {
            continue;
        }
        for source in sources(op).filter(|source| !is_free(ops[*source])) {
            missing[index] += 1;
            users[source].push(index);
        }
        if missing[index] == 0 {
            ready[usize::from(apart.contains(&op))].insert(index);
        }
    }
    let mut taken = vec![false; ops.len()];
    let mut order = Vec::with_capacity(ops.len());
    let mut take = |index: usize, order: &mut Vec<Op>| {
        if !std::mem::replace(&mut taken[index], true) {
            order.push(ops[index]);
        }
    };
    let mut kind = 0;
    loop {
        if ready[kind].is_empty() {
            kind = 1 - kind;
        }
        let Some(index) = ready[kind].pop_first() else {
            break;
        };
        for source in sources(ops[index]).filter(|source| is_free(ops[*source])) {
            take(source, &mut order);
        }
        take(index, &mut order);
        for &user in &users[index] {
            missing[user] -= 1;
            if missing[user] == 0 {
                ready[usize::from(apart.contains(&ops[user]))].insert(user);
            }
        }
    }
    // What nothing uses, or only the end.
    for (index, &op) in ops.iter().enumerate() {
        if !ctx.is(op, "func.return") {
            take(index, &mut order);
        }
    }
    order
}
