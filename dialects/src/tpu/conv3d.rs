//! `tpu.Conv3D`: 3-D convolution.
//!
//! Convolution in the layout N, C, D, H, W; filter `[O, C/group, KD, KH, KW]`; `pads` = front, top, left,
//! back, bottom, right. BM1684 computes it in F32 only.
//!
//! Source: TPU-MLIR's operation definition `tpu.Conv3D`.

use crate::ir::{Context, Diagnostic, Op, OpView, op_error};
use crate::op;

op! {
    /// 3-D convolution.
    pub Conv3D = "tpu.Conv3D", "3-D convolution";
    operands: input: One, filter: One, bias: Optional;
    results: output: One;
    attrs:
        dilations: i64s [optional],
        do_relu: bool [= false],
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
        with_bias: bool [required];
    traits: SupportFuseRelu, Pure, LocalGen;
    verify: Some(verify);
    infer_shape: None;
    flops: None;
}

fn verify(ctx: &Context, op: Op, found: &mut Vec<Diagnostic>) {
    let conv = Conv3D::new_unchecked(op);
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
