//! Operations that move data without computing: permute, slice, concat, upsample, pad, tile, depth to space, ...
//!
//! All of them are copies inside DDR between two strided views of the same sizes. Dimensions that both sides run
//! through are merged; what exceeds the four dimensions of a command is a loop over the smallest ones.

use super::codegen::{Codegen, TensorInfo};
use super::dma::MAX_COLUMN_STRIDE;
use super::emitter::Emitter;
use super::error::{Result, malformed, unsupported};
use super::group::rows::Rows;
use super::resident_moves;
use super::tensor::{Element, Global};
use super::unary;
use tpuc_dialects::ir::Op;

/// One dimension of a copy: size, strides of source and target in elements.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Axis {
    /// Elements.
    pub size: usize,
    /// Stride in the source.
    pub source: usize,
    /// Stride in the target.
    pub target: usize,
}

/// Copies between two strided views in DDR. What already is where it is to be, because one tensor was placed in the other
/// ([`super::alias`]), takes no command.
///
/// # Errors
/// When a command cannot be encoded.
pub fn copy(emitter: &mut Emitter, element: Element, source: u64, target: u64, axes: &[Axis]) -> Result<()> {
    if axes.iter().any(|axis| axis.size == 0) {
        return Ok(());
    }
    let mut axes = merge(axes);
    if source == target && axes.iter().all(|axis| axis.source == axis.target) {
        return Ok(());
    }
    // Columns must lie close together on both sides; any dimension can be the columns, also one of a single element.
    let near = |axis: &Axis| axis.source.max(axis.target) <= MAX_COLUMN_STRIDE;
    let columns = axes.iter().rposition(near).map_or(
        Axis {
            size: 1,
            source: 1,
            target: 1,
        },
        |index| axes.remove(index),
    );
    // What does not fit a command becomes loops over the smallest dimensions.
    let mut loops = Vec::new();
    while axes.len() > 3 {
        let smallest = (0..axes.len()).min_by_key(|&index| axes[index].size).unwrap_or(0);
        loops.push(axes.remove(smallest));
    }
    axes.push(columns);
    while axes.len() < 4 {
        axes.insert(
            0,
            Axis {
                size: 1,
                source: 0,
                target: 0,
            },
        );
    }
    let mut offsets = vec![(0, 0)];
    for axis in loops {
        offsets = offsets
            .iter()
            .flat_map(|&(from, to)| {
                (0..axis.size).map(move |index| (from + index * axis.source, to + index * axis.target))
            })
            .collect();
    }
    let bytes = element.bytes();
    let dims = |get: fn(&Axis) -> usize| [get(&axes[0]), get(&axes[1]), get(&axes[2]), get(&axes[3])];
    for (from, to) in offsets {
        let view = |address: u64, offset: usize, strides| Global {
            address: address + (offset * bytes) as u64,
            element,
            shape: dims(|axis| axis.size),
            strides,
        };
        emitter.move_global(
            &view(source, from, dims(|axis| axis.source)),
            &view(target, to, dims(|axis| axis.target)),
        )?;
    }
    Ok(())
}

/// Drops dimensions of size 1 and merges neighbours that are one run on both sides.
fn merge(axes: &[Axis]) -> Vec<Axis> {
    let mut merged: Vec<Axis> = Vec::new();
    for axis in axes.iter().filter(|axis| axis.size != 1) {
        match merged.last_mut() {
            Some(outer)
                if outer.source == axis.source * axis.size && outer.target == axis.target * axis.size =>
            {
                *outer = Axis {
                    size: outer.size * axis.size,
                    ..*axis
                };
            }
            _ => merged.push(*axis),
        }
    }
    merged
}

/// Row-major strides of any rank.
pub fn strides_of(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for dim in (1..shape.len()).rev() {
        strides[dim - 1] = strides[dim] * shape[dim];
    }
    strides
}

/// Copies `axes` from `source + offset` to `target + offset` elements.
///
/// # Errors
/// When the element types differ, or a command cannot be encoded.
pub fn copy_between(
    cg: &mut Codegen<'_>,
    source: (&TensorInfo, usize),
    target: (&TensorInfo, usize),
    axes: &[Axis],
) -> Result<()> {
    let bytes = target.0.element.bytes();
    if source.0.element.bytes() != bytes {
        return malformed("a move between element types of different sizes");
    }
    copy(
        &mut cg.emitter,
        target.0.element,
        source.0.address + (source.1 * bytes) as u64,
        target.0.address + (target.1 * bytes) as u64,
        axes,
    )
}

