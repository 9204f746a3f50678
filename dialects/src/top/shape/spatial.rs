//! Windows over spatial dimensions: convolution and pooling.

use crate::ir::{Context, Diagnostic, Op, op_error};

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
