//! Convolution over slices: matrix multiplication over windows, and a direct form for depthwise filters.

use super::gemm;
use super::kernels::{Vectorised, vectorised};
use super::packing::{Cut, PackedRows, Source, Sum};
use super::unfold::Unfolded;
use super::window::Window;
use rayon::prelude::*;

/// Sizes of a convolution.
#[derive(Clone, Copy, Debug)]
pub struct ConvShape {
    /// Number of images.
    pub batch: usize,
    /// Number of groups.
    pub group: usize,
    /// Input channels of one group.
    pub inputs: usize,
    /// Output channels of one group.
    pub outputs: usize,
    /// The spatial dimensions.
    pub window: Window,
}

/// Filters made ready for one convolution.
pub enum Filters<S: Source, W: Source> {
    /// One matrix for each group.
    Packed(Vec<PackedRows<S::Packed>>),
    /// One window for each channel, depthwise.
    Depthwise(Vec<W>),
}

impl ConvShape {
    /// Elements of the filter.
    pub fn filter_len(&self) -> usize {
        self.group * self.outputs * self.inputs * self.window.kernel_size()
    }

    /// Elements of the input.
    pub fn input_len(&self) -> usize {
        self.batch * self.group * self.inputs * self.window.input_size()
    }

    /// Elements of the output.
    pub fn output_len(&self) -> usize {
        self.batch * self.group * self.outputs * self.window.output_size()
    }

    /// Rows, depth and columns of the matrix product of one group.
    pub fn matrix(&self) -> [usize; 3] {
        let depth = self.inputs * self.window.kernel_size();
        [self.outputs, depth, self.window.output_size()]
    }

    /// Prepares a filter of `[group * outputs, inputs, kernel...]`.
    ///
    /// # Panics
    /// When the filter does not have [`ConvShape::filter_len`] elements.
    pub fn prepare<S, W>(&self, filter: &[W]) -> Filters<S, W>
    where
        S: Source,
        W: Source<Packed = S::Packed>,
    {
        assert_eq!(filter.len(), self.filter_len());
        if self.inputs == 1 && self.outputs == 1 && self.window.kernel[0] == 1 && self.window.input[0] == 1 {
            return Filters::Depthwise(filter.to_vec());
        }
        let depth = self.inputs * self.window.kernel_size();
        let groups = filter.chunks_exact((self.outputs * depth).max(1));
        let sizes = self.matrix();
        Filters::Packed(
            groups
                .map(|filter| PackedRows::new(Cut::Convolution, sizes, |row, k| filter[row * depth + k]))
                .collect(),
        )
    }
}

/// `finish(sums)` of the convolution of `input` with `filters`, by all threads.
///
/// See [`convolve_by`].
///
/// # Panics
/// When the slices do not have the sizes that `shape` says.
pub fn convolve<S, W, Out>(
    shape: &ConvShape,
    filters: &Filters<S, W>,
    input: &[S],
    finish: impl Fn(usize, &[S::Sum], &mut [Out]) + Sync,
    out: &mut [Out],
) where
    S: Source,
    W: Source<Packed = S::Packed, Sum = S::Sum>,
    Out: Send,
{
    convolve_by(rayon::current_num_threads(), shape, filters, input, finish, out);
}

/// As [`convolve`], cut into as many tasks as keep `threads` threads busy.
///
/// `finish(channel, sums, out)` turns a piece of the sums of one output channel into outputs.
///
/// # Panics
/// When the slices do not have the sizes that `shape` says.
pub fn convolve_by<S, W, Out>(
    threads: usize,
    shape: &ConvShape,
    filters: &Filters<S, W>,
    input: &[S],
    finish: impl Fn(usize, &[S::Sum], &mut [Out]) + Sync,
    out: &mut [Out],
) where
    S: Source,
    W: Source<Packed = S::Packed, Sum = S::Sum>,
    Out: Send,
{
    assert_eq!(input.len(), shape.input_len());
    assert_eq!(out.len(), shape.output_len());
    if out.is_empty() {
        return;
    }
    let window = &shape.window;
    let (in_plane, out_plane) = (window.input_size(), window.output_size());
    match filters {
        Filters::Depthwise(filters) => {
            let kernel = window.kernel_size();
            out.par_chunks_exact_mut(out_plane).enumerate().for_each_init(
                Scratch::default,
                |scratch, (plane, out)| {
                    let channel = plane % shape.group;
                    vectorised(Depthwise {
                        window,
                        filter: &filters[channel * kernel..][..kernel],
                        input: &input[plane * in_plane..][..in_plane],
                        channel,
                        scratch,
                        finish: &finish,
                        out,
                    });
                },
            );
        }
        Filters::Packed(groups) => {
            let inputs = shape.inputs * in_plane;
            let run = |(index, out): (usize, &mut [Out])| {
                let group = index % shape.group;
                let windows = Unfolded::new(window, &input[index * inputs..][..inputs]);
                let finish = |row: usize, _: usize, sums: &[S::Sum], out: &mut [Out]| {
                    finish(group * shape.outputs + row, sums, out);
                };
                gemm::multiply(&groups[group], out_plane, threads, &windows, finish, out);
            };
            let products = out.par_chunks_exact_mut(shape.outputs * out_plane).enumerate();
            products.for_each(run);
        }
    }
}

