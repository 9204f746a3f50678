//! The `quant` dialect: types only (`!quant.calibrated`, `!quant.uniform`); see [`TypeKind`](crate::ir::TypeKind).

use crate::ir::Dialect;

/// `quant`
pub const DIALECT: Dialect = Dialect {
    name: "quant",
    ops: &[],
};
