//! The windows of a convolution's input as the columns of a matrix, of which only small pieces exist at a time.
//!
//! The lines that a piece needs are copied with their pads, and split by the strides: elements that are `stride` apart become
//! neighbours. Then one window element of neighbouring outputs is a run of neighbours in the copy, at a distance that does not
//! depend on the output; columns are laid out by copying runs.

use super::gemm::{Block, Columns};
use super::kernels::LANES;
use super::packing::{Packed, Source, at_least};
use super::window::Window;
use std::ops::Range;

/// Windows over some channels of an image.
pub struct Unfolded<'a, S> {
    input: &'a [S],
    window: &'a Window,
    /// Nothing is to be copied: a window is one element.
    pointwise: bool,
    /// For each dimension: which remainders of positions divided by the stride are read.
    phases: [Vec<usize>; 3],
    /// For each dimension and window element: the number of its phase, its distance there.
    taps: [Vec<(usize, usize)>; 3],
}

/// The part of the outputs along each dimension that a block needs, and how the copy is laid out.
struct Region {
    outputs: [Range<usize>; 3],
    /// Distances of: channels; for each dimension phases and elements.
    channel: usize,
    phases: [usize; 3],
    elements: [usize; 3],
}

/// A run of columns.
struct Run {
    /// Lanes in front of it, of the first step.
    to: usize,
    /// Lanes of a step.
    width: usize,
    from: usize,
    length: usize,
}

impl<'a, S: Source> Unfolded<'a, S> {
    /// Of the planes of `input`.
    pub fn new(window: &'a Window, input: &'a [S]) -> Self {
        let mut phases: [Vec<usize>; 3] = Default::default();
        let mut taps: [Vec<(usize, usize)>; 3] = Default::default();
        for dim in 0..3 {
            for tap in 0..window.kernel[dim] {
                let distance = tap * window.dilations[dim];
                let phase = distance % window.strides[dim];
                let known = phases[dim].iter().position(|other| *other == phase);
                let number = known.unwrap_or_else(|| {
                    phases[dim].push(phase);
                    phases[dim].len() - 1
                });
                taps[dim].push((number, distance / window.strides[dim]));
            }
        }
        Self {
            input,
            window,
            pointwise: window.is_pointwise(),
            phases,
            taps,
        }
    }

    #[inline(always)]
    fn region(&self, first: usize, columns: usize) -> Region {
        let [_, output_h, output_w] = self.window.output;
        let last = first + columns - 1;
        let (first_line, last_line) = (first / output_w, last / output_w);
        let (first_plane, last_plane) = (first_line / output_h, last_line / output_h);
        let part = |one: bool, first: usize, last: usize, all: usize| {
            if one { first % all..last % all + 1 } else { 0..all }
        };
        let outputs = [
            first_plane..last_plane + 1,
            part(first_plane == last_plane, first_line, last_line, output_h),
            part(first_line == last_line, first, last, output_w),
        ];
        let (mut phases, mut elements) = ([0; 3], [0; 3]);
        let mut size = 1;
        for dim in (0..3).rev() {
            elements[dim] = size;
            let reach = self.taps[dim].iter().map(|(_, distance)| distance).max();
            size *= outputs[dim].len() + reach.unwrap_or(&0);
            phases[dim] = size;
            size *= self.phases[dim].len();
        }
        Region {
            outputs,
            channel: size,
            phases,
            elements,
        }
    }

