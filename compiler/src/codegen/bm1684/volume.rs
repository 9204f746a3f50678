//! Windows over three spatial dimensions: convolution, transposed convolution, pooling.
//!
//! The chip's windows have two dimensions. For each output row, the input rows of all taps in depth and height are laid
//! one below the other in local memory, so that the window is `depth * height` taps high and steps by as much. Padding,
//! and zeros between the elements of a transposed convolution's input, are written into local memory: there is no limit
//! to either.

use super::dma_plan::pipeline;
use super::emitter::Emitter;
use super::error::{Result, unsupported};
use super::tensor::{Element, Global, Local, aligned_bytes, lane_rows};
use super::tiu::{LocalBias, Weights, WindowFields};
use super::window::{Arithmetic, Kind, compute, padded_depth, padding_bits};
use tpuc_runtime::isa::memory_map::{LANE_BYTES, LANE_COUNT, ROW_ALIGN_BYTES};

/// Largest step of a window command.
const MAX_STEP: usize = 15;
/// Largest channel count of one command that is a multiple of the lanes.
const MAX_CHANNELS: usize = 4032;

/// The window along one dimension.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Axis {
    /// Elements of the input.
    pub input: usize,
    /// Elements of the output.
    pub output: usize,
    /// Taps.
    pub kernel: usize,
    /// Step from one output to the next.
    pub stride: usize,
    /// Distance of taps.
    pub dilation: usize,
    /// Zeros between input elements.
    pub insert: usize,
    /// Padding before the first element, counted in expanded elements.
    pub pad: usize,
}

/// Input elements that a run of positions meets: the first position that meets one, how many, the distance of the
/// positions, the first element and the distance of the elements.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Run {
    position: usize,
    count: usize,
    pitch: usize,
    element: usize,
    step: usize,
}

impl Axis {
    /// The element at an expanded position, if there is one.
    fn element(&self, position: i64) -> Option<usize> {
        let pitch = self.insert as i64 + 1;
        if position < 0 || position % pitch != 0 {
            return None;
        }
        usize::try_from(position / pitch)
            .ok()
            .filter(|element| *element < self.input)
    }

    /// What positions `first + i * step` for `i` in `0..count` meet. They lie evenly, since all of them lie evenly.
    fn run(&self, first: i64, step: usize, count: usize) -> Option<Run> {
        let met: Vec<(usize, usize)> = (0..count)
            .filter_map(|index| Some((index, self.element(first + (index * step) as i64)?)))
            .collect();
        let &(position, element) = met.first()?;
        let (pitch, step) = met
            .get(1)
            .map_or((1, 1), |next| (next.0 - position, next.1 - element));
        Some(Run {
            position,
            count: met.len(),
            pitch,
            element,
            step,
        })
    }

    /// The expanded position of a tap of an output.
    fn position(&self, output: usize, tap: usize) -> i64 {
        (output * self.stride + tap * self.dilation) as i64 - self.pad as i64
    }
}

/// A window operation on `[batch, channel, depth, row, column]` tensors in DDR, dense.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct VolumeOp {
    /// What is computed.
    pub kind: Kind,
    /// Groups of channels; 1 except for grouped dense convolutions.
    pub groups: usize,
    /// Batches.
    pub batch: usize,
    /// Channels of input and output.
    pub channels: [usize; 2],
    /// Depth, rows, columns.
    pub axes: [Axis; 3],
    /// Address and type of the input.
    pub input: (u64, Element),
    /// Address and type of the output.
    pub output: (u64, Element),
    /// Address and type of weights that were laid out beforehand.
    pub weights: Option<(u64, Element)>,
    /// Address and type of the bias, one element per output channel.
    pub bias: Option<(u64, Element)>,
    /// Result arithmetic.
    pub arithmetic: Arithmetic,
}

/// A piece of the output: first and count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Tile {
    batch: (usize, usize),
    group: usize,
    channel: (usize, usize),
    depth: usize,
    row: (usize, usize),
    column: (usize, usize),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Plan {
    batches: usize,
    channels: usize,
    rows: usize,
    columns: usize,
    weight_bytes: usize,
    bias_bytes: usize,
    input_bytes: usize,
    output_bytes: usize,
}

