//! Task type 0: convolution over all input channels.
//!
//! The padded input of one batch is laid out pixel by pixel, channels innermost; the kernel becomes a list of steps
//! (a position relative to the window's corner, and weights for 16 output channels). Both are then given to the
//! matrix kernels. f32: the weight stream runs over taps, input channels innermost and padded to an even number;
//! element `i` of it is added to accumulator `i mod 4`, the sum is `(0 + 2) + (1 + 3)`, then the bias. 8 bit: exact
//! sum, bias, rounding right shift, saturation to 8 or 16 bits.

use rayon::prelude::*;

use super::rounding::Requantise;
use super::window::{Compact, Window, bias_place, float, integer};
use super::{operand0_strides, precision, require, result_shape, window_result};
use crate::emulator::Backend;
use crate::emulator::error::Problem;
use crate::emulator::float_mode::FlushDenormals;
use crate::emulator::kernels::{CHANNEL_BLOCK, F32Steps, I16Steps, PIXEL_CHUNK};
use crate::emulator::layout::{Layout, Shape, split_address};
use crate::emulator::memory::Memory;
use crate::isa::memory_map::{LANE_BYTES, LANE_COUNT};
use crate::isa::{Precision, StrideCode, TiuCommand};

/// Input elements of one padded batch at most.
const MAX_INPUT: usize = 1 << 26;

/// Where the weights lie.
struct Weights {
    source: WeightSource,
    /// Input channels per unit, and bytes per element.
    group: usize,
    size: usize,
    rotate: bool,
}

enum WeightSource {
    Constant([u8; 4]),
    Local {
        start_lane: usize,
        offset: usize,
        group_stride: usize,
        row_stride: usize,
        h_stride: usize,
        w_stride: usize,
    },
}

impl Weights {
    fn new(
        command: &TiuCommand,
        window: &Window,
        ic: usize,
        oc: usize,
        precision: Precision,
    ) -> Result<Self, Problem> {
        let (group, size) = if precision == Precision::Float32 {
            (2, 4)
        } else {
            (4, 1)
        };
        let rotate = command.opt_kernel_rotate() == 1;
        if command.opt_opd1_const() == 1 {
            let bytes = (command.opd1_addr() as u32).to_le_bytes();
            return Ok(Self {
                source: WeightSource::Constant(bytes),
                group,
                size,
                rotate,
            });
        }
        let unit = group * size;
        let (start_lane, offset) = split_address("weights", command.opd1_addr())?;
        let stride = |words: u64| words as usize * unit;
        let [mut group_stride, mut row_stride] = [stride(command.opd1_n_str()), stride(command.opd1_c_str())];
        let [mut h_stride, mut w_stride] = [stride(command.opd1_h_str()), stride(command.opd1_w_str())];
        let rows = (start_lane + oc).div_ceil(LANE_COUNT);
        if command.short_opd1_str() != StrideCode::Explicit.code() {
            // Without holes: groups of input channels, in each the rows of output channels, in each the taps.
            require(
                rows == 1 || start_lane == 0,
                "weights without explicit strides (short_opd1_str other than 3) that begin in another lane than 0 and need \
                 more than one row",
            )?;
            w_stride = unit;
            h_stride = window.kernel_w * unit;
            row_stride = window.taps() * unit;
            group_stride = rows * row_stride;
        }
        let parts = [
            (rows, row_stride),
            (ic.div_ceil(group), group_stride),
            (window.kernel_h, h_stride),
            (window.kernel_w, w_stride),
        ];
        let end = parts
            .iter()
            .try_fold(offset + ic.min(group) * size, |end: usize, (count, stride)| {
                end.checked_add((count - 1).checked_mul(*stride)?)
            });
        if end.is_none_or(|end| end > LANE_BYTES) {
            return Err(Problem::range(
                "weights",
                format!("strides lead out of the lane from offset {offset:#x}"),
            ));
        }
        let source = WeightSource::Local {
            start_lane,
            offset,
            group_stride,
            row_stride,
            h_stride,
            w_stride,
        };
        Ok(Self {
            source,
            group,
            size,
            rotate,
        })
    }

