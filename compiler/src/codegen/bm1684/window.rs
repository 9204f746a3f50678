//! Operations that slide a window over rows and columns: convolution, depthwise convolution, pooling.
//!
//! The output is cut into tiles over batches, groups, output channels, rows and, if a row is still too big, columns; a
//! tile reads the input rows and columns that its windows touch (halo) and all input channels of its group. Two tiles
//! are in local memory at once: while one is computed the next one is loaded.
//!
//! What a command's fields cannot say (large steps and dilations, more input channels than a command takes, windows beside
//! the input) is computed *unfolded*: what each tap reads is loaded as a row of its own, so that the window is one column
//! of taps. See [`super::unfold`].

use super::dma_plan::pipeline;
use super::emitter::Emitter;
use super::error::{Result, malformed, unsupported};
use super::fold::Folded;
use super::tensor::{Dims, Element, Global, Local, aligned_bytes, lane_rows};
use super::tiu::{LocalBias, Requantize, Weights, WindowFields};
use tpuc_runtime::isa::TiuOp;
use tpuc_runtime::isa::memory_map::{LANE_BYTES, LANE_COUNT, ROW_ALIGN_BYTES};

/// Largest padding that a command can state; more is written into local memory.
pub const MAX_PAD: usize = 15;
/// Largest channel count of one command that is a multiple of the lanes.
const MAX_CHANNELS: usize = 4032;
/// Largest count of input channels of one command.
const MAX_DEPTH: usize = 4095;
/// Largest step, and largest number of inserted zeros.
const MAX_STEP: usize = 15;
/// Largest dilation.
const MAX_DILATION: usize = 16;
/// Largest count of rows or columns in a command.
const MAX_ROWS: usize = 65_535;

/// What is computed in a window.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Kind {
    /// Sum over taps and all channels of the group, weights per output channel.
    Dense,
    /// Sum over taps, weights per channel.
    Depthwise,
    /// Maximum over taps.
    Max,
    /// Sum over taps, one weight (bits, type) for all.
    Sum(u32, Element),
}

/// Where the weights of a dense or depthwise operation come from.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum WeightSource {
    /// Laid out beforehand (`coefficient`); the element type of one weight.
    Coefficient(u64, Element),
    /// The columns of a matrix in DDR: shape `[1, output channels, 1, depth]`, 1x1 kernel.
    Columns(Global),
}

/// How the sums become results.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Arithmetic {
    /// `f32`; clamped at 0 if `relu`, and at `limit` if that is positive.
    Float {
        /// Clamp at 0.
        relu: bool,
        /// Upper bound; not positive for none.
        limit: f64,
    },
    /// Integers: rounding shift, saturation to the output type.
    Integer {
        /// Right shift.
        right_shift: u32,
        /// Clamp at 0.
        relu: bool,
    },
}

/// A window operation on tensors in DDR.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct WindowOp {
    /// What is computed.
    pub kind: Kind,
    /// Groups of channels; 1 except for grouped dense convolutions.
    pub groups: usize,
    /// Input.
    pub input: Global,
    /// Output.
    pub output: Global,
    /// Kernel, steps, dilation, inserted zeros, padding (top, bottom, left, right) of the whole tensor.
    pub window: WindowFields,
    /// Weights of dense and depthwise operations.
    pub weights: Option<WeightSource>,
    /// Bias: address and element type, one per output channel.
    pub bias: Option<(u64, Element)>,
    /// Result arithmetic.
    pub arithmetic: Arithmetic,
    /// Address of what each output channel's results are shifted by besides, to the right, as [`shift_word`]s: the result of
    /// the window has 16 bits then.
    pub channel_shifts: Option<u64>,
    /// Where the input comes from when taps of the kernel are channels of it; `input` has the sizes then. See [`super::fold`].
    pub folded: Option<Folded>,
    /// Where everything is in local memory, if it is there already; then addresses in DDR mean nothing, and `window` holds the
    /// padding of the slice at hand.
    pub resident: Option<ResidentWindow>,
}

/// A window operation's tensors in local memory.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ResidentWindow {
    /// Input; every row of it is read.
    pub input: Local,
    /// Output.
    pub output: Local,
    /// Byte offset of the weights, as [`WindowOp::weight_bytes`] says, and of the channels' shifts behind them.
    pub weights: usize,
    /// Byte offset of the bias.
    pub bias: usize,
}