struct Scratch<T> {
    lines: Vec<T>,
    sums: Vec<T>,
}

impl<T> Default for Scratch<T> {
    fn default() -> Self {
        Self {
            lines: Vec::new(),
            sums: Vec::new(),
        }
    }
}

/// One channel of a depthwise convolution over two dimensions.
///
/// The padded input is laid out so that all inner loops run over neighbours: each line is split into `stride` lines of every
/// `stride`-th element.
struct Depthwise<'a, S: Source, W, Out, Finish> {
    window: &'a Window,
    filter: &'a [W],
    input: &'a [S],
    channel: usize,
    scratch: &'a mut Scratch<S::Sum>,
    finish: &'a Finish,
    out: &'a mut [Out],
}

impl<S, W, Out, Finish> Vectorised for Depthwise<'_, S, W, Out, Finish>
where
    S: Source,
    W: Source<Sum = S::Sum>,
    Finish: Fn(usize, &[S::Sum], &mut [Out]),
{
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let window = self.window;
        let ([_, input_h, input_w], [_, output_h, output_w]) = (window.input, window.output);
        let ([_, kernel_h, kernel_w], [_, stride_h, stride]) = (window.kernel, window.strides);
        let ([_, dilation_h, dilation_w], [_, pad_h, pad_w]) = (window.dilations, window.pad_start);
        // Every phase of a line has room for the last window.
        let phase = output_w + ((kernel_w - 1) * dilation_w) / stride;
        let line = phase * stride;
        let Scratch { lines, sums } = self.scratch;
        lines.clear();
        lines.resize(input_h * line, S::Sum::default());
        for (line, input) in lines.chunks_exact_mut(line).zip(self.input.chunks_exact(input_w)) {
            for (which, line) in line.chunks_exact_mut(phase).enumerate() {
                // Element `i` of this phase is padded column `i * stride + which`.
                let skip = pad_w.saturating_sub(which).div_ceil(stride);
                let first = skip * stride + which - pad_w.min(skip * stride + which);
                if first >= input_w || skip >= phase {
                    continue;
                }
                let from = input[first..].iter().step_by(stride);
                for (to, element) in line[skip..].iter_mut().zip(from) {
                    *to = element.widen();
                }
            }
        }
        for y in 0..output_h {
            sums.clear();
            sums.resize(output_w, S::Sum::default());
            for tap_h in 0..kernel_h {
                let Some(source) = (y * stride_h + tap_h * dilation_h).checked_sub(pad_h) else {
                    continue;
                };
                if source >= input_h {
                    continue;
                }
                let input = &lines[source * line..][..line];
                for tap_w in 0..kernel_w {
                    let weight = self.filter[tap_h * kernel_w + tap_w].widen();
                    let offset = tap_w * dilation_w;
                    let input = &input[offset % stride * phase + offset / stride..][..output_w];
                    for (sum, element) in sums.iter_mut().zip(input) {
                        *sum = sum.add_product(weight, *element);
                    }
                }
            }
            (self.finish)(self.channel, sums, &mut self.out[y * output_w..][..output_w]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naive(shape: &ConvShape, filter: &[i8], input: &[u8]) -> Vec<i32> {
        let window = &shape.window;
        let mut out = Vec::new();
        let [kd, kh, kw] = window.kernel;
        for n in 0..shape.batch {
            for o in 0..shape.group * shape.outputs {
                for position in 0..window.output_size() {
                    let [_, oh, ow] = window.output;
                    let at = [position / (oh * ow), position / ow % oh, position % ow];
                    let mut sum = 0;
                    for c in 0..shape.inputs {
                        let channel = o / shape.outputs * shape.inputs + c;
                        for tap in 0..kd * kh * kw {
                            let taps = [tap / (kh * kw), tap / kw % kh, tap % kw];
                            let mut index = n * shape.group * shape.inputs + channel;
                            let mut inside = true;
                            for dim in 0..3 {
                                let place = (at[dim] * window.strides[dim]
                                    + taps[dim] * window.dilations[dim])
                                    as isize
                                    - window.pad_start[dim] as isize;
                                inside &= (0..window.input[dim] as isize).contains(&place);
                                index = index * window.input[dim] + place.max(0) as usize;
                            }
                            if inside {
                                let weight = filter[(o * shape.inputs + c) * kd * kh * kw + tap];
                                sum += i32::from(weight) * i32::from(input[index]);
                            }
                        }
                    }
                    out.push(sum);
                }
            }
        }
        out
    }

    #[test]
    fn every_geometry_matches_the_definition() {
        let mut cases = Vec::new();
        // The last one has enough outputs for the filters to be the vectors of the product.
        let enough = 64 * rayon::current_num_threads() + 5;
        for (batch, group, inputs, outputs) in [
            (1, 1, 3, 5),
            (2, 4, 1, 1),
            (1, 2, 3, 2),
            (1, 3, 1, 2),
            (1, 1, 2, enough),
        ] {
            for (input, kernel, strides, dilations, pads) in [
                ([1, 1, 9], [1, 1, 3], [1, 1, 2], [1, 1, 1], [0, 0, 1]),
                ([1, 7, 8], [1, 1, 1], [1, 1, 1], [1, 1, 1], [0, 0, 0]),
                ([1, 7, 8], [1, 1, 1], [1, 2, 2], [1, 1, 1], [0, 0, 0]),
                ([1, 9, 20], [1, 3, 3], [1, 1, 1], [1, 1, 1], [0, 1, 1]),
                ([1, 9, 20], [1, 3, 3], [1, 2, 2], [1, 1, 1], [0, 1, 1]),
                ([1, 9, 11], [1, 3, 2], [1, 2, 3], [1, 2, 2], [0, 2, 3]),
                ([1, 5, 5], [1, 5, 5], [1, 1, 1], [1, 1, 1], [0, 4, 4]),
                ([1, 4, 30], [1, 1, 4], [1, 4, 4], [1, 1, 5], [0, 0, 1]),
                ([4, 5, 6], [2, 3, 2], [2, 1, 1], [1, 1, 2], [1, 1, 0]),
            ] {
                cases.push((
                    batch, group, inputs, outputs, input, kernel, strides, dilations, pads,
                ));
            }
        }
        for case in cases {
            let (batch, group, inputs, outputs, input, kernel, strides, dilations, pad_start) = case;
            let mut output = [0; 3];
            for dim in 0..3 {
                let span = (kernel[dim] - 1) * dilations[dim] + 1;
                output[dim] = (input[dim] + 2 * pad_start[dim] - span) / strides[dim] + 1;
            }
            let window = Window {
                input,
                output,
                kernel,
                strides,
                dilations,
                pad_start,
            };
            let shape = ConvShape {
                batch,
                group,
                inputs,
                outputs,
                window,
            };
            let filter: Vec<i8> = (0..shape.filter_len())
                .map(|i| ((i * 37) % 251) as u8 as i8)
                .collect();
            let image: Vec<u8> = (0..shape.input_len()).map(|i| ((i * 91) % 256) as u8).collect();
            let mut out = vec![0_i32; shape.output_len()];
            let filters = shape.prepare::<u8, i8>(&filter);
            convolve(
                &shape,
                &filters,
                &image,
                |_, sums, out: &mut [i32]| out.copy_from_slice(sums),
                &mut out,
            );
            let wanted = naive(&shape, &filter, &image);
            assert_eq!(out, wanted, "{shape:?}");
            // These sums are exact in single precision too.
            let filter: Vec<f32> = filter.into_iter().map(f32::from).collect();
            let image: Vec<f32> = image.into_iter().map(f32::from).collect();
            let filters = shape.prepare::<f32, f32>(&filter);
            let mut out = vec![0.0; shape.output_len()];
            let keep = |_: usize, sums: &[f32], out: &mut [f32]| out.copy_from_slice(sums);
            convolve(&shape, &filters, &image, keep, &mut out);
            assert!(out.iter().zip(&wanted).all(|(a, b)| *a == *b as f32), "{shape:?}");
        }
    }
}