    /// Calls `visit(tap, input channel, bytes)` for all weights of an output channel, taps outermost.
    #[inline]
    fn for_each(
        &self,
        local: &[u8],
        window: &Window,
        ic: usize,
        oc: usize,
        mut visit: impl FnMut(usize, usize, &[u8]),
    ) {
        match &self.source {
            WeightSource::Constant(bytes) => {
                for tap in 0..window.taps() {
                    for c in 0..ic {
                        visit(tap, c, &bytes[..self.size]);
                    }
                }
            }
            WeightSource::Local {
                start_lane,
                offset,
                group_stride,
                row_stride,
                h_stride,
                w_stride,
            } => {
                let (lane, row) = ((start_lane + oc) % LANE_COUNT, (start_lane + oc) / LANE_COUNT);
                let lane = &local[lane * LANE_BYTES..(lane + 1) * LANE_BYTES];
                for i in 0..window.kernel_h {
                    for j in 0..window.kernel_w {
                        let (y, x) = if self.rotate {
                            (window.kernel_h - 1 - i, window.kernel_w - 1 - j)
                        } else {
                            (i, j)
                        };
                        let tap = i * window.kernel_w + j;
                        let start = offset + row * row_stride + y * h_stride + x * w_stride;
                        for first in (0..ic).step_by(self.group) {
                            let start = start + first / self.group * group_stride;
                            let count = (ic - first).min(self.group);
                            let bytes = lane[start..start + count * self.size].chunks_exact(self.size);
                            for (c, bytes) in bytes.enumerate() {
                                visit(tap, first + c, bytes);
                            }
                        }
                    }
                }
            }
        }
    }
}

struct Conv<'a> {
    window: Window,
    input: Layout,
    result: Layout,
    weights: Weights,
    bias: Option<Compact>,
    ic: usize,
    local: &'a [u8],
    backend: Backend,
}

impl Conv<'_> {
    /// Padded input of batch `n`, `[y][x][channel]` with `channel_pitch` channels per pixel.
    fn load_input<S, T>(
        &self,
        n: usize,
        channel_pitch: usize,
        convert: impl Fn(S) -> T + Copy + Sync,
    ) -> Vec<T>
    where
        S: bytemuck::AnyBitPattern + bytemuck::NoUninit,
        T: Copy + Default + Send + Sync,
    {
        let window = &self.window;
        let line = window.padded_w * channel_pitch;
        let mut padded = vec![T::default(); window.padded_h * line];
        let first = window.padded_row(0);
        let step = window.padded_row(1) - first;
        padded[first * line..]
            .par_chunks_mut(step * line)
            .take(window.in_h)
            .enumerate()
            .for_each(|(y, target)| {
                for c in 0..self.ic {
                    let (lane, row) = self.input.lane_row(c);
                    let lane = &self.local[lane * LANE_BYTES..(lane + 1) * LANE_BYTES];
                    self.input.for_each_in_row(lane, n, row, y, |x, value: S| {
                        target[window.padded_column(x) * channel_pitch + c] = convert(value);
                    });
                }
            });
        padded
    }

    /// Position of each output pixel's window corner in the padded input, in elements.
    fn corners(&self, channel_pitch: usize) -> Vec<usize> {
        let window = &self.window;
        let mut corners = Vec::with_capacity(window.out_h * window.out_w);
        for y in 0..window.out_h {
            corners.extend((0..window.out_w).map(|x| window.tap_position(y, x, 0, 0) * channel_pitch));
        }
        corners
    }

    /// Position of a tap relative to the window's corner, in elements.
    fn tap_offset(&self, tap: usize, channel_pitch: usize) -> usize {
        let (i, j) = (tap / self.window.kernel_w, tap % self.window.kernel_w);
        self.window.tap_position(0, 0, i, j) * channel_pitch
    }

    fn bias_bytes(&self, oc: usize) -> Option<&[u8]> {
        self.bias.map(|place| {
            let (lane, range) = place.place(oc);
            &self.local[lane * LANE_BYTES..(lane + 1) * LANE_BYTES][range]
        })
    }

    /// Output channels of a block.
    fn block_channels(&self, block: usize) -> std::ops::Range<usize> {
        let first = block * CHANNEL_BLOCK;
        first..(first + CHANNEL_BLOCK).min(self.result.shape.c)
    }
}

