//! `tpu.Pool2D`: 2-D average or maximum pooling.
//!
//! 2-D pooling over windows of `kernel_shape`; `pads` = all starts, then all ends.
//!
//! Maximum: moves values, the result has the input's quantisation. Average, INT8: `y = saturate((sum(x) *
//! multiplier) >> rshift)`, rounding half up, where `multiplier / 2^rshift` stands for `in_scale / (out_scale
//! * kernel size)`. `count_include_pad` divides by the whole window.
//!
//! Source: TPU-MLIR's operation definition `tpu.Pool2D`.

use crate::ir::{Context, Diagnostic, Op, OpView};
use crate::op;

op! {
    /// 2-D average or maximum pooling.
    pub Pool2D = "tpu.Pool2D", "2-D average or maximum pooling";
    operands: input: One;
    results: output: One;
    attrs:
        ceil_mode: bool [optional],
        count_include_pad: bool [= false],
        do_relu: bool [= false],
        first_round_mode: (tpu "round_mode" "HalfAwayFromZero" "HalfUp" "HalfDown" "HalfToEven"
            "HalfToOdd" "HalfTowardsZero" "TowardsZero" "Up" "Down") [= "HalfAwayFromZero"],
        ginfo: (lg "lg") [optional],
        is_adaptive: bool [= false],
        keepdims: bool [= true],
        kernel_shape: i64s [required],
        multiplier: si32 [optional],
        offset: f64 [optional],
        pad_value: i64 [= 0],
        pads: i64s [required],
        pool_mode: (tpu "pool_mode" "Avg" "Max") [required],
        relu_limit: f64 [= -1.0],
        round_mode: (tpu "round_mode" "HalfAwayFromZero" "HalfUp" "HalfDown" "HalfToEven" "HalfToOdd"
            "HalfTowardsZero" "TowardsZero" "Up" "Down") [= "HalfAwayFromZero"],
        rshift: si32 [optional],
        scale: f64 [optional],
        strides: i64s [required];
    traits: SupportFuseRelu, Pure, LocalGen;
    verify: Some(verify);
    infer_shape: None;
    flops: None;
}

fn verify(ctx: &Context, op: Op, found: &mut Vec<Diagnostic>) {
    let pool = Pool2D::new_unchecked(op);
    super::check_window(
        ctx,
        op,
        &pool.kernel_shape(ctx),
        &pool.strides(ctx),
        &pool.pads(ctx),
        found,
    );
}
