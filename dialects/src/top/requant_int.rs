//! `top.RequantInt`: `saturate((x * multiplier) >> rshift)`, one pair for all or one for each index of `rq_axis`; `rshift` is negative for a shift
//! to the right.
//!
//! Source: TPU-MLIR's `top.RequantInt`.

use super::shape;
use crate::ir::{Context, Diagnostic, Op, OpView, op_error};
use crate::op;

op! {
    /// Integers to coarser integers by multiplier and shift.
    pub RequantInt = "top.RequantInt", "integers to coarser integers by multiplier and shift";
    operands: input: One;
    results: output: One;
    attrs:
        fuse_rq: bool [= false],
        multiplier: i64s [required],
        quant_mode: (str "TFLite_LShift" "TFLite" "MultiplierShift" "OnlyShift" "QDM" "OnlyScale")
            [required],
        round_mode: (str "HalfAwayFromZero" "HalfUp" "HalfDown" "HalfToEven" "HalfToOdd"
            "HalfTowardsZero" "TowardsZero" "Up" "Down") [= "HalfAwayFromZero"],
        rq_axis: si32 [= 1],
        rshift: i64s [required];
    traits: Pure;
    verify: Some(verify);
    infer_shape: Some(shape::same_as_input);
    flops: None;
}

fn verify(ctx: &Context, op: Op, found: &mut Vec<Diagnostic>) {
    let requant = RequantInt::new_unchecked(op);
    let (multipliers, shifts) = (requant.multiplier(ctx).len(), requant.rshift(ctx).len());
    if multipliers != shifts && multipliers != 1 && shifts != 1 {
        found.push(op_error(
            ctx,
            op,
            format_args!(
                "expects as many values in 'multiplier' as in 'rshift', found {multipliers} and {shifts}"
            ),
        ));
    }
}