/// `tpu.Permute`: dimension `i` of the output is dimension `order[i]` of the input.
///
/// # Errors
/// When the order does not fit the rank.
pub fn permute(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let (input, output) = (cg.operand(op, 0)?, cg.result(op)?);
    let order = cg.sizes(op, "order")?;
    permuted(cg, &input, &output, &input.shape, &order)
}

/// Permutes `input`, seen as `shape`.
fn permuted(
    cg: &mut Codegen<'_>,
    input: &TensorInfo,
    output: &TensorInfo,
    shape: &[usize],
    order: &[usize],
) -> Result<()> {
    if order.len() != shape.len() || order.iter().any(|&dim| dim >= shape.len()) {
        return malformed(format!("order {order:?} of a tensor of shape {shape:?}"));
    }
    let source = strides_of(shape);
    let permuted: Vec<usize> = order.iter().map(|&dim| shape[dim]).collect();
    let target = strides_of(&permuted);
    let axes: Vec<Axis> = order
        .iter()
        .enumerate()
        .map(|(to, &from)| Axis {
            size: shape[from],
            source: source[from],
            target: target[to],
        })
        .collect();
    copy_between(cg, (input, 0), (output, 0), &axes)
}

/// `tpu.Slice`: every `steps[i]`-th element from `offset[i]`.
///
/// # Errors
/// When a step is not positive, or several axes are selected by operands.
pub fn slice(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let (input, output) = (cg.operand(op, 0)?, cg.result(op)?);
    let list = |name: &str| cg.ctx().get_i64s(op, name).unwrap_or_default();
    let (offsets, steps) = (list("offset"), list("steps"));
    let rank = input.shape.len();
    if offsets.len() != rank || steps.len() != rank || output.shape.len() != rank {
        return unsupported(format!(
            "a slice of a tensor of rank {rank} with {} offsets; give one offset and step for each dimension",
            offsets.len()
        ));
    }
    let (source, target) = (strides_of(&input.shape), strides_of(&output.shape));
    let mut start = 0;
    let mut axes = Vec::new();
    for dim in 0..rank {
        let size = input.shape[dim] as i64;
        let offset = if offsets[dim] < 0 {
            offsets[dim] + size
        } else {
            offsets[dim]
        };
        let last = offset + (output.shape[dim] as i64 - 1) * steps[dim];
        if steps[dim] < 1 {
            return unsupported(format!("a slice with step {}; use positive steps", steps[dim]));
        }
        if offset < 0 || last >= size {
            return malformed(format!(
                "a slice beyond dimension {dim} of {:?}: offset {}, step {}, {} elements",
                input.shape, offsets[dim], steps[dim], output.shape[dim]
            ));
        }
        start += offset as usize * source[dim];
        axes.push(Axis {
            size: output.shape[dim],
            source: source[dim] * steps[dim] as usize,
            target: target[dim],
        });
    }
    copy_between(cg, (&input, start), (&output, 0), &axes)
}

/// Slices of channels can be in groups.
///
/// # Errors
/// When a tensor is of no type of this chip.
pub fn slice_rows(cg: &Codegen<'_>, op: Op) -> Result<Option<Rows>> {
    let (input, output) = (cg.whole(cg.ctx().operand(op, 0))?, cg.whole(cg.ctx().result(op))?);
    let steps = cg.ctx().get_i64s(op, "steps").unwrap_or_default();
    let only_channels = input.shape.len() == output.shape.len()
        && input.shape.len() > 1
        && (0..input.shape.len()).all(|dim| dim == 1 || input.shape[dim] == output.shape[dim]);
    Ok((only_channels && steps.get(1) == Some(&1)).then_some(Rows::Same))
}

/// Whether a concatenation leaves values as they are.
fn only_moves(cg: &Codegen<'_>, op: Op) -> bool {
    let is = |name: &str, neutral: i64| {
        let values = cg.ctx().get_i64s(op, name).unwrap_or_default();
        values.iter().all(|value| *value == neutral)
    };
    is("multipliers", 1) && is("rshifts", 0) && !cg.flag(op, "do_relu")
}

/// Channels side by side can be in groups.
///
/// # Errors
/// When a tensor is of no type of this chip.
pub fn concat_rows(cg: &Codegen<'_>, op: Op) -> Result<Option<Rows>> {
    let output = cg.whole(cg.ctx().result(op))?;
    let axis = cg.int(op, "axis", 1);
    let is_channel = axis == 1 || axis + output.shape.len() as i64 == 1;
    for &value in cg.ctx().operands(op) {
        if !cg.ctx().is_none(value) && cg.whole(value)?.element != output.element {
            return Ok(None);
        }
    }
    Ok((is_channel && output.shape.len() > 1 && only_moves(cg, op)).then_some(Rows::Same))
}

