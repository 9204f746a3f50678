//! `top.MaxPool`, `top.AvgPool`, `tpu.Pool1D`, `tpu.Pool2D`, `tpu.Pool3D`.
//!
//! Maxima ignore pads. Averages divide by the elements inside the input, or by the whole window with `count_include_pad`. A
//! quantised average is `clamp(round(average * window) * multiplier >> rshift)`: the first rounding away from zero, the second
//! half up; the average is taken in f32, as the real interpreter does.

use super::conv::{geometry, sized};
use super::{Kernel, Prepared};
use crate::data::Tensor;
use crate::inference::kernels::{Vectorised, vectorised};
use crate::inference::math::{byte_range, multiply_shift};
use crate::inference::node::{Node, ValueInfo};
use crate::inference::packing::Source;
use crate::inference::requantise::Byte;
use crate::inference::value::{Activation, tensor, wrong_type};
use crate::inference::window::Window;
use rayon::prelude::*;
use tpuc_dialects::ir::Diagnostic;

#[derive(Clone, Copy)]
struct Pool {
    window: Window,
    average: bool,
    include_pad: bool,
    adaptive: bool,
    padded_end: [usize; 3],
}

/// The kernel of a pooling.
pub fn prepare(node: &Node<'_>) -> Prepared {
    let (input, output) = (node.input(0)?, node.output()?);
    let average = match node.case("pool_mode") {
        Some("Avg") => true,
        Some("Max") => false,
        Some(other) => return Err(node.error(format_args!("has a pool mode that is not known: {other}"))),
        None => node.short_kind() == "AvgPool",
    };
    // Without the kept dimensions the result has a lower rank; only its size counts then.
    let (mut full_input, mut full_output) = (input.clone(), output.clone());
    if full_input.shape.len() == 2 {
        full_input.shape.insert(0, 1);
    }
    if full_output.shape.len() < full_input.shape.len() {
        full_output.shape.resize(full_input.shape.len(), 1);
    }
    let mut window = geometry(node, &full_input, &full_output)?;
    let dims = node
        .i64s("kernel_shape")
        .map_or(full_input.shape.len() - 2, |kernel| kernel.len());
    let pads = node.sizes("pads", &vec![0; 2 * dims], 0)?;
    let mut padded_end = [0; 3];
    for dim in 0..3 {
        let pad_end = (dim + dims).checked_sub(3).map_or(0, |index| pads[dims + index]);
        padded_end[dim] = window.input[dim] + window.pad_start[dim] + pad_end;
    }
    let adaptive = node.bool("is_adaptive", false);
    if !average && node.i64("pad_value", 0) != 0 {
        return Err(node.error("has a pad value, which inference does not support"));
    }
    if full_input.shape[..2].iter().product::<usize>() * window.output_size() != output.len() {
        return Err(node.error(format_args!(
            "expects as many channels in {:?} as in {:?}",
            input.shape, output.shape
        )));
    }
    if input.element != output.element {
        return Err(node.error("expects input and output of one type"));
    }
    window.dilations = [1; 3];
    let pool = Pool {
        window,
        average,
        include_pad: node.bool("count_include_pad", false),
        adaptive,
        padded_end,
    };
    let scaled = node.find_i64("multiplier").is_some() || node.find_i64("rshift").is_some();
    let requantise = scaled.then(|| (node.i64("multiplier", 1), node.i64("rshift", 0)));
    if average && !output.is_real() && node.asymmetric() {
        return Err(node.error("is quantised asymmetrically, which BM1684 does not know"));
    }
    let activation = node.activation();
    Ok(Kernel::new(move |args| {
        let out = match args.get(0)? {
            Tensor::F32(array) => {
                let slice = array.as_slice().ok_or("not in row-major order")?;
                tensor(
                    &output.shape,
                    pool.real(sized(slice, input.len())?, &output, activation),
                )
            }
            Tensor::I8(array) => {
                let slice = array.as_slice().ok_or("not in row-major order")?;
                tensor(
                    &output.shape,
                    pool.bytes(sized(slice, input.len())?, &output, requantise, activation),
                )
            }
            Tensor::U8(array) => {
                let slice = array.as_slice().ok_or("not in row-major order")?;
                tensor(
                    &output.shape,
                    pool.bytes(sized(slice, input.len())?, &output, requantise, activation),
                )
            }
            other => Err(wrong_type(other, "float32, int8 or uint8")),
        }?;
        Ok(vec![out])
    }))
}