impl VolumeOp {
    /// Emits everything: loads, computation, stores.
    ///
    /// # Errors
    /// When the operation does not fit the chip.
    pub fn emit(&self, emitter: &mut Emitter) -> Result<()> {
        let columns = &self.axes[2];
        if columns.stride > MAX_STEP || columns.dilation > MAX_STEP + 1 {
            return unsupported(format!(
                "a window with a step of {} and a dilation of {} columns; 15 and 16 fit a command",
                columns.stride, columns.dilation
            ));
        }
        if self
            .axes
            .iter()
            .any(|axis| axis.kernel == 0 || axis.stride == 0 || axis.dilation == 0)
        {
            return unsupported("a window needs at least one tap and a positive step");
        }
        if self.kind == Kind::Dense && self.channels[0] / self.groups > 4095 {
            return unsupported("a convolution over more than 4095 input channels per group; split it");
        }
        let plan = self.plan()?;
        let mut loaded_weights = None;
        pipeline(
            emitter,
            &self.tiles(&plan),
            2,
            |emitter, tile, slot| {
                let wanted = (tile.group, tile.channel);
                if loaded_weights != Some(wanted) {
                    self.load_weights(emitter, tile, &plan)?;
                    loaded_weights = Some(wanted);
                }
                self.load(emitter, tile, self.local_input(tile, &plan, slot))
            },
            |emitter, tile, slot| {
                let [deep, high, wide] = &self.axes;
                let height = deep.kernel * high.kernel;
                let window = WindowFields {
                    kernel: [height, wide.kernel],
                    stride: [if tile.row.1 == 1 { 1 } else { height }, wide.stride],
                    dilation: [1, wide.dilation],
                    insert: [0, 0],
                    pad: [0; 4],
                };
                let place = self.weight_place(tile, &plan);
                let weights = match (self.kind, self.weights) {
                    (Kind::Sum(bits, element), _) => Weights::Constant(bits, element),
                    (Kind::Max, _) | (_, None) => Weights::None,
                    (_, Some((_, element))) => Weights::Local {
                        address: place,
                        bytes: self.weight_bytes(tile.channel.1),
                        element,
                    },
                };
                let bias = self.bias.map(|(_, element)| LocalBias {
                    address: place + plan.weight_bytes,
                    element,
                });
                let input = self.local_input(tile, &plan, slot);
                let output = self.local_output(tile, &plan, slot);
                compute(
                    emitter,
                    self.kind,
                    &window,
                    weights,
                    bias,
                    self.arithmetic,
                    input,
                    output,
                )
            },
            |emitter, tile, slot| {
                let source = self.local_output(tile, &plan, slot);
                let [deep, high, wide] = self.axes.map(|axis| axis.output);
                let plane = deep * high * wide;
                let channel = tile.group * (self.channels[1] / self.groups) + tile.channel.0;
                let first = (tile.batch.0 * self.channels[1] + channel) * plane
                    + (tile.depth * high + tile.row.0) * wide
                    + tile.column.0;
                let target = Global {
                    address: self.output.0 + (first * self.output.1.bytes()) as u64,
                    element: self.output.1,
                    shape: source.shape,
                    strides: [self.channels[1] * plane, plane, wide, 1],
                };
                emitter.store(&source, &target)
            },
        )
    }

