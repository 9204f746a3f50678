//! The memory of the weights, as a bmodel holds it: each weight at its address, without copying them.

use super::address::MemoryPlan;
use super::error::{Result, malformed};
use crate::data::Tensor;
use crate::program::Program;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use tpuc_dialects::ir::Op;
use tpuc_runtime::bmodel::{Blob, Location, SharedBytes};
use tpuc_runtime::isa::memory_map::COEFF_BASE;

/// The bytes of a tensor whose elements lie in memory as in the file.
struct WeightBytes(Arc<Tensor>);

impl AsRef<[u8]> for WeightBytes {
    fn as_ref(&self) -> &[u8] {
        match self.0.bytes() {
            Cow::Borrowed(bytes) => bytes,
            Cow::Owned(_) => unreachable!("only made of tensors whose bytes are borrowed"),
        }
    }
}

fn shared_bytes(tensor: Arc<Tensor>) -> SharedBytes {
    let owned = match tensor.bytes() {
        Cow::Borrowed(_) => None,
        Cow::Owned(bytes) => Some(bytes),
    };
    match owned {
        Some(bytes) => Arc::new(bytes),
        None => Arc::new(WeightBytes(tensor)),
    }
}

/// The bytes of the weights among `ops`, and what lies where.
///
/// # Errors
/// When a weight is missing, has no address, or lies outside the weights' memory or where another one does.
pub fn of(program: &Program, ops: &[Op], plan: &MemoryPlan) -> Result<(Blob, Vec<Location>)> {
    let ctx = &program.ctx;
    if plan.coeff_bytes > 1 << 32 {
        return malformed(format!(
            "{} bytes of weights: the chip addresses 4 GiB",
            plan.coeff_bytes
        ));
    }
    let mut parts: BTreeMap<usize, SharedBytes> = BTreeMap::new();
    let mut locations = Vec::new();
    for &op in ops.iter().filter(|op| ctx.is(**op, "top.Weight")) {
        let value = ctx.result(op);
        let (Some(address), Some(tensor)) = (ctx.type_address(ctx.value_type(value)), program.weight(value)?)
        else {
            return malformed(format!("weight '{}' has no address", ctx.name(op)));
        };
        let start = (address as u64).wrapping_sub(COEFF_BASE) as usize;
        let data = shared_bytes(tensor);
        let bytes = (*data).as_ref();
        if start.saturating_add(bytes.len()) > plan.coeff_bytes as usize {
            return malformed(format!(
                "weight '{}' lies outside the weights' memory",
                ctx.name(op)
            ));
        }
        locations.push(Location {
            name: ctx.name(op).to_owned(),
            offset: start as u64,
            size: bytes.len() as u64,
        });
        if bytes.is_empty() {
            continue;
        }
        match parts.entry(start) {
            // Equal weights share a place.
            Entry::Occupied(known) if (**known.get()).as_ref() == bytes => {}
            Entry::Occupied(_) => {
                return malformed(format!("weight '{}' lies where another one does", ctx.name(op)));
            }
            Entry::Vacant(place) => {
                place.insert(data);
            }
        }
    }
    match Blob::of_parts(parts.into_iter().collect(), plan.coeff_bytes as usize) {
        Some(bytes) => Ok((bytes, locations)),
        None => malformed("weights overlap in memory; run --address-assign"),
    }
}
