//! `tpu.Conv3D`, f32: dense, grouped and depthwise convolution over three dimensions.

use super::codegen::{Codegen, TensorInfo};
use super::conv2d::arithmetic;
use super::error::{Result, malformed};
use super::volume::{Axis, VolumeOp};
use super::window::Kind;
use tpuc_dialects::ir::Op;

/// Emits the commands.
///
/// # Errors
/// When the convolution does not fit the chip.
pub fn emit(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let axes = axes(cg, op)?;
    convolution(cg, op, axes)
}

/// A convolution or a transposed one, with operands input, filter, bias.
///
/// # Errors
/// When it does not fit the chip.
pub fn convolution(cg: &mut Codegen<'_>, op: Op, axes: [Axis; 3]) -> Result<()> {
    let (input, filter, output) = (cg.operand(op, 0)?, cg.operand(op, 1)?, cg.result(op)?);
    let bias = if cg.flag(op, "with_bias") {
        cg.optional_operand(op, 2)?
    } else {
        None
    };
    let groups = cg.int(op, "group", 1).max(1) as usize;
    let channels = [input.shape[1], output.shape[1]];
    let depthwise = groups > 1 && channels == [groups; 2];
    let operation = VolumeOp {
        kind: if depthwise { Kind::Depthwise } else { Kind::Dense },
        groups: if depthwise { 1 } else { groups },
        batch: input.shape[0],
        channels,
        axes,
        input: (input.address, input.element),
        output: (output.address, output.element),
        weights: Some((filter.address, filter.element)),
        bias: bias.map(|bias| (bias.address, bias.element)),
        arithmetic: arithmetic(cg, op, output.element)?,
    };
    operation.emit(&mut cg.emitter)
}

/// Depth, rows, columns of a tensor of rank 4 (depth 1) or 5.
fn spatial(tensor: &TensorInfo) -> Result<[usize; 3]> {
    match tensor.shape.as_slice() {
        [_, _, rows, columns] => Ok([1, *rows, *columns]),
        [_, _, depth, rows, columns] => Ok([*depth, *rows, *columns]),
        other => malformed(format!("a window over a tensor of shape {other:?}")),
    }
}

/// The window along each dimension, from the attributes.
///
/// # Errors
/// When their lengths do not match.
pub fn axes(cg: &Codegen<'_>, op: Op) -> Result<[Axis; 3]> {
    let (input, output) = (spatial(&cg.operand(op, 0)?)?, spatial(&cg.result(op)?)?);
    let list = |name: &str, default: usize, length: usize| -> Result<[usize; 3]> {
        let values = cg.sizes(op, name)?;
        let first = 3_usize.saturating_sub(length);
        let mut all = [default; 3];
        if values.len() >= length {
            all[first..].copy_from_slice(&values[..length.min(3)]);
        } else if !values.is_empty() {
            return malformed(format!("'{name}' of {} numbers", values.len()));
        }
        Ok(all)
    };
    let dimensions = cg.sizes(op, "kernel_shape")?.len();
    if !(2..=3).contains(&dimensions) {
        return malformed(format!("'kernel_shape' of {dimensions} numbers"));
    }
    let kernel = list("kernel_shape", 1, dimensions)?;
    let stride = list("strides", 1, dimensions)?;
    let dilation = list("dilations", 1, dimensions)?;
    let pad = list("pads", 0, dimensions)?;
    Ok([0, 1, 2].map(|axis| Axis {
        input: input[axis],
        output: output[axis],
        kernel: kernel[axis],
        stride: stride[axis],
        dilation: dilation[axis],
        insert: 0,
        pad: pad[axis],
    }))
}
