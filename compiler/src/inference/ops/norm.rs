//! Normalisations in f32: LayerNorm, GroupNorm, InstanceNorm, LRN.

use super::conv::sized;
use super::{Kernel, Prepared};
use crate::inference::node::{Node, ValueInfo};
use crate::inference::value::tensor;
use rayon::prelude::*;
use tpuc_dialects::ir::Diagnostic;

fn real(node: &Node<'_>) -> Result<(ValueInfo, ValueInfo), Diagnostic> {
    let (input, output) = (node.input(0)?, node.output()?);
    node.same_len(&input, &output)?;
    if !input.is_real() || !output.is_real() {
        return Err(node.error("is supported on real numbers only; BM1684 computes it in f32"));
    }
    Ok((input, output))
}

/// `(x - mean) / sqrt(variance + epsilon)` of one row.
fn normalise(row: &mut [f32], epsilon: f32) {
    let count = row.len() as f32;
    let mean = row.iter().sum::<f32>() / count;
    let variance = row.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>() / count;
    let factor = 1.0 / (variance + epsilon).sqrt();
    for x in row {
        *x = (*x - mean) * factor;
    }
}

/// An optional parameter of `count` values.
fn parameter(node: &Node<'_>, index: usize, count: usize) -> Result<Option<Vec<f32>>, Diagnostic> {
    match node.take_f32(index)? {
        Some(values) if values.len() != count => Err(node.error(format_args!(
            "expects {count} values as operand #{index}, found {}",
            values.len()
        ))),
        values => Ok(values),
    }
}

/// `LayerNorm`: over all axes from `axis` on, parameters for each element.
pub fn prepare_layer_norm(node: &Node<'_>) -> Prepared {
    let (input, output) = real(node)?;
    let axis = node.axis("axis", -1, input.shape.len())?;
    let row: usize = input.shape[axis..].iter().product();
    let epsilon = node.f64("eps", 1e-5) as f32;
    let (weight, bias) = (parameter(node, 1, row)?, parameter(node, 2, row)?);
    Ok(Kernel::new(move |args| {
        let mut values = args.take_f32(0)?;
        sized(&values, input.len())?;
        values.par_chunks_exact_mut(row.max(1)).for_each(|values| {
            normalise(values, epsilon);
            for (index, value) in values.iter_mut().enumerate() {
                *value = *value * weight.as_ref().map_or(1.0, |weight| weight[index])
                    + bias.as_ref().map_or(0.0, |bias| bias[index]);
            }
        });
        Ok(vec![tensor(&output.shape, values)?])
    }))
}

/// `GroupNorm` and `InstanceNorm` (every channel a group): parameters for each channel.
pub fn prepare_group_norm(node: &Node<'_>) -> Prepared {
    let (input, output) = real(node)?;
    if input.shape.len() < 2 {
        return Err(node.error("expects an operand of rank 2 or more"));
    }
    let channels = input.shape[1];
    let groups = if node.short_kind() == "InstanceNorm" {
        channels
    } else {
        usize::try_from(node.i64("num_groups", 1)).unwrap_or(0)
    };
    if groups == 0 || channels % groups != 0 {
        return Err(node.error(format_args!("expects 'num_groups' to divide {channels} channels")));
    }
    let plane: usize = input.shape[2..].iter().product();
    let row = channels / groups * plane;
    let epsilon = node.f64("eps", 1e-5) as f32;
    let (weight, bias) = (parameter(node, 1, channels)?, parameter(node, 2, channels)?);
    Ok(Kernel::new(move |args| {
        let mut values = args.take_f32(0)?;
        sized(&values, input.len())?;
        values
            .par_chunks_exact_mut(row.max(1))
            .enumerate()
            .for_each(|(group, values)| {
                normalise(values, epsilon);
                for (index, values) in values.chunks_exact_mut(plane.max(1)).enumerate() {
                    let channel = (group * (channels / groups) + index) % channels;
                    let weight = weight.as_ref().map_or(1.0, |weight| weight[channel]);
                    let bias = bias.as_ref().map_or(0.0, |bias| bias[channel]);
                    for value in values {
                        *value = *value * weight + bias;
                    }
                }
            });
        Ok(vec![tensor(&output.shape, values)?])
    }))
}

