//! `tpu.Deconv`: 2-D transposed convolution.
//!
//! Each input element adds `x * filter` to the result at `position * stride - pad`. INT8 as in `tpu.Conv2D`:
//! one right shift, bias i16.
//!
//! Source: TPU-MLIR's operation definition `tpu.Deconv`.

use crate::ir::{Context, Diagnostic, Op, OpView, op_error};
use crate::op;

op! {
    /// 2-D transposed convolution.
    pub Deconv = "tpu.Deconv", "2-D transposed convolution";
    operands: input: One, filter: One, bias: Optional;
    results: output: One;
    attrs:
        dilations: i64s [optional],
        do_relu: bool [= false],
        dynweight_reorderd: bool [= false],
        ginfo: (lg "lg") [optional],
        group: i64 [= 1],
        kernel_shape: i64s [required],
        multiplier: i64s [optional],
        output_padding: i64s [optional],
        pads: i64s [required],
        quant_mode: (tpu "rq_mode" "TFLite_LShift" "TFLite" "MultiplierShift" "OnlyShift" "QDM"
            "OnlyScale") [= "MultiplierShift"],
        relu_limit: f64 [= -1.0],
        rshift: i64s [optional],
        strides: i64s [required],
        with_bias: bool [required];
    traits: SupportFuseRelu, Pure, LocalGen;
    verify: Some(verify);
    infer_shape: None;
    flops: None;
}

fn verify(ctx: &Context, op: Op, found: &mut Vec<Diagnostic>) {
    let conv = Deconv::new_unchecked(op);
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
