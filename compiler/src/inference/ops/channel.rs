//! Functions with parameters for each channel (axis 1): Scale, BatchNorm, PRelu.

use super::conv::sized;
use super::{Kernel, Prepared};
use crate::data::Tensor;
use crate::inference::math::{Rounding, byte_range, multiply_shift, shift_right};
use crate::inference::node::{Node, ValueInfo};
use crate::inference::value::{Element, Outputs, tensor, wrong_type};
use rayon::prelude::*;
use tpuc_dialects::ir::Diagnostic;

/// Channels and elements of a plane.
fn planes(node: &Node<'_>, input: &ValueInfo) -> Result<(usize, usize), Diagnostic> {
    match input.shape.as_slice() {
        [] => Err(node.error("expects an operand of rank 1 or more")),
        [channels] => Ok((*channels, 1)),
        [_, channels, rest @ ..] => Ok((*channels, rest.iter().product())),
    }
}

/// Parameters, one for each channel.
fn per_channel<T: Copy>(
    node: &Node<'_>,
    what: &str,
    values: Vec<T>,
    channels: usize,
) -> Result<Vec<T>, Diagnostic> {
    match values.len() {
        1 => Ok(vec![values[0]; channels]),
        found if found == channels => Ok(values),
        found => Err(node.error(format_args!("expects {channels} values as {what}, found {found}"))),
    }
}

fn real(
    input: ValueInfo,
    output: ValueInfo,
    (channels, plane): (usize, usize),
    function: impl Fn(usize, f32) -> f32 + Send + Sync + 'static,
) -> Kernel {
    Kernel::new(move |args| {
        let mut values = args.take_f32(0)?;
        sized(&values, input.len())?;
        values
            .par_chunks_mut(plane.max(1))
            .enumerate()
            .for_each(|(index, values)| {
                for value in values {
                    *value = function(index % channels, *value);
                }
            });
        Ok(vec![tensor(&output.shape, values)?])
    })
}

fn bytes(
    input: ValueInfo,
    output: ValueInfo,
    (channels, plane): (usize, usize),
    function: impl Fn(usize, i64) -> i64 + Send + Sync + 'static,
) -> Kernel {
    let (low, high) = byte_range(output.element == Element::I8);
    // Results of every byte for each channel.
    let signed = input.element == Element::I8;
    let tables: Vec<[u8; 256]> = (0..channels)
        .map(|channel| {
            std::array::from_fn(|byte| {
                let value = if signed {
                    byte as u8 as i8 as i64
                } else {
                    byte as i64
                };
                function(channel, value).clamp(low, high) as u8
            })
        })
        .collect();
    Kernel::new(move |args| -> Result<Outputs, String> {
        let indices: &[u8] = match args.get(0)? {
            Tensor::I8(array) => bytemuck::cast_slice(array.as_slice().ok_or("not in row-major order")?),
            Tensor::U8(array) => array.as_slice().ok_or("not in row-major order")?,
            other => return Err(wrong_type(other, "int8 or uint8")),
        };
        let mut out = sized(indices, input.len())?.to_vec();
        out.par_chunks_mut(plane.max(1))
            .enumerate()
            .for_each(|(index, out)| {
                let table = &tables[index % channels];
                for byte in out {
                    *byte = table[usize::from(*byte)];
                }
            });
        Ok(vec![if output.element == Element::I8 {
            tensor(&output.shape, bytemuck::cast_vec::<u8, i8>(out))?
        } else {
            tensor(&output.shape, out)?
        }])
    })
}

