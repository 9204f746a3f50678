//! Windows over spatial dimensions: convolution and pooling.

use super::{elements, ranked, set_result, text};
use crate::ir::{Context, Diagnostic, Op, Rewriter, op_error};

/// Pads of ONNX's `auto_pad`: all starts, then all ends. `SAME_*` gives an output of `ceil(input / stride)`.
pub fn auto_pads(mode: &str, input: &[i64], kernel: &[i64], strides: &[i64], dilations: &[i64]) -> Vec<i64> {
    let dims = input.len();
    let mut pads = vec![0; 2 * dims];
    if mode == "SAME_UPPER" || mode == "SAME_LOWER" {
        for index in 0..dims {
            let output = (input[index] + strides[index] - 1) / strides[index];
            let window = (kernel[index] - 1) * dilations[index] + 1;
            let total = ((output - 1) * strides[index] + window - input[index]).max(0);
            let (small, large) = (total / 2, total - total / 2);
            let (start, end) = if mode == "SAME_UPPER" {
                (small, large)
            } else {
                (large, small)
            };
            (pads[index], pads[dims + index]) = (start, end);
        }
    }
    pads
}

/// Output size of each dimension: `floor((input + pads - window) / stride) + 1`, or `ceil` where the last window then
/// starts inside the input or its start pad (ONNX's `ceil_mode`). An error if the window does not fit.
#[allow(clippy::too_many_arguments)]
pub fn window_output(
    ctx: &Context,
    op: Op,
    input: &[i64],
    kernel: &[i64],
    strides: &[i64],
    dilations: &[i64],
    pads: &[i64],
    ceil_mode: bool,
) -> Result<Vec<i64>, Diagnostic> {
    let dims = input.len();
    let mut output = Vec::with_capacity(dims);
    for index in 0..dims {
        let window = (kernel[index] - 1) * dilations[index] + 1;
        let padded = input[index] + pads[index] + pads[dims + index];
        if strides[index] < 1 || padded < window {
            return Err(op_error(
                ctx,
                op,
                format_args!(
                    "window of {window} with stride {} does not fit padded size {padded}",
                    strides[index]
                ),
            ));
        }
        let room = padded - window;
        let mut size = room / strides[index] + 1;
        if ceil_mode && room % strides[index] != 0 && size * strides[index] < input[index] + pads[index] {
            size += 1;
        }
        output.push(size);
    }
    Ok(output)
}

/// Verifies `kernel_shape`, `strides` and `pads`: 1 to 3 dimensions, lists of fitting length.
pub fn verify_window(ctx: &Context, op: Op, found: &mut Vec<Diagnostic>) {
    let length = |name: &str| ctx.get_i64s(op, name).map(|values| values.len());
    let dims = length("kernel_shape").unwrap_or(0);
    // A pool over everything may leave its window empty until its input's shape is known.
    if dims > 3 {
        found.push(op_error(
            ctx,
            op,
            format_args!("expects 1 to 3 spatial dimensions, found {dims}"),
        ));
    }
    for (name, wanted) in [("strides", dims), ("dilations", dims), ("pads", 2 * dims)] {
        if let Some(found_length) = length(name)
            && found_length != wanted
            && dims != 0
        {
            found.push(op_error(
                ctx,
                op,
                format_args!("expects {wanted} values in '{name}', found {found_length}"),
            ));
        }
    }
    if ctx
        .get_i64s(op, "strides")
        .unwrap_or_default()
        .iter()
        .any(|stride| *stride < 1)
    {
        found.push(op_error(ctx, op, "expects strides of 1 or more"));
    }
}

/// Shape inference of pooling. `auto_pad` and `ceil_mode` become pads, as TPU-MLIR keeps them.
pub fn infer_pool(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let value = rw.operand(op, 0);
    let input = ranked(rw, op, value)?;
    let list = |rw: &Rewriter<'_>, name: &str| rw.get_i64s(op, name).unwrap_or_default();
    let mut kernel = list(rw, "kernel_shape");
    let (mut strides, mut pads) = (list(rw, "strides"), list(rw, "pads"));
    if kernel.is_empty() && input.len() > 2 {
        kernel = input[2..].to_vec();
        strides = vec![1; kernel.len()];
        pads = vec![0; 2 * kernel.len()];
        for (name, values) in [("kernel_shape", &kernel), ("strides", &strides), ("pads", &pads)] {
            let attr = rw.i64_array_attr(values);
            rw.set_attr(op, name, attr);
        }
    }
    let dims = kernel.len();
    if strides.len() != dims || pads.len() != 2 * dims {
        return Err(op_error(
            rw,
            op,
            format_args!("expects 'strides' and 'pads' for {dims} dimensions"),
        ));
    }
    if input.len() != dims + 2 {
        return Err(op_error(
            rw,
            op,
            format_args!("expects an input of rank {}, found {}", dims + 2, text(&input)),
        ));
    }
    let ones = vec![1; dims];
    if let Some(auto_pad) = rw.get_str(op, "auto_pad").map(str::to_owned) {
        if auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER" {
            pads = auto_pads(&auto_pad, &input[2..], &kernel, &strides, &ones);
        }
        rw.remove_attr(op, "auto_pad");
    }
    let ceil_mode = rw.get_bool(op, "ceil_mode").unwrap_or(false);
    let spatial = window_output(rw, op, &input[2..], &kernel, &strides, &ones, &pads, ceil_mode)?;
    if ceil_mode {
        for index in 0..dims {
            // The end pad grows until the last window fits exactly.
            let needed = (spatial[index] - 1) * strides[index] + kernel[index];
            let padded = input[2 + index] + pads[index] + pads[dims + index];
            pads[dims + index] += (needed - padded).max(0);
        }
    }
    rw.remove_attr(op, "ceil_mode");
    let attr = rw.i64_array_attr(&pads);
    rw.set_attr(op, "pads", attr);
    let mut output = vec![input[0], input[1]];
    if rw.get_bool(op, "keepdims").unwrap_or(true) {
        output.extend(spatial);
    }
    let result = rw.result(op);
    set_result(rw, result, &output);
    Ok(())
}

/// One operation for each element of each window.
pub fn pool_flops(ctx: &Context, op: Op) -> i64 {
    let window: i64 = ctx
        .get_i64s(op, "kernel_shape")
        .unwrap_or_default()
        .iter()
        .product();
    let relu = i64::from(ctx.get_bool(op, "do_relu").unwrap_or(false));
    elements(ctx, op) * (window + relu)
}

#[cfg(test)]
mod tests {
    use super::auto_pads;

    #[test]
    fn same_pads_split_unevenly() {
        assert_eq!(
            auto_pads("SAME_UPPER", &[28, 28], &[5, 5], &[1, 1], &[1, 1]),
            [2, 2, 2, 2]
        );
        assert_eq!(auto_pads("SAME_UPPER", &[224], &[3], &[2], &[1]), [0, 1]);
        assert_eq!(auto_pads("SAME_LOWER", &[224], &[3], &[2], &[1]), [1, 0]);
        assert_eq!(auto_pads("VALID", &[5], &[3], &[1], &[1]), [0, 0]);
    }
}
