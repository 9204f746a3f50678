//! `top.Deconv`, `tpu.Deconv`, `tpu.Deconv3D`: transposed convolution, f32 or exact integers.
//!
//! `y[o, p] = sum over c, i, k with i * stride + k * dilation - pad = p of filter[o, c, k] * x[c, i]`: computed as a matrix product for
//! all window elements at once, whose rows are then added where they belong. Filters are `[outputs, inputs / group, kernel...]`
//! as TPU-MLIR stores them, also with groups.

use super::conv::{Bytes, geometry, groups, requantisation, sized};
use super::{Kernel, Prepared};
use crate::data::Tensor;
use crate::inference::gemm::{Fill, multiply};
use crate::inference::node::{Node, ValueInfo};
use crate::inference::packing::{Cut, PackedRows, Source};
use crate::inference::requantise::Byte;
use crate::inference::value::{Element, tensor};
use crate::inference::window::Window;
use rayon::prelude::*;

#[derive(Clone, Copy)]
struct Shape {
    batch: usize,
    group: usize,
    inputs: usize,
    outputs: usize,
    window: Window,
}

/// The kernel of a transposed convolution.
pub fn prepare(node: &Node<'_>) -> Prepared {
    let (input, output) = (node.input(0)?, node.output()?);
    // Here the windows lie in the output: `input` and `output` of the geometry change places.
    let window = geometry(node, &input, &output)?;
    let group = groups(node, input.shape[1], output.shape[1])?;
    let shape = Shape {
        batch: input.shape[0],
        group,
        inputs: input.shape[1] / group,
        outputs: output.shape[1] / group,
        window,
    };
    let filter = node
        .take_constant(1)?
        .ok_or_else(|| node.error("supports a constant filter only"))?;
    let wanted = output.shape[1] * shape.inputs * window.kernel_size();
    if filter.len() != wanted || output.shape[0] != shape.batch {
        return Err(node.error(format_args!(
            "expects {wanted} filter elements, found {}",
            filter.len()
        )));
    }
    if input.is_real() && output.is_real() {
        let bias = node.take_f32(2)?.unwrap_or_default();
        if !bias.is_empty() && bias.len() != output.shape[1] {
            return Err(node.error(format_args!("expects {} biases", output.shape[1])));
        }
        let activation = node.activation();
        let filter: Vec<f32> = filter.to_f32().iter().copied().collect();
        let finish = move |channel: usize, sums: &[f32], out: &mut [f32]| {
            let bias = bias.get(channel).copied().unwrap_or(0.0);
            for (out, sum) in out.iter_mut().zip(sums) {
                *out = activation.apply(sum + bias);
            }
        };
        return Ok(kernel::<f32, f32, f32>(shape, &filter, input, output, finish));
    }
    if input.zero_point() != 0 {
        return Err(node.error("has a zero point at its input; BM1684 quantises symmetrically"));
    }
    let requantise = requantisation(node, &output, output.shape[1], 2)?;
    let filter: Vec<i8> = match &*filter {
        Tensor::I8(filter) => filter.iter().copied().collect(),
        other => return Err(node.error(format_args!("expects an int8 filter, found {}", other.dtype()))),
    };
    let bound = (shape.inputs * window.kernel_size()) as i64 * 255 * 128;
    if bound > i64::from(i32::MAX) {
        return Err(node.error("may exceed its 32-bit accumulators"));
    }
    fn finish<B: Byte>(
        requantise: crate::inference::requantise::Requantise,
        bound: i64,
    ) -> impl Fn(usize, &[i32], &mut [B]) {
        move |channel, sums, out| requantise.apply(channel, bound, sums, out)
    }
    Ok(match (input.element, output.element) {
        (Element::I8, Element::I8) => {
            kernel::<i8, i8, i8>(shape, &filter, input, output, finish(requantise, bound))
        }
        (Element::I8, Element::U8) => {
            kernel::<i8, i8, u8>(shape, &filter, input, output, finish(requantise, bound))
        }
        (Element::U8, Element::I8) => {
            kernel::<u8, i8, i8>(shape, &filter, input, output, finish(requantise, bound))
        }
        (Element::U8, Element::U8) => {
            kernel::<u8, i8, u8>(shape, &filter, input, output, finish(requantise, bound))
        }
        _ => return Err(node.error("mixes real and quantised values")),
    })
}

