//! Rewrites that start at `top.Div`.

use super::{new_weight, replace, weight_values};
use crate::program::Program;
use tpuc_dialects::ir::{Op, OpView, Value};
use tpuc_dialects::top::{Abs, AddConst, Div};

fn operands(program: &Program, op: Op) -> Option<[Value; 2]> {
    <[Value; 2]>::try_from(Div::new_unchecked(op).inputs(&program.ctx)).ok()
}

/// `x / (1 + |x|)`
pub fn to_softsign(program: &mut Program, op: Op) -> bool {
    let Some([left, right]) = operands(program, op) else {
        return false;
    };
    let ctx = &program.ctx;
    let absolute = AddConst::defining(ctx, right)
        .filter(|add| add.const_val(ctx) == 1.0 && !add.do_relu(ctx))
        .and_then(|add| Abs::defining(ctx, add.input(ctx)));
    if Div::new_unchecked(op).do_relu(ctx) || absolute.is_none_or(|absolute| absolute.input(ctx) != left) {
        return false;
    }
    replace(program, op, "top.Softsign", &[left], |builder| builder);
    true
}

/// Dividing by a constant is multiplying by its reciprocal.
pub fn to_mul(program: &mut Program, op: Op) -> bool {
    let Some([left, right]) = operands(program, op) else {
        return false;
    };
    let div = Div::new_unchecked(op);
    let Some(values) = weight_values(program, right).filter(|_| !div.is_reverse(&program.ctx)) else {
        return false;
    };
    let factor = new_weight(program, op, "divisor", values.mapv(|value| 1.0 / value));
    let (relu, limit) = (div.do_relu(&program.ctx), div.relu_limit(&program.ctx));
    replace(program, op, "top.Mul", &[left, factor], |builder| {
        builder.bool("do_relu", relu).f64("relu_limit", limit)
    });
    true
}
