//! A program: the module and the weights beside it.

use crate::data::Tensor;
use crate::weights::{WeightError, WeightStore};
use std::sync::Arc;
use tpuc_dialects::builtin::Module;
use tpuc_dialects::func::Func;
use tpuc_dialects::ir::{Context, Diagnostic, Op, OpView, Value};

/// A module with its context. Weights live in an npz beside the text, named by the attribute `module.weight_file`.
pub struct Program {
    /// Owner of the module.
    pub ctx: Context,
    /// The top-level module.
    pub module: Module,
    /// The tensors of its `top.Weight` operations.
    pub weights: WeightStore,
}

impl Program {
    /// An empty module of this name, without weights.
    pub fn new(name: &str) -> Self {
        let mut ctx = Context::default();
        let module = Module::create(&mut ctx.rewriter(), Some(name));
        Self {
            ctx,
            module,
            weights: WeightStore::default(),
        }
    }

    /// The function `main`.
    ///
    /// # Errors
    /// When the module has none.
    pub fn main(&self) -> Result<Func, Diagnostic> {
        self.module
            .function(&self.ctx, "main")
            .ok_or_else(|| Diagnostic::error("the module has no function 'main'"))
    }

    /// A `module.*` attribute's text, such as `module_str("chip")`.
    pub fn module_str(&self, name: &str) -> Option<&str> {
        self.ctx.get_str(self.module.op(), &format!("module.{name}"))
    }

    /// Sets a `module.*` attribute to a text.
    pub fn set_module_str(&mut self, name: &str, value: &str) {
        let attr = self.ctx.string_attr(value);
        self.ctx
            .rewriter()
            .set_attr(self.module.op(), &format!("module.{name}"), attr);
    }

    /// The tensor that a value of a `top.Weight` operation stands for; `None` if the value is not a weight.
    ///
    /// # Errors
    /// When the weight is not in the store.
    pub fn weight(&self, value: Value) -> Result<Option<Arc<Tensor>>, WeightError> {
        match self.ctx.defining_op(value) {
            Some(op) if self.ctx.is(op, "top.Weight") => self.weights.get(self.ctx.name(op)).map(Some),
            _ => Ok(None),
        }
    }

    /// Names of all weights that the module refers to, sorted as the weight file holds them, each once.
    pub fn weight_names(&self) -> Vec<String> {
        let ops: Vec<Op> = self.ctx.walk(self.module.op());
        let mut names: Vec<String> = ops
            .iter()
            .filter(|op| self.ctx.is(**op, "top.Weight"))
            .map(|op| self.ctx.name(*op).to_owned())
            .collect();
        names.sort();
        names.dedup();
        names
    }
}