    /// Brings the rows of all taps of a tile.
    fn load(&self, emitter: &mut Emitter, tile: &Tile, target: Local) -> Result<()> {
        let [deep, high, wide] = &self.axes;
        let height = deep.kernel * high.kernel;
        let columns = wide.run(wide.position(tile.column.0, 0), 1, target.shape[3]);
        let mut parts = Vec::new();
        for tap in 0..height {
            let (tap_depth, tap_row) = (tap / high.kernel, tap % high.kernel);
            let plane = deep.element(deep.position(tile.depth, tap_depth));
            let rows = high.run(high.position(tile.row.0, tap_row), high.stride, tile.row.1);
            if let (Some(plane), Some(rows), Some(columns)) = (plane, rows, columns) {
                parts.push((tap, plane, rows, columns));
            }
        }
        let covered: usize = parts
            .iter()
            .map(|(_, _, rows, columns)| rows.count * columns.count)
            .sum();
        if covered != target.shape[2] * target.shape[3] {
            emitter.fill(&target, padding_bits(self.kind, self.input.1))?;
        }
        let (channels, channel) = match self.kind {
            Kind::Dense => {
                let channels = self.channels[0] / self.groups;
                (channels, tile.group * channels)
            }
            _ => (tile.channel.1, tile.channel.0),
        };
        let plane_elements = high.input * wide.input;
        let volume = deep.input * plane_elements;
        for (tap, plane, rows, columns) in parts {
            let mut part = target;
            let row = rows.position * height + tap;
            part.address += (row * target.strides[2] + columns.position * target.strides[3]) * 4;
            part.shape = [tile.batch.1, channels, rows.count, columns.count];
            part.strides[2] = target.strides[2] * height * rows.pitch;
            part.strides[3] = target.strides[3] * columns.pitch;
            let first = (tile.batch.0 * self.channels[0] + channel) * volume
                + plane * plane_elements
                + rows.element * wide.input
                + columns.element;
            let source = Global {
                address: self.input.0 + (first * self.input.1.bytes()) as u64,
                element: self.input.1,
                shape: part.shape,
                strides: [
                    self.channels[0] * volume,
                    volume,
                    wide.input * rows.step,
                    columns.step,
                ],
            };
            emitter.load(&source, &part)?;
        }
        Ok(())
    }

    fn load_weights(&self, emitter: &mut Emitter, tile: &Tile, plan: &Plan) -> Result<()> {
        let place = self.weight_place(tile, plan);
        let channel = tile.group * (self.channels[1] / self.groups) + tile.channel.0;
        let parts = [
            self.weights
                .map(|(address, _)| (address, place, self.weight_bytes(1))),
            self.bias
                .map(|(address, element)| (address, place + plan.weight_bytes, element.bytes())),
        ];
        for (address, place, bytes) in parts.into_iter().flatten() {
            emitter.load_compact(address + (channel * bytes) as u64, place, tile.channel.1, bytes)?;
        }
        Ok(())
    }

    /// Where a tile's weights lie: the two places take turns.
    fn weight_place(&self, tile: &Tile, plan: &Plan) -> usize {
        let pieces = (self.channels[1] / self.groups).div_ceil(plan.channels);
        let turn = tile.group * pieces + tile.channel.0 / plan.channels;
        turn % 2 * (plan.weight_bytes + plan.bias_bytes)
    }

    /// Bytes per lane of the weights of `channels` output channels.
    fn weight_bytes(&self, channels: usize) -> usize {
        let taps: usize = self.axes.iter().map(|axis| axis.kernel).product();
        let per_channel = match (self.kind, self.weights) {
            (Kind::Dense, Some((_, element))) => {
                taps * padded_depth(element, self.channels[0] / self.groups) * element.bytes()
            }
            (Kind::Depthwise, Some((_, element))) => taps * element.bytes(),
            _ => 0,
        };
        lane_rows(channels) * per_channel
    }

    /// Columns of local memory that a number of output columns needs.
    fn width(&self, columns: usize) -> usize {
        let wide = &self.axes[2];
        (columns - 1) * wide.stride + (wide.kernel - 1) * wide.dilation + 1
    }

    fn input_shape(&self, batches: usize, channels: usize, rows: usize, columns: usize) -> [usize; 4] {
        let channels = match self.kind {
            Kind::Dense => self.channels[0] / self.groups,
            _ => channels,
        };
        let height = self.axes[0].kernel * self.axes[1].kernel * rows;
        [batches, channels, height, self.width(columns)]
    }

    fn local_input(&self, tile: &Tile, plan: &Plan, slot: usize) -> Local {
        let address =
            2 * (plan.weight_bytes + plan.bias_bytes) + slot * (plan.input_bytes + plan.output_bytes);
        let shape = self.input_shape(tile.batch.1, tile.channel.1, tile.row.1, tile.column.1);
        Local::aligned(address, self.input.1, shape)
    }

