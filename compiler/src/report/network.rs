//! The network's operations, and which of them an operation of the lowered program belongs to.

use super::data::Layer;
use crate::program::Program;
use crate::quantization::scale::is_uniform;
use crate::quantization::{CalibrationTable, QuantizeTable};
use rustc_hash::FxHashMap;
use tpuc_dialects::ir::{Context, Diagnostic, Op, OpView, TypeKind, Value};

/// The operations of a top program, in order.
///
/// # Errors
/// When it has no `main`.
pub fn layers(top: &Program) -> Result<Vec<Layer>, Diagnostic> {
    let ctx = &top.ctx;
    let mut layers: Vec<Layer> = Vec::new();
    let mut number: FxHashMap<Op, usize> = FxHashMap::default();
    for op in top.main()?.ops(ctx) {
        if is_no_operation(ctx, op) {
            continue;
        }
        let mut inputs: Vec<usize> = Vec::new();
        for value in ctx.operands(op) {
            if let Some(input) = ctx.defining_op(*value).and_then(|op| number.get(&op)) {
                inputs.push(*input);
            }
        }
        if ctx.is(op, "func.return") {
            for input in inputs {
                layers[input].is_output = true;
            }
            continue;
        }
        let flops = ctx
            .info(op)
            .and_then(|info| info.flops)
            .map(|flops| flops(ctx, op));
        number.insert(op, layers.len());
        let result = ctx.results(op).first();
        layers.push(Layer {
            name: ctx.name(op).to_owned(),
            op: short(ctx.op_name(op)).to_owned(),
            inputs,
            shape: result
                .and_then(|value| ctx.shape(*value))
                .unwrap_or_default()
                .to_vec(),
            macs: flops.and_then(|flops| u64::try_from(flops / 2).ok()),
            weight_bytes: weight_bytes(ctx, op),
            ..Layer::default()
        });
    }
    Ok(layers)
}

/// `Conv` of `top.Conv`.
fn short(kind: &str) -> &str {
    kind.split_once('.').map_or(kind, |(_, name)| name)
}

fn is_no_operation(ctx: &Context, op: Op) -> bool {
    matches!(
        ctx.op_name(op),
        "top.Weight" | "top.None" | "tpu.Buffer" | "tpu.Yield"
    )
}

/// Bytes of the weights that an operation reads.
fn weight_bytes(ctx: &Context, op: Op) -> u64 {
    let weights = ctx.operands(op).iter().filter(|value| {
        ctx.defining_op(**value)
            .is_some_and(|op| ctx.is(op, "top.Weight"))
    });
    weights.map(|value| value_bytes(ctx, *value)).sum()
}

/// Bytes of a value's elements.
pub fn value_bytes(ctx: &Context, value: Value) -> u64 {
    let elements = ctx.shape(value).map_or(0, |shape| {
        shape
            .iter()
            .map(|dim| u64::try_from(*dim).unwrap_or(0))
            .fold(1_u64, u64::saturating_mul)
    });
    let bits = ctx
        .element(value)
        .map_or(32, |element| match ctx.type_kind(element) {
            TypeKind::Integer { width, .. } => *width,
            TypeKind::Uniform { storage, .. } | TypeKind::UniformPerAxis { storage, .. } => storage.bits,
            _ => 32,
        });
    elements.saturating_mul(u64::from(bits.div_ceil(8)))
}

/// Which layer an operation of a lowered program belongs to, by its name.
pub struct Owners {
    by_name: FxHashMap<String, usize>,
}

impl Owners {
    /// Of these layers, and of the operations of a lowered program of the same network. An operation belongs to the layer of
    /// its name; else, since lowering makes names by adding an ending, to the one with the longest name that it begins with;
    /// else to the layer of its first operand.
    pub fn of(layers: &[Layer], lowered: Option<&Program>) -> Self {
        let mut by_name: FxHashMap<String, usize> = FxHashMap::default();
        for (index, layer) in layers.iter().enumerate() {
            by_name.entry(layer.name.clone()).or_insert(index);
        }
        let mut owners = Self { by_name };
        if let Some(program) = lowered {
            owners.add(program);
        }
        owners
    }

