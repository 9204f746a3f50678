//! Kernels shared by programs that differ a little, and keys that say which of their tensors are the same.
//!
//! A search plans hundreds of programs that are equal but for the precision of some operations. Two operations of the same
//! kind, with equal attributes, types and weights, have the same identity: they share one kernel, and where their operands
//! are the same tensors their results are too. Keys are 64-bit hashes of content, never of names or addresses.

use super::ops::Kernel;
use crate::data::Tensor;
use crate::program::Program;
use rustc_hash::FxHashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use tpuc_dialects::ir::{Context, Op, Value};
use tpuc_dialects::text::{attr_text, type_text};

/// A kernel with the numbers of the operands that it took when it was prepared.
#[derive(Clone)]
pub(super) struct Shared {
    pub kernel: Arc<Kernel>,
    pub taken: Arc<[usize]>,
}

/// Kernels by the identity of their operations. May be used by several threads at once.
#[derive(Default)]
pub struct KernelPool {
    kernels: Mutex<FxHashMap<u64, Shared>>,
    /// Hashes of weights that several programs share; the tensor is kept so that its address stays its own.
    weights: Mutex<FxHashMap<usize, (Arc<Tensor>, u64)>>,
}

impl KernelPool {
    pub(super) fn get(&self, identity: u64) -> Option<Shared> {
        lock(&self.kernels).get(&identity).cloned()
    }

    pub(super) fn insert(&self, identity: u64, shared: Shared) {
        lock(&self.kernels).insert(identity, shared);
    }

    /// Number of kernels that were prepared.
    pub fn len(&self) -> usize {
        lock(&self.kernels).len()
    }

    /// Whether none was.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What an operation computes: its kind, attributes, types and weights. `None` when a weight cannot be had.
    pub(super) fn identity(&self, program: &Program, op: Op) -> Option<u64> {
        let ctx = &program.ctx;
        let mut hasher = DefaultHasher::new();
        ctx.op_name(op).hash(&mut hasher);
        for (name, attr) in ctx.attrs(op) {
            ctx.text(*name).hash(&mut hasher);
            attr_text(ctx, *attr).hash(&mut hasher);
        }
        for value in ctx.results(op) {
            type_text(ctx, ctx.value_type(*value)).hash(&mut hasher);
        }
        for value in ctx.operands(op) {
            type_text(ctx, ctx.value_type(*value)).hash(&mut hasher);
            if is_weight(ctx, *value) {
                self.weight(&program.weight(*value).ok()??).hash(&mut hasher);
            }
        }
        ctx.get_bool(program.module.id(), "module.asymmetric")
            .hash(&mut hasher);
        Some(hasher.finish())
    }

    fn weight(&self, tensor: &Arc<Tensor>) -> u64 {
        let address = Arc::as_ptr(tensor) as usize;
        if let Some((_, hash)) = lock(&self.weights).get(&address) {
            return *hash;
        }
        let hash = tensor_hash(tensor);
        // A weight that only one program has is hashed again rather than kept.
        if Arc::strong_count(tensor) > 2 {
            lock(&self.weights).insert(address, (tensor.clone(), hash));
        }
        hash
    }
}

fn is_weight(ctx: &Context, value: Value) -> bool {
    ctx.defining_op(value).is_some_and(|op| ctx.is(op, "top.Weight"))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Hash of a tensor's type, shape and elements.
pub fn tensor_hash(tensor: &Tensor) -> u64 {
    let mut hasher = DefaultHasher::new();
    tensor.dtype().name().hash(&mut hasher);
    tensor.shape().hash(&mut hasher);
    let done: Result<(), std::convert::Infallible> = tensor.for_each_chunk(&mut |bytes: &[u8]| {
        hasher.write(bytes);
        Ok(())
    });
    let Ok(()) = done;
    hasher.finish()
}

/// Key of result `index` of a step: the operation's identity and the keys of what it reads.
pub(super) fn result_key(identity: u64, operands: &[u64], index: usize) -> u64 {
    let mut hasher = DefaultHasher::new();
    (identity, operands, index).hash(&mut hasher);
    hasher.finish()
}

/// Key of an input of the program.
pub(super) fn input_key(name: &str, type_text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    ("input", name, type_text).hash(&mut hasher);
    hasher.finish()
}