/// `LRN` across channels: `x / (bias + alpha / size * sum of squares of size neighbours) ^ beta`.
pub fn prepare_lrn(node: &Node<'_>) -> Prepared {
    let (input, output) = real(node)?;
    if input.shape.len() < 2 {
        return Err(node.error("expects an operand of rank 2 or more"));
    }
    let (channels, plane) = (input.shape[1], input.shape[2..].iter().product::<usize>());
    let size = usize::try_from(node.i64("size", 1)).unwrap_or(0).max(1);
    let alpha = node.f64("alpha", 1e-4) as f32 / size as f32;
    let (beta, bias) = (node.f64("beta", 0.75) as f32, node.f64("bias", 1.0) as f32);
    let (before, after) = ((size - 1) / 2, size / 2);
    Ok(Kernel::new(move |args| {
        let values = sized(args.f32(0)?, input.len())?;
        let mut out = vec![0.0_f32; values.len()];
        out.par_chunks_mut(plane.max(1))
            .enumerate()
            .for_each(|(index, out)| {
                let (image, channel) = (index / channels, index % channels);
                let neighbours = channel.saturating_sub(before)..(channel + after + 1).min(channels);
                for neighbour in neighbours {
                    let plane_values = &values[(image * channels + neighbour) * plane..][..plane];
                    for (sum, x) in out.iter_mut().zip(plane_values) {
                        *sum += x * x;
                    }
                }
                for (out, x) in out.iter_mut().zip(&values[index * plane..][..plane]) {
                    *out = x / (bias + alpha * *out).powf(beta);
                }
            });
        Ok(vec![tensor(&output.shape, out)?])
    }))
}

/// `PixelNorm`: over the channels (axis 1) at each place, parameters for each channel.
pub fn prepare_pixel_norm(node: &Node<'_>) -> Prepared {
    let (input, output) = real(node)?;
    let &[_, channels, ..] = &input.shape[..] else {
        return Err(node.error("expects an input of rank 2 or more"));
    };
    let inner: usize = input.shape[2..].iter().product();
    let epsilon = node.f64("eps", 1e-5) as f32;
    let (weight, bias) = (parameter(node, 1, channels)?, parameter(node, 2, channels)?);
    Ok(Kernel::new(move |args| {
        let mut values = args.take_f32(0)?;
        sized(&values, input.len())?;
        let mut row = vec![0.0_f32; channels];
        for image in values.chunks_exact_mut((channels * inner).max(1)) {
            for place in 0..inner {
                for (channel, value) in row.iter_mut().enumerate() {
                    *value = image[channel * inner + place];
                }
                normalise(&mut row, epsilon);
                for (channel, value) in row.iter().enumerate() {
                    image[channel * inner + place] = value
                        * weight.as_ref().map_or(1.0, |weight| weight[channel])
                        + bias.as_ref().map_or(0.0, |bias| bias[channel]);
                }
            }
        }
        Ok(vec![tensor(&output.shape, values)?])
    }))
}

/// `RMSNorm`: `x / sqrt(mean(x * x) + epsilon) * gamma` over the last axis.
pub fn prepare_rms_norm(node: &Node<'_>) -> Prepared {
    let (input, output) = real(node)?;
    let row = input.shape.last().copied().unwrap_or(1);
    let epsilon = node.f64("eps", 1e-5) as f32;
    let gamma = parameter(node, 1, row)?;
    Ok(Kernel::new(move |args| {
        let mut values = args.take_f32(0)?;
        sized(&values, input.len())?;
        for values in values.chunks_exact_mut(row.max(1)) {
            let square = values.iter().map(|x| x * x).sum::<f32>() / row as f32;
            let factor = 1.0 / (square + epsilon).sqrt();
            for (index, value) in values.iter_mut().enumerate() {
                *value *= factor * gamma.as_ref().map_or(1.0, |gamma| gamma[index]);
            }
        }
        Ok(vec![tensor(&output.shape, values)?])
    }))
}
