//! Operations along axes of an f32 tensor: softmax, reductions, normalisations.
//!
//! The axes are one long row at each of the other positions. Where a row fits a lane, positions are spread over batches
//! and lanes, and sums and maxima are pooling windows as wide as the row; or positions are columns, too, and the row lies in
//! rows ([`super::side_by_side`]), which is cheaper wherever the operation does not mind. A longer row is spread over the lanes itself;
//! what the lanes found is gathered in one lane, combined there, and given to all lanes again.

use super::codegen::TensorInfo;
use super::dma_plan::pipeline;
use super::emitter::Emitter;
use super::error::{Result, malformed, unsupported};
use super::movement::strides_of;
use super::side_by_side::SideBySide;
use super::tensor::{Dims, Element, Global, Local, aligned_bytes, lane_rows};
use super::tiu::{Requantize, Weights, WindowFields};
use tpuc_runtime::isa::TiuOp;
use tpuc_runtime::isa::memory_map::{LANE_BYTES, LANE_COUNT};

/// Lane rows of one tile: enough to keep the lanes busy, so that loads overlap with the computation.
const MOST_ROWS: usize = 64;
/// One-column tensors at hand in each piece.
pub(super) const COLUMNS: usize = 3;

/// One dimension: its size, and the strides of both tensors.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Dimension {
    pub(super) size: usize,
    pub(super) input: usize,
    pub(super) output: usize,
}

/// An f32 operation along axes.
pub struct AlongAxis {
    pub(super) input: u64,
    pub(super) output: u64,
    pub(super) kept: Vec<Dimension>,
    pub(super) reduced: Vec<Dimension>,
    /// Elements of a row.
    pub row: usize,
    pub(super) keeps_row: bool,
    pub(super) scratch: usize,
    /// Bytes at the end of each lane that tiles leave alone.
    pub reserved: usize,
    /// Whether the axis may lie in the rows of a piece, with positions in its columns; otherwise it lies in the columns.
    pub side_by_side: bool,
}

/// How a row becomes one number.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Fold {
    /// Sum, times a factor.
    Sum(f32),
    /// Maximum.
    Maximum,
    /// Product; overwrites what it folds.
    Product,
}

/// A tile in local memory: some positions with their whole rows.
pub struct Piece {
    /// Input; may be overwritten.
    pub x: Local,
    /// Output: rows, or one column.
    pub out: Local,
    /// Tensors of the input's shape.
    pub scratch: Vec<Local>,
    /// Tensors of one column: a number for each position.
    pub columns: [Local; COLUMNS],
    /// One lane with a column for each lane, where a row is spread.
    pub(super) gathered: Option<[Local; 2]>,
    /// Whether the axis lies in the rows.
    pub(super) side_by_side: bool,
}

impl Piece {
    /// A tensor that is in local memory with its axis in rows, in a layer group.
    ///
    /// # Errors
    /// When the tensors do not lie so, or a command cannot be encoded.
    pub fn resident(emitter: &mut Emitter, x: Local, out: Local, scratch: usize) -> Result<Self> {
        if x.shape != out.shape || !out.is_aligned() {
            return malformed(format!(
                "{:?} in local memory along an axis of {:?}",
                x.shape, out.shape
            ));
        }
        let [n, c, _, w] = x.shape;
        let x = if emitter.buffer.inputs_die && x.is_aligned() {
            x
        } else {
            let copy = emitter.buffer.tensor(Element::F32, x.shape);
            emitter.copy(copy, x)?;
            copy
        };
        let buffer = &mut emitter.buffer;
        Ok(Self {
            x,
            out,
            scratch: (0..scratch)
                .map(|_| buffer.tensor(Element::F32, x.shape))
                .collect(),
            columns: std::array::from_fn(|_| buffer.tensor(Element::F32, [n, c, 1, w])),
            gathered: None,
            side_by_side: true,
        })
    }

    /// Whether a row lies in several lanes.
    pub fn is_spread(&self) -> bool {
        self.gathered.is_some()
    }

    /// A column as wide as the rows.
    pub fn wide(&self, column: Local) -> Local {
        if self.side_by_side {
            let mut result = column;
            result.shape[2] = self.x.shape[2];
            result.strides[2] = 0;
            return result;
        }
        column.broadcast_columns(self.x.shape[3])
    }

