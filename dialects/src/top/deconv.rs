//! `top.Deconv`: the transposed convolution over 1 to 3 spatial dimensions, layout N, C, spatial dimensions. The filter is stored as
//! outputs/group, inputs, kernel.
//! `out = (in - 1) * stride + (kernel - 1) * dilation + 1 - pads + output_padding`.
//!
//! Source: ONNX ConvTranspose (opset 11); attributes as TPU-MLIR's `top.Deconv`.

use super::shape::{self, spatial};
use crate::ir::{Context, Diagnostic, Op, OpView, Rewriter, op_error};
use crate::op;

op! {
    /// Transposed convolution.
    pub Deconv = "top.Deconv", "transposed convolution";
    operands: input: One, filter: One, bias: Optional;
    results: output: One;
    attrs:
        dilations: i64s [optional],
        do_relu: bool [= false],
        dynweight_reorderd: bool [= false],
        group: i64 [= 1],
        kernel_shape: i64s [required],
        output_padding: i64s [optional],
        pads: i64s [required],
        relu_limit: f64 [= -1.0],
        strides: i64s [required];
    traits: SupportFuseRelu, Pure, Quantizable;
    verify: Some(spatial::verify_window);
    infer_shape: Some(infer_shape);
    flops: Some(flops);
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let deconv = Deconv::new_unchecked(op);
    let input = shape::ranked(rw, op, deconv.input(rw))?;
    let filter = shape::ranked(rw, op, deconv.filter(rw))?;
    let kernel = deconv.kernel_shape(rw);
    let dims = kernel.len();
    let group = deconv.group(rw);
    if input.len() != dims + 2 || filter.len() != dims + 2 || filter[1] != input[1] || group < 1 {
        return Err(op_error(
            rw,
            op,
            format_args!(
                "cannot apply a filter of {} in {group} groups to {}",
                shape::text(&filter),
                shape::text(&input)
            ),
        ));
    }
    let (strides, pads) = (deconv.strides(rw), deconv.pads(rw));
    let dilations = deconv.dilations(rw).unwrap_or_else(|| vec![1; dims]);
    let extra = deconv.output_padding(rw).unwrap_or_else(|| vec![0; dims]);
    let mut output = vec![input[0], filter[0] * group];
    for index in 0..dims {
        output.push(
            (input[2 + index] - 1) * strides[index] + (kernel[index] - 1) * dilations[index] + 1
                - pads[index]
                - pads[dims + index]
                + extra.get(index).copied().unwrap_or(0),
        );
    }
    if output.iter().any(|dim| *dim < 1) {
        return Err(op_error(
            rw,
            op,
            format_args!("pads leave nothing of the output: {}", shape::text(&output)),
        ));
    }
    shape::set_result(rw, deconv.output(rw), &output);
    Ok(())
}

/// As TPU-MLIR counts: it takes the last dimension of the kernel for the one before it, too, and no other.
fn flops(ctx: &Context, op: Op) -> i64 {
    let deconv = Deconv::new_unchecked(op);
    let (Some(input), Some(filter)) = (ctx.shape(deconv.input(ctx)), ctx.shape(deconv.filter(ctx))) else {
        return 0;
    };
    let window: i64 = match deconv.kernel_shape(ctx)[..] {
        [_, .., columns] => columns * columns,
        _ => 1,
    };
    let extra = i64::from(deconv.bias(ctx).is_some()) + i64::from(deconv.do_relu(ctx));
    input.iter().product::<i64>() * (2 * filter.first().unwrap_or(&0) * window + extra)
}