/// `Scale`: `x * scale + bias`; quantised, `(x * scale + bias) >> rshift` rounded down, the sum
/// saturated to 16 bits (unsigned where the output is), shifts given as left shifts.
pub fn prepare_scale(node: &Node<'_>) -> Prepared {
    let (input, output) = (node.input(0)?, node.output()?);
    node.same_len(&input, &output)?;
    let size = planes(node, &input)?;
    let activation = node.activation();
    if input.is_real() && output.is_real() {
        let scale = node.take_f32(1)?.unwrap_or_else(|| vec![1.0]);
        let bias = node.take_f32(2)?.unwrap_or_else(|| vec![0.0]);
        let scale = per_channel(node, "scale", scale, size.0)?;
        let bias = per_channel(node, "bias", bias, size.0)?;
        return Ok(real(input, output, size, move |channel, x| {
            activation.apply(x * scale[channel] + bias[channel])
        }));
    }
    if input.element == Element::F32 || output.element == Element::F32 {
        return Err(node.error("mixes real and quantised values"));
    }
    let parameter = |index: usize, what: &str, default: i32| -> Result<Vec<i32>, Diagnostic> {
        let values = node.take_i32(index)?.unwrap_or_else(|| vec![default]);
        per_channel(node, what, values, size.0)
    };
    let (scale, bias, left) = (
        parameter(1, "scale", 1)?,
        parameter(2, "bias", 0)?,
        parameter(3, "shift", 0)?,
    );
    let (low, high) = match output.element {
        Element::U8 => (0, i64::from(u16::MAX)),
        _ => (i64::from(i16::MIN), i64::from(i16::MAX)),
    };
    Ok(bytes(input, output, size, move |channel, x| {
        let sum = x * i64::from(scale[channel]) + i64::from(bias[channel]);
        let value = shift_right(sum.clamp(low, high), -i64::from(left[channel]), Rounding::Down);
        if activation.relu { value.max(0) } else { value }
    }))
}

/// `top.BatchNorm`: `(x - mean) / sqrt(variance + epsilon) * gamma + beta`.
pub fn prepare_batch_norm(node: &Node<'_>) -> Prepared {
    let (input, output) = (node.input(0)?, node.output()?);
    node.same_len(&input, &output)?;
    let size = planes(node, &input)?;
    let parameter = |index: usize, what: &str, default: f32| -> Result<Vec<f32>, Diagnostic> {
        let values = node.take_f32(index)?.unwrap_or_else(|| vec![default]);
        per_channel(node, what, values, size.0)
    };
    let (mean, variance) = (parameter(1, "mean", 0.0)?, parameter(2, "variance", 1.0)?);
    let (gamma, beta) = (parameter(3, "gamma", 1.0)?, parameter(4, "beta", 0.0)?);
    let epsilon = node.f64("epsilon", 1e-5) as f32;
    let activation = node.activation();
    Ok(real(input, output, size, move |channel, x| {
        let scale = gamma[channel] / (variance[channel] + epsilon).sqrt();
        activation.apply((x - mean[channel]) * scale + beta[channel])
    }))
}

/// `top.PRelu`, `tpu.PReluOp`: `x * slope` below zero; quantised, `x * slope >> rshift`, halves up.
pub fn prepare_prelu(node: &Node<'_>) -> Prepared {
    let (input, output) = (node.input(0)?, node.output()?);
    node.same_len(&input, &output)?;
    let size = planes(node, &input)?;
    if input.is_real() && output.is_real() {
        let slope = node.take_f32(1)?.unwrap_or_default();
        let slope = per_channel(node, "slope", slope, size.0)?;
        return Ok(real(input, output, size, move |channel, x| {
            if x < 0.0 { x * slope[channel] } else { x }
        }));
    }
    if input.element == Element::F32 || output.element == Element::F32 {
        return Err(node.error("mixes real and quantised values"));
    }
    let slope = node.take_i32(1)?.unwrap_or_default();
    let slope = per_channel(node, "slope", slope, size.0)?;
    let shift = node.i64("rshift", 0);
    Ok(bytes(input, output, size, move |channel, x| {
        if x < 0 {
            multiply_shift(x, i64::from(slope[channel]), shift)
        } else {
            x
        }
    }))
}
