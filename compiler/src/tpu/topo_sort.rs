//! `--topo-sort`: in every sub-net, operations of layer groups as long as there are any, then others as long as there are any, and so
//! on, so that groups become long. Of those that are possible, what reads the result at hand is next, then what reads a result that
//! several read, then the last one. Weights stand before their first reader. This is the order of TPU-MLIR's pass of this name;
//! our `--layer-group` brings operations into its own order afterwards.

use super::local_support::is_local;
use super::subnets;
use crate::pass::{Changed, Failed, OptionKind, OptionSpec, Options, Pass};
use crate::program::Program;
use std::collections::{BTreeSet, HashMap};
use tpuc_dialects::func::Func;
use tpuc_dialects::ir::{Context, Diagnostic, Op};

/// The row.
pub const PASS: Pass = Pass {
    flag: "topo-sort",
    group: "tpu",
    summary: "Order each sub-net so that operations of layer groups stand together",
    options: &[OptionSpec {
        name: "depth_first",
        kind: OptionKind::Bool,
        default: "true",
        help: "What reads a result follows it; if not, the last one that is possible is next",
    }],
    run,
};

fn run(program: &mut Program, options: &Options, found: &mut Vec<Diagnostic>) -> Result<Changed, Failed> {
    let depth_first = options.bool("depth_first");
    subnets::each_called(program, found, |ctx, function| {
        let before = function.ops(ctx);
        sort(ctx, function, depth_first);
        before != function.ops(ctx)
    })
}

fn is_constant(ctx: &Context, op: Op) -> bool {
    matches!(ctx.op_name(op), "top.Weight" | "top.None")
}

fn sort(ctx: &mut Context, function: Func, depth_first: bool) {
    let order = ordered(ctx, &function.ops(ctx), depth_first);
    // The first one stays where it is, the others follow it.
    for pair in order.windows(2) {
        if ctx.next_op(pair[0]) != Some(pair[1]) {
            match ctx.next_op(pair[0]) {
                Some(next) => ctx.rewriter().move_before(pair[1], next),
                None => return,
            }
        }
    }
    place_constants(ctx, function);
}

/// What is still to be ordered.
struct Left<'a> {
    ctx: &'a Context,
    ops: &'a [Op],
    number: HashMap<Op, usize>,
    /// How many operands are still to be ordered.
    missing: Vec<usize>,
    taken: Vec<bool>,
    /// Ready to be taken: operations of layer groups, others.
    ready: [BTreeSet<usize>; 2],
}

impl<'a> Left<'a> {
    fn new(ctx: &'a Context, ops: &'a [Op]) -> Self {
        let number = ops.iter().enumerate().map(|(index, op)| (*op, index)).collect();
        let mut left = Self {
            ctx,
            ops,
            number,
            missing: vec![0; ops.len()],
            taken: vec![false; ops.len()],
            ready: [BTreeSet::new(), BTreeSet::new()],
        };
        for (index, &op) in ops.iter().enumerate() {
            let makers = ctx
                .operands(op)
                .iter()
                .filter_map(|value| ctx.defining_op(*value));
            left.missing[index] = makers.filter(|maker| left.number.contains_key(maker)).count();
            if left.missing[index] == 0 {
                left.ready[kind(ctx, op)].insert(index);
            }
        }
        left
    }

    /// Operations that read the results, TPU-MLIR's way: the latest use first.
    fn readers(&self, index: usize) -> Vec<Op> {
        let values = self.ctx.results(self.ops[index]).iter();
        values
            .flat_map(|value| self.ctx.uses(*value).iter().rev())
            .map(|used| used.op)
            .collect()
    }

    fn is_ready(&self, op: Op, turn: usize) -> Option<usize> {
        let index = *self.number.get(&op)?;
        self.ready[turn].contains(&index).then_some(index)
    }

    fn has_readers(&self, index: usize) -> bool {
        let readers = self.readers(index);
        let mut numbers = readers.iter().filter_map(|op| self.number.get(op));
        numbers.any(|reader| !self.taken[*reader])
    }

    fn take(&mut self, index: usize) {
        self.taken[index] = true;
        for ready in &mut self.ready {
            ready.remove(&index);
        }
        for reader in self.readers(index) {
            if let Some(&reader) = self.number.get(&reader) {
                self.missing[reader] -= 1;
                if self.missing[reader] == 0 {
                    self.ready[kind(self.ctx, self.ops[reader])].insert(reader);
                }
            }
        }
    }
}

fn kind(ctx: &Context, op: Op) -> usize {
    usize::from(!is_local(ctx, op))
}

/// All operations but weights and the return, in the new order: the only reader of the last one; else a reader of the last one that
/// still has several; else the last that is ready.
fn ordered(ctx: &Context, ops: &[Op], depth_first: bool) -> Vec<Op> {
    let sorted: Vec<Op> = ops
        .iter()
        .copied()
        .filter(|op| !is_constant(ctx, *op) && !ctx.is(*op, "func.return"))
        .collect();
    let mut left = Left::new(ctx, &sorted);
    let mut order: Vec<Op> = Vec::with_capacity(sorted.len());
    // Those with several readers, in the order in which they were taken.
    let mut dominant: Vec<usize> = Vec::new();
    let (mut turn, mut previous) = (0, None::<usize>);
    while order.len() < sorted.len() {
        let mut next = None;
        if let Some(previous) = previous.filter(|_| depth_first)
            && let [reader] = left.readers(previous)[..]
        {
            next = left.is_ready(reader, turn);
        }
        if next.is_none() && depth_first {
            dominant.retain(|index| left.has_readers(*index));
            let mut readers = dominant.iter().rev().flat_map(|index| left.readers(*index));
            next = readers.find_map(|op| left.is_ready(op, turn));
        }
        let next = next.or_else(|| left.ready[turn].last().copied());
        let Some(next) = next else {
            if left.ready[1 - turn].is_empty() {
                // Operations that wait for each other; the verifier says so.
                break;
            }
            turn = 1 - turn;
            continue;
        };
        left.take(next);
        order.push(sorted[next]);
        previous = Some(next);
        if left.readers(next).len() != 1 && left.has_readers(next) {
            dominant.push(next);
        }
    }
    order
}

/// A weight stands before its first reader. The walk goes on at that reader, as TPU-MLIR's does, so that a weight in between keeps
/// its place unless the walk meets it again.
fn place_constants(ctx: &mut Context, function: Func) {
    let block = function.block(ctx);
    let ops = function.ops(ctx);
    let mut place: HashMap<Op, usize> = ops
        .iter()
        .filter(|op| !is_constant(ctx, **op))
        .enumerate()
        .map(|(index, op)| (*op, index))
        .collect();
    place.retain(|op, _| !ctx.is_erased(*op));
    let mut next = ctx.first_op(block);
    while let Some(op) = next {
        next = ctx.next_op(op);
        if ctx.is(op, "top.Weight") {
            let users = ctx.users(ctx.result(op));
            let first = users.iter().copied().min_by_key(|user| place.get(user).copied());
            if let Some(first) = first.filter(|first| place.contains_key(first)) {
                ctx.rewriter().move_before(op, first);
                next = Some(first);
            }
        } else if ctx.is(op, "top.None")
            && let Some(first) = ctx.first_op(block).filter(|first| !ctx.is(*first, "top.None"))
        {
            ctx.rewriter().move_before(op, first);
            next = Some(first);
        }
    }
}
