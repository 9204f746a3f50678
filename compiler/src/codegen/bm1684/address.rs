//! Addresses in DDR (pass `address-assign`): weights first, equal ones once, then tensors, which share memory where their
//! lifetimes do not meet. An address is written into the tensor's type as its encoding.
//!
//! Which tensors are the same memory, or a part of another's, is decided in [`super::alias`]; where memories lie that are
//! alive at different times, in [`super::allocate`]. A group of operations in local memory is one operation here: its inner
//! tensors have no addresses, but for what `tpu.Store` gives, which is the group's result.

use super::alias::Places;
use super::allocate::{Interval, most_alive, place};
use super::error::{Error, Result, malformed};
use super::tensor::Element;
use super::weight_sharing;
use crate::program::Program;
use std::collections::{HashMap, HashSet};
use tpuc_dialects::func::Func;
use tpuc_dialects::ir::{Context, Op, QuantStorage, Signedness, Type, TypeKind, Value};
use tpuc_runtime::isa::memory_map::COEFF_BASE;

/// Alignment of weights, of network inputs and outputs, and of whole memories: a page.
pub const ALIGNMENT: u64 = 4096;
/// Alignment of all other tensors: the longest run that DDR gives at once. A page for each would be most of the memory of
/// networks with many small tensors.
pub const INNER_ALIGNMENT: u64 = 128;

/// Element type, as the chip sees it, of a tensor type.
///
/// # Errors
/// When the chip has no such type.
pub fn element_of_type(ctx: &Context, ty: Type) -> Result<Element> {
    let Some(element) = ctx.element_type(ty) else {
        return malformed("a value that is no tensor");
    };
    let integer = |width: u32, signed: bool| match (width, signed) {
        (8, true) => Some(Element::I8),
        (8, false) => Some(Element::U8),
        (16, true) => Some(Element::I16),
        (16, false) => Some(Element::U16),
        (32, true) => Some(Element::I32),
        (32, false) => Some(Element::U32),
        _ => None,
    };
    let kind = ctx.type_kind(element);
    match kind {
        TypeKind::Float(tpuc_dialects::ir::FloatKind::F32) | TypeKind::Calibrated { .. } => {
            Some(Element::F32)
        }
        TypeKind::Integer { width, signedness } => integer(*width, *signedness != Signedness::Unsigned),
        TypeKind::Uniform {
            storage: QuantStorage { signed, bits, .. },
            ..
        } => integer(*bits, *signed),
        _ => None,
    }
    .ok_or_else(|| {
        Error::Unsupported(format!(
            "element type {kind:?} does not exist on this chip; use F32 or INT8"
        ))
    })
}

/// Elements of the largest tensor: addresses have 32 bits.
const MOST_ELEMENTS: usize = 1 << 32;

/// Sizes of a tensor type.
///
/// # Errors
/// When a size is unknown, or the tensor is larger than what the chip can address.
pub fn shape_of_type(ctx: &Context, ty: Type) -> Result<Vec<usize>> {
    let shape: Vec<usize> = ctx
        .type_shape(ty)
        .and_then(|shape| shape.iter().map(|size| usize::try_from(*size).ok()).collect())
        .ok_or_else(|| Error::Malformed("a tensor of unknown size; give --input_shapes".into()))?;
    let elements = shape
        .iter()
        .try_fold(1usize, |product, size| product.checked_mul(*size));
    match elements {
        Some(elements) if elements <= MOST_ELEMENTS => Ok(shape),
        _ => Err(Error::Unsupported(format!(
            "a tensor of {shape:?} elements: the chip addresses 4 GiB"
        ))),
    }
}

/// Bytes of a tensor in DDR, dense.
///
/// # Errors
/// As [`element_of_type`].
pub fn dense_bytes(ctx: &Context, ty: Type) -> Result<u64> {
    let elements: usize = shape_of_type(ctx, ty)?.iter().product();
    Ok((elements * element_of_type(ctx, ty)?.bytes()) as u64)
}

/// What network inputs and outputs may share memory with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum AddressMode {
    /// Inputs keep their memory for the whole run; outputs from where they are made.
    #[default]
    Basic,
    /// Inputs and outputs have a memory of their own, which holds nothing else.
    IoAlone,
    /// As basic, but an input's memory is used again after its last reader.
    InReuse,
}

impl AddressMode {
    /// By its name; `auto` is basic.
    ///
    /// # Errors
    /// When this chip has no such mode.
    pub fn parse(name: &str) -> std::result::Result<Self, String> {
        match name {
            "auto" | "basic" => Ok(Self::Basic),
            "io_alone" => Ok(Self::IoAlone),
            "in_reuse" => Ok(Self::InReuse),
            "io_tag" | "io_tag_fuse" | "io_reloc" => Err(format!(
                "address mode '{name}' moves inputs and outputs when the model runs, which commands of bm1684 cannot: \
                 use io_alone, which keeps them apart, or auto, basic, in_reuse"
            )),
            _ => Err(format!(
                "unknown address mode '{name}': auto, basic, io_alone and in_reuse are supported on bm1684"
            )),
        }
    }

