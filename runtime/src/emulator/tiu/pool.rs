//! Task type 1: per-channel windows: depthwise convolution, average pooling and sums (one operation), and maximum.
//!
//! f32 sums use two accumulators, by parity of the tap index, added at the end; then the bias. Kernels are compact:
//! `kh * kw` elements per channel row. Input and result are always in the aligned layout.

use std::ops::{AddAssign, Mul};

use super::arith::flush;
use super::rounding::Requantise;
use super::window::{Compact, Window, bias_place, float, integer};
use super::{precision, require, result_shape, window_result};
use crate::emulator::error::Problem;
use crate::emulator::lanes::{Lanes, for_each_plane};
use crate::emulator::layout::{Layout, Shape, Strides};
use crate::emulator::memory::Memory;
use crate::isa::{Precision, TiuCommand};

/// Scratch of one lane.
#[derive(Default)]
struct Buffers<T> {
    input: Vec<T>,
    padded: Vec<T>,
    kernel: Vec<T>,
    sums: [Vec<T>; 2],
}

struct Layouts {
    window: Window,
    input: Layout,
    result: Layout,
    precision: Precision,
}

fn layouts(command: &TiuCommand, memory: &Memory, wide_sums: bool) -> Result<Layouts, Problem> {
    let window = Window::new(command)?;
    let shape = result_shape(command);
    let input_precision = precision("opt_opd0_prec", command.opt_opd0_prec())?;
    let result_precision = precision("opt_res0_prec", command.opt_res0_prec())?;
    let wide = wide_sums && (input_precision, result_precision) == (Precision::Int8, Precision::Int16);
    require(
        wide || input_precision == result_precision
            && matches!(input_precision, Precision::Int8 | Precision::Float32),
        "window operations that are neither 8 bit nor f32 throughout, nor sums of 8 bit in 16",
    )?;
    require(command.opt_opd0_const() == 0, "a constant input")?;
    let input_shape = Shape {
        h: window.in_h,
        w: window.in_w,
        ..shape
    };
    let input = Layout::new(
        "operand 0",
        command.opd0_addr(),
        input_precision,
        input_shape,
        Strides::Aligned,
    )?;
    let result = window_result(command, input_precision, result_precision)?;
    let work = shape.elements() as u128 * window.taps() as u128;
    memory.check_work(work)?;
    Ok(Layouts {
        window,
        input,
        result,
        precision: input_precision,
    })
}

/// Adds `weight * input` of one tap to the sums.
#[inline]
fn add_tap<T: Copy + AddAssign + Mul<Output = T>>(
    window: &Window,
    padded: &[T],
    (i, j): (usize, usize),
    weight: T,
    sums: &mut [T],
) {
    for (y, line) in sums.chunks_exact_mut(window.out_w).enumerate() {
        let start = window.tap_position(y, 0, i, j);
        if window.step_x == 1 {
            for (sum, x) in line.iter_mut().zip(&padded[start..start + window.out_w]) {
                *sum += *x * weight;
            }
        } else {
            for (index, sum) in line.iter_mut().enumerate() {
                *sum += padded[start + index * window.step_x] * weight;
            }
        }
    }
}

/// All taps into two accumulators by parity; the result is in the first.
#[inline(never)]
fn window_sums<T>(window: &Window, padded: &[T], kernel: &[T], sums: &mut [Vec<T>; 2])
where
    T: Copy + Default + AddAssign + Mul<Output = T>,
{
    let plane = window.out_h * window.out_w;
    for sum in sums.iter_mut() {
        sum.clear();
        sum.resize(plane, T::default());
    }
    for i in 0..window.kernel_h {
        for j in 0..window.kernel_w {
            let tap = i * window.kernel_w + j;
            add_tap(window, padded, (i, j), kernel[tap], &mut sums[tap & 1]);
        }
    }
    let [first, second] = sums;
    for (a, b) in first.iter_mut().zip(second.iter()) {
        *a += *b;
    }
}

/// Fills `padded` with the padded plane of channel `c`, batch `n`.
fn load_padded<T: Copy + Default>(
    layouts: &Layouts,
    buffers: &mut Buffers<T>,
    padding: T,
    read: impl FnOnce(&mut [T]),
) {
    buffers
        .input
        .resize(layouts.window.in_h * layouts.window.in_w, T::default());
    read(&mut buffers.input);
    buffers.padded.clear();
    buffers.padded.resize(layouts.window.padded_plane(), padding);
    layouts.window.place(&buffers.input, &mut buffers.padded);
}