/// [`Pool::maxima`] by vectors.
struct Maxima<'a, T> {
    pool: &'a Pool,
    plane: &'a [T],
    out: &'a mut [T],
    least: T,
}

impl<T: Copy + PartialOrd> Vectorised for Maxima<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.pool.maxima(self.plane, self.out, self.least);
    }
}

impl Pool {
    /// Input range of output `position` along `dim`, and the divisor's part of it.
    #[inline(always)]
    fn range(&self, dim: usize, position: usize) -> (std::ops::Range<usize>, usize) {
        let window = &self.window;
        let (input, output) = (window.input[dim], window.output[dim]);
        if self.adaptive {
            let start = position * input / output;
            let end = ((position + 1) * input).div_ceil(output);
            return (start..end, end - start);
        }
        let start = position * window.strides[dim];
        let end = start + window.kernel[dim];
        let inside = start.max(window.pad_start[dim]) - window.pad_start[dim];
        let inside = inside.min(input)..end.saturating_sub(window.pad_start[dim]).min(input);
        let counted = if self.include_pad {
            window.kernel[dim]
                .min(self.padded_end[dim].saturating_sub(start))
                .max(1)
        } else {
            inside.len()
        };
        (inside, counted)
    }

    /// Calls `each(position, number of elements that count, elements of the window)` for every output of one plane.
    #[inline(always)]
    fn windows<T: Copy>(&self, plane: &[T], mut each: impl FnMut(usize, usize, &mut dyn Iterator<Item = T>)) {
        let [output_d, output_h, output_w] = self.window.output;
        let [_, input_h, input_w] = self.window.input;
        let mut position = 0;
        for z in 0..output_d {
            let (deep, count_d) = self.range(0, z);
            for y in 0..output_h {
                let (high, count_h) = self.range(1, y);
                for x in 0..output_w {
                    let (wide, count_w) = self.range(2, x);
                    let mut elements = deep.clone().flat_map(|z| {
                        let (wide, high) = (wide.clone(), high.clone());
                        high.flat_map(move |y| {
                            let line = (z * input_h + y) * input_w;
                            plane[line + wide.start..line + wide.end.max(wide.start)]
                                .iter()
                                .copied()
                        })
                    });
                    each(position, count_d * count_h * count_w, &mut elements);
                    position += 1;
                }
            }
        }
    }

    fn planes<T: Copy + Sync, Out: Copy + Default + Send>(
        &self,
        input: &[T],
        output: &ValueInfo,
        each: impl Fn(&[T], &mut [Out]) + Sync,
    ) -> Vec<Out> {
        let mut out = vec![Out::default(); output.len()];
        let (in_plane, out_plane) = (self.window.input_size(), self.window.output_size());
        if !out.is_empty() {
            out.par_chunks_exact_mut(out_plane)
                .enumerate()
                .for_each(|(plane, out)| each(&input[plane * in_plane..][..in_plane], out));
        }
        out
    }

    /// Maxima of a plane along lines first, then across: every element is looked at `kernel` times along one dimension only.
    #[inline(always)]
    fn maxima<T: Copy + PartialOrd>(&self, plane: &[T], out: &mut [T], least: T) {
        let larger = |a: T, b: T| if b > a { b } else { a };
        let [output_d, output_h, output_w] = self.window.output;
        let [input_d, input_h, input_w] = self.window.input;
        let mut lines = vec![least; input_d * input_h * output_w];
        for (line, out) in plane.chunks_exact(input_w).zip(lines.chunks_exact_mut(output_w)) {
            if self.adaptive {
                for (x, out) in out.iter_mut().enumerate() {
                    *out = line[self.range(2, x).0].iter().copied().fold(least, larger);
                }
                continue;
            }
            // All outputs at once for each element of the window.
            let stride = self.window.strides[2];
            for tap in 0..self.window.kernel[2] {
                let inside = self.window.inside(2, tap);
                if inside.is_empty() {
                    continue;
                }
                let from = &line[inside.start * stride + tap - self.window.pad_start[2]..];
                let out = &mut out[inside];
                match stride {
                    1 => out
                        .iter_mut()
                        .zip(from)
                        .for_each(|(out, a)| *out = larger(*out, *a)),
                    2 => {
                        let pairs = from.chunks_exact(2);
                        if let ([last], Some(out)) = (pairs.remainder(), out.get_mut(from.len() / 2)) {
                            *out = larger(*out, *last);
                        }
                        out.iter_mut()
                            .zip(pairs)
                            .for_each(|(out, pair)| *out = larger(*out, pair[0]));
                    }
                    _ => {
                        let from = from.iter().step_by(stride);
                        out.iter_mut()
                            .zip(from)
                            .for_each(|(out, a)| *out = larger(*out, *a));
                    }
                }
            }
        }
        for (index, out) in out.chunks_exact_mut(output_w).enumerate() {
            out.fill(least);
            for z in self.range(0, index / output_h % output_d.max(1)).0 {
                for y in self.range(1, index % output_h).0 {
                    let line = &lines[(z * input_h + y) * output_w..][..output_w];
                    for (out, element) in out.iter_mut().zip(line) {
                        *out = larger(*out, *element);
                    }
                }
            }
        }
    }