    fn local_output(&self, tile: &Tile, plan: &Plan, slot: usize) -> Local {
        let address = 2 * (plan.weight_bytes + plan.bias_bytes)
            + slot * (plan.input_bytes + plan.output_bytes)
            + plan.input_bytes;
        let shape = [tile.batch.1, tile.channel.1, tile.row.1, tile.column.1];
        Local::aligned(address, self.output.1, shape)
    }

    fn tiles(&self, plan: &Plan) -> Vec<Tile> {
        let ranges = |size: usize, step: usize| {
            (0..size)
                .step_by(step.max(1))
                .map(move |start| (start, step.min(size - start)))
        };
        let mut tiles = Vec::new();
        for group in 0..self.groups {
            for channel in ranges(self.channels[1] / self.groups, plan.channels) {
                for batch in ranges(self.batch, plan.batches) {
                    for depth in 0..self.axes[0].output {
                        for row in ranges(self.axes[1].output, plan.rows) {
                            tiles.extend(ranges(self.axes[2].output, plan.columns).map(|column| Tile {
                                batch,
                                group,
                                channel,
                                depth,
                                row,
                                column,
                            }));
                        }
                    }
                }
            }
        }
        tiles
    }

    /// Most rows first, then channels, then columns: the first that fits.
    fn plan(&self) -> Result<Plan> {
        let batches = if self.input.1.is_byte() {
            self.batch.min(4)
        } else {
            1
        };
        let channels = (self.channels[1] / self.groups).min(MAX_CHANNELS);
        let height = self.axes[0].kernel * self.axes[1].kernel;
        let most_rows = if height > MAX_STEP { 1 } else { self.axes[1].output };
        let mut columns = self.axes[2].output;
        loop {
            let rows_to_try =
                std::iter::successors(Some(most_rows), |rows| (*rows > 1).then(|| rows.div_ceil(2)));
            for rows in rows_to_try {
                let channels_to_try = std::iter::once(channels)
                    .chain((1..lane_rows(channels)).rev().map(|count| count * LANE_COUNT));
                for channels in channels_to_try {
                    let plan = self.sized(batches, channels, rows, columns);
                    let bytes =
                        2 * (plan.weight_bytes + plan.bias_bytes + plan.input_bytes + plan.output_bytes);
                    if bytes <= LANE_BYTES {
                        return Ok(plan);
                    }
                }
            }
            if columns <= 1 {
                return unsupported(format!(
                    "one output position needs more than the {LANE_BYTES} bytes of a lane: {} input channels",
                    self.channels[0] / self.groups
                ));
            }
            columns = columns.div_ceil(2);
        }
    }

    fn sized(&self, batches: usize, channels: usize, rows: usize, columns: usize) -> Plan {
        let round_up = |bytes: usize| bytes.next_multiple_of(ROW_ALIGN_BYTES);
        let bias = self
            .bias
            .map_or(0, |(_, element)| lane_rows(channels) * element.bytes());
        let input = self.input_shape(batches, channels, rows, columns);
        Plan {
            batches,
            channels,
            rows,
            columns,
            weight_bytes: round_up(self.weight_bytes(channels)),
            bias_bytes: round_up(bias),
            input_bytes: aligned_bytes(self.input.1, input),
            output_bytes: aligned_bytes(self.output.1, [batches, channels, rows, columns]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_meet_elements_evenly() {
        let axis = Axis {
            input: 4,
            output: 9,
            kernel: 3,
            stride: 1,
            dilation: 1,
            insert: 2,
            pad: 2,
        };
        // Expanded: two of padding, then an element in every third place.
        let run = axis.run(axis.position(0, 0), 1, 12).unwrap();
        assert_eq!(
            run,
            Run {
                position: 2,
                count: 4,
                pitch: 3,
                element: 0,
                step: 1
            }
        );
        assert_eq!(axis.run(axis.position(0, 0), 1, 2), None);
        let steps = Axis {
            insert: 0,
            stride: 2,
            ..axis
        };
        // Outputs 0, 1, 2 of the second tap: positions -1, 1, 3.
        let run = steps.run(steps.position(0, 1), 2, 3).unwrap();
        assert_eq!((run.position, run.count, run.element, run.step), (1, 2, 1, 2));
    }
}