pub(super) fn execute(command: &TiuCommand, memory: &mut Memory, backend: Backend) -> Result<(), Problem> {
    let window = Window::new(command)?;
    let shape = result_shape(command);
    let input_precision = precision("opt_opd0_prec", command.opt_opd0_prec())?;
    let weight_precision = precision("opt_opd1_prec", command.opt_opd1_prec())?;
    let result_precision = precision("opt_res0_prec", command.opt_res0_prec())?;
    let bias_precision = precision("opt_opd2_prec", command.opt_opd2_prec())?;
    require(
        matches!(
            (input_precision, result_precision),
            (Precision::Int8, Precision::Int8 | Precision::Int16) | (Precision::Float32, Precision::Float32)
        ) && weight_precision == input_precision,
        "convolutions that are neither 8 bit nor f32 throughout, nor of 8 bit with results of 16",
    )?;
    let result = window_result(command, input_precision, result_precision)?;
    require(command.opt_opd0_const() == 0, "a constant input")?;
    require(command.opt_res_add() == 0, "opt_res_add")?;
    let ic = command.opd0_c() as usize;
    let input_shape = Shape {
        c: ic,
        h: window.in_h,
        w: window.in_w,
        ..shape
    };
    let input = Layout::new(
        "operand 0",
        command.opd0_addr(),
        input_precision,
        input_shape,
        operand0_strides(command),
    )?;
    let weights = Weights::new(command, &window, ic, shape.c, weight_precision)?;
    let bias = bias_place(command, bias_precision)?;
    let is_float = input_precision == Precision::Float32;
    require(
        is_float
            || bias.is_none()
            || command.short_opd2_str() != StrideCode::Explicit.code()
            || shape.c <= LANE_COUNT,
        "a bias with explicit strides (short_opd2_str 3) in more than one row of channels",
    )?;
    require(
        bias.is_none() || (bias_precision == Precision::Float32) == is_float,
        "a bias of another kind than the input",
    )?;
    let work = shape.elements() as u128 * window.taps() as u128 * ic as u128;
    let input_elements = window.padded_plane().saturating_mul(ic + 1);
    let step_elements = window
        .taps()
        .saturating_mul(ic + 1)
        .saturating_mul(shape.c.next_multiple_of(CHANNEL_BLOCK));
    let result_elements = shape
        .plane()
        .saturating_mul(shape.n)
        .saturating_mul(shape.c.next_multiple_of(CHANNEL_BLOCK));
    memory.check_work(work)?;
    if [input_elements, step_elements, result_elements]
        .iter()
        .any(|count| *count > MAX_INPUT)
    {
        return Err(Problem::sizes(format!(
            "{input_elements} padded inputs, {step_elements} weights, {result_elements} results in one \
             command"
        )));
    }
    let local = memory.local();
    let conv = Conv {
        window,
        input,
        result,
        weights,
        bias,
        ic,
        local,
        backend,
    };
    if is_float {
        let results = float_results(&conv);
        store(
            memory.local_mut(),
            &result,
            &results,
            |layout, lane, n, row, values: &[f32]| {
                layout.write_f32(lane, n, row, values);
            },
        );
    } else if result_precision == Precision::Int8 {
        let results = integer_results(&conv, command, result_precision, |value| value as u8);
        store(
            memory.local_mut(),
            &result,
            &results,
            |layout, lane, n, row, values: &[u8]| {
                layout.write_plane(lane, n, row, values, |value: u8| value);
            },
        );
    } else {
        let results = integer_results(&conv, command, result_precision, |value| value as u16);
        store(
            memory.local_mut(),
            &result,
            &results,
            |layout, lane, n, row, values: &[u16]| {
                layout.write_plane(lane, n, row, values, |value: u16| value);
            },
        );
    }
    Ok(())
}

