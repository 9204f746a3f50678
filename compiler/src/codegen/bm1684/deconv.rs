//! `tpu.Deconv`: transposed convolution, as a convolution over the input with zeros between its elements. The kernel
//! was turned by 180 degrees beforehand.

use super::codegen::Codegen;
use super::conv2d::{arithmetic, window_fields};
use super::error::{Result, unsupported};
use super::tiu::WindowFields;
use super::window::{Kind, WeightSource, WindowOp};
use tpuc_dialects::ir::Op;

/// Most padding that a command can state; more is written into local memory.
const MAX_PAD: usize = 15;

/// Emits the commands.
///
/// # Errors
/// When the padding is larger than the kernel, or the convolution does not fit the chip.
pub fn emit(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let (input, filter, output) = (cg.operand(op, 0)?, cg.operand(op, 1)?, cg.result(op)?);
    let bias = if cg.flag(op, "with_bias") {
        cg.optional_operand(op, 2)?
    } else {
        None
    };
    let fields = window_fields(cg, op)?;
    let (input, output_view) = (input.nchw()?, output.nchw()?);
    let mut pad = [0; 4];
    for axis in 0..2 {
        let reach = (fields.kernel[axis] - 1) * fields.dilation[axis];
        let Some(before) = reach.checked_sub(fields.pad[2 * axis]) else {
            return unsupported("a transposed convolution that cuts more than its kernel");
        };
        let expanded = (input.shape[2 + axis] - 1) * fields.stride[axis] + 1;
        // Whatever the output needs behind the input, the output padding included.
        let Some(after) = (output_view.shape[2 + axis] + reach).checked_sub(before + expanded) else {
            return unsupported("a transposed convolution that cuts more than its kernel");
        };
        pad[2 * axis] = before;
        pad[2 * axis + 1] = after;
    }
    let groups = cg.int(op, "group", 1).max(1) as usize;
    let depthwise = groups > 1 && groups == input.shape[1] && groups == output_view.shape[1];
    let operation = WindowOp {
        kind: if depthwise { Kind::Depthwise } else { Kind::Dense },
        groups: if depthwise { 1 } else { groups },
        input,
        output: output_view,
        window: WindowFields {
            kernel: fields.kernel,
            stride: [1, 1],
            dilation: fields.dilation,
            insert: [fields.stride[0] - 1, fields.stride[1] - 1],
            pad,
        },
        weights: Some(WeightSource::Coefficient(filter.address, filter.element)),
        channel_shifts: None,
        folded: None,
        bias: bias.map(|bias| (bias.address, bias.element)),
        arithmetic: arithmetic(cg, op, output.element)?,
    };
    if pad.iter().any(|pad| *pad > MAX_PAD) || !operation.fits_command() {
        return super::deconv3d::emit(cg, op);
    }
    operation.emit(&mut cg.emitter)
}
