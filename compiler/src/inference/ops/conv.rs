//! `top.Conv`, `tpu.Conv1D`, `tpu.Conv2D`, `tpu.Conv3D`: convolution in f32 or in exact integers.
//!
//! Integers: `clamp((sum + bias) * multiplier >> rshift)`, halves up, one shift for all channels or one each; multipliers count
//! only where `quant_mode` is not `OnlyShift`. A quantised convolution knows no upper limit of its relu: the storage type is one.

use super::{GridBuffers, Kernel, OnGrid, Prepared};
use crate::data::Tensor;
use crate::inference::convolution::{ConvShape, Filters, convolve, convolve_by};
use crate::inference::grid;
use crate::inference::math::Rounding;
use crate::inference::node::{Node, ValueInfo};
use crate::inference::packing::{Cut, PackedRows, Source};
use crate::inference::requantise::{Byte, Requantise};
use crate::inference::value::{Activation, Element, f32_slice, tensor};
use crate::inference::window::{Window, three};
use std::sync::Arc;
use tpuc_dialects::ir::Diagnostic;

/// The geometry of a convolution or deconvolution from its attributes. `filter` is `[outputs, inputs / group, kernel...]`.
pub fn geometry(node: &Node<'_>, input: &ValueInfo, output: &ValueInfo) -> Result<Window, Diagnostic> {
    let rank = input.shape.len();
    if !(3..=5).contains(&rank) || output.shape.len() != rank {
        return Err(node.error("supports 1 to 3 spatial dimensions"));
    }
    // A kernel may have more dimensions than the input: these are 1 then.
    let dims = node.i64s("kernel_shape").map_or(rank - 2, |kernel| kernel.len());
    let ones = vec![1; dims];
    let kernel = node.sizes("kernel_shape", &ones, 1)?;
    let strides = node.sizes("strides", &ones, 1)?;
    let dilations = node.sizes("dilations", &ones, 1)?;
    let pads = node.sizes("pads", &vec![0; 2 * dims], 0)?;
    let fits = (rank - 2..=3).contains(&dims)
        && strides.len() == dims
        && dilations.len() == dims
        && pads.len() == 2 * dims;
    if !fits {
        return Err(node.error(format_args!(
            "expects {dims} values in 'kernel_shape', 'strides' and 'dilations', and twice as many in 'pads'"
        )));
    }
    let spatial = |shape: &[usize]| {
        let mut spatial = shape[2..].to_vec();
        spatial.resize(dims, 1);
        three(&spatial, 1)
    };
    Ok(Window {
        input: spatial(&input.shape),
        output: spatial(&output.shape),
        kernel: three(&kernel, 1),
        strides: three(&strides, 1),
        dilations: three(&dilations, 1),
        pad_start: three(&pads[..dims], 0),
    })
}

/// Group count of an operation whose channels it must divide.
pub fn groups(node: &Node<'_>, inputs: usize, outputs: usize) -> Result<usize, Diagnostic> {
    let group = usize::try_from(node.i64("group", 1)).unwrap_or(0);
    if group == 0 || !inputs.is_multiple_of(group) || !outputs.is_multiple_of(group) {
        return Err(node.error(format_args!(
            "expects a 'group' that divides {inputs} and {outputs} channels"
        )));
    }
    Ok(group)
}

/// Bias, multipliers and shifts of a quantised convolution with `channels` outputs. The bias is operand `bias`.
pub fn requantisation(
    node: &Node<'_>,
    output: &ValueInfo,
    channels: usize,
    bias: usize,
) -> Result<Requantise, Diagnostic> {
    let mode = node.case("quant_mode").unwrap_or("MultiplierShift");
    let shifts = node.i64s("rshift").unwrap_or_else(|| vec![0]);
    let mut multipliers = vec![1];
    match mode {
        "OnlyShift" => {}
        "MultiplierShift" => multipliers = node.i64s("multiplier").unwrap_or_else(|| vec![1]),
        other => {
            return Err(node.error(format_args!(
                "has quant_mode {other}, which BM1684 does not use; OnlyShift and MultiplierShift are supported"
            )));
        }
    }
    for (what, values) in [("rshift", &shifts), ("multiplier", &multipliers)] {
        if values.len() != 1 && values.len() != channels {
            return Err(node.error(format_args!(
                "expects 1 or {channels} values in '{what}', found {}",
                values.len()
            )));
        }
    }
    let bias = node.take_i32(bias)?.unwrap_or_default();
    if !bias.is_empty() && bias.len() != channels {
        return Err(node.error(format_args!("expects {channels} biases, found {}", bias.len())));
    }
    Ok(Requantise {
        bias,
        multipliers,
        shifts,
        rounding: Rounding::HalfUp,
        zero_point: output.zero_point(),
        relu: node.bool("do_relu", false),
    })
}