/// Results of all batches, `[batch][block][chunk][channel in block][pixel in chunk]`.
struct Results<T> {
    values: Vec<T>,
    pixels: usize,
    chunk: usize,
    chunks: usize,
    blocks: usize,
}

impl<T: Copy + Default + Send> Results<T> {
    fn new(conv: &Conv<'_>) -> Self {
        let pixels = conv.result.shape.plane();
        let chunk = pixels.min(PIXEL_CHUNK);
        let chunks = pixels.div_ceil(chunk);
        let blocks = conv.result.shape.c.div_ceil(CHANNEL_BLOCK);
        let count = conv.result.shape.n * blocks * chunks * chunk * CHANNEL_BLOCK;
        Self {
            values: vec![T::default(); count],
            pixels,
            chunk,
            chunks,
            blocks,
        }
    }

    /// Runs `task(block, pixel range, target)` for every piece of batch `n`; `target` is `[channel][pixel]`.
    fn for_each_piece(&mut self, n: usize, task: impl Fn(usize, std::ops::Range<usize>, &mut [T]) + Sync) {
        let (chunk, chunks, pixels) = (self.chunk, self.chunks, self.pixels);
        let piece = chunk * CHANNEL_BLOCK;
        let batch = piece * chunks * self.blocks;
        self.values[n * batch..(n + 1) * batch]
            .par_chunks_exact_mut(piece)
            .enumerate()
            .for_each(|(index, target)| {
                let (block, first) = (index / chunks, index % chunks * chunk);
                task(block, first..(first + chunk).min(pixels), target);
            });
    }

    /// The plane of a channel.
    fn plane(&self, n: usize, c: usize, out: &mut Vec<T>) {
        out.clear();
        let (block, channel) = (c / CHANNEL_BLOCK, c % CHANNEL_BLOCK);
        for index in 0..self.chunks {
            let piece = ((n * self.blocks + block) * self.chunks + index) * CHANNEL_BLOCK + channel;
            let used = (self.pixels - index * self.chunk).min(self.chunk);
            out.extend_from_slice(&self.values[piece * self.chunk..piece * self.chunk + used]);
        }
    }
}

fn store<T: Copy + Default + Send + Sync>(
    local: &mut [u8],
    result: &Layout,
    results: &Results<T>,
    write: impl Fn(&Layout, &mut [u8], usize, usize, &[T]) + Sync,
) {
    local
        .par_chunks_exact_mut(LANE_BYTES)
        .enumerate()
        .for_each(|(lane, bytes)| {
            let mut plane = Vec::new();
            let first = (lane + LANE_COUNT - result.start_lane) % LANE_COUNT;
            for c in (first..result.shape.c).step_by(LANE_COUNT) {
                let row = result.lane_row(c).1;
                for n in 0..result.shape.n {
                    results.plane(n, c, &mut plane);
                    write(result, bytes, n, row, &plane);
                }
            }
        });
}

