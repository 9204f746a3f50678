//! Which operations form a sub-net together: the rules of `--subnet-divide`, which are those of TPU-MLIR's pass of this name.
//!
//! Operations are taken in their order, as long as what they read is there, and in as many rounds as that takes. A layer of the host is
//! a sub-net of its own. An operation whose result's size is known only when it ran (`TPU_DYNAMIC`) begins a sub-net, which takes
//! everything that can follow; those that sort or gather stand alone, and what follows them is static again if what is before them is.

use std::collections::HashSet;
use tpuc_dialects::ir::{Context, Op, Value};

/// How a sub-net runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Commands that are known beforehand.
    Static,
    /// Sizes are known only when it runs.
    Dynamic,
    /// A layer of the host.
    Host,
}

impl Mode {
    /// In the text.
    pub fn name(self) -> &'static str {
        match self {
            Self::Static => "TPU_STATIC",
            Self::Dynamic => "TPU_DYNAMIC",
            Self::Host => "CPU",
        }
    }
}

/// A sub-net.
#[derive(Clone, Debug)]
pub struct Subnet {
    /// How it runs.
    pub mode: Mode,
    /// Its operations.
    pub ops: Vec<Op>,
}

/// Sizes of the result depend on values, or the vendor's chip library has the operation for its on-chip interpreter only.
fn is_dynamic(ctx: &Context, op: Op) -> bool {
    let is_computed = |operand: usize| {
        ctx.operands(op)
            .get(operand)
            .is_some_and(|value| !ctx.is_none(*value))
    };
    match ctx.op_name(op) {
        "tpu.TopK" | "tpu.Sort" | "tpu.Gather" | "tpu.Nms" | "tpu.NonZero" | "tpu.RoiAlign" => true,
        "tpu.YoloDetection" | "tpu.DetectionOutput" => true,
        "tpu.RoiExtractor" => ctx.get_bool(op, "is_static") != Some(true),
        "tpu.Slice" => is_computed(1),
        "tpu.Interp" => is_computed(1),
        _ => false,
    }
}

/// What is alone in its sub-net although it is dynamic.
fn stands_alone(ctx: &Context, op: Op) -> bool {
    matches!(ctx.op_name(op), "tpu.TopK" | "tpu.Sort" | "tpu.Gather")
}

/// The sub-nets of `main`'s operations, in the order in which they run.
pub fn split(ctx: &Context, ops: &[Op]) -> Vec<Subnet> {
    let mut subnets = taken(ctx, ops);
    place_weights(ctx, &mut subnets);
    subnets.retain(|subnet| !subnet.ops.is_empty());
    pass_dynamic_on(ctx, &mut subnets);
    merged(subnets)
}

/// Sub-nets as their operations become possible. Weights are in the first.
fn taken(ctx: &Context, ops: &[Op]) -> Vec<Subnet> {
    let mut there: HashSet<Value> = HashSet::new();
    let mut left: Vec<Op> = Vec::with_capacity(ops.len());
    for &op in ops {
        match ctx.op_name(op) {
            "top.Input" | "top.None" => there.extend(ctx.results(op)),
            "func.return" => {}
            "top.Weight" => {
                there.extend(ctx.results(op));
                left.push(op);
            }
            _ => left.push(op),
        }
    }
    let mut subnets = Vec::new();
    while !left.is_empty() {
        let mut subnet = Subnet {
            mode: Mode::Static,
            ops: Vec::new(),
        };
        loop {
            let before = subnet.ops.len();
            let mut again = false;
            for &op in &left {
                let possible = ctx
                    .operands(op)
                    .iter()
                    .all(|value| there.contains(value) || ctx.defining_op(*value).is_none());
                if !possible {
                    continue;
                }
                let empty = subnet.ops.is_empty();
                if ctx.is(op, "tpu.GenericCpu") {
                    if !empty {
                        continue;
                    }
                    subnet.mode = Mode::Host;
                } else if subnet.mode != Mode::Dynamic && is_dynamic(ctx, op) {
                    if !empty {
                        continue;
                    }
                    subnet.mode = Mode::Dynamic;
                }
                subnet.ops.push(op);
                there.extend(ctx.results(op));
                again = true;
                if empty && (subnet.mode == Mode::Host || stands_alone(ctx, op)) {
                    again = false;
                    break;
                }
            }
            let new: HashSet<Op> = subnet.ops[before..].iter().copied().collect();
            left.retain(|op| !new.contains(op));
            if !again {
                break;
            }
        }
        if subnet.ops.is_empty() {
            // Operands that nothing makes: the verifier refuses such programs.
            break;
        }
        subnets.push(subnet);
    }
    subnets
}

/// A weight that its sub-net does not read goes to the first one that does, behind the operation that reads it.
fn place_weights(ctx: &Context, subnets: &mut [Subnet]) {
    let mut moving: HashSet<Op> = HashSet::new();
    for subnet in subnets {
        let own: HashSet<Op> = subnet.ops.iter().copied().collect();
        let mut ops = Vec::with_capacity(subnet.ops.len());
        for &op in &subnet.ops {
            if ctx.is(op, "top.Weight") {
                if ctx.users(ctx.result(op)).iter().any(|user| own.contains(user)) {
                    ops.push(op);
                } else {
                    moving.insert(op);
                }
                continue;
            }
            ops.push(op);
            let at = ops.len();
            for value in ctx.operands(op) {
                if let Some(weight) = ctx.defining_op(*value).filter(|weight| moving.remove(weight)) {
                    ops.insert(at, weight);
                }
            }
        }
        subnet.ops = ops;
    }
}

/// What follows a dynamic sub-net is dynamic.
fn pass_dynamic_on(ctx: &Context, subnets: &mut [Subnet]) {
    for index in 1..subnets.len() {
        if subnets[index].mode != Mode::Static || subnets[index - 1].mode != Mode::Dynamic {
            continue;
        }
        let alone = subnets[index - 1].ops.iter().any(|op| stands_alone(ctx, *op));
        let known_before = index >= 2 && subnets[index - 2].mode == Mode::Static;
        if !(alone && known_before) {
            subnets[index].mode = Mode::Dynamic;
        }
    }
}

/// Neighbours of one mode become one sub-net; a layer of the host stays alone.
fn merged(subnets: Vec<Subnet>) -> Vec<Subnet> {
    let mut merged: Vec<Subnet> = Vec::new();
    for subnet in subnets {
        match merged.last_mut() {
            Some(last) if last.mode == subnet.mode && last.mode != Mode::Host => last.ops.extend(subnet.ops),
            _ => merged.push(subnet),
        }
    }
    merged
}