/// The kernel of a convolution.
pub fn prepare(node: &Node<'_>) -> Prepared {
    let (input, output) = (node.input(0)?, node.output()?);
    let window = geometry(node, &input, &output)?;
    if node.i64("use_winograd", 0) != 0 {
        return Err(node.error("uses Winograd filters, which inference does not support"));
    }
    let (inputs, outputs) = (input.shape[1], output.shape[1]);
    let group = groups(node, inputs, outputs)?;
    let shape = ConvShape {
        batch: input.shape[0],
        group,
        inputs: inputs / group,
        outputs: outputs / group,
        window,
    };
    if output.shape[0] != shape.batch {
        return Err(node.error("expects the same batch in input and output"));
    }
    let filter = node.take_constant(1)?;
    let filter_len = filter
        .as_ref()
        .map_or(node.input(1)?.len(), |filter| filter.len());
    if filter_len != shape.filter_len() {
        return Err(node.error(format_args!(
            "expects {} filter elements, found {filter_len}",
            shape.filter_len()
        )));
    }
    if input.is_real() && output.is_real() {
        return real(node, shape, filter.as_deref(), output);
    }
    let Some(filter) = filter else {
        return Err(node.error("supports a constant filter only where it is quantised"));
    };
    if input.zero_point() != 0 || node.i64("kernel_zp", 0) != 0 {
        return Err(node.error("has a zero point at its input; BM1684 quantises symmetrically"));
    }
    match input.element {
        Element::I8 => quantised::<i8>(node, shape, &filter, output),
        Element::U8 => quantised::<u8>(node, shape, &filter, output),
        Element::F32 => Err(node.error("mixes real and quantised values")),
    }
}

fn real(node: &Node<'_>, shape: ConvShape, filter: Option<&Tensor>, output: ValueInfo) -> Prepared {
    let filters = filter.map(|filter| {
        let filter: Vec<f32> = filter.to_f32().iter().copied().collect();
        Arc::new(shape.prepare::<f32, f32>(&filter))
    });
    let bias = node.take_f32(2)?.unwrap_or_default();
    if !bias.is_empty() && bias.len() != shape.group * shape.outputs {
        return Err(node.error(format_args!(
            "expects {} biases, found {}",
            shape.group * shape.outputs,
            bias.len()
        )));
    }
    let activation = node.activation();
    let bias = Arc::new(bias);
    let on_grid = filters.clone().map(|filters| {
        let bias = bias.clone();
        move || on_grid(shape, &filters, bias.clone(), activation)
    });
    let kernel = Kernel::new(move |args| {
        let at_run;
        let filters = match &filters {
            Some(filters) => filters,
            None => {
                at_run = shape.prepare::<f32, f32>(args.f32(1)?);
                &at_run
            }
        };
        let mut out = args.buffer(shape.output_len());
        let input = sized(args.f32(0)?, shape.input_len())?;
        let finish = |channel: usize, sums: &[f32], out: &mut [f32]| {
            let bias = bias.get(channel).copied().unwrap_or(0.0);
            activation.finish(sums, |sum| sum + bias, out);
        };
        convolve(&shape, filters, input, finish, &mut out);
        Ok(vec![tensor(&output.shape, out)?])
    });
    Ok(match on_grid {
        Some(on_grid) => kernel.with_grid(on_grid),
        None => kernel,
    })
}