/// A reshape that leaves every element in its channel, row and column can be in a group.
///
/// # Errors
/// When a tensor is of no type of this chip.
pub fn reshape_rows(cg: &Codegen<'_>, op: Op) -> Result<Option<Rows>> {
    let (input, output) = (cg.whole(cg.ctx().operand(op, 0))?, cg.whole(cg.ctx().result(op))?);
    let same = input.element == output.element && input.nchw()?.shape == output.nchw()?.shape;
    Ok(same.then_some(Rows::Same))
}

/// `tpu.Concat`: inputs side by side along an axis.
///
/// # Errors
/// When inputs would have to be rescaled on the way.
pub fn concat(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let output = cg.result(op)?;
    let rank = output.shape.len() as i64;
    let axis = cg.int(op, "axis", 1);
    let axis = if axis < 0 { axis + rank } else { axis };
    if !(0..rank).contains(&axis) {
        return malformed(format!("axis {axis} of a tensor of rank {rank}"));
    }
    let axis = axis as usize;
    if !only_moves(cg, op) {
        return unsupported("a concatenation that rescales or clamps; insert MulShift or Relu before it");
    }
    let target = strides_of(&output.shape);
    let mut start = 0;
    for index in 0..cg.ctx().operands(op).len() {
        let input = cg.operand(op, index)?;
        if input.shape.len() != output.shape.len() {
            return malformed("inputs of different rank");
        }
        let source = strides_of(&input.shape);
        let axes: Vec<Axis> = (0..input.shape.len())
            .map(|dim| Axis {
                size: input.shape[dim],
                source: source[dim],
                target: target[dim],
            })
            .collect();
        copy_between(cg, (&input, 0), (&output, start * target[axis]), &axes)?;
        start += input.shape[axis];
    }
    Ok(())
}

/// `tpu.Upsample`: every element repeated `scale_h` times vertically and `scale_w` times horizontally.
///
/// # Errors
/// When the input has no rows and columns.
pub fn upsample(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let (input, output) = (cg.operand(op, 0)?, cg.result(op)?);
    let &[.., rows, columns] = input.shape.as_slice() else {
        return malformed("a tensor without rows and columns");
    };
    let (scale_h, scale_w) = (
        cg.int(op, "scale_h", 1) as usize,
        cg.int(op, "scale_w", 1) as usize,
    );
    if let (Some(from), Some(to), Some(frame)) = (input.resident, output.resident, &cg.frame) {
        let (source_row, row) = (frame.row / scale_h.max(1), frame.row);
        resident_moves::repeat(&mut cg.emitter, from, source_row, to, row, [scale_h, scale_w])?;
        if cg.flag(op, "do_relu") {
            let limit = cg.float(op, "relu_limit", -1.0);
            unary::relu_in_place(cg, &output, limit)?;
        }
        return Ok(());
    }
    let outer = input.elements() / (rows * columns).max(1);
    let wanted = [input.elements(), scale_h, scale_w]
        .into_iter()
        .try_fold(1usize, usize::checked_mul);
    if wanted != Some(output.elements()) {
        return malformed(format!(
            "a result of {:?} for {:?} times {scale_h} and {scale_w}",
            output.shape, input.shape
        ));
    }
    let width = columns * scale_w;
    let axis = |size, source, target| Axis { size, source, target };
    let axes = [
        axis(outer, rows * columns, rows * scale_h * width),
        axis(rows, columns, scale_h * width),
        axis(scale_h, 0, width),
        axis(columns, 1, scale_w),
        axis(scale_w, 0, 1),
    ];
    copy_between(cg, (&input, 0), (&output, 0), &axes)?;
    if cg.flag(op, "do_relu") {
        let limit = cg.float(op, "relu_limit", -1.0);
        unary::relu_in_place(cg, &output, limit)?;
    }
    Ok(())
}

/// Each row is repeated.
///
/// # Errors
/// When a tensor is of no type of this chip.
pub fn upsample_rows(cg: &Codegen<'_>, op: Op) -> Result<Option<Rows>> {
    let (input, output) = (cg.whole(cg.ctx().operand(op, 0))?, cg.whole(cg.ctx().result(op))?);
    let times = cg.int(op, "scale_h", 1).max(1) as usize;
    let wide = cg.int(op, "scale_w", 1).max(1) as usize;
    let fits = input.shape.len() == 4
        && output.shape.len() == 4
        && input.shape[2].checked_mul(times) == Some(output.shape[2])
        && input.shape[3].checked_mul(wide) == Some(output.shape[3]);
    Ok(fits.then_some(Rows::Repeated(times)))
}