    /// Adds the operations of another stage of the program. What is loaded in a layer group belongs to the first operation there
    /// that reads it.
    pub fn add(&mut self, program: &Program) {
        let ctx = &program.ctx;
        let mut loads = Vec::new();
        for op in ctx.walk(program.module.op()) {
            let name = ctx.name(op);
            if is_no_operation(ctx, op) || self.by_name.contains_key(name) {
                continue;
            }
            if ctx.is(op, "tpu.Load") {
                loads.push(op);
                continue;
            }
            let of_operand = || {
                let operands = ctx.operands(op).iter();
                let mut names = operands
                    .filter(|value| !is_weight(ctx, **value))
                    .map(|v| ctx.value_name(*v));
                names.find_map(|name| self.by_name.get(name)).copied()
            };
            if let Some(layer) = self.of_beginning(name).or_else(of_operand) {
                self.by_name.insert(name.to_owned(), layer);
            }
        }
        for op in loads {
            let user = ctx.users(ctx.result(op)).first().copied();
            if let Some(layer) = user.and_then(|user| self.get(ctx.name(user))) {
                self.by_name.insert(ctx.name(op).to_owned(), layer);
            }
        }
    }

    fn of_beginning(&self, name: &str) -> Option<usize> {
        let mut ends = name
            .char_indices()
            .rev()
            .filter(|(_, c)| *c == '_')
            .map(|(end, _)| end);
        ends.find_map(|end| self.by_name.get(&name[..end])).copied()
    }

    /// The layer of an operation of this name. A load whose operation is not known belongs to what it loads.
    pub fn get(&self, name: &str) -> Option<usize> {
        let own = |name: &str| {
            let exact = self.by_name.get(name).copied();
            exact.or_else(|| self.of_beginning(name))
        };
        own(name).or_else(|| own(name.strip_prefix("load_")?))
    }
}

fn is_weight(ctx: &Context, value: Value) -> bool {
    ctx.is_none(value)
        || ctx
            .defining_op(value)
            .is_some_and(|op| matches!(ctx.op_name(op), "top.Weight" | "top.None"))
}

/// Adds what the lowered program tells: precision, operations, groups, bytes of weights.
pub fn add_lowered(layers: &mut [Layer], lowered: &Program, owners: &Owners) {
    let ctx = &lowered.ctx;
    for layer in layers.iter_mut() {
        layer.weight_bytes = 0;
    }
    let mut groups = 0;
    for op in ctx.walk(lowered.module.op()) {
        if ctx.is(op, "tpu.Group") {
            groups += 1;
        }
        let kind = ctx.op_name(op);
        if is_no_operation(ctx, op)
            || !(kind.starts_with("tpu.") || kind == "top.Input")
            || kind == "tpu.Group"
        {
            continue;
        }
        let name = ctx.name(op);
        let Some(owner) = owners.get(name) else { continue };
        let layer = &mut layers[owner];
        let kind = short(kind).to_owned();
        if !layer.lowered.contains(&kind) {
            layer.lowered.push(kind);
        }
        layer.weight_bytes += weight_bytes(ctx, op);
        if ctx
            .parent_op(op)
            .is_some_and(|parent| ctx.is(parent, "tpu.Group"))
        {
            layer.group.get_or_insert(groups);
        }
        if layer.name == name
            && let Some(result) = ctx.results(op).first()
        {
            let quantised = is_uniform(ctx, ctx.value_type(*result));
            layer.precision = Some(if quantised { "INT8" } else { "F32" });
        }
    }
}

/// Adds what the tables say. A layer that the calibration table does not know has no threshold.
pub fn add_tables(layers: &mut [Layer], ranges: Option<&CalibrationTable>, floats: Option<&QuantizeTable>) {
    for layer in layers {
        if let Some(range) = ranges.and_then(|table| table.thresholds.get(&layer.name)) {
            layer.threshold = Some(range.threshold);
            layer.min = Some(range.min);
            layer.max = Some(range.max);
        }
        layer.in_qtable = floats.is_some_and(|table| table.modes.contains_key(&layer.name));
    }
}
