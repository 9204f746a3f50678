//! Addresses in DDR (pass `address-assign`): weights first, then tensors, which share memory where their lifetimes do
//! not meet. An address is written into the tensor's type as its encoding.

use super::error::{Error, Result, malformed};
use super::tensor::Element;
use crate::program::Program;
use std::collections::HashMap;
use tpuc_dialects::func::Func;
use tpuc_dialects::ir::{Context, Op, QuantStorage, Signedness, Type, TypeKind, Value};
use tpuc_runtime::isa::memory_map::COEFF_BASE;

/// Alignment of every tensor in DDR.
pub const ALIGNMENT: u64 = 4096;

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

/// Bytes of an 8-bit network input or output as the runtime stores it: four batches share a word.
///
/// # Errors
/// As [`element_of_type`].
pub fn packed_bytes(ctx: &Context, ty: Type) -> Result<u64> {
    let shape = shape_of_type(ctx, ty)?;
    let batches = shape.first().copied().unwrap_or(1);
    let inner: usize = shape.iter().skip(1).product();
    Ok((batches.div_ceil(4) * 4 * inner) as u64)
}

/// Whether operation results lie where the first operand lies: the data does not move.
pub fn is_alias(ctx: &Context, op: Op) -> bool {
    matches!(
        ctx.op_name(op),
        "tpu.Reshape"
            | "tpu.Unsqueeze"
            | "tpu.Squeeze"
            | "tpu.Identity"
            | "tpu.Weight2Activation"
            | "tpu.Device2Host"
            | "tpu.Host2Device"
    )
}

/// Where the dense form of an 8-bit network input or output starts, behind the runtime's packed form. Enough for any
/// shape of the same elements, since reshaped tensors share the memory.
///
/// # Errors
/// As [`element_of_type`].
pub fn dense_offset(ctx: &Context, ty: Type) -> Result<u64> {
    Ok((dense_bytes(ctx, ty)? * 4).next_multiple_of(ALIGNMENT))
}

/// Whether a value's memory is a network input or output.
pub fn is_boundary(ctx: &Context, value: Value) -> bool {
    let mut root = value;
    while let Some(op) = ctx.defining_op(root) {
        if ctx.is(op, "top.Input") {
            return true;
        }
        if !is_alias(ctx, op) {
            break;
        }
        root = ctx.operand(op, 0);
    }
    let mut same = vec![root];
    while let Some(value) = same.pop() {
        for user in ctx.users(value) {
            if ctx.is(user, "func.return") {
                return true;
            }
            if is_alias(ctx, user) && ctx.operand(user, 0) == value {
                same.push(ctx.result(user));
            }
        }
    }
    false
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
}

/// A tensor, or several that are the same memory: bytes, first and last operation that needs it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Interval {
    bytes: u64,
    first: usize,
    last: usize,
    offset: u64,
}

/// Assigns addresses to all tensors of `function` and writes them into their types. Tensors share memory if `reuse`.
///
/// # Errors
/// When a type is not for this chip.
pub fn assign(program: &mut Program, function: Func, reuse: bool) -> Result<MemoryPlan> {
    let ops = function.ops(&program.ctx);
    let mut next = COEFF_BASE;
    let mut addresses: HashMap<Value, u64> = HashMap::new();
    for &op in ops.iter().filter(|op| program.ctx.is(**op, "top.Weight")) {
        let value = program.ctx.result(op);
        addresses.insert(value, next);
        next += dense_bytes(&program.ctx, program.ctx.value_type(value))?.next_multiple_of(ALIGNMENT);
    }
    let neuron_address = next;
    let (mut intervals, owners) = lifetimes(&program.ctx, &ops, &addresses)?;
    if !reuse {
        for interval in &mut intervals {
            (interval.first, interval.last) = (0, ops.len());
        }
    }
    let (offsets, neuron_bytes) = first_fit(intervals);
    for (value, owner) in owners {
        let address = match owner {
            Owner::Interval(index) => neuron_address + offsets[index],
            Owner::Weight(address) => address,
        };
        addresses.insert(value, address);
    }
    for (&value, &address) in &addresses {
        let attr = program.ctx.i64_attr(address as i64);
        let ty = program.ctx.value_type(value);
        let ty = program.ctx.with_encoding(ty, Some(attr));
        program.ctx.rewriter().set_type(value, ty);
    }
    for &op in &ops {
        if program.ctx.is(op, "tpu.Group") {
            address_stores(program, op);
        }
    }
    function.update_type(&mut program.ctx.rewriter());
    Ok(MemoryPlan {
        coeff_address: COEFF_BASE,
        coeff_bytes: neuron_address - COEFF_BASE,
        neuron_address,
        neuron_bytes,
    })
}

