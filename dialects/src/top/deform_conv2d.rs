//! `top.DeformConv2D`: a 2-D convolution whose sample `k` of output position `p` is read at `p * stride + k * dilation - pad + offset[k, p]`,
//! bilinearly, and multiplied by `mask[k, p]` if `use_mask`.
//!
//! Source: ONNX DeformConv (opset 19); attributes as TPU-MLIR's `top.DeformConv2D`.

use super::shape::{self, spatial};
use crate::ir::{Diagnostic, Op, OpView, Rewriter, op_error};
use crate::op;

op! {
    /// Convolution at learned offsets.
    pub DeformConv2D = "top.DeformConv2D", "convolution at learned offsets";
    operands: input: One, filter: One, offset: One, mask: Optional, bias: Optional;
    results: output: One;
    attrs:
        deform_group: i64 [= 1],
        dilations: i64s [optional],
        do_relu: bool [= false],
        group: i64 [= 1],
        kernel_shape: i64s [required],
        pads: i64s [required],
        relu_limit: f64 [= -1.0],
        strides: i64s [required],
        use_mask: bool [= false];
    traits: SupportFuseRelu, Pure, Quantizable;
    verify: Some(spatial::verify_window);
    infer_shape: Some(infer_shape);
    flops: None;
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let conv = DeformConv2D::new_unchecked(op);
    let input = shape::ranked(rw, op, conv.input(rw))?;
    let filter = shape::ranked(rw, op, conv.filter(rw))?;
    let kernel = conv.kernel_shape(rw);
    if input.len() != 4 || filter.len() != 4 || kernel.len() != 2 {
        return Err(op_error(
            rw,
            op,
            format_args!(
                "expects input and filter of rank 4, found {} and {}",
                shape::text(&input),
                shape::text(&filter)
            ),
        ));
    }
    let dilations = conv.dilations(rw).unwrap_or_else(|| vec![1; 2]);
    let (strides, pads) = (conv.strides(rw), conv.pads(rw));
    let mut output = vec![input[0], filter[0]];
    output.extend(spatial::window_output(
        rw,
        op,
        &input[2..],
        &kernel,
        &strides,
        &dilations,
        &pads,
        false,
    )?);
    shape::set_result(rw, conv.output(rw), &output);
    Ok(())
}
