//! Rewrites that start at `top.Pow`.

use super::replace;
use crate::program::Program;
use tpuc_dialects::ir::{Op, OpView};
use tpuc_dialects::top::Pow;

/// Squares are products, powers of a half square roots.
pub fn to_plain(program: &mut Program, op: Op) -> bool {
    let ctx = &program.ctx;
    let pow = Pow::new_unchecked(op);
    let input = pow.input(ctx);
    let exponent = pow.exponent(ctx);
    if exponent == 2.0 {
        replace(program, op, "top.Mul", &[input, input], |builder| builder);
    } else if exponent == 0.5 {
        replace(program, op, "top.Sqrt", &[input], |builder| builder);
    } else {
        return false;
    }
    true
}
