//! `top.AdaptiveAvgPool`: each output element is the mean of the window of the input that it stands for; the spatial dimensions become `output_size`
//! (-1 keeps a dimension). Import turns it into `top.AvgPool` where the windows are all of one size.
//!
//! Source: ONNX AdaptiveAvgPool from PyTorch's export.

use super::shape;
use crate::ir::{Context, Diagnostic, Op, OpView, Rewriter, op_error};
use crate::op;

op! {
    /// Mean over windows that give an output of a wanted size.
    pub AdaptiveAvgPool = "top.AdaptiveAvgPool", "mean over windows that give an output of a wanted size";
    operands: input: One;
    results: output: One;
    attrs:
        output_size: i64s [required];
    traits: SupportFuseRelu, Pure, Quantizable;
    verify: Some(verify);
    infer_shape: Some(infer_shape);
    flops: None;
}

fn verify(ctx: &Context, op: Op, found: &mut Vec<Diagnostic>) {
    let sizes = AdaptiveAvgPool::new_unchecked(op).output_size(ctx);
    if !(1..=3).contains(&sizes.len()) || sizes.iter().any(|size| *size < 1 && *size != -1) {
        found.push(op_error(
            ctx,
            op,
            format_args!("expects 1 to 3 positive values or -1 in 'output_size', found {sizes:?}"),
        ));
    }
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let pool = AdaptiveAvgPool::new_unchecked(op);
    let mut output = shape::ranked(rw, op, pool.input(rw))?;
    let sizes = pool.output_size(rw);
    if output.len() < sizes.len() + 1 {
        return Err(op_error(
            rw,
            op,
            format_args!(
                "expects an input of rank {} or more, found {}",
                sizes.len() + 1,
                shape::text(&output)
            ),
        ));
    }
    let first = output.len() - sizes.len();
    for (dim, size) in output[first..].iter_mut().zip(sizes) {
        if size != -1 {
            *dim = size;
        }
    }
    shape::set_result(rw, pool.output(rw), &output);
    Ok(())
}