    /// Its name in `module.addr_mode`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::IoAlone => "io_alone",
            Self::InReuse => "in_reuse",
        }
    }

    /// Its number in a bmodel.
    pub fn code(self) -> i32 {
        match self {
            Self::Basic => 0,
            Self::IoAlone => 1,
            Self::InReuse => 5,
        }
    }
}

/// How addresses are assigned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AssignOptions {
    /// Tensors whose lifetimes do not meet share memory.
    pub reuse: bool,
    /// Where inputs and outputs lie.
    pub mode: AddressMode,
}

/// What was assigned.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MemoryPlan {
    /// First byte of the weights.
    pub coeff_address: u64,
    /// Bytes of the weights.
    pub coeff_bytes: u64,
    /// First byte of the tensors.
    pub neuron_address: u64,
    /// Bytes of the tensors.
    pub neuron_bytes: u64,
    /// Most bytes of tensors that are alive at one time: no placement takes less.
    pub neuron_bound: u64,
    /// First byte of inputs and outputs and their bytes, where they have a memory of their own.
    pub io: Option<(u64, u64)>,
}

/// Assigns addresses to all tensors of `function` and writes them into their types.
///
/// # Errors
/// When a type is not for this chip.
pub fn assign(program: &mut Program, function: Func, options: AssignOptions) -> Result<MemoryPlan> {
    let ops = function.ops(&program.ctx);
    let mut next = COEFF_BASE;
    let mut addresses: HashMap<Value, u64> = HashMap::new();
    for (op, same_as) in weight_sharing::equal_weights(program, &ops) {
        let value = program.ctx.result(op);
        let address = match same_as {
            Some(other) => addresses[&program.ctx.result(other)],
            None => next,
        };
        addresses.insert(value, address);
        if same_as.is_none() {
            next += dense_bytes(&program.ctx, program.ctx.value_type(value))?.next_multiple_of(ALIGNMENT);
        }
    }
    let coeff_bytes = next - COEFF_BASE;
    let arguments = function.arguments(&program.ctx).to_vec();
    let (places, memories) = places_and_lifetimes(&program.ctx, &arguments, &ops, options.mode)?;
    let io_alone = options.mode == AddressMode::IoAlone;
    let io_address = next;
    let mut io_bytes = 0;
    let mut intervals = Vec::new();
    for memory in &memories {
        if io_alone && memory.is_io {
            addresses.insert(memory.root, io_address + io_bytes);
            io_bytes += memory.interval.bytes.next_multiple_of(ALIGNMENT);
        } else {
            intervals.push(if options.reuse {
                memory.interval
            } else {
                Interval {
                    first: 0,
                    last: ops.len(),
                    ..memory.interval
                }
            });
        }
    }
    let neuron_address = io_address + io_bytes;
    let placement = place(&intervals);
    let placed = memories.iter().filter(|memory| !(io_alone && memory.is_io));
    for (memory, offset) in placed.zip(&placement.offsets) {
        addresses.insert(memory.root, neuron_address + offset);
    }
    write_addresses(program, &arguments, &ops, &places, &addresses);
    function.update_type(&mut program.ctx.rewriter());
    Ok(MemoryPlan {
        coeff_address: COEFF_BASE,
        coeff_bytes,
        neuron_address,
        neuron_bytes: placement.total.next_multiple_of(ALIGNMENT),
        neuron_bound: placement.bound,
        io: io_alone.then_some((io_address, io_bytes)),
    })
}

/// Writes the address of every value into its type, and those of groups' results into the types of what stores them.
fn write_addresses(
    program: &mut Program,
    arguments: &[Value],
    ops: &[Op],
    places: &Places,
    addresses: &HashMap<Value, u64>,
) {
    let ctx = &program.ctx;
    let mut found: Vec<(Value, u64)> = Vec::new();
    for &value in arguments.iter().chain(ops.iter().flat_map(|op| ctx.results(*op))) {
        let place = places.of_value(value);
        if let Some(address) = addresses.get(&place.root) {
            found.push((value, address + place.offset));
        }
    }
    let of_value: HashMap<Value, u64> = found.iter().copied().collect();
    for &op in ops.iter().filter(|op| ctx.is(**op, "tpu.Group")) {
        let Some(last) = ctx.body(op).and_then(|body| ctx.last_op(body)) else {
            continue;
        };
        for (result, stored) in ctx.results(op).iter().zip(ctx.operands(last)) {
            if let Some(address) = of_value.get(result) {
                found.push((*stored, *address));
            }
        }
    }
    for (value, address) in found {
        let attr = program.ctx.i64_attr(address as i64);
        let ty = program.ctx.value_type(value);
        let ty = program.ctx.with_encoding(ty, Some(attr));
        program.ctx.rewriter().set_type(value, ty);
    }
}

/// A memory: the value that is all of it, how long it is needed, and whether it is a network's input or output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Memory {
    root: Value,
    interval: Interval,
    is_io: bool,
}

/// Rounds of taking tensors out of others where that made memory grow; after that all stay apart.
const ROUNDS: usize = 32;

