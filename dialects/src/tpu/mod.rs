//! The `tpu` dialect.

use crate::ir::Dialect;

/// `tpu`
pub const DIALECT: Dialect = Dialect {
    name: "tpu",
    ops: &[],
};
