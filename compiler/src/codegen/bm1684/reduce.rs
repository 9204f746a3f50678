//! Operations along one axis: `tpu.Softmax`, `tpu.Reduce`.
//!
//! The tensor is seen as (outer, axis, inner). Positions (outer, inner) are spread over the lanes, the axis lies inside
//! a lane, so that maximum and sum along it are pooling windows as wide as the axis.

use super::arith;
use super::codegen::{Codegen, TensorInfo};
use super::dma_plan::pipeline;
use super::emitter::Emitter;
use super::error::{Result, malformed, unsupported};
use super::movement::strides_of;
use super::tensor::{Element, Global, Local, aligned_bytes};
use super::tiu::{Requantize, Weights, WindowFields};
use tpuc_dialects::ir::Op;
use tpuc_runtime::isa::TiuOp;
use tpuc_runtime::isa::memory_map::{LANE_BYTES, LANE_COUNT};

/// Positions of one tile: outer index range, inner start and count, and which of the two lies in the lanes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Tile {
    /// Element offset of the first input element.
    input: usize,
    /// Element offset of the first output element.
    output: usize,
    /// Positions.
    count: usize,
}

/// An f32 operation along an axis.
pub(super) struct AlongAxis {
    pub(super) input: TensorInfo,
    pub(super) output: TensorInfo,
    pub(super) outer: usize,
    pub(super) axis: usize,
    pub(super) inner: usize,
    /// Elements of the output along the axis: `axis` or 1.
    pub(super) output_axis: usize,
    /// Scratch tensors of the tile's size.
    pub(super) scratch: usize,
    /// Bytes at the end of each lane that tiles leave alone.
    pub(super) reserved: usize,
}

/// Computes one tile: input `[1, positions, 1, axis]` (may be overwritten), output, scratch tensors.
pub(super) type AxisFn<'a> = &'a dyn Fn(&mut Emitter, Local, Local, &[Local]) -> Result<()>;

impl AlongAxis {
    /// Bytes of a lane that tiles of `rows` positions in each lane take.
    pub(super) fn bytes(&self, rows: usize) -> usize {
        let positions = rows * LANE_COUNT;
        let full = aligned_bytes(Element::F32, [1, positions, 1, self.axis]);
        let result = aligned_bytes(Element::F32, [1, positions, 1, self.output_axis]);
        2 * (full + result) + self.scratch * full
    }

    /// Bytes of a lane that tiles may take.
    pub(super) fn available(&self) -> usize {
        LANE_BYTES.saturating_sub(self.reserved)
    }

    pub(super) fn too_long(&self) -> Result<()> {
        unsupported(format!(
            "an axis of {} elements does not fit a lane; split it",
            self.axis
        ))
    }

    pub(super) fn emit(&self, emitter: &mut Emitter, local: AxisFn<'_>) -> Result<()> {
        if self.bytes(1) > self.available() {
            return self.too_long();
        }
        let rows = (self.available() / self.bytes(1)).clamp(1, 32);
        let positions = rows * LANE_COUNT;
        // Positions run over the outer dimension where there is no inner one, otherwise over the inner one.
        let tiles: Vec<Tile> = if self.inner == 1 {
            (0..self.outer)
                .step_by(positions)
                .map(|start| Tile {
                    input: start * self.axis,
                    output: start * self.output_axis,
                    count: positions.min(self.outer - start),
                })
                .collect()
        } else {
            (0..self.outer)
                .flat_map(|outer| {
                    (0..self.inner).step_by(positions).map(move |start| Tile {
                        input: outer * self.axis * self.inner + start,
                        output: outer * self.output_axis * self.inner + start,
                        count: positions.min(self.inner - start),
                    })
                })
                .collect()
        };
        let strides = |axis: usize| {
            if self.inner == 1 {
                [0, axis, 0, 1]
            } else {
                [0, 1, 0, self.inner]
            }
        };
        let full = aligned_bytes(Element::F32, [1, positions, 1, self.axis]);
        let result = aligned_bytes(Element::F32, [1, positions, 1, self.output_axis]);
        let input_local = |tile: &Tile, slot: usize| {
            Local::aligned(
                slot * (full + result),
                Element::F32,
                [1, tile.count, 1, self.axis],
            )
        };
        let output_local = |tile: &Tile, slot: usize| {
            Local::aligned(
                slot * (full + result) + full,
                Element::F32,
                [1, tile.count, 1, self.output_axis],
            )
        };
        let view = |tensor: &TensorInfo, offset: usize, local: &Local, axis: usize| Global {
            address: tensor.address + (offset * 4) as u64,
            element: Element::F32,
            shape: local.shape,
            strides: strides(axis),
        };
        pipeline(
            emitter,
            &tiles,
            2,
            |emitter, tile, slot| {
                let target = input_local(tile, slot);
                emitter.load(&view(&self.input, tile.input, &target, self.axis), &target)
            },
            |emitter, tile, slot| {
                let scratch: Vec<Local> = (0..self.scratch)
                    .map(|index| {
                        let address = 2 * (full + result) + index * full;
                        Local::aligned(address, Element::F32, [1, tile.count, 1, self.axis])
                    })
                    .collect();
                local(
                    emitter,
                    input_local(tile, slot),
                    output_local(tile, slot),
                    &scratch,
                )
            },
            |emitter, tile, slot| {
                let source = output_local(tile, slot);
                emitter.store(
                    &source,
                    &view(&self.output, tile.output, &source, self.output_axis),
                )
            },
        )
    }
}

/// A window over the whole axis.
fn axis_window(axis: usize) -> WindowFields {
    WindowFields {
        kernel: [1, axis],
        stride: [1, 1],
        dilation: [1, 1],
        insert: [0, 0],
        pad: [0; 4],
    }
}