/// Byte offsets in a lane that a tile needs besides input and output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Places {
    pub(super) weights: usize,
    pub(super) bias: usize,
    pub(super) shifts: usize,
    /// Of the 16-bit results that channels' shifts take.
    pub(super) wide: usize,
}

/// The part of the input that a range of outputs reads, along one axis.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Axis {
    /// First element.
    pub start: usize,
    /// Elements.
    pub len: usize,
    /// Padding before them.
    pub pad_before: usize,
    /// Padding behind them.
    pub pad_after: usize,
}

impl WindowFields {
    /// What outputs `start..start + len` read along `axis` (0: rows, 1: columns) of an input of `size` elements.
    pub fn input_of(&self, axis: usize, size: usize, (start, len): (usize, usize)) -> Axis {
        let pitch = self.insert[axis] as i64 + 1;
        let size = size as i64;
        let pad = self.pad[2 * axis] as i64;
        let first = (start * self.stride[axis]) as i64 - pad;
        let last = ((start + len - 1) * self.stride[axis] + (self.kernel[axis] - 1) * self.dilation[axis])
            as i64
            - pad;
        let first_input = ((first.max(0) + pitch - 1) / pitch).min(size - 1);
        let last_input = (last.max(0) / pitch).min(size - 1).max(first_input);
        Axis {
            start: first_input as usize,
            len: (last_input - first_input + 1) as usize,
            pad_before: (first_input * pitch - first).max(0) as usize,
            pad_after: (last - last_input * pitch).max(0) as usize,
        }
    }
}

/// A piece of the output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tile {
    /// First batch, batches.
    pub(super) batch: (usize, usize),
    /// Group.
    pub(super) group: usize,
    /// First channel in the group, channels.
    pub(super) channel: (usize, usize),
    /// First row, rows.
    pub(super) row: (usize, usize),
    /// First column, columns.
    pub(super) column: (usize, usize),
    /// Counts the changes of weights.
    weights: usize,
}

/// Sizes of the tiles and where things lie in local memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Plan {
    /// What the taps read lies in rows of its own.
    unfolded: bool,
    batches: usize,
    channels: usize,
    rows: usize,
    columns: usize,
    slots: usize,
    weight_slots: usize,
    weight_bytes: usize,
    bias_bytes: usize,
    /// Of what each channel is shifted by.
    shift_bytes: usize,
    input_bytes: usize,
    output_bytes: usize,
    /// Of the 16-bit results, if there are any; one buffer serves all tiles.
    wide_bytes: usize,
}

/// Bytes of a [`shift_word`].
pub const SHIFT_WORD_BYTES: usize = 4;

/// A right shift as the amount of a shift command on 16 bits, once for each of the two batches of a word.
pub fn shift_word(right_shift: i64) -> [u8; SHIFT_WORD_BYTES] {
    let [low, high] = (-(right_shift as i16)).to_le_bytes();
    [low, high, low, high]
}

fn round_up(bytes: usize) -> usize {
    bytes.next_multiple_of(ROW_ALIGN_BYTES)
}

/// Input channels of one weight row, padded as the convolution reads them.
pub fn padded_depth(element: Element, channels: usize) -> usize {
    let (parts, depth) = depth_parts(element, channels);
    parts * depth.next_multiple_of(depth_unit(element))
}

/// Input channels that one weight word holds.
fn depth_unit(element: Element) -> usize {
    if element.is_byte() { 4 } else { 2 }
}

/// Input channels as parts that fit a command: how many parts, channels of each. The last of several may have fewer.
pub(super) fn depth_parts(element: Element, channels: usize) -> (usize, usize) {
    if channels <= MAX_DEPTH {
        return (1, channels);
    }
    let unit = depth_unit(element);
    let parts = channels.div_ceil(MAX_DEPTH / unit * unit);
    let depth = channels.div_ceil(parts).next_multiple_of(unit);
    (channels.div_ceil(depth), depth)
}

/// Bits of the value that padding stands for.
pub fn padding_bits(kind: Kind, input: Element) -> u32 {
    match (kind, input) {
        (Kind::Max, Element::F32) => f32::MIN.to_bits(),
        (Kind::Max, Element::I8) => 0x80,
        _ => 0,
    }
}

