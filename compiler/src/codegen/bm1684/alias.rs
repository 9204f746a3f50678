//! Which tensors are the same memory: results of operations that only rename, parts that a concatenation joins, and parts
//! that a slice picks.
//!
//! A concatenation along the outermost axis that is not 1 is its operands one behind the other. An operand is *in place*
//! when it is given an address inside the result's memory, so that its own operation writes it there; a slice along such an
//! axis is a piece of its operand. [`Places::of`] is the only place that decides, but for tensors that would make memory
//! grow: a memory is needed from the first operand's making to the last reader of any part. Code generation needs no decision of its
//! own: a copy whose source and target are the same elements emits nothing ([`super::movement::copy`]).
//!
//! An operand is in place only if its memory is its own as a whole: not a network's input or output or a weight, whose
//! places others choose, not a piece of another tensor, and not in place elsewhere. Programs with layers of the host keep
//! every tensor apart, since those hand whole tensors from sub-net to sub-net.

use super::address::{element_of_type, shape_of_type};
use std::collections::{HashMap, HashSet};
use tpuc_dialects::ir::{Context, Op, Value};

/// Whether an operation's result lies where its first operand lies: the data does not move.
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

/// A place in the memory of another value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// The value whose memory it is; it lies in no other.
    pub root: Value,
    /// First byte in it.
    pub offset: u64,
}

/// Where the values of a function lie.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// The next larger memory that a value lies in, and the first byte in it.
    inside: HashMap<Value, (Value, u64)>,
    /// Values that were placed in others although they could have had a memory of their own.
    chosen: Vec<Value>,
}

impl Places {
    /// Renamings only: every other value has a memory of its own.
    pub fn apart(ctx: &Context, ops: &[Op]) -> Self {
        let mut places = Self::default();
        for &op in ops.iter().filter(|op| is_alias(ctx, **op)) {
            places.inside.insert(ctx.result(op), (ctx.operand(op, 0), 0));
        }
        places
    }

    /// Decides for `ops`, the operations of one block in order. The values in `apart` keep a memory of their own.
    pub fn of(ctx: &Context, ops: &[Op], apart: &HashSet<Value>) -> Self {
        let mut places = Self::default();
        let returned = returned(ctx, ops);
        let has_host = ops.iter().any(|op| ctx.is(*op, "tpu.GenericCpu"));
        for &op in ops {
            if is_alias(ctx, op) {
                places.inside.insert(ctx.result(op), (ctx.operand(op, 0), 0));
            } else if !has_host
                && ctx.is(op, "tpu.Slice")
                && !apart.contains(&ctx.result(op))
                && !returned.contains(&ctx.result(op))
                && let Some(offset) = slice_offset(ctx, op)
                && places.is_written(ctx, ctx.operand(op, 0))
            {
                places.inside.insert(ctx.result(op), (ctx.operand(op, 0), offset));
                places.chosen.push(ctx.result(op));
            }
        }
        if !has_host {
            let fixed: HashSet<Value> = returned.union(apart).copied().collect();
            for &op in ops.iter().filter(|op| ctx.is(**op, "tpu.Concat")) {
                places.join(ctx, op, &fixed);
            }
        }
        places
    }

    /// Where a value lies: in itself, unless it was placed in another one.
    pub fn of_value(&self, value: Value) -> Place {
        let mut place = Place {
            root: value,
            offset: 0,
        };
        while let Some(&(outer, offset)) = self.inside.get(&place.root) {
            place.root = outer;
            place.offset += offset;
        }
        place
    }

    /// Values that were placed in others although they could have had a memory of their own, in the order of deciding.
    pub fn chosen(&self) -> &[Value] {
        &self.chosen
    }

    /// Whether the value's memory is written by operations of the program, or before it runs.
    fn is_written(&self, ctx: &Context, value: Value) -> bool {
        ctx.defining_op(self.of_value(value).root)
            .is_some_and(|op| !ctx.is(op, "top.Weight") && !ctx.is(op, "top.None"))
    }