    fn real(&self, input: &[f32], output: &ValueInfo, activation: Activation) -> Vec<f32> {
        self.planes(input, output, |plane, out| {
            if self.average {
                self.windows(plane, |position, count, elements| {
                    let sum: f32 = elements.sum();
                    out[position] = sum / count as f32;
                });
            } else {
                vectorised(Maxima {
                    pool: self,
                    plane,
                    out,
                    least: f32::NEG_INFINITY,
                });
            }
            activation.apply_all(out);
        })
    }

    fn bytes<B: Byte + Source<Sum = i32> + Default + PartialOrd>(
        &self,
        input: &[B],
        output: &ValueInfo,
        requantise: Option<(i64, i64)>,
        activation: Activation,
    ) -> Vec<B> {
        let (low, high) = byte_range(B::SIGNED);
        let relu_low = if activation.relu { low.max(0) } else { low };
        let kernel = self.window.kernel;
        self.planes(input, output, |plane, out: &mut [B]| {
            if !self.average {
                vectorised(Maxima {
                    pool: self,
                    plane,
                    out,
                    least: B::from_i64(low),
                });
                if relu_low > low {
                    for out in out {
                        *out = B::from_i64(i64::from(out.widen()).max(relu_low));
                    }
                }
                return;
            }
            self.windows(plane, |position, count, elements| {
                let sum: i64 = elements.map(|element| i64::from(element.widen())).sum();
                let average = sum as f32 / count as f32;
                let value = match requantise {
                    Some((multiplier, shift)) => {
                        let scaled = average * kernel[0] as f32 * kernel[1] as f32 * kernel[2] as f32;
                        multiply_shift(scaled.round() as i64, multiplier, shift)
                    }
                    None => average.round() as i64,
                };
                out[position] = B::from_i64(value.clamp(relu_low, high));
            });
        })
    }
}

/// `tpu.Upsample`, `top.Upsample`: every element becomes a block of `scale_h x scale_w` equal ones.
pub fn prepare_upsample(node: &Node<'_>) -> Prepared {
    let (input, output) = (node.input(0)?, node.output()?);
    let scale = |name: &str| -> Result<usize, Diagnostic> {
        usize::try_from(node.i64(name, 1))
            .ok()
            .filter(|scale| *scale > 0)
            .ok_or_else(|| node.error(format_args!("expects a positive '{name}'")))
    };
    let (scale_h, scale_w) = (scale("scale_h")?, scale("scale_w")?);
    let rank = input.shape.len();
    if rank < 2 || input.len() * scale_h * scale_w != output.len() {
        return Err(node.error(format_args!(
            "expects an output of {scale_h} x {scale_w} times the input"
        )));
    }
    let width = input.shape[rank - 1];
    let activation = node.activation();
    Ok(Kernel::new(move |args| {
        let out = crate::for_each_element_type!(args.get(0)?, &output.shape, data => {
            let mut out = Vec::with_capacity(output.len());
            for line in sized(data, input.len())?.chunks_exact(width.max(1)) {
                let start = out.len();
                for element in line {
                    out.extend(std::iter::repeat_n(*element, scale_w));
                }
                let end = out.len();
                for _ in 1..scale_h {
                    out.extend_from_within(start..end);
                }
            }
            out
        })?;
        Ok(vec![super::active::relu_in_place(out, activation)])
    }))
}