/// Computes a window operation on tensors in local memory.
///
/// # Errors
/// When a command cannot be encoded.
#[allow(clippy::too_many_arguments)]
pub fn compute(
    emitter: &mut Emitter,
    kind: Kind,
    window: &WindowFields,
    weights: Weights,
    bias: Option<LocalBias>,
    arithmetic: Arithmetic,
    input: Local,
    output: Local,
) -> Result<()> {
    let requantize = match arithmetic {
        Arithmetic::Float { .. } => Requantize::default(),
        Arithmetic::Integer { right_shift, .. } => Requantize {
            right_shift,
            unsigned: !output.signed && kind != Kind::Max,
        },
    };
    match kind {
        Kind::Dense => emitter.conv(output, input, window, weights, bias, requantize)?,
        Kind::Depthwise | Kind::Sum(..) => {
            emitter.per_channel_window(TiuOp::Depthwise, output, input, window, weights, bias, requantize)?
        }
        Kind::Max => emitter.per_channel_window(
            TiuOp::MaxPool,
            output,
            input,
            window,
            weights,
            None,
            Requantize::default(),
        )?,
    }
    match arithmetic {
        Arithmetic::Float { relu, limit } => super::arith::float_relu(emitter, output, relu, limit),
        Arithmetic::Integer { relu: true, .. } if output.signed => {
            emitter.arith(TiuOp::Max, output, output, super::arith::zero_like(&output), 0)
        }
        Arithmetic::Integer { .. } => Ok(()),
    }
}

impl WindowOp {
    /// Emits everything: loads, computation, stores.
    ///
    /// # Errors
    /// When the operation does not fit the chip.
    pub fn emit(&self, emitter: &mut Emitter) -> Result<()> {
        if let Some(resident) = &self.resident {
            return super::resident::window(self, emitter, resident);
        }
        self.check()?;
        let plan = self.plan()?;
        let tiles = self.tiles(&plan);
        let mut loaded_weights = None;
        pipeline(
            emitter,
            &tiles,
            plan.slots,
            |emitter, tile, slot| {
                if loaded_weights != Some(tile.weights) {
                    self.load_weights(emitter, tile, &plan)?;
                    loaded_weights = Some(tile.weights);
                }
                self.load(emitter, tile, &plan, slot)
            },
            |emitter, tile, slot| {
                let input = self.local_input(tile, &plan, slot);
                let output = self.local_output(tile, &plan, slot);
                self.local(emitter, tile, &plan, input, output)
            },
            |emitter, tile, slot| {
                let output = self.local_output(tile, &plan, slot);
                emitter.store(&output, &self.output.slice(self.output_start(tile), output.shape))
            },
        )
    }

    /// Computes one tile in local memory. `input` holds what [`Self::local_input`] says.
    fn local(
        &self,
        emitter: &mut Emitter,
        tile: &Tile,
        plan: &Plan,
        input: Local,
        mut output: Local,
    ) -> Result<()> {
        let (weight_address, bias_address) = plan.weight_addresses(tile);
        let mut window = self.window;
        if plan.unfolded {
            window = WindowFields {
                kernel: [input.shape[2], 1],
                stride: [1, 1],
                dilation: [1, 1],
                insert: [0, 0],
                pad: [0; 4],
            };
            let [batches, channels, rows, columns] = output.shape;
            let element = super::arith::element_of(&output);
            output = Local::aligned(output.address, element, [batches, channels, 1, rows * columns]);
        } else {
            window.pad = self.command_pads(tile);
        }
        let places = Places {
            weights: weight_address,
            bias: bias_address,
            shifts: plan.shift_address(tile),
            wide: plan.wide_address(),
        };
        self.compute(emitter, &places, &window, input, output)
    }