/// A convolution of real filters with inputs on a grid. Where filters are packed it is done in integers, twice as fast where the
/// machine has instructions for it: each channel's weights get as many bits as its sums leave room for, 14 to 16.
fn on_grid(
    shape: ConvShape,
    filters: &Arc<Filters<f32, f32>>,
    bias: Arc<Vec<f32>>,
    activation: Activation,
) -> Box<OnGrid> {
    let Filters::Packed(groups) = &**filters else {
        let filters = filters.clone();
        return Box::new(move |input, scale, buffers| {
            let GridBuffers { reals, out, .. } = buffers;
            grid::round_to_grid(sized(input, shape.input_len())?, scale, reals);
            out.resize(shape.output_len(), 0.0);
            let finish = |channel: usize, sums: &[f32], out: &mut [f32]| {
                let bias = bias.get(channel).copied().unwrap_or(0.0);
                activation.finish(sums, |sum| sum + bias, out);
            };
            convolve(&shape, &filters, reals, finish, out);
            Ok(())
        });
    };
    let mut scales = Vec::with_capacity(shape.group * shape.outputs);
    let integers = groups
        .iter()
        .map(|rows| {
            let first = scales.len();
            scales.extend((0..rows.rows()).map(|row| weight_scale(rows, row)));
            PackedRows::new(Cut::Convolution, shape.matrix(), |row, k| {
                (rows.get(row, k) * scales[first + row]).round_ties_even() as i16
            })
        })
        .collect();
    let filters: Filters<i16, i16> = Filters::Packed(integers);
    Box::new(move |input, scale, buffers| {
        let GridBuffers { integers, out, .. } = buffers;
        grid::integers_on_grid(sized(input, shape.input_len())?, scale, integers);
        out.resize(shape.output_len(), 0.0);
        let finish = |channel: usize, sums: &[i32], out: &mut [f32]| {
            let bias = bias.get(channel).copied().unwrap_or(0.0);
            let step = 1.0 / (scales[channel] * scale);
            activation.finish(sums, |sum| sum as f32 * step + bias, out);
        };
        // The candidates of tuning are enough work for all threads.
        convolve_by(1, &shape, &filters, integers, finish, out);
        Ok(())
    })
}

/// The largest factor by which a row's weights fit 16 bits, and their sums with any 8-bit inputs 32.
fn weight_scale(rows: &PackedRows<f32>, row: usize) -> f32 {
    let (mut largest, mut sum) = (0f32, 0f64);
    for k in 0..rows.depth() {
        let weight = rows.get(row, k).abs();
        largest = largest.max(weight);
        sum += f64::from(weight);
    }
    // Rounding may make each weight larger by a half.
    let room = f64::from(i32::MAX) / 128.0 - rows.depth() as f64;
    let scale = (f64::from(i16::MAX) / f64::from(largest)).min(room / sum);
    if scale.is_finite() && scale > 0.0 {
        // Rounded down to f32, so that the bounds hold.
        (scale * (1.0 - 1e-6)) as f32
    } else {
        1.0
    }
}

/// `slice` if it has `length` elements.
pub fn sized<T>(slice: &[T], length: usize) -> Result<&[T], String> {
    if slice.len() == length {
        Ok(slice)
    } else {
        Err(format!("needs {length} elements, found {}", slice.len()))
    }
}

/// The bytes of a tensor of one of the two byte types.
pub trait Bytes: Source {
    /// The largest magnitude.
    const LARGEST: i64;
    /// The elements.
    fn slice(tensor: &Tensor) -> Result<&[Self], String>;
}

impl Bytes for i8 {
    const LARGEST: i64 = 128;
    fn slice(tensor: &Tensor) -> Result<&[Self], String> {
        let array = tensor.as_i8().ok_or("needs an int8 operand")?;
        array
            .as_slice()
            .ok_or_else(|| "not in row-major order".to_owned())
    }
}

impl Bytes for u8 {
    const LARGEST: i64 = 255;
    fn slice(tensor: &Tensor) -> Result<&[Self], String> {
        let array = tensor.as_u8().ok_or("needs a uint8 operand")?;
        array
            .as_slice()
            .ok_or_else(|| "not in row-major order".to_owned())
    }
}

impl Bytes for f32 {
    const LARGEST: i64 = 0;
    fn slice(tensor: &Tensor) -> Result<&[Self], String> {
        f32_slice(tensor)
    }
}