/// What a group stores lies where its results lie.
fn address_stores(program: &mut Program, group: Op) {
    let ctx = &program.ctx;
    let Some(last) = ctx.body(group).and_then(|body| ctx.last_op(body)) else {
        return;
    };
    let pairs: Vec<(Value, Value)> =
        ctx.operands(last).iter().copied().zip(ctx.results(group).iter().copied()).collect();
    for (stored, result) in pairs {
        let ty = program.ctx.value_type(result);
        program.ctx.rewriter().set_type(stored, ty);
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Owner {
    Interval(usize),
    Weight(u64),
}

/// Memories with their lifetimes, and which one each value lives in.
type Lifetimes = (Vec<Interval>, Vec<(Value, Owner)>);

/// Which memory each value lives in, and how long. Inputs and outputs of the network live for the whole run.
fn lifetimes(ctx: &Context, ops: &[Op], weights: &HashMap<Value, u64>) -> Result<Lifetimes> {
    let mut intervals: Vec<Interval> = Vec::new();
    let mut owners: Vec<(Value, Owner)> = Vec::new();
    let mut owner_of: HashMap<Value, Owner> = weights
        .iter()
        .map(|(value, address)| (*value, Owner::Weight(*address)))
        .collect();
    for (position, &op) in ops.iter().enumerate() {
        let is_return = ctx.is(op, "func.return");
        for &operand in ctx.operands(op) {
            if let Some(Owner::Interval(index)) = owner_of.get(&operand) {
                intervals[*index].last = if is_return { ops.len() } else { position };
                if is_return {
                    intervals[*index].first = 0;
                }
            }
        }
        if ctx.is(op, "top.Weight") || ctx.is(op, "top.None") || is_return {
            continue;
        }
        for &value in ctx.results(op) {
            if ctx.is_none(value) {
                continue;
            }
            let alias = if is_alias(ctx, op) {
                owner_of.get(&ctx.operand(op, 0)).copied()
            } else {
                None
            };
            let owner = if let Some(owner) = alias {
                owner
            } else {
                let ty = ctx.value_type(value);
                let is_input = ctx.is(op, "top.Input");
                let is_boundary = is_boundary(ctx, value);
                let mut bytes = dense_bytes(ctx, ty)?.next_multiple_of(ALIGNMENT);
                if is_boundary && element_of_type(ctx, ty)?.is_byte() {
                    bytes += dense_offset(ctx, ty)?;
                }
                intervals.push(Interval {
                    bytes,
                    first: if is_boundary { 0 } else { position },
                    last: if is_input { ops.len() } else { position },
                    offset: 0,
                });
                Owner::Interval(intervals.len() - 1)
            };
            owner_of.insert(value, owner);
            owners.push((value, owner));
        }
    }
    Ok((intervals, owners))
}

/// Lowest offset for each interval, in order of their start, that overlaps no interval alive at the same time; and the
/// total size.
fn first_fit(mut intervals: Vec<Interval>) -> (Vec<u64>, u64) {
    let mut order: Vec<usize> = (0..intervals.len()).collect();
    order.sort_by_key(|&index| {
        (
            std::cmp::Reverse(intervals[index].bytes),
            intervals[index].first,
            index,
        )
    });
    let mut placed: Vec<usize> = Vec::new();
    let mut total = 0;
    for index in order {
        let this = intervals[index];
        let mut busy: Vec<(u64, u64)> = placed
            .iter()
            .map(|&other| intervals[other])
            .filter(|other| other.first <= this.last && this.first <= other.last)
            .map(|other| (other.offset, other.offset + other.bytes))
            .collect();
        busy.sort_unstable();
        let mut offset = 0;
        for (start, end) in busy {
            if offset + this.bytes <= start {
                break;
            }
            offset = offset.max(end);
        }
        intervals[index].offset = offset;
        total = total.max(offset + this.bytes);
        placed.push(index);
    }
    (intervals.iter().map(|interval| interval.offset).collect(), total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tensors_alive_together_do_not_overlap() {
        let interval = |bytes, first, last| Interval {
            bytes,
            first,
            last,
            offset: 0,
        };
        let intervals = vec![
            interval(100, 0, 1),
            interval(50, 1, 2),
            interval(100, 2, 3),
            interval(10, 0, 3),
        ];
        let (offsets, total) = first_fit(intervals.clone());
        assert_eq!(offsets, [0, 100, 0, 150]);
        assert_eq!(total, 160);
    }
}