    /// Computes from local memory into local memory, with the padding that `window` holds.
    pub(super) fn compute(
        &self,
        emitter: &mut Emitter,
        places: &Places,
        window: &WindowFields,
        input: Local,
        output: Local,
    ) -> Result<()> {
        let weights = match (self.kind, self.weights) {
            (Kind::Sum(bits, element), _) => Weights::Constant(bits, element),
            (Kind::Max, _) | (_, None) => Weights::None,
            (_, Some(source)) => Weights::Local {
                address: places.weights,
                bytes: self.weight_bytes(output.shape[1]),
                element: match source {
                    WeightSource::Coefficient(_, element) => element,
                    WeightSource::Columns(columns) => columns.element,
                },
            },
        };
        let bias = self.bias.map(|(_, element)| LocalBias {
            address: places.bias,
            element,
        });
        if self.channel_shifts.is_some() {
            let wide = if output.signed { Element::I16 } else { Element::U16 };
            let wide = Local::aligned_pairs(places.wide, wide, output.shape);
            let arithmetic = match self.arithmetic {
                Arithmetic::Integer { right_shift, .. } => Arithmetic::Integer {
                    right_shift,
                    relu: false,
                },
                Arithmetic::Float { .. } => return malformed("shifts of f32 results"),
            };
            compute(emitter, self.kind, window, weights, bias, arithmetic, input, wide)?;
            let mut amounts = Local::aligned(places.shifts, Element::I16, output.shape);
            amounts.strides = [0, SHIFT_WORD_BYTES / 4, 0, 0];
            emitter.arith(TiuOp::Shift, wide, wide, amounts, 0)?;
            let relu = matches!(self.arithmetic, Arithmetic::Integer { relu: true, .. });
            return super::arith::narrow(emitter, output, wide, relu);
        }
        compute(
            emitter,
            self.kind,
            window,
            weights,
            bias,
            self.arithmetic,
            input,
            output,
        )
    }

    fn check(&self) -> Result<()> {
        let WindowFields {
            kernel,
            stride,
            dilation,
            ..
        } = self.window;
        if kernel.contains(&0) || stride.contains(&0) || dilation.contains(&0) {
            return unsupported("a window needs at least one tap and a positive step");
        }
        if !self.fits_command() && self.has_zeros_between() {
            return unsupported(format!(
                "a transposed convolution with steps {:?}, dilations {dilation:?} and {} input channels per group; steps \
                 up to 16, dilations up to {MAX_DILATION} and {MAX_DEPTH} channels fit a command, and each window must \
                 touch the input",
                self.window.insert.map(|zeros| zeros + 1),
                self.input.shape[1] / self.groups
            ));
        }
        Ok(())
    }

    pub(super) fn has_zeros_between(&self) -> bool {
        self.window.insert != [0, 0]
    }

    /// Whether the fields of a command can say it all.
    pub(super) fn fits_command(&self) -> bool {
        let fields = &self.window;
        let touches = |axis: usize| {
            let last = self.output.shape[2 + axis].saturating_sub(1);
            !self.misses_input(axis, (0, 1)) && !self.misses_input(axis, (last, 1))
        };
        fields.stride.iter().all(|step| *step <= MAX_STEP)
            && fields.insert.iter().all(|zeros| *zeros <= MAX_STEP)
            && fields.dilation.iter().all(|dilation| *dilation <= MAX_DILATION)
            && (self.kind != Kind::Dense || self.input.shape[1] / self.groups <= MAX_DEPTH)
            && touches(0)
            && touches(1)
    }

    fn output_channels_per_group(&self) -> usize {
        self.output.shape[1] / self.groups
    }

    /// Bytes per lane of the weights of `channels` output channels.
    pub(super) fn weight_bytes(&self, channels: usize) -> usize {
        let taps = self.window.kernel[0] * self.window.kernel[1];
        let per_channel = match (self.kind, self.weights) {
            (Kind::Dense, Some(WeightSource::Coefficient(_, element))) => {
                taps * padded_depth(element, self.input.shape[1] / self.groups) * element.bytes()
            }
            (Kind::Dense, Some(WeightSource::Columns(columns))) => {
                padded_depth(columns.element, columns.shape[3]) * columns.element.bytes()
            }
            (Kind::Depthwise, Some(WeightSource::Coefficient(_, element))) => taps * element.bytes(),
            _ => 0,
        };
        lane_rows(channels) * per_channel
    }

    /// Input rows (axis 0) or columns (axis 1) behind outputs `start..start + len`.
    fn axis(&self, axis: usize, (start, len): (usize, usize)) -> Axis {
        self.window
            .input_of(axis, self.input.shape[2 + axis], (start, len))
    }

    /// Whether a window of this range lies beside the input: nothing but padding.
    fn misses_input(&self, axis: usize, range: (usize, usize)) -> bool {
        let slice = self.axis(axis, range);
        let pitch = self.window.insert[axis] + 1;
        let span = (slice.len - 1) * pitch + 1 + slice.pad_before + slice.pad_after;
        let wanted = (range.1 - 1) * self.window.stride[axis]
            + (self.window.kernel[axis] - 1) * self.window.dilation[axis]
            + 1;
        span != wanted
    }