    /// `column` = all of `x`, a tensor of the rows' shape, combined.
    ///
    /// # Errors
    /// When a command cannot be encoded.
    pub fn fold(&self, emitter: &mut Emitter, column: Local, x: Local, fold: Fold) -> Result<()> {
        if self.side_by_side {
            return fold_lane(emitter, column, x, fold, [x.shape[2], 1]);
        }
        fold_lane(emitter, column, x, fold, [1, x.shape[3]])?;
        let Some([gathered, folded]) = self.gathered else {
            return Ok(());
        };
        emitter.gather_lanes(&column, &gathered)?;
        let second = match fold {
            Fold::Sum(_) => Fold::Sum(1.0),
            other => other,
        };
        fold_lane(emitter, folded, gathered, second, [1, gathered.shape[3]])?;
        let one = Weights::Constant(1.0_f32.to_bits(), Element::F32);
        emitter.conv(column, folded, &window([1, 1]), one, None, Requantize::default())
    }
}

fn window(kernel: [usize; 2]) -> WindowFields {
    WindowFields {
        kernel,
        stride: [1, 1],
        dilation: [1, 1],
        insert: [0, 0],
        pad: [0; 4],
    }
}

fn fold_lane(emitter: &mut Emitter, out: Local, x: Local, fold: Fold, kernel: [usize; 2]) -> Result<()> {
    let (operation, weights) = match fold {
        Fold::Sum(weight) => (
            TiuOp::Depthwise,
            Weights::Constant(weight.to_bits(), Element::F32),
        ),
        Fold::Maximum => (TiuOp::MaxPool, Weights::None),
        Fold::Product => return multiply_columns(emitter, out, x),
    };
    let window = window(kernel);
    emitter.per_channel_window(operation, out, x, &window, weights, None, Requantize::default())
}

/// Multiplies one half of the columns into the other until one is left.
fn multiply_columns(emitter: &mut Emitter, out: Local, x: Local) -> Result<()> {
    let part = |start: usize, width: usize| {
        let mut part = x;
        part.address += start * 4;
        part.shape[3] = width;
        part
    };
    let mut width = x.shape[3];
    while width > 1 {
        let half = width / 2;
        let rest = width - half;
        emitter.arith(TiuOp::Mul, part(0, half), part(0, half), part(rest, half), 0)?;
        width = rest;
    }
    emitter.copy(out, part(0, 1))
}

/// Computes one tile.
pub type PieceFn<'a> = &'a dyn Fn(&mut Emitter, &Piece) -> Result<()>;

/// Element offsets of a tile, and how many batches and lanes of positions it has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Tile {
    input: usize,
    output: usize,
    positions: [usize; 2],
}

/// How rows lie in local memory.
struct Plan {
    /// Dimensions of the positions in batches and lanes.
    positions: [Dimension; 2],
    /// Steps through them.
    steps: [usize; 2],
    /// Positions that are walked through one by one.
    loops: Vec<Dimension>,
    /// Lanes that one row takes; 0 if it lies in one lane.
    spread: usize,
}

pub(super) const UNIT: Dimension = Dimension {
    size: 1,
    input: 0,
    output: 0,
};

impl AlongAxis {
    /// An operation over `axes` of `input`. The output has the input's shape (`keeps_row`), or one element for each row.
    /// `scratch` tensors of the row's size are wanted.
    ///
    /// # Errors
    /// When the axes or the sizes do not fit.
    pub fn new(
        input: &TensorInfo,
        output: &TensorInfo,
        axes: &[i64],
        keeps_row: bool,
        scratch: usize,
    ) -> Result<Self> {
        if input.element != Element::F32 || output.element.bytes() != 4 {
            return unsupported("integers; keep this operation in F32 (qtable)");
        }
        let rank = input.shape.len() as i64;
        let axes: Vec<usize> = axes
            .iter()
            .map(|&axis| if axis < 0 { axis + rank } else { axis })
            .filter_map(|axis| usize::try_from(axis).ok())
            .filter(|axis| *axis < input.shape.len())
            .collect();
        let is_reduced = |dim: usize| axes.contains(&dim);
        let row: usize = axes.iter().map(|axis| input.shape[*axis]).product();
        let wanted = if keeps_row {
            input.elements()
        } else {
            input.elements() / row.max(1)
        };
        if axes.is_empty() || output.elements() != wanted {
            return malformed(format!(
                "axes {axes:?} of {:?} that give {:?}",
                input.shape, output.shape
            ));
        }
        let own = strides_of(&input.shape);
        let one: Vec<usize> = (0..input.shape.len())
            .map(|dim| if is_reduced(dim) { 1 } else { input.shape[dim] })
            .collect();
        let other = if keeps_row { own.clone() } else { strides_of(&one) };
        let dimensions = |reduced: bool| {
            merged(
                (0..input.shape.len())
                    .filter(|dim| is_reduced(*dim) == reduced)
                    .map(|dim| Dimension {
                        size: input.shape[dim],
                        input: own[dim],
                        output: other[dim],
                    }),
            )
        };
        let mut along = dimensions(true);
        if !keeps_row {
            along.iter_mut().for_each(|dimension| dimension.output = 0);
        }
        Ok(Self {
            input: input.address,
            output: output.address,
            kept: dimensions(false),
            reduced: along,
            row,
            keeps_row,
            scratch,
            reserved: 0,
            side_by_side: false,
        })
    }

