//! Weights with the same bytes are stored once.

use crate::data::Tensor;
use crate::program::Program;
use std::collections::HashMap;
use std::sync::Arc;
use tpuc_dialects::ir::Op;

/// The weights among `ops`, in order, each with an earlier one of the same type and bytes if there is one.
///
/// Weights that cannot be read have no equals; that they are missing is an error where their bytes are needed.
pub fn equal_weights(program: &Program, ops: &[Op]) -> Vec<(Op, Option<Op>)> {
    let ctx = &program.ctx;
    let tensors: Vec<(Op, Option<Arc<Tensor>>)> = ops
        .iter()
        .filter(|op| ctx.is(**op, "top.Weight"))
        .map(|op| (*op, program.weight(ctx.result(*op)).ok().flatten()))
        .collect();
    // Most sizes occur once: only what could be equal is read.
    let size = |tensor: &Tensor| (tensor.dtype().name(), tensor.len());
    let mut of_size: HashMap<_, usize> = HashMap::new();
    for (_, tensor) in &tensors {
        if let Some(tensor) = tensor {
            *of_size.entry(size(tensor)).or_default() += 1;
        }
    }
    let mut seen: HashMap<(&str, usize, u64), Vec<(Op, Arc<Tensor>)>> = HashMap::new();
    tensors
        .into_iter()
        .map(|(op, tensor)| {
            let Some(tensor) = tensor.filter(|tensor| of_size[&size(tensor)] > 1) else {
                return (op, None);
            };
            let bytes = tensor.bytes();
            let beginning = hash(&bytes[..bytes.len().min(COMPARED_FIRST)]);
            let (dtype, length) = size(&tensor);
            let same = seen.entry((dtype, length, beginning)).or_default();
            let equal = same
                .iter()
                .find(|(_, other)| Arc::ptr_eq(other, &tensor) || other.bytes() == bytes)
                .map(|(other, _)| *other);
            drop(bytes);
            if equal.is_none() {
                same.push((op, tensor));
            }
            (op, equal)
        })
        .collect()
}

/// Weights that differ nearly always differ in so many bytes at their beginning.
const COMPARED_FIRST: usize = 4096;

/// A number of the bytes: equal bytes have equal ones, others rarely.
fn hash(bytes: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut words = bytes.chunks_exact(8);
    let mut state = bytes.len() as u64;
    let mut add = |word: u64| state = (state.rotate_left(23) ^ word).wrapping_mul(FACTOR);
    for word in &mut words {
        add(u64::from_le_bytes(word.try_into().unwrap_or_default()));
    }
    for byte in words.remainder() {
        add(u64::from(*byte));
    }
    state
}