    fn axes(&self, tile: &Tile) -> [Axis; 2] {
        [self.axis(0, tile.row), self.axis(1, tile.column)]
    }

    /// Padding goes into local memory when it does not fit the command.
    fn pads_in_memory(&self, tile: &Tile) -> bool {
        self.axes(tile)
            .iter()
            .any(|axis| axis.pad_before > MAX_PAD || axis.pad_after > MAX_PAD)
    }

    fn command_pads(&self, tile: &Tile) -> [usize; 4] {
        if self.pads_in_memory(tile) {
            return [0; 4];
        }
        let [rows, columns] = self.axes(tile);
        [
            rows.pad_before,
            rows.pad_after,
            columns.pad_before,
            columns.pad_after,
        ]
    }

    pub(super) fn input_channels(&self, tile: &Tile) -> (usize, usize) {
        if self.kind == Kind::Dense {
            let channels = self.input.shape[1] / self.groups;
            (tile.group * channels, channels)
        } else {
            tile.channel
        }
    }

    /// Shape of a tile's input in local memory.
    fn input_shape(&self, tile: &Tile) -> Dims {
        let [rows, columns] = self.axes(tile);
        let channels = self.input_channels(tile).1;
        if self.pads_in_memory(tile) {
            let size = |axis: Axis| axis.pad_before + axis.len + axis.pad_after;
            [tile.batch.1, channels, size(rows), size(columns)]
        } else {
            [tile.batch.1, channels, rows.len, columns.len]
        }
    }

    pub(super) fn local_input(&self, tile: &Tile, plan: &Plan, slot: usize) -> Local {
        let shape = if plan.unfolded {
            self.unfolded_shape(tile)
        } else {
            self.input_shape(tile)
        };
        Local::aligned(plan.input_address(slot), self.input.element, shape)
    }

    fn local_output(&self, tile: &Tile, plan: &Plan, slot: usize) -> Local {
        let shape = [tile.batch.1, tile.channel.1, tile.row.1, tile.column.1];
        Local::aligned(plan.output_address(slot), self.output.element, shape)
    }

    fn output_start(&self, tile: &Tile) -> Dims {
        [
            tile.batch.0,
            tile.group * self.output_channels_per_group() + tile.channel.0,
            tile.row.0,
            tile.column.0,
        ]
    }

    fn load(&self, emitter: &mut Emitter, tile: &Tile, plan: &Plan, slot: usize) -> Result<()> {
        if plan.unfolded {
            return self.load_unfolded(emitter, tile, &self.local_input(tile, plan, slot));
        }
        let [rows, columns] = self.axes(tile);
        let channels = self.input_channels(tile);
        let mut target = self.local_input(tile, plan, slot);
        if self.pads_in_memory(tile) {
            if self.has_zeros_between() {
                return unsupported("a transposed convolution with more than 15 rows or columns of padding");
            }
            emitter.fill(&target, padding_bits(self.kind, self.input.element))?;
            target.address += (rows.pad_before * target.strides[2] + columns.pad_before) * 4;
            target.shape[2] = rows.len;
            target.shape[3] = columns.len;
        }
        if let Some(folded) = &self.folded {
            return folded.load(emitter, &target, [tile.batch.0, rows.start, columns.start]);
        }
        let source = self.input.slice(
            [tile.batch.0, channels.0, rows.start, columns.start],
            target.shape,
        );
        emitter.load(&source, &target)
    }