    /// Emits everything: loads, computation, stores.
    ///
    /// # Errors
    /// When a row does not fit local memory, or a command cannot be encoded.
    pub fn emit(&self, emitter: &mut Emitter, local: PieceFn<'_>) -> Result<()> {
        if self.row == 0 || self.kept.iter().any(|dimension| dimension.size == 0) {
            return Ok(());
        }
        if self.side_by_side
            && let Some(plan) = SideBySide::plan(self)
        {
            return self.emit_side_by_side(emitter, &plan, local);
        }
        let plan = self.plan()?;
        let tiles = plan.tiles();
        let largest = plan.shape([plan.steps[0], plan.steps[1]], self.row);
        let full = aligned_bytes(Element::F32, largest);
        let column = aligned_bytes(Element::F32, [largest[0], largest[1], 1, 1]);
        let result = if self.keeps_row { full } else { column };
        let slot_bytes = full + result;
        pipeline(
            emitter,
            &tiles,
            2,
            |emitter, tile, slot| {
                let target = Local::aligned(
                    slot * slot_bytes,
                    Element::F32,
                    plan.shape(tile.positions, self.row),
                );
                self.move_rows(&plan, tile, &target, true, &mut |global, local| {
                    emitter.load(global, local)
                })
            },
            |emitter, tile, slot| {
                let shape = plan.shape(tile.positions, self.row);
                let one = [shape[0], shape[1], 1, 1];
                let start = 2 * slot_bytes;
                let after = start + self.scratch * full;
                let at = |address: usize, shape: Dims| Local::aligned(address, Element::F32, shape);
                let gather = after + COLUMNS * column;
                let piece = Piece {
                    x: at(slot * slot_bytes, shape),
                    out: at(slot * slot_bytes + full, if self.keeps_row { shape } else { one }),
                    scratch: (0..self.scratch)
                        .map(|index| at(start + index * full, shape))
                        .collect(),
                    columns: std::array::from_fn(|index| at(after + index * column, one)),
                    gathered: (plan.spread > 0).then(|| {
                        [
                            at(gather, [1, 1, 1, plan.spread]),
                            at(gather + GATHER_BYTES / 2, [1, 1, 1, 1]),
                        ]
                    }),
                    side_by_side: false,
                };
                local(emitter, &piece)
            },
            |emitter, tile, slot| {
                let shape = plan.shape(tile.positions, self.row);
                let address = slot * slot_bytes + full;
                if self.keeps_row {
                    let source = Local::aligned(address, Element::F32, shape);
                    return self.move_rows(&plan, tile, &source, false, &mut |global, local| {
                        emitter.store(local, global)
                    });
                }
                // A spread row's result is in every lane: one is enough.
                let channels = if plan.spread > 0 { 1 } else { shape[1] };
                let source = Local::aligned(address, Element::F32, [shape[0], channels, 1, 1]);
                let view = Global {
                    address: self.output + (tile.output * 4) as u64,
                    element: Element::F32,
                    shape: source.shape,
                    strides: [plan.positions[0].output, plan.positions[1].output, 0, 0],
                };
                emitter.store(&source, &view)
            },
        )
    }

    /// Loads or stores the rows of a tile: each pair of inner dimensions of the row is one command.
    fn move_rows(
        &self,
        plan: &Plan,
        tile: &Tile,
        local: &Local,
        load: bool,
        part: &mut dyn FnMut(&Global, &Local) -> Result<()>,
    ) -> Result<()> {
        let stride = |dimension: &Dimension| if load { dimension.input } else { dimension.output };
        let address = if load {
            self.input + (tile.input * 4) as u64
        } else {
            self.output + (tile.output * 4) as u64
        };
        if plan.spread > 0 {
            let along = stride(&self.reduced[0]);
            let width = local.shape[3];
            let view = Global {
                address,
                element: Element::F32,
                shape: local.shape,
                strides: [0, width * along, 0, along],
            };
            return part(&view, local);
        }
        let inner = self.reduced.len().min(2);
        let (outer, inner) = self.reduced.split_at(self.reduced.len() - inner);
        let [rows, columns] = match inner {
            [rows, columns] => [*rows, *columns],
            [columns] => [UNIT, *columns],
            _ => [UNIT, UNIT],
        };
        let [batches, channels] = tile.positions;
        let mut offsets = vec![0];
        for dimension in outer {
            offsets = offsets
                .iter()
                .flat_map(|base| (0..dimension.size).map(move |index| base + index * stride(dimension)))
                .collect();
        }
        for (index, offset) in offsets.into_iter().enumerate() {
            let shape = [batches, channels, rows.size, columns.size];
            let view = Global {
                address: address + (offset * 4) as u64,
                element: Element::F32,
                shape,
                strides: [
                    stride(&plan.positions[0]),
                    stride(&plan.positions[1]),
                    stride(&rows),
                    stride(&columns),
                ],
            };
            let piece = Local {
                address: local.address + index * rows.size * columns.size * 4,
                shape,
                strides: [local.strides[0], local.strides[1], columns.size, 1],
                ..*local
            };
            part(&view, &piece)?;
        }
        Ok(())
    }