enum Kernel {
    Constant(u32),
    PerChannel(Compact),
}

pub(super) fn depthwise(command: &TiuCommand, memory: &mut Memory) -> Result<(), Problem> {
    let layouts = layouts(command, memory, true)?;
    let Layouts {
        window,
        input,
        result,
        precision: input_precision,
    } = layouts;
    let kernel_precision = precision("opt_opd1_prec", command.opt_opd1_prec())?;
    require(
        kernel_precision == input_precision,
        "a kernel of another precision than the input",
    )?;
    let kernel = if command.opt_opd1_const() == 1 {
        Kernel::Constant(command.opd1_addr() as u32)
    } else {
        let row_bytes = window.taps().saturating_mul(kernel_precision.bytes());
        Kernel::PerChannel(Compact::new(
            "kernel",
            command.opd1_addr(),
            row_bytes,
            result.shape.c,
        )?)
    };
    let bias_precision = precision("opt_opd2_prec", command.opt_opd2_prec())?;
    let bias = bias_place(command, bias_precision)?;
    let float_bias = bias_precision == Precision::Float32;
    require(
        bias.is_none() || float_bias == (input_precision == Precision::Float32),
        "a bias of another kind than the input",
    )?;
    let mut starts = vec![input.start_lane];
    if let Kernel::PerChannel(place) = &kernel {
        starts.push(place.start_lane);
    }
    starts.extend(bias.map(|place| place.start_lane));
    let kernel_bytes = |lanes: &Lanes<'_>, c: usize, out: &mut dyn FnMut(usize, &[u8])| match &kernel {
        Kernel::Constant(bits) => {
            let bytes = bits.to_le_bytes();
            for tap in 0..window.taps() {
                out(tap, &bytes[..kernel_precision.bytes()]);
            }
        }
        Kernel::PerChannel(place) => {
            let (lane, range) = place.place(c);
            for (tap, bytes) in lanes.lane(lane)[range]
                .chunks_exact(kernel_precision.bytes())
                .enumerate()
            {
                out(tap, bytes);
            }
        }
    };
    let local = memory.local_mut();
    if input_precision == Precision::Float32 {
        let compute = |lanes: &Lanes<'_>, c: usize, n: usize, buffers: &mut Buffers<f32>, out: &mut [f32]| {
            let (lane, row) = input.lane_row(c);
            load_padded(&layouts, buffers, 0.0, |plane| {
                input.read_f32(lanes.lane(lane), n, row, plane)
            });
            buffers.kernel.resize(window.taps(), 0.0);
            kernel_bytes(lanes, c, &mut |tap, bytes| buffers.kernel[tap] = float(bytes));
            window_sums(&window, &buffers.padded, &buffers.kernel, &mut buffers.sums);
            if window.taps() == 1 {
                // A single product is the sum: a product of -0 stays -0.
                single_products(&window, &buffers.padded, buffers.kernel[0], out);
            } else {
                out.copy_from_slice(&buffers.sums[0]);
            }
            if let Some(place) = &bias {
                let (lane, range) = place.place(c);
                add_bias(out, float(&lanes.lane(lane)[range]));
            }
        };
        for_each_plane(local, &result, &starts, compute, Layout::write_f32);
        return Ok(());
    }
    require(command.opt_res_add() == 0, "opt_res_add")?;
    require(
        !(window.inserts() && matches!(kernel, Kernel::Constant(_))),
        "a constant 8-bit kernel over an input with inserted zeros",
    )?;
    let [signed_x, signed_k, signed_b] = [
        command.opt_opd0_sign(),
        command.opt_opd1_sign(),
        command.opt_opd2_sign(),
    ]
    .map(|sign| sign == 1);
    // The sign of an absent bias does not count.
    let signed = signed_x || signed_k || (bias.is_some() && signed_b);
    let requantise = Requantise::new(
        command.opt_right_shift(),
        precision("opt_res0_prec", command.opt_res0_prec())?,
        signed,
        command.opt_relu() == 1,
    );
    require(
        window.taps() <= 1 << 14,
        "more than 16384 taps in an 8-bit window",
    )?;
    let compute = |lanes: &Lanes<'_>, c: usize, n: usize, buffers: &mut Buffers<i32>, out: &mut [i32]| {
        let (lane, row) = input.lane_row(c);
        load_padded(&layouts, buffers, 0, |plane| {
            input.read_i32(lanes.lane(lane), n, row, signed_x, plane)
        });
        buffers.kernel.resize(window.taps(), 0);
        kernel_bytes(lanes, c, &mut |tap, bytes| {
            buffers.kernel[tap] = integer(bytes, signed_k) as i32
        });
        window_sums(&window, &buffers.padded, &buffers.kernel, &mut buffers.sums);
        let bias = bias.map_or(0, |place| {
            let (lane, range) = place.place(c);
            integer(&lanes.lane(lane)[range], signed_b)
        });
        for (slot, sum) in out.iter_mut().zip(&buffers.sums[0]) {
            *slot = requantise.apply(i64::from(*sum) + bias) as i32;
        }
    };
    for_each_plane(local, &result, &starts, compute, Layout::write_i32);
    Ok(())
}