    fn load_weights(&self, emitter: &mut Emitter, tile: &Tile, plan: &Plan) -> Result<()> {
        let (weight_address, bias_address) = plan.weight_addresses(tile);
        let channel = tile.group * self.output_channels_per_group() + tile.channel.0;
        let channels = tile.channel.1;
        match self.weights {
            Some(WeightSource::Coefficient(address, _)) => {
                let bytes = self.weight_bytes(1);
                emitter.load_compact(
                    address + (channel * bytes) as u64,
                    weight_address,
                    channels,
                    bytes,
                )?;
            }
            Some(WeightSource::Columns(columns)) => {
                let mut shape = columns.shape;
                shape[1] = channels;
                let pitch = self.weight_bytes(1);
                if pitch > shape[3] * columns.element.bytes() {
                    // What pads the depth is multiplied by zeros and must be a number.
                    let words = lane_rows(channels) * pitch / 4;
                    let all = Local::aligned(weight_address, Element::F32, [1, LANE_COUNT, 1, words]);
                    emitter.fill(&all, 0)?;
                }
                emitter.load_columns(
                    &columns.slice([0, channel, 0, 0], shape),
                    weight_address,
                    self.weight_bytes(1),
                )?;
            }
            None => {}
        }
        if let Some((address, element)) = self.bias {
            let bytes = element.bytes();
            emitter.load_compact(address + (channel * bytes) as u64, bias_address, channels, bytes)?;
        }
        if let Some(address) = self.channel_shifts {
            emitter.load_compact(
                address + (channel * SHIFT_WORD_BYTES) as u64,
                plan.shift_address(tile),
                channels,
                SHIFT_WORD_BYTES,
            )?;
        }
        Ok(())
    }

    fn tiles(&self, plan: &Plan) -> Vec<Tile> {
        let ranges = |size: usize, step: usize| -> Vec<(usize, usize)> {
            (0..size)
                .step_by(step.max(1))
                .map(|start| (start, step.min(size - start)))
                .collect()
        };
        let [batches, _, rows, columns] = self.output.shape;
        let mut tiles = Vec::new();
        let mut weights = 0;
        for group in 0..self.groups {
            for channel in ranges(self.output_channels_per_group(), plan.channels) {
                for batch in ranges(batches, plan.batches) {
                    for row in ranges(rows, plan.rows) {
                        for column in ranges(columns, plan.columns) {
                            tiles.push(Tile {
                                batch,
                                group,
                                channel,
                                row,
                                column,
                                weights,
                            });
                        }
                    }
                }
                weights += 1;
            }
        }
        tiles
    }

    /// Chooses the tile sizes, unfolded where a command cannot do it or a tile would not fit.
    fn plan(&self) -> Result<Plan> {
        let direct = if self.fits_command() {
            self.plan_tiles(false)
        } else {
            None
        };
        let plan = direct.or_else(|| {
            let possible = !self.has_zeros_between() && self.folded.is_none();
            possible.then(|| self.plan_tiles(true)).flatten()
        });
        plan.map_or_else(
            || {
                unsupported(format!(
                    "one output position needs more than the {LANE_BYTES} bytes of a lane: {} input channels, kernel {:?}",
                    self.input.shape[1] / self.groups,
                    self.window.kernel
                ))
            },
            Ok,
        )
    }

    /// All channels and as many rows as fit; then fewer channels, one buffer, fewer columns.
    fn plan_tiles(&self, unfolded: bool) -> Option<Plan> {
        let channels = self.output_channels_per_group();
        let [batches, _, rows, columns] = self.output.shape;
        let batches = if self.input.element.is_byte() {
            batches.min(4)
        } else {
            1
        };
        let largest_channels = channels.min(MAX_CHANNELS);
        let channel_choices: Vec<usize> = std::iter::once(largest_channels)
            .chain(
                (1..=largest_channels.saturating_sub(1) / LANE_COUNT)
                    .rev()
                    .map(|lane_rows| lane_rows * LANE_COUNT),
            )
            .collect();
        let mut column_choice = columns;
        loop {
            for (least_rows, slots) in [(rows.min(8), 2), (rows.min(2), 2), (1, 2), (1, 1)] {
                for &channels in &channel_choices {
                    let step = [batches, channels, least_rows, column_choice];
                    if let Some(plan) = self.fit(step, slots, unfolded) {
                        return Some(plan);
                    }
                }
            }
            if column_choice == 1 {
                return None;
            }
            column_choice = column_choice.div_ceil(2);
        }
    }

