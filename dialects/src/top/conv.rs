//! `top.Conv`: convolution over 1 to 3 spatial dimensions, in the layout N, C, spatial dimensions.
//!
//! `y[n, o, p] = bias[o] + sum over c, k of filter[o, c, k] * x[n, c + C/group * (o / (O/group)), p * stride + k * dilation - pad]`,
//! then `max(y, 0)` if `do_relu` and `min(y, relu_limit)` if the limit is not negative.
//! Source: ONNX Conv (opset 11); attributes as TPU-MLIR's `top.Conv`.

use super::shape::{self, spatial};
use crate::ir::{Context, Diagnostic, Op, OpView, Rewriter, op_error};
use crate::op;

op! {
    /// A convolution. `pads` holds the starts of all spatial dimensions, then the ends.
    pub Conv = "top.Conv", "N-dimensional convolution";
    operands: input: One, filter: One, bias: Optional;
    results: output: One;
    attrs:
        auto_pad: (str "SAME_UPPER" "SAME_LOWER" "NOTSET" "VALID") [optional],
        dilations: i64s [optional],
        do_relu: bool [= false],
        do_winograd: bool [optional],
        dynweight_reorderd: bool [= false],
        group: i64 [= 1],
        in_int4_scale: f64 [optional],
        in_int4_zp: f64 [optional],
        inserts: i64s [optional],
        kernel_shape: i64s [required],
        out_int8_scale: f64 [optional],
        out_int8_zp: f64 [optional],
        pads: i64s [required],
        relu_limit: f64 [= -1.0],
        strides: i64s [required],
        weight_bits: i64 [optional],
        weight_is_coeff: i64 [= 1];
    traits: SupportFuseRelu, Pure, Quantizable;
    verify: Some(verify);
    infer_shape: Some(infer_shape);
    flops: Some(flops);
}

fn verify(ctx: &Context, op: Op, found: &mut Vec<Diagnostic>) {
    let conv = Conv::new_unchecked(op);
    let dims = conv.kernel_shape(ctx).len();
    if !(1..=3).contains(&dims) {
        found.push(op_error(
            ctx,
            op,
            format_args!("expects 1 to 3 spatial dimensions, found {dims}"),
        ));
    }
    for (name, length, wanted) in [
        ("strides", conv.strides(ctx).len(), dims),
        ("pads", conv.pads(ctx).len(), 2 * dims),
        (
            "dilations",
            conv.dilations(ctx).map_or(dims, |dilations| dilations.len()),
            dims,
        ),
    ] {
        if length != wanted {
            found.push(op_error(
                ctx,
                op,
                format_args!("expects {wanted} values in '{name}', found {length}"),
            ));
        }
    }
    if conv.strides(ctx).iter().any(|stride| *stride < 1) {
        found.push(op_error(ctx, op, "expects strides of 1 or more"));
    }
    if conv.group(ctx) < 1 {
        found.push(op_error(
            ctx,
            op,
            format_args!("expects a positive 'group', found {}", conv.group(ctx)),
        ));
    }
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let conv = Conv::new_unchecked(op);
    let input = shape::ranked(rw, op, conv.input(rw))?;
    let filter = shape::ranked(rw, op, conv.filter(rw))?;
    let kernel = conv.kernel_shape(rw);
    if input.len() != kernel.len() + 2 || filter.len() != input.len() {
        return Err(op_error(
            rw,
            op,
            format_args!(
                "expects input and filter of rank {}, found {} and {}",
                kernel.len() + 2,
                input.len(),
                filter.len()
            ),
        ));
    }
    let group = conv.group(rw);
    if filter[1].checked_mul(group) != Some(input[1]) {
        return Err(op_error(
            rw,
            op,
            format_args!(
                "expects {} input channels (filter {} x group {group}), found {}",
                filter[1] * group,
                filter[1],
                input[1]
            ),
        ));
    }
    let strides = conv.strides(rw);
    let dilations = conv.dilations(rw).unwrap_or_else(|| vec![1; kernel.len()]);
    let mut pads = conv.pads(rw);
    if let Some(auto_pad) = conv.auto_pad(rw).map(str::to_owned) {
        if auto_pad != "NOTSET" {
            pads = spatial::auto_pads(&auto_pad, &input[2..], &kernel, &strides, &dilations);
            let attr = rw.i64_array_attr(&pads);
            rw.set_attr(op, "pads", attr);
        }
        rw.remove_attr(op, "auto_pad");
    }
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

fn flops(ctx: &Context, op: Op) -> i64 {
    let conv = Conv::new_unchecked(op);
    let (Some(output), Some(filter)) = (ctx.shape(conv.output(ctx)), ctx.shape(conv.filter(ctx))) else {
        return 0;
    };
    let window: i64 = filter.iter().skip(1).product();
    let per_element = 2 * window + i64::from(conv.bias(ctx).is_some()) + i64::from(conv.do_relu(ctx));
    output.iter().product::<i64>() * per_element
}