#[inline(never)]
fn single_products(window: &Window, padded: &[f32], weight: f32, out: &mut [f32]) {
    for (y, line) in out.chunks_exact_mut(window.out_w).enumerate() {
        for (x, slot) in line.iter_mut().enumerate() {
            *slot = padded[window.tap_position(y, x, 0, 0)] * weight;
        }
    }
}

#[inline(never)]
fn add_bias(out: &mut [f32], bias: f32) {
    for slot in out {
        *slot += bias;
    }
}

/// Maximum over the window; `start` is where it begins. A later value wins only when it is greater.
#[inline(never)]
fn window_maximum<T: Copy + PartialOrd>(window: &Window, padded: &[T], start: T, out: &mut [T]) {
    out.fill(start);
    for i in 0..window.kernel_h {
        for j in 0..window.kernel_w {
            for (y, line) in out.chunks_exact_mut(window.out_w).enumerate() {
                let start = window.tap_position(y, 0, i, j);
                let values = padded[start..].iter().step_by(window.step_x.max(1));
                for (slot, value) in line.iter_mut().zip(values) {
                    if *value > *slot {
                        *slot = *value;
                    }
                }
            }
        }
    }
}

pub(super) fn max_pool(command: &TiuCommand, memory: &mut Memory) -> Result<(), Problem> {
    let layouts = layouts(command, memory, false)?;
    let Layouts {
        window,
        input,
        result,
        precision: input_precision,
    } = layouts;
    require(
        window.dilation_y == 1 && window.dilation_x == 1,
        "maximum over a window with holes",
    )?;
    require(!window.inserts(), "maximum over an input with inserted elements")?;
    require(
        window.step_x > 0 || window.out_w == 1,
        "a horizontal window step of 0",
    )?;
    let starts = [input.start_lane];
    let local = memory.local_mut();
    if input_precision == Precision::Float32 {
        let compute = |lanes: &Lanes<'_>, c: usize, n: usize, buffers: &mut Buffers<f32>, out: &mut [f32]| {
            let (lane, row) = input.lane_row(c);
            load_padded(&layouts, buffers, f32::MIN, |plane| {
                input.read_f32(lanes.lane(lane), n, row, plane)
            });
            window_maximum(&window, &buffers.padded, f32::MIN, out);
            for slot in out {
                *slot = flush(*slot);
            }
        };
        for_each_plane(local, &result, &starts, compute, Layout::write_f32);
        return Ok(());
    }
    require(command.opt_relu() == 0, "opt_relu on an 8-bit maximum")?;
    require(
        command.opt_right_shift() == 0,
        "a right shift of an 8-bit maximum",
    )?;
    let signed = command.opt_opd0_sign() == 1;
    let lowest = if signed { -128 } else { 0 };
    let compute = |lanes: &Lanes<'_>, c: usize, n: usize, buffers: &mut Buffers<i32>, out: &mut [i32]| {
        let (lane, row) = input.lane_row(c);
        load_padded(&layouts, buffers, lowest, |plane| {
            input.read_i32(lanes.lane(lane), n, row, signed, plane)
        });
        window_maximum(&window, &buffers.padded, lowest, out);
    };
    for_each_plane(local, &result, &starts, compute, Layout::write_i32);
    Ok(())
}