    /// The plan with the most rows that fits, if it has at least `least_rows`.
    fn fit(
        &self,
        [batches, channels, least_rows, columns]: Dims,
        slots: usize,
        unfolded: bool,
    ) -> Option<Plan> {
        let all_rows = self.output.shape[2];
        let with_rows = |rows: usize| -> Option<Plan> {
            let (mut input_bytes, mut output_bytes) = (0, 0);
            if unfolded && (rows * columns > MAX_ROWS || self.unfolded_taps() > MAX_ROWS) {
                return None;
            }
            // The first tiles may have padding in memory; take the largest.
            for row in [0, rows, all_rows - rows] {
                for column in [
                    0,
                    columns.min(self.output.shape[3] - columns),
                    self.output.shape[3] - columns,
                ] {
                    let row = row.min(all_rows - rows);
                    let tile = Tile {
                        batch: (0, batches),
                        group: 0,
                        channel: (0, channels),
                        row: (row, rows),
                        column: (column, columns),
                        weights: 0,
                    };
                    let shape = if unfolded {
                        self.unfolded_shape(&tile)
                    } else {
                        self.input_shape(&tile)
                    };
                    input_bytes = input_bytes.max(aligned_bytes(self.input.element, shape));
                    output_bytes = output_bytes.max(aligned_bytes(
                        self.output.element,
                        [batches, channels, rows, columns],
                    ));
                }
            }
            // Inner tiles have no padding and may read one row or column more than the outermost ones.
            let window = &self.window;
            let span = |count: usize, axis: usize| {
                ((count - 1) * window.stride[axis] + (window.kernel[axis] - 1) * window.dilation[axis])
                    / (window.insert[axis] + 1)
                    + 2
            };
            let inner = [
                batches,
                self.input_channels(&Tile {
                    batch: (0, batches),
                    group: 0,
                    channel: (0, channels),
                    row: (0, 1),
                    column: (0, 1),
                    weights: 0,
                })
                .1,
                span(rows, 0).min(self.input.shape[2]),
                span(columns, 1).min(self.input.shape[3]),
            ];
            if !unfolded {
                input_bytes = input_bytes.max(aligned_bytes(self.input.element, inner));
            }
            let several_weights = self.groups > 1 || channels < self.output_channels_per_group();
            let bias_bytes = self
                .bias
                .map_or(0, |(_, element)| lane_rows(channels) * element.bytes());
            let (shift_bytes, wide_bytes) = if self.channel_shifts.is_some() {
                (
                    lane_rows(channels) * SHIFT_WORD_BYTES,
                    2 * aligned_bytes(Element::I8, [batches, channels, rows, columns]),
                )
            } else {
                (0, 0)
            };
            let plan = Plan {
                unfolded,
                batches,
                channels,
                rows,
                columns,
                slots,
                weight_slots: if several_weights { 2 } else { 1 },
                weight_bytes: round_up(self.weight_bytes(channels)),
                bias_bytes: round_up(bias_bytes),
                shift_bytes: round_up(shift_bytes),
                input_bytes: round_up(input_bytes),
                output_bytes: round_up(output_bytes),
                wide_bytes: round_up(wide_bytes),
            };
            (plan.total_bytes() <= LANE_BYTES).then_some(plan)
        };
        with_rows(least_rows)?;
        // Largest row count that fits, by bisection.
        let (mut good, mut bad) = (least_rows, all_rows + 1);
        while good + 1 < bad {
            let middle = usize::midpoint(good, bad);
            if with_rows(middle).is_some() {
                good = middle;
            } else {
                bad = middle;
            }
        }
        let tiles = all_rows.div_ceil(good);
        with_rows(all_rows.div_ceil(tiles)).or_else(|| with_rows(good))
    }
}

impl Plan {
    fn total_bytes(&self) -> usize {
        self.wide_address() + self.wide_bytes
    }

    fn weight_slot_bytes(&self) -> usize {
        self.weight_bytes + self.bias_bytes + self.shift_bytes
    }

    /// Byte offsets of a tile's weights and bias.
    fn weight_addresses(&self, tile: &Tile) -> (usize, usize) {
        let start = tile.weights % self.weight_slots * self.weight_slot_bytes();
        (start, start + self.weight_bytes)
    }

    /// Byte offset of what a tile's channels are shifted by.
    fn shift_address(&self, tile: &Tile) -> usize {
        self.weight_addresses(tile).1 + self.bias_bytes
    }

    fn wide_address(&self) -> usize {
        self.input_address(self.slots)
    }

    fn input_address(&self, slot: usize) -> usize {
        self.weight_slots * self.weight_slot_bytes() + slot * (self.input_bytes + self.output_bytes)
    }

    fn output_address(&self, slot: usize) -> usize {
        self.input_address(slot) + self.input_bytes
    }
}
