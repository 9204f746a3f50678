//! `tpu.Conv2D`: 2-D convolution (1-D ones have a last kernel dimension of 1).
//!
//! Convolution in the layout N, C, H, W; filter `[O, C/group, KH, KW]`, bias `[O]` or none; `pads` = top,
//! left, bottom, right.
//!
//! F32: `y = sum(filter * x) + bias`, then relu. INT8: filter i8, bias i16, `y = saturate((sum(filter * x) +
//! bias) >> rshift[0])` with rounding half up (`quant_mode` `OnlyShift`); the sum wraps at 32 bits only in
//! theory. Saturates to u8 if the result's type is unsigned. Exact in integers.
//!
//! Source: TPU-MLIR's operation definition `tpu.Conv2D`.

use crate::ir::{Context, Diagnostic, Op, OpView, op_error};
use crate::op;

op! {
    /// 2-D convolution (1-D ones have a last kernel dimension of 1).
    pub Conv2D = "tpu.Conv2D", "2-D convolution (1-D ones have a last kernel dimension of 1)";
    operands: input: One, filter: One, bias: Optional;
    results: output: One;
    attrs:
        coeff_merged: bool [= false],
        dilations: i64s [optional],
        do_relu: bool [= false],
        do_winograd: bool [optional],
        dynweight_reorderd: bool [= false],
        ginfo: (lg "lg") [optional],
        group: i64 [= 1],
        inserts: i64s [optional],
        kernel_shape: i64s [required],
        kernel_zp: i64 [= 0],
        multiplier: i64s [optional],
        pads: i64s [required],
        quant_mode: (tpu "rq_mode" "TFLite_LShift" "TFLite" "MultiplierShift" "OnlyShift" "QDM"
            "OnlyScale") [= "MultiplierShift"],
        relu_limit: f64 [= -1.0],
        round_mode: (tpu "round_mode" "HalfAwayFromZero" "HalfUp" "HalfDown" "HalfToEven" "HalfToOdd"
            "HalfTowardsZero" "TowardsZero" "Up" "Down") [= "HalfUp"],
        rshift: i64s [optional],
        strides: i64s [required],
        support_compress: bool [= true],
        use_3ic_optimize: i64 [= 0],
        use_winograd: i64 [optional],
        weight_is_coeff: i64 [= 1],
        with_bias: bool [required];
    traits: SupportFuseRelu, Pure, LocalGen;
    verify: Some(verify);
    infer_shape: None;
    flops: None;
}

fn verify(ctx: &Context, op: Op, found: &mut Vec<Diagnostic>) {
    let conv = Conv2D::new_unchecked(op);
    super::check_window(
        ctx,
        op,
        &conv.kernel_shape(ctx),
        &conv.strides(ctx),
        &conv.pads(ctx),
        found,
    );
    if conv.group(ctx) < 1 {
        found.push(op_error(
            ctx,
            op,
            format_args!("expects a positive 'group', found {}", conv.group(ctx)),
        ));
    }
}
