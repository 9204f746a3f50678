//! `top.Upsample`: each pixel `scale_h` x `scale_w` times.
//!
//! Source: ONNX Upsample and Resize with nearest neighbours and whole scales; attributes as TPU-MLIR's `top.Upsample`.

use super::shape;
use crate::ir::{Diagnostic, Op, OpView, Rewriter, op_error};
use crate::op;

op! {
    /// Repeats pixels.
    pub Upsample = "top.Upsample", "repeats pixels";
    operands: input: One;
    results: output: One;
    attrs:
        do_relu: bool [= false],
        relu_limit: f64 [= -1.0],
        scale_h: i64 [required],
        scale_w: i64 [required];
    traits: SupportFuseRelu, Pure, Quantizable;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: Some(shape::flops_and_relu::<1>);
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let upsample = Upsample::new_unchecked(op);
    let mut output = shape::ranked(rw, op, upsample.input(rw))?;
    if output.len() != 4 {
        return Err(op_error(
            rw,
            op,
            format_args!("expects an input of rank 4, found {}", shape::text(&output)),
        ));
    }
    output[2] *= upsample.scale_h(rw);
    output[3] *= upsample.scale_w(rw);
    shape::set_result(rw, upsample.output(rw), &output);
    Ok(())
}