fn kernel<S, W, Out>(
    shape: Shape,
    filter: &[W],
    input: ValueInfo,
    output: ValueInfo,
    finish: impl Fn(usize, &[S::Sum], &mut [Out]) + Send + Sync + 'static,
) -> Kernel
where
    S: Bytes,
    S::Sum: std::ops::AddAssign,
    W: Source<Packed = S::Packed, Sum = S::Sum>,
    Out: Copy + Default + Send + Sync,
    Tensor: From<ndarray::ArrayD<Out>>,
{
    let window = shape.window;
    let taps = window.kernel_size();
    // For each group: rows are output channel and window element, depth is the input channel.
    let packed: Vec<PackedRows<S::Packed>> = (0..shape.group)
        .map(|group| {
            PackedRows::new(
                Cut::Convolution,
                [shape.outputs * taps, shape.inputs, window.input_size()],
                |row, channel| {
                    let out = group * shape.outputs + row / taps;
                    filter[(out * shape.inputs + channel) * taps + row % taps]
                },
            )
        })
        .collect();
    Kernel::new(move |args| {
        let data = sized(S::slice(args.get(0)?)?, input.len())?;
        let (in_plane, out_plane) = (window.input_size(), window.output_size());
        let mut out = vec![Out::default(); output.len()];
        let block = shape.outputs * out_plane;
        out.par_chunks_mut(block.max(1))
            .enumerate()
            .for_each(|(index, out)| {
                let group = index % shape.group;
                let data = &data[index * shape.inputs * in_plane..][..shape.inputs * in_plane];
                let mut columns = vec![S::Sum::default(); shape.outputs * taps * in_plane];
                let fill = |channel: usize, column: usize, piece: &mut [S]| {
                    piece.copy_from_slice(&data[channel * in_plane + column..][..piece.len()]);
                };
                let keep =
                    |_: usize, _: usize, sums: &[S::Sum], out: &mut [S::Sum]| out.copy_from_slice(sums);
                multiply(
                    &packed[group],
                    in_plane,
                    rayon::current_num_threads(),
                    &Fill(fill),
                    keep,
                    &mut columns,
                );
                let mut sums = vec![S::Sum::default(); out_plane];
                for (channel, out) in out.chunks_exact_mut(out_plane.max(1)).enumerate() {
                    sums.fill(S::Sum::default());
                    // TPU-MLIR's interpreter adds the window's elements from the last to the first.
                    for tap in (0..taps).rev() {
                        let row = &columns[(channel * taps + tap) * in_plane..][..in_plane];
                        scatter(&window, tap, row, &mut sums);
                    }
                    finish(group * shape.outputs + channel, &sums, out);
                }
            });
        Ok(vec![tensor(&output.shape, out)?])
    })
}

/// Adds one window element's products to the output positions that they belong to.
fn scatter<T: Copy + std::ops::AddAssign>(window: &Window, tap: usize, row: &[T], sums: &mut [T]) {
    let [_, kernel_h, kernel_w] = window.kernel;
    let taps = [
        tap / (kernel_h * kernel_w),
        tap / kernel_w % kernel_h,
        tap % kernel_w,
    ];
    let target = |dim: usize, position: usize| {
        (position * window.strides[dim] + taps[dim] * window.dilations[dim])
            .checked_sub(window.pad_start[dim])
            .filter(|place| *place < window.output[dim])
    };
    let [input_d, input_h, input_w] = window.input;
    let [_, output_h, output_w] = window.output;
    for z in 0..input_d {
        let Some(to_z) = target(0, z) else { continue };
        for y in 0..input_h {
            let Some(to_y) = target(1, y) else { continue };
            let row = &row[(z * input_h + y) * input_w..][..input_w];
            let sums = &mut sums[(to_z * output_h + to_y) * output_w..][..output_w];
            for (x, product) in row.iter().enumerate() {
                if let Some(to_x) = target(2, x) {
                    sums[to_x] += *product;
                }
            }
        }
    }
}
