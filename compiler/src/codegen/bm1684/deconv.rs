//! `tpu.Deconv`: transposed convolution, as a convolution over the input with zeros between its elements. The kernel
//! was turned by 180 degrees beforehand.

use super::codegen::Codegen;
use super::conv2d::{arithmetic, window_fields, window_rows};
use super::error::{Result, unsupported};
use super::group::rows::Rows;
use super::tiu::WindowFields;
use super::window::{Kind, MAX_PAD, WeightSource, WindowOp};
use tpuc_dialects::ir::Op;

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
    let mut window = fields(cg, op)?;
    let fits = window.pad.iter().all(|pad| *pad <= MAX_PAD);
    cg.slice_padding(&mut window);
    let resident = cg.resident_window(&input, &output, Some(&filter), bias.as_ref());
    let (input, output_view) = (input.nchw()?, output.nchw()?);
    let groups = cg.int(op, "group", 1).max(1) as usize;
    let depthwise = groups > 1 && groups == input.shape[1] && groups == output_view.shape[1];
    let operation = WindowOp {
        kind: if depthwise { Kind::Depthwise } else { Kind::Dense },
        groups: if depthwise { 1 } else { groups },
        input,
        output: output_view,
        window,
        weights: Some(WeightSource::Coefficient(filter.address, filter.element)),
        channel_shifts: None,
        folded: None,
        resident,
        bias: bias.as_ref().map(|bias| (bias.address, bias.element)),
        arithmetic: arithmetic(cg, op, output.element)?,
    };
    if resident.is_none() && (!fits || !operation.fits_command()) {
        return super::deconv3d::emit(cg, op);
    }
    operation.emit(&mut cg.emitter)
}

/// The window over the whole input with zeros between its elements.
fn fields(cg: &Codegen<'_>, op: Op) -> Result<WindowFields> {
    let (input, output) = (cg.whole(cg.ctx().operand(op, 0))?, cg.whole(cg.ctx().result(op))?);
    let (input, output) = (input.nchw()?, output.nchw()?);
    let fields = window_fields(cg, op)?;
    let mut pad = [0; 4];
    for axis in 0..2 {
        let reach = (fields.kernel[axis] - 1) * fields.dilation[axis];
        let Some(before) = reach.checked_sub(fields.pad[2 * axis]) else {
            return unsupported("a transposed convolution that cuts more than its kernel");
        };
        let expanded = (input.shape[2 + axis] - 1) * fields.stride[axis] + 1;
        // Whatever the output needs behind the input, the output padding included.
        let Some(after) = (output.shape[2 + axis] + reach).checked_sub(before + expanded) else {
            return unsupported("a transposed convolution that cuts more than its kernel");
        };
        pad[2 * axis] = before;
        pad[2 * axis + 1] = after;
    }
    Ok(WindowFields {
        kernel: fields.kernel,
        stride: [1, 1],
        dilation: fields.dilation,
        insert: [fields.stride[0] - 1, fields.stride[1] - 1],
        pad,
    })
}

/// Rows of the input come from the window.
///
/// # Errors
/// When the attributes make no sense.
pub fn rows(cg: &Codegen<'_>, op: Op) -> Result<Option<Rows>> {
    let (input, output) = (cg.whole(cg.ctx().operand(op, 0))?, cg.whole(cg.ctx().result(op))?);
    let (input, output) = (input.nchw()?, output.nchw()?);
    let groups = cg.int(op, "group", 1).max(1) as usize;
    let depthwise = groups > 1 && groups == input.shape[1] && groups == output.shape[1];
    let kind = if depthwise { Kind::Depthwise } else { Kind::Dense };
    let window = fields(cg, op)?;
    Ok((groups == 1 || depthwise)
        .then(|| window_rows(kind, window, input, output))
        .flatten())
}