    /// Places the operands of a concatenation in its result, as far as they can be and are not `fixed` elsewhere.
    fn join(&mut self, ctx: &Context, op: Op, fixed: &HashSet<Value>) {
        let result = ctx.result(op);
        let Some(starts) = concat_offsets(ctx, op) else {
            return;
        };
        let element = |value: Value| element_of_type(ctx, ctx.value_type(value)).ok();
        let bytes = |value: Value| {
            let elements: usize = shape_of_type(ctx, ctx.value_type(value)).ok()?.iter().product();
            Some(elements * element(value)?.bytes())
        };
        for (&operand, start) in ctx.operands(op).iter().zip(starts) {
            let place = self.of_value(operand);
            let is_own = ctx.defining_op(place.root).is_some_and(|maker| {
                !ctx.op_name(maker).starts_with("top.") && ctx.op_block(maker) == ctx.op_block(op)
            });
            if is_own
                && place.offset == 0
                && place.root != result
                && !fixed.contains(&place.root)
                && element(operand) == element(result)
                && bytes(place.root) == bytes(operand)
            {
                self.inside.insert(place.root, (result, start));
                self.chosen.push(place.root);
            }
        }
    }
}

/// Values that the function returns, and those they are renamings of.
fn returned(ctx: &Context, ops: &[Op]) -> HashSet<Value> {
    let mut found = HashSet::new();
    for &op in ops.iter().filter(|op| ctx.is(**op, "func.return")) {
        for &operand in ctx.operands(op) {
            let mut value = operand;
            found.insert(value);
            while let Some(maker) = ctx.defining_op(value).filter(|maker| is_alias(ctx, *maker)) {
                value = ctx.operand(maker, 0);
                found.insert(value);
            }
        }
    }
    found
}

/// Byte of the operand at which a slice's result starts, if that is one run of the operand's memory.
fn slice_offset(ctx: &Context, op: Op) -> Option<u64> {
    let (input, output) = (ctx.operand(op, 0), ctx.result(op));
    if ctx.operands(op).iter().skip(1).any(|value| !ctx.is_none(*value)) {
        return None;
    }
    let (from, to) = (ctx.value_type(input), ctx.value_type(output));
    let (from_shape, to_shape) = (shape_of_type(ctx, from).ok()?, shape_of_type(ctx, to).ok()?);
    let offsets = ctx.get_i64s(op, "offset")?;
    let steps = ctx.get_i64s(op, "steps")?;
    let rank = from_shape.len();
    if to_shape.len() != rank || offsets.len() != rank || steps.len() != rank {
        return None;
    }
    let element = element_of_type(ctx, from).ok()?;
    if element != element_of_type(ctx, to).ok()? || to_shape.contains(&0) {
        return None;
    }
    let axis = to_shape.iter().position(|size| *size != 1).unwrap_or(rank);
    let mut start = 0;
    for dim in 0..rank {
        let size = from_shape[dim];
        let offset = if offsets[dim] < 0 {
            offsets[dim] + size as i64
        } else {
            offsets[dim]
        };
        let offset = usize::try_from(offset).ok()?;
        let is_whole = offset == 0 && to_shape[dim] == size;
        // In front of the axis the result has one element of each dimension: where it is does not matter.
        if dim > axis && !is_whole || dim == axis && steps[dim] != 1 || offset + to_shape[dim] > size {
            return None;
        }
        start = start * size + offset;
    }
    Some((start * element.bytes()) as u64)
}

/// Bytes of the result at which each operand of a concatenation starts, if each is one run of the result's memory.
fn concat_offsets(ctx: &Context, op: Op) -> Option<Vec<u64>> {
    let result = ctx.value_type(ctx.result(op));
    let shape = shape_of_type(ctx, result).ok()?;
    let bytes = element_of_type(ctx, result).ok()?.bytes();
    let axis = ctx.get_i64(op, "axis").unwrap_or(1);
    let axis = usize::try_from(if axis < 0 { axis + shape.len() as i64 } else { axis }).ok()?;
    if axis >= shape.len() || shape[..axis].iter().any(|size| *size != 1) {
        return None;
    }
    let inner: usize = shape[axis + 1..].iter().product();
    let mut start = 0;
    let mut offsets = Vec::new();
    for &operand in ctx.operands(op) {
        let part = shape_of_type(ctx, ctx.value_type(operand)).ok()?;
        let fits = part.len() == shape.len()
            && part
                .iter()
                .zip(&shape)
                .enumerate()
                .all(|(dim, (size, whole))| dim == axis || size == whole);
        if !fits {
            return None;
        }
        offsets.push((start * inner * bytes) as u64);
        start += part[axis];
    }
    (start == shape[axis]).then_some(offsets)
}