/// Which tensors lie in which, and the lifetimes that follow. Tensors lie in others as far as that takes no more memory, in
/// pages, than if each had its own.
fn places_and_lifetimes(
    ctx: &Context,
    arguments: &[Value],
    ops: &[Op],
    mode: AddressMode,
) -> Result<(Places, Vec<Memory>)> {
    let intervals =
        |memories: &[Memory]| -> Vec<Interval> { memories.iter().map(|memory| memory.interval).collect() };
    let all_apart = Places::apart(ctx, ops);
    let alone = lifetimes(ctx, arguments, ops, &all_apart, mode)?;
    let limit = most_alive(&intervals(&alone)).0.next_multiple_of(ALIGNMENT);
    let own: HashMap<Value, Interval> = alone
        .iter()
        .map(|memory| (memory.root, memory.interval))
        .collect();
    let mut apart = HashSet::new();
    for _ in 0..ROUNDS {
        let places = Places::of(ctx, ops, &apart);
        let memories = lifetimes(ctx, arguments, ops, &places, mode)?;
        let (most, time) = most_alive(&intervals(&memories));
        if most <= limit {
            return Ok((places, memories));
        }
        // At that time, the memory that holds most bytes of tensors that are not alive.
        let mut alive: HashMap<Value, u64> = HashMap::new();
        for memory in alone.iter().filter(|memory| memory.interval.is_alive(time)) {
            *alive.entry(places.of_value(memory.root).root).or_default() += memory.interval.bytes;
        }
        let waste = |memory: &Memory| {
            let used = alive.get(&memory.root).copied().unwrap_or_default();
            memory.interval.bytes.saturating_sub(used)
        };
        let worst = memories
            .iter()
            .filter(|memory| memory.interval.is_alive(time) && waste(memory) > 0)
            .max_by_key(|memory| (waste(memory), std::cmp::Reverse(memory.interval.first)));
        let Some(worst) = worst else { break };
        let before = apart.len();
        apart.extend(places.chosen().iter().filter(|value| {
            places.of_value(**value).root == worst.root
                && own.get(*value).is_some_and(|interval| interval.is_alive(time))
        }));
        if apart.len() == before {
            break;
        }
    }
    Ok((all_apart, alone))
}

/// All memories but the weights', in the order in which they are first written.
fn lifetimes(
    ctx: &Context,
    arguments: &[Value],
    ops: &[Op],
    places: &Places,
    mode: AddressMode,
) -> Result<Vec<Memory>> {
    let end = ops.len();
    let mut memories: Vec<Memory> = Vec::new();
    let mut known: HashMap<Value, usize> = HashMap::new();
    let mut add = |value: Value, position: usize, is_input: bool| -> Result<()> {
        let root = places.of_value(value).root;
        if ctx.is_none(value) || ctx.defining_op(root).is_some_and(|op| ctx.is(op, "top.Weight")) {
            return Ok(());
        }
        let number = match known.get(&root) {
            Some(number) => *number,
            None => {
                known.insert(root, memories.len());
                memories.push(Memory {
                    root,
                    interval: Interval {
                        bytes: dense_bytes(ctx, ctx.value_type(root))?,
                        alignment: INNER_ALIGNMENT,
                        first: if is_input { 0 } else { position },
                        last: position,
                    },
                    is_io: false,
                });
                memories.len() - 1
            }
        };
        let memory = &mut memories[number];
        memory.is_io |= is_input;
        let last = if is_input && mode != AddressMode::InReuse {
            end
        } else {
            position
        };
        memory.interval.last = memory.interval.last.max(last);
        Ok(())
    };
    // A function that is called gets its inputs as arguments; the network's are made by `top.Input`.
    for &argument in arguments {
        if ctx.users(argument).iter().any(|user| !ctx.is(*user, "top.Input")) {
            add(argument, 0, true)?;
        }
    }
    let mut returned = Vec::new();
    for (position, &op) in ops.iter().enumerate() {
        if ctx.is(op, "top.Weight") || ctx.is(op, "top.None") {
            continue;
        }
        if ctx.is(op, "func.return") {
            returned.extend(ctx.operands(op).iter().map(|value| places.of_value(*value).root));
            continue;
        }
        let is_input = ctx.is(op, "top.Input");
        if !is_input {
            for user in ctx.walk(op) {
                // What is used inside a group lives as long as the group.
                let outside = |value: &&Value| match ctx.defining_op(**value) {
                    Some(maker) => ctx.op_block(maker) == ctx.op_block(op),
                    None => arguments.contains(*value),
                };
                for value in ctx.operands(user).iter().filter(outside) {
                    add(*value, position, false)?;
                }
            }
        }
        for &value in ctx.results(op) {
            add(value, position, is_input)?;
        }
    }
    for root in returned {
        if let Some(number) = known.get(&root) {
            memories[*number].interval.last = end;
            memories[*number].is_io = true;
        }
    }
    for memory in memories.iter_mut().filter(|memory| memory.is_io) {
        memory.interval.alignment = ALIGNMENT;
    }
    Ok(memories)
}