    /// Copies the region's part of a channel.
    #[inline(always)]
    fn copy(&self, plane: &[S], region: &Region, out: &mut [S]) {
        let [_, input_h, input_w] = self.window.input;
        let source = |dim: usize, phase: usize, element: usize| {
            let position = (region.outputs[dim].start + element) * self.window.strides[dim] + phase;
            position
                .checked_sub(self.window.pad_start[dim])
                .filter(|position| *position < self.window.input[dim])
        };
        let mut lines = out.chunks_exact_mut(region.elements[1]);
        for phase_z in &self.phases[0] {
            for z in 0..region.phases[0] / region.elements[0] {
                let z = source(0, *phase_z, z);
                for phase_y in &self.phases[1] {
                    for y in 0..region.phases[1] / region.elements[1] {
                        let Some(line) = lines.next() else { return };
                        match z.zip(source(1, *phase_y, y)) {
                            None => line.fill(S::default()),
                            Some((z, y)) => {
                                let from = &plane[(z * input_h + y) * input_w..][..input_w];
                                for (phase, line) in
                                    self.phases[2].iter().zip(line.chunks_exact_mut(region.phases[2]))
                                {
                                    self.copy_line(from, region.outputs[2].start, *phase, line);
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// Every `stride`-th element of a line, zeros outside.
    #[inline(always)]
    fn copy_line(&self, line: &[S], first: usize, phase: usize, out: &mut [S]) {
        let (stride, pad) = (self.window.strides[2], self.window.pad_start[2]);
        let start = first * stride + phase;
        let skip = pad.saturating_sub(start).div_ceil(stride).min(out.len());
        let from = (start + skip * stride).saturating_sub(pad).min(line.len());
        let inside = (line.len() - from).div_ceil(stride).min(out.len() - skip);
        out[..skip].fill(S::default());
        out[skip + inside..].fill(S::default());
        let (from, to) = (&line[from..], &mut out[skip..skip + inside]);
        match stride {
            1 => to.copy_from_slice(&from[..inside]),
            2 => {
                let pairs = from.chunks_exact(2);
                if let ([last], Some(to)) = (pairs.remainder(), to.get_mut(from.len() / 2)) {
                    *to = *last;
                }
                for (to, pair) in to.iter_mut().zip(pairs) {
                    *to = pair[0];
                }
            }
            stride => {
                for (to, element) in to.iter_mut().zip(from.iter().step_by(stride)) {
                    *to = *element;
                }
            }
        }
    }

    /// The runs of all panels.
    #[inline(always)]
    fn runs(&self, block: &Block, region: &Region) -> Vec<Run> {
        let [_, output_h, output_w] = self.window.output;
        let mut runs = Vec::new();
        for index in 0..block.panels.count() {
            let panel = block.panels.get(index);
            let (mut done, start) = (0, block.start(index));
            while done < panel.lanes {
                let column = block.first + panel.first + done;
                let (line, x) = (column / output_w, column % output_w);
                let at = [line / output_h, line % output_h, x];
                let from = (0..3)
                    .map(|dim| (at[dim] - region.outputs[dim].start) * region.elements[dim])
                    .sum();
                let length = (output_w - x).min(panel.lanes - done);
                match runs.last_mut() {
                    Some(Run {
                        from: last,
                        length: before,
                        ..
                    }) if done > 0 && *last + *before == from => {
                        *before += length;
                    }
                    _ => runs.push(Run {
                        to: start + done,
                        width: panel.width,
                        from,
                        length,
                    }),
                }
                done += length;
            }
        }
        runs
    }
}

impl<S: Source> Columns<S> for Unfolded<'_, S> {
    #[inline(always)]
    fn lay(&self, depth: Range<usize>, block: &Block, rows: &mut Vec<S>, out: &mut [S::Packed]) {
        if depth.is_empty() {
            return;
        }
        let plane = self.window.input_size();
        if self.pointwise {
            let runs: Vec<Run> = (0..block.panels.count())
                .map(|index| {
                    let panel = block.panels.get(index);
                    Run {
                        to: block.start(index),
                        width: panel.width,
                        from: block.first + panel.first,
                        length: panel.lanes,
                    }
                })
                .collect();
            let starts = (0..depth.len()).map(|k| k * plane);
            return lay_runs(&self.input[depth.start * plane..], starts, &runs, block, out);
        }
        let region = self.region(block.first, block.panels.lanes());
        let taps = self.window.kernel_size();
        let channels = depth.start / taps..depth.end.div_ceil(taps);
        // A vector may be read behind the last element.
        let copy = at_least(rows, channels.len() * region.channel + LANES);
        let planes = self.input[channels.start * plane..channels.end * plane].chunks_exact(plane.max(1));
        for (plane, copy) in planes.zip(copy.chunks_exact_mut(region.channel)) {
            self.copy(plane, &region, copy);
        }
        let place = |dim: usize, (phase, distance): (usize, usize)| {
            phase * region.phases[dim] + distance * region.elements[dim]
        };
        let mut places = Vec::with_capacity(taps);
        for z in &self.taps[0] {
            for y in &self.taps[1] {
                places.extend(
                    self.taps[2]
                        .iter()
                        .map(|x| place(0, *z) + place(1, *y) + place(2, *x)),
                );
            }
        }
        let first = channels.start * taps;
        let starts = depth.map(|k| (k - first) / taps * region.channel + places[k % taps]);
        lay_runs(copy, starts, &self.runs(block, &region), block, out);
    }
}

/// Lays out the runs of each row. `starts` says where a row's elements are.
#[inline(always)]
fn lay_runs<S: Source>(
    from: &[S],
    mut starts: impl Iterator<Item = usize>,
    runs: &[Run],
    block: &Block,
    out: &mut [S::Packed],
) {
    let group = S::Packed::GROUP;
    let mut step = 0;
    while let Some(start) = starts.next() {
        let second = if group == 2 { starts.next() } else { None };
        for run in runs {
            let rows = [
                &from[start + run.from..],
                &from[second.unwrap_or(start) + run.from..],
            ];
            let to = &mut out[(run.to + step * run.width) * group..];
            S::Packed::lay(rows, run.length, to);
        }
        if group == 2 && second.is_none() {
            for index in 0..block.panels.count() {
                let width = block.panels.get(index).width;
                let last = (block.start(index) + step * width) * group;
                for pair in out[last..last + width * group].chunks_exact_mut(2) {
                    pair[1] = S::Packed::default();
                }
            }
        }
        step += 1;
    }
}