/// The first column of a tile's tensor, as a tensor of its own.
pub(super) fn one_column(tensor: Local) -> Local {
    Local::aligned(
        tensor.address,
        Element::F32,
        [tensor.shape[0], tensor.shape[1], 1, 1],
    )
}

/// `out = max(x)` along the axis.
pub(super) fn maximum(emitter: &mut Emitter, out: Local, x: Local) -> Result<()> {
    let window = axis_window(x.shape[3]);
    emitter.per_channel_window(
        TiuOp::MaxPool,
        out,
        x,
        &window,
        Weights::None,
        None,
        Requantize::default(),
    )
}

fn weighted_sum(emitter: &mut Emitter, out: Local, x: Local, weight: f32) -> Result<()> {
    let window = axis_window(x.shape[3]);
    emitter.per_channel_window(
        TiuOp::Depthwise,
        out,
        x,
        &window,
        Weights::Constant(weight.to_bits(), Element::F32),
        None,
        Requantize::default(),
    )
}

/// `tpu.Softmax`, f32: `exp(x - max) / sum(exp(x - max))`, with the chip's exponential and division.
///
/// # Errors
/// For integers, and for the logarithm of the result.
pub fn softmax(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let (input, output) = (cg.operand(op, 0)?, cg.result(op)?);
    if input.element != Element::F32 || output.element != Element::F32 {
        return unsupported("a softmax of integers; keep it in F32");
    }
    if cg.flag(op, "log") || (cg.float(op, "beta", 1.0) - 1.0).abs() > 0.0 {
        return unsupported("a softmax with logarithm or beta; use a plain softmax");
    }
    let rank = input.shape.len() as i64;
    let axis = cg.int(op, "axis", -1);
    let axis = if axis < 0 { axis + rank } else { axis };
    if !(0..rank).contains(&axis) {
        return malformed(format!("axis {axis} of a tensor of rank {rank}"));
    }
    let axis = axis as usize;
    let size = input.shape[axis];
    let operation = AlongAxis {
        outer: input.shape[..axis].iter().product(),
        axis: size,
        inner: input.shape[axis + 1..].iter().product(),
        output_axis: size,
        scratch: 3,
        reserved: 0,
        input,
        output,
    };
    operation.emit(&mut cg.emitter, &|emitter, x, out, scratch| {
        let reduced = one_column(scratch[2]);
        maximum(emitter, reduced, x)?;
        emitter.arith(TiuOp::Sub, x, x, reduced.broadcast_columns(size), 0)?;
        arith::exp(emitter, out, x, scratch[0], scratch[1])?;
        weighted_sum(emitter, reduced, out, 1.0)?;
        emitter.arith(TiuOp::Divide, out, out, reduced.broadcast_columns(size), 0)
    })
}

/// `tpu.Reduce` over adjacent axes, f32: mean, sum, maximum, minimum, norms.
///
/// # Errors
/// For integers, products, and axes that are not adjacent.
pub fn reduce(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let (input, output) = (cg.operand(op, 0)?, cg.result(op)?);
    if input.element != Element::F32 || output.element != Element::F32 {
        return unsupported("a reduction of integers; keep it in F32 (qtable)");
    }
    let mode = cg.ctx().get_str(op, "mode").unwrap_or_default().to_owned();
    let rank = input.shape.len() as i64;
    let mut axes: Vec<i64> = cg
        .ctx()
        .get_i64s(op, "axes")
        .unwrap_or_default()
        .into_iter()
        .map(|axis| if axis < 0 { axis + rank } else { axis })
        .collect();
    axes.sort_unstable();
    let (Some(&first), Some(&last)) = (axes.first(), axes.last()) else {
        return malformed("a reduction without axes");
    };
    if first < 0 || last >= rank || last - first + 1 != axes.len() as i64 {
        return unsupported(format!(
            "a reduction over axes {axes:?} of rank {rank}; permute them next to each other"
        ));
    }
    let (first, last) = (first as usize, last as usize);
    debug_assert_eq!(strides_of(&input.shape).len(), input.shape.len());
    let size: usize = input.shape[first..=last].iter().product();
    let operation = AlongAxis {
        outer: input.shape[..first].iter().product(),
        axis: size,
        inner: input.shape[last + 1..].iter().product(),
        output_axis: 1,
        scratch: 1,
        reserved: 0,
        input,
        output,
    };
    operation.emit(&mut cg.emitter, &|emitter, x, out, scratch| {
        let float = super::tiu::Operand::Float;
        match mode.as_str() {
            "ReduceMean" => weighted_sum(emitter, out, x, 1.0 / size as f32),
            "ReduceSum" => weighted_sum(emitter, out, x, 1.0),
            "ReduceMax" => maximum(emitter, out, x),
            "ReduceMin" => {
                emitter.arith(TiuOp::Mul, x, x, float(-1.0), 0)?;
                maximum(emitter, out, x)?;
                emitter.arith(TiuOp::Mul, out, out, float(-1.0), 0)
            }
            "ReduceL1" => {
                emitter.arith(TiuOp::Mul, scratch[0], x, float(-1.0), 0)?;
                emitter.arith(TiuOp::Max, x, x, scratch[0], 0)?;
                weighted_sum(emitter, out, x, 1.0)
            }
            "ReduceL2" => {
                emitter.arith(TiuOp::Mul, x, x, x, 0)?;
                weighted_sum(emitter, out, x, 1.0)?;
                let root = one_column(scratch[0]);
                emitter.special(TiuOp::Rsqrt, root, out)?;
                emitter.arith(TiuOp::Mul, out, out, root, 0)
            }
            other => unsupported(format!("{other}; use mean, sum, maximum, minimum or a norm")),
        }
    })
}
