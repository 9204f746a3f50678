//! The `func` dialect: `func`, `call`, `return`.

mod call;
mod func;
mod r#return;

use crate::ir::{Dialect, OpView};
pub use call::Call;
pub use func::Func;
pub use r#return::Return;

/// `func`
pub const DIALECT: Dialect = Dialect {
    name: "func",
    ops: &[Call::INFO, Func::INFO, Return::INFO],
};
