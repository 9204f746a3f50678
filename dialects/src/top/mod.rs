//! The `top` dialect: networks as frameworks see them, in floating point. One file for each operation.

mod conv;
pub mod shape;

use crate::ir::{Dialect, OpView};
pub use conv::Conv;

/// `top`
pub const DIALECT: Dialect = Dialect {
    name: "top",
    ops: &[Conv::INFO],
};