    /// Bytes of a lane that `rows` lane rows of `columns` words take.
    fn bytes(&self, rows: usize, columns: usize) -> usize {
        let full = aligned_bytes(Element::F32, [rows, 1, 1, columns]);
        let one = aligned_bytes(Element::F32, [rows, 1, 1, 1]);
        let result = if self.keeps_row { full } else { one };
        2 * (full + result) + self.scratch * full + COLUMNS * one + GATHER_BYTES
    }

    pub(super) fn available(&self) -> usize {
        LANE_BYTES.saturating_sub(self.reserved)
    }

    /// Whether a row lies in one lane.
    pub fn fits_lane(&self) -> bool {
        self.bytes(1, self.row) <= self.available()
    }

    fn plan(&self) -> Result<Plan> {
        let mut loops = self.kept.clone();
        if !self.fits_lane() {
            let lanes = (2..=LANE_COUNT).rev().find(|lanes| {
                self.row.is_multiple_of(*lanes) && self.bytes(1, self.row / lanes) <= self.available()
            });
            let Some(lanes) = lanes.filter(|_| self.reduced.len() == 1) else {
                return unsupported(format!(
                    "rows of {} elements do not fit a lane, nor several lanes evenly; split the tensor",
                    self.row
                ));
            };
            return Ok(Plan {
                positions: [UNIT, UNIT],
                steps: [1, 1],
                loops,
                spread: lanes,
            });
        }
        // The largest dimension lies in the lanes, the next one in the batches.
        let mut take = || {
            let largest = (0..loops.len()).max_by_key(|&index| loops[index].size);
            largest.map_or(UNIT, |index| loops.remove(index))
        };
        let lanes = take();
        let batches = take();
        let fitting = (1..=MOST_ROWS)
            .rev()
            .find(|rows| self.bytes(*rows, self.row) <= self.available())
            .unwrap_or(1);
        let channels = lanes
            .size
            .min(fitting * LANE_COUNT)
            .min(LANE_COUNT * MOST_ROWS / 2);
        let batch_step = (fitting / lane_rows(channels)).clamp(1, batches.size.max(1));
        Ok(Plan {
            positions: [batches, lanes],
            steps: [batch_step, channels],
            loops,
            spread: 0,
        })
    }
}

/// Room for the gathered columns and their fold.
const GATHER_BYTES: usize = 512;

impl Plan {
    fn shape(&self, [batches, channels]: [usize; 2], row: usize) -> Dims {
        if self.spread > 0 {
            [1, self.spread, 1, row / self.spread]
        } else {
            [batches, channels, 1, row]
        }
    }

    fn tiles(&self) -> Vec<Tile> {
        let mut starts = vec![(0, 0)];
        for dimension in &self.loops {
            starts = starts
                .iter()
                .flat_map(|&(input, output)| {
                    (0..dimension.size).map(move |index| {
                        (input + index * dimension.input, output + index * dimension.output)
                    })
                })
                .collect();
        }
        let mut tiles = Vec::new();
        let [batches, lanes] = self.positions;
        for (input, output) in starts {
            for batch in (0..batches.size).step_by(self.steps[0]) {
                for lane in (0..lanes.size).step_by(self.steps[1]) {
                    tiles.push(Tile {
                        input: input + batch * batches.input + lane * lanes.input,
                        output: output + batch * batches.output + lane * lanes.output,
                        positions: [
                            self.steps[0].min(batches.size - batch),
                            self.steps[1].min(lanes.size - lane),
                        ],
                    });
                }
            }
        }
        tiles
    }
}

/// Drops dimensions of size 1 and merges neighbours that are one run in both tensors.
fn merged(dimensions: impl Iterator<Item = Dimension>) -> Vec<Dimension> {
    let mut merged: Vec<Dimension> = Vec::new();
    for dimension in dimensions.filter(|dimension| dimension.size != 1) {
        match merged.last_mut() {
            Some(outer)
                if outer.input == dimension.input * dimension.size
                    && outer.output == dimension.output * dimension.size =>
            {
                *outer = Dimension {
                    size: outer.size * dimension.size,
                    ..dimension
                };
            }
            _ => merged.push(dimension),
        }
    }
    merged
}
