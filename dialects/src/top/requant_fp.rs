//! `top.RequantFp`: `saturate(round(x * scale + offset))`, for all or for each channel.
//!
//! Source: TPU-MLIR's `top.RequantFp`.

use super::shape;
use crate::ir::{Context, Diagnostic, Op, OpView, op_error};
use crate::op;

op! {
    /// Integers to coarser integers by a float scale.
    pub RequantFp = "top.RequantFp", "integers to coarser integers by a float scale";
    operands: input: One;
    results: output: One;
    attrs:
        first_round_mode: (str "HalfAwayFromZero" "HalfUp" "HalfDown" "HalfToEven" "HalfToOdd"
            "HalfTowardsZero" "TowardsZero" "Up" "Down") [= "HalfUp"],
        offset: f64s [required],
        quant_mode: (str "TFLite_LShift" "TFLite" "MultiplierShift" "OnlyShift" "QDM" "OnlyScale")
            [required],
        round_mode: (str "HalfAwayFromZero" "HalfUp" "HalfDown" "HalfToEven" "HalfToOdd"
            "HalfTowardsZero" "TowardsZero" "Up" "Down") [= "HalfAwayFromZero"],
        scale: f64s [required];
    traits: Pure;
    verify: Some(verify);
    infer_shape: Some(shape::same_as_input);
    flops: None;
}

fn verify(ctx: &Context, op: Op, found: &mut Vec<Diagnostic>) {
    let requant = RequantFp::new_unchecked(op);
    let (scales, offsets) = (requant.scale(ctx).len(), requant.offset(ctx).len());
    if scales == 0 || (offsets != scales && offsets != 1) {
        found.push(op_error(
            ctx,
            op,
            format_args!("expects as many values in 'offset' as in 'scale', found {offsets} and {scales}"),
        ));
    }
}
