//! The `builtin` dialect: `module`.

mod module;

use crate::ir::{Dialect, OpView};
pub use module::Module;

/// `builtin`
pub const DIALECT: Dialect = Dialect {
    name: "builtin",
    ops: &[Module::INFO],
};