fn quantised<S>(node: &Node<'_>, shape: ConvShape, filter: &Tensor, output: ValueInfo) -> Prepared
where
    S: Bytes + Source<Packed = i16, Sum = i32>,
{
    let requantise = requantisation(node, &output, shape.group * shape.outputs, 2)?;
    match filter {
        Tensor::U8(filter) => {
            let filter: Vec<u8> = filter.iter().copied().collect();
            integer::<S, u8>(node, shape, &filter, requantise, output)
        }
        Tensor::I8(filter) => {
            let filter: Vec<i8> = filter.iter().copied().collect();
            integer::<S, i8>(node, shape, &filter, requantise, output)
        }
        other => Err(node.error(format_args!(
            "expects an int8 or uint8 filter, found {}",
            other.dtype()
        ))),
    }
}

fn integer<S, W>(
    node: &Node<'_>,
    shape: ConvShape,
    filter: &[W],
    requantise: Requantise,
    output: ValueInfo,
) -> Prepared
where
    S: Bytes + Source<Packed = i16, Sum = i32>,
    W: Source<Packed = i16, Sum = i32>,
{
    let window = shape.inputs * shape.window.kernel_size();
    // The largest sum that the filters can make of any input.
    let bound = filter
        .chunks(window.max(1))
        .map(|filter| filter.iter().map(|w| i64::from(w.widen()).abs()).sum::<i64>() * S::LARGEST)
        .max()
        .unwrap_or(0);
    if bound > i64::from(i32::MAX) {
        return Err(node.error("may exceed its 32-bit accumulators"));
    }
    let filters = shape.prepare::<S, W>(filter);
    match output.element {
        Element::I8 => Ok(integer_to::<S, W, i8>(shape, filters, requantise, bound, output)),
        Element::U8 => Ok(integer_to::<S, W, u8>(shape, filters, requantise, bound, output)),
        Element::F32 => Err(node.error("has a quantised input but no 8-bit output")),
    }
}

fn integer_to<S, W, B>(
    shape: ConvShape,
    filters: Filters<S, W>,
    requantise: Requantise,
    bound: i64,
    output: ValueInfo,
) -> Kernel
where
    S: Bytes + Source<Packed = i16, Sum = i32>,
    W: Source<Packed = i16, Sum = i32>,
    B: Byte + Default,
    Tensor: From<ndarray::ArrayD<B>>,
{
    Kernel::new(move |args| {
        let input = sized(S::slice(args.get(0)?)?, shape.input_len())?;
        let mut out = vec![B::default(); shape.output_len()];
        let finish =
            |channel: usize, sums: &[i32], out: &mut [B]| requantise.apply(channel, bound, sums, out);
        convolve(&shape, &filters, input, finish, &mut out);
        Ok(vec![tensor(&output.shape, out)?])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The integer way comes as near to the real one as its weights have bits, in convolutions of every kind.
    #[test]
    fn on_a_grid_integers_are_as_good_as_reals() {
        let window = Window {
            input: [1, 9, 11],
            output: [1, 9, 11],
            kernel: [1, 3, 3],
            strides: [1; 3],
            dilations: [1; 3],
            pad_start: [0, 1, 1],
        };
        let activation = Activation {
            relu: true,
            limit: Some(6.0),
        };
        for (group, inputs, outputs) in [(1, 300, 5), (2, 3, 4), (6, 1, 1)] {
            let shape = ConvShape {
                batch: 2,
                group,
                inputs,
                outputs,
                window,
            };
            let number =
                |index: usize, size: f32| ((index * 7919) % 1009) as f32 / 1009.0 * size - size / 2.0;
            // Rows of very different size, one of zeros.
            let row = inputs * window.kernel_size();
            let filter: Vec<f32> = (0..shape.filter_len())
                .map(|index| {
                    number(index, 0.3f32.powi((index / row) as i32)) * f32::from(u8::from(index / row != 1))
                })
                .collect();
            let bias: Vec<f32> = (0..group * outputs).map(|index| number(index, 0.5)).collect();
            let input: Vec<f32> = (0..shape.input_len()).map(|index| number(index, 4.0)).collect();
            let scale = 127.0 / 1.5;
            let mut rounded = Vec::new();
            grid::round_to_grid(&input, scale, &mut rounded);
            let filters = Arc::new(shape.prepare::<f32, f32>(&filter));
            let mut wanted = vec![0.0; shape.output_len()];
            let finish = |channel: usize, sums: &[f32], out: &mut [f32]| {
                for (out, sum) in out.iter_mut().zip(sums) {
                    *out = activation.apply(sum + bias[channel]);
                }
            };
            convolve(&shape, &filters, &rounded, finish, &mut wanted);
            let run = on_grid(shape, &filters, Arc::new(bias.clone()), activation);
            let mut buffers = GridBuffers::default();
            for _ in 0..2 {
                run(&input, scale, &mut buffers).unwrap();
                assert_eq!(buffers.out.len(), wanted.len());
                for (found, wanted) in buffers.out.iter().zip(&wanted) {
                    assert!((found - wanted).abs() < 1e-3, "{group}: {found}, {wanted}");
                }
            }
            assert!(
                run(&input[1..], scale, &mut buffers)
                    .unwrap_err()
                    .contains("elements")
            );
        }
    }
}