fn float_results(conv: &Conv<'_>) -> Results<f32> {
    let mut results = Results::new(conv);
    let ic = conv.ic;
    let even = ic.next_multiple_of(2);
    let taps = conv.window.taps();
    // Accumulator of a stream position, and its place among the steps of that accumulator.
    let mut places = vec![(0u8, 0u32); taps * ic];
    let mut offsets: [Vec<u32>; 4] = Default::default();
    for tap in 0..taps {
        for c in 0..ic {
            let accumulator = (tap * even + c) & 3;
            places[tap * ic + c] = (accumulator as u8, offsets[accumulator].len() as u32);
            offsets[accumulator].push((conv.tap_offset(tap, ic) + c) as u32);
        }
    }
    let blocks: Vec<F32Steps> = (0..results.blocks)
        .into_par_iter()
        .map(|block| {
            let mut steps = F32Steps::new(&offsets);
            for (index, oc) in conv.block_channels(block).enumerate() {
                conv.weights
                    .for_each(conv.local, &conv.window, ic, oc, |tap, c, bytes| {
                        let (accumulator, place) = places[tap * ic + c];
                        steps.set(accumulator as usize, place as usize, index, float(bytes));
                    });
                steps.set_bias(index, conv.bias_bytes(oc).map(float));
            }
            steps
        })
        .collect();
    let corners = conv.corners(ic);
    for n in 0..conv.result.shape.n {
        let input: Vec<f32> = conv.load_input(n, ic, |value: f32| value);
        let stride = results.chunk;
        results.for_each_piece(n, |block, pixels, target| {
            let _flush = FlushDenormals::new();
            blocks[block].run(
                conv.backend.simd,
                &input,
                &offsets,
                &corners[pixels],
                target,
                stride,
            );
        });
    }
    results
}

/// `convert` cuts a result that is in the range of `precision`.
fn integer_results<T: Copy + Default + Send>(
    conv: &Conv<'_>,
    command: &TiuCommand,
    precision: Precision,
    convert: impl Fn(i64) -> T + Sync,
) -> Results<T> {
    let mut results = Results::new(conv);
    let ic = conv.ic;
    let even = ic.next_multiple_of(2);
    let pairs = even / 2;
    let taps = conv.window.taps();
    let [x_signed, w_signed, b_signed] = [
        command.opt_opd0_sign(),
        command.opt_opd1_sign(),
        command.opt_opd2_sign(),
    ]
    .map(|sign| sign == 1);
    let requantise = Requantise::new(
        command.opt_right_shift(),
        precision,
        // The sign of an absent bias does not count.
        x_signed || w_signed || (conv.bias.is_some() && b_signed),
        command.opt_relu() == 1,
    );
    let mut offsets = Vec::with_capacity(taps * pairs);
    for tap in 0..taps {
        let start = conv.tap_offset(tap, even);
        offsets.extend((0..pairs).map(|pair| (start + 2 * pair) as u32));
    }
    let blocks: Vec<I16Steps> = (0..results.blocks)
        .into_par_iter()
        .map(|block| {
            let mut steps = I16Steps::new(offsets.len());
            for (index, oc) in conv.block_channels(block).enumerate() {
                conv.weights
                    .for_each(conv.local, &conv.window, ic, oc, |tap, c, bytes| {
                        let value = if w_signed {
                            i16::from(bytes[0].cast_signed())
                        } else {
                            i16::from(bytes[0])
                        };
                        steps.set(tap * pairs + c / 2, index, c & 1, value);
                    });
                steps.set_bias(
                    index,
                    conv.bias_bytes(oc).map_or(0, |bytes| integer(bytes, b_signed)),
                );
            }
            steps
        })
        .collect();
    let corners = conv.corners(even);
    for n in 0..conv.result.shape.n {
        let input: Vec<i16> = if x_signed {
            conv.load_input(n, even, |value: i8| i16::from(value))
        } else {
            conv.load_input(n, even, |value: u8| i16::from(value))
        };
        let stride = results.chunk;
        results.for_each_piece(n, |block, pixels, target| {
            let store = |channel: usize, pixel: usize, sum| {
                target[channel * stride + pixel] = convert(requantise.apply(sum));
            };
            blocks[block].run(conv.backend.simd, &input, &offsets, &corners[pixels], store);
        });
    }
    results
}
