//! A program: the module and the weights beside it.

use tpuc_dialects::builtin::Module;
use tpuc_dialects::ir::Context;

/// A module with its context. Weights live in an npz beside the text (`module.weight_file`).
pub struct Program {
    /// Owner of the module.
    pub ctx: Context,
    /// The top-level module.
    pub module: Module,
}