/// `tpu.Tile`: the tensor repeated along each dimension.
///
/// # Errors
/// When the output is not a multiple of the input.
pub fn tile(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let (input, output) = (cg.operand(op, 0)?, cg.result(op)?);
    let missing = output.shape.len().saturating_sub(input.shape.len());
    let mut shape = vec![1; missing];
    shape.extend(&input.shape);
    let (source, target) = (strides_of(&shape), strides_of(&output.shape));
    let mut axes = Vec::new();
    for dim in 0..output.shape.len() {
        if !output.shape[dim].is_multiple_of(shape[dim].max(1)) {
            return malformed(format!(
                "tiling {:?} does not give {:?}",
                input.shape, output.shape
            ));
        }
        axes.push(Axis {
            size: output.shape[dim] / shape[dim],
            source: 0,
            target: target[dim] * shape[dim],
        });
        axes.push(Axis {
            size: shape[dim],
            source: source[dim],
            target: target[dim],
        });
    }
    copy_between(cg, (&input, 0), (&output, 0), &axes)
}

/// `tpu.SwapDimInner`: along each dimension with an offset, the part from the offset on comes first.
///
/// # Errors
/// When an offset lies outside its dimension.
pub fn swap_dim_inner(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let (input, output) = (cg.operand(op, 0)?, cg.result(op)?);
    let offsets = cg.sizes(op, "offset")?;
    if offsets.len() != input.shape.len()
        || offsets
            .iter()
            .zip(&input.shape)
            .any(|(offset, size)| offset > size)
    {
        return malformed(format!("offsets {offsets:?} for shape {:?}", input.shape));
    }
    let strides = strides_of(&input.shape);
    // Each piece: where it starts in source and target, and its sizes.
    let mut pieces = vec![(0, 0, input.shape.clone())];
    for (dim, &offset) in offsets.iter().enumerate().filter(|(_, offset)| **offset > 0) {
        let rest = input.shape[dim] - offset;
        pieces = pieces
            .into_iter()
            .flat_map(|(from, to, shape)| {
                let part = |start: usize, target: usize, size: usize| {
                    let mut shape = shape.clone();
                    shape[dim] = size;
                    (from + start * strides[dim], to + target * strides[dim], shape)
                };
                [part(offset, 0, rest), part(0, rest, offset)]
            })
            .collect();
    }
    for (from, to, shape) in pieces {
        let axes: Vec<Axis> = (0..shape.len())
            .map(|dim| Axis {
                size: shape[dim],
                source: strides[dim],
                target: strides[dim],
            })
            .collect();
        copy_between(cg, (&input, from), (&output, to), &axes)?;
    }
    Ok(())
}

/// `tpu.ShuffleChannel`: channels as a matrix of `group` rows, transposed.
///
/// # Errors
/// When the group does not divide the channels.
pub fn shuffle_channel(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let (input, output) = (cg.operand(op, 0)?, cg.result(op)?);
    let group = cg.int(op, "group", 1).max(1) as usize;
    let &[batch, channels, ref inner @ ..] = input.shape.as_slice() else {
        return malformed("a tensor of rank below 2");
    };
    if !channels.is_multiple_of(group) {
        return malformed(format!("{group} groups of {channels} channels"));
    }
    let inner = inner.iter().product();
    let shape = [batch, group, channels / group, inner];
    permuted(cg, &input, &output, &shape, &[0, 2, 1, 3])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transpose_is_one_command() {
        let mut emitter = Emitter::new();
        let axes = [
            Axis {
                size: 30,
                source: 40,
                target: 240,
            },
            Axis {
                size: 40,
                source: 1,
                target: 6,
            },
            Axis {
                size: 6,
                source: 1200,
                target: 1,
            },
        ];
        copy(&mut emitter, Element::I8, 0x1_0600_0000, 0x1_0700_0000, &axes).unwrap();
        let group = emitter.finish().remove(0);
        assert_eq!(group.dma.len(), 1);
        let command = &group.dma[0];
        // Rows and columns are one run on both sides.
        assert_eq!((command.src_hsize(), command.src_wsize()), (1200, 6));
        assert_eq!((command.src_hstride(), command.src_wstride()), (1, 1200));
        assert_eq!((command.dst_hstride(), command.dst_wstride()), (6, 1));
    }
}
