//! Normalisations, f32: `tpu.LayerNorm`, `tpu.GroupNorm`, `tpu.InstanceNorm`, `tpu.PixelNorm`, `tpu.RMSNorm`.
//!
//! Each row becomes `(x - mean) / sqrt(mean((x - mean)^2) + eps)` (RMSNorm: without the mean), then is multiplied by a
//! weight and shifted by a bias where there are any: element by element over the finished output.

use super::along_axis::{AlongAxis, Fold};
use super::codegen::{Codegen, TensorInfo};
use super::elementwise::{Elementwise, InputUse, Strided};
use super::error::{Result, malformed};
use super::tensor::Element;
use super::tiu::Operand;
use tpuc_dialects::ir::Op;
use tpuc_runtime::isa::TiuOp;

/// `tpu.LayerNorm`: rows are all dimensions from `axis` on.
///
/// # Errors
/// For integers, and for rows that do not fit local memory.
pub fn layer_norm(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let input = cg.operand(op, 0)?;
    let rank = input.shape.len() as i64;
    let axis = cg.int(op, "axis", -1);
    let axis = if axis < 0 { axis + rank } else { axis };
    if !(0..rank).contains(&axis) {
        return malformed(format!("axis {axis} of a tensor of rank {rank}"));
    }
    let axes: Vec<i64> = (axis..rank).collect();
    let parameters = input.shape[axis as usize..].to_vec();
    normalise(cg, op, &input, &axes, true)?;
    affine(cg, op, &parameters)
}

/// `tpu.GroupNorm`: rows are the elements of a group of channels.
///
/// # Errors
/// As [`layer_norm`].
pub fn group_norm(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let groups = cg.int(op, "num_groups", 1).max(0) as usize;
    grouped(cg, op, groups)
}

/// `tpu.InstanceNorm`: every channel is a group.
///
/// # Errors
/// As [`layer_norm`].
pub fn instance_norm(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let groups = cg.operand(op, 0)?.shape.get(1).copied().unwrap_or(0);
    grouped(cg, op, groups)
}

fn grouped(cg: &mut Codegen<'_>, op: Op, groups: usize) -> Result<()> {
    let mut input = cg.operand(op, 0)?;
    let &[batch, channels, ref plane @ ..] = input.shape.as_slice() else {
        return malformed("a tensor of rank below 2");
    };
    if groups == 0 || !channels.is_multiple_of(groups) {
        return malformed(format!("{groups} groups of {channels} channels"));
    }
    let mut parameters = vec![1; plane.len() + 1];
    parameters[0] = channels;
    let row = channels / groups * plane.iter().product::<usize>();
    input.shape = vec![batch * groups, row];
    normalise(cg, op, &input, &[1], true)?;
    affine(cg, op, &parameters)
}

/// `tpu.PixelNorm`: rows are the channels at one place.
///
/// # Errors
/// As [`layer_norm`].
pub fn pixel_norm(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let input = cg.operand(op, 0)?;
    let &[_, channels, ref plane @ ..] = input.shape.as_slice() else {
        return malformed("a tensor of rank below 2");
    };
    let mut parameters = vec![1; plane.len() + 1];
    parameters[0] = channels;
    normalise(cg, op, &input, &[1], true)?;
    affine(cg, op, &parameters)
}

/// `tpu.RMSNorm`: rows are the last dimension.
///
/// # Errors
/// As [`layer_norm`].
pub fn rms_norm(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let input = cg.operand(op, 0)?;
    let parameters = [input.shape.last().copied().unwrap_or(1)];
    normalise(cg, op, &input, &[-1], false)?;
    affine(cg, op, &parameters)
}

fn normalise(cg: &mut Codegen<'_>, op: Op, input: &TensorInfo, axes: &[i64], centred: bool) -> Result<()> {
    let mut output = cg.result(op)?;
    if output.elements() != input.elements() {
        return malformed(format!("{:?} that gives {:?}", input.shape, output.shape));
    }
    output.shape.clone_from(&input.shape);
    let epsilon = Operand::Float(cg.float(op, "eps", 1e-5) as f32);
    let mut operation = AlongAxis::new(input, &output, axes, true, 0)?;
    operation.side_by_side = true;
    let mean = Fold::Sum(1.0 / operation.row as f32);
    operation.emit(&mut cg.emitter, &|emitter, piece| {
        let (x, out, [average, variance, factor]) = (piece.x, piece.out, piece.columns);
        if centred {
            piece.fold(emitter, average, x, mean)?;
            emitter.arith(TiuOp::Sub, x, x, piece.wide(average), 0)?;
        }
        emitter.arith(TiuOp::Mul, out, x, x, 0)?;
        piece.fold(emitter, variance, out, mean)?;
        emitter.arith(TiuOp::Add, variance, variance, epsilon, 0)?;
        emitter.special(TiuOp::Rsqrt, factor, variance)?;
        emitter.arith(TiuOp::Mul, out, x, piece.wide(factor), 0)
    })
}

/// The output times the weight plus the bias, in place; both have `shape`, which broadcasts.
fn affine(cg: &mut Codegen<'_>, op: Op, shape: &[usize]) -> Result<()> {
    let output = cg.result(op)?;
    let own = Strided::broadcast(&output, &output.shape, &output.shape)?;
    for (index, operation) in [(1, TiuOp::Mul), (2, TiuOp::Add)] {
        let Some(parameter) = cg.optional_operand(op, index)? else {
            continue;
        };
        if parameter.elements() != shape.iter().product::<usize>() || parameter.element != Element::F32 {
            return malformed(format!(
                "a weight or bias of {:?} where {shape:?} in F32 is expected",
                parameter.shape
            ));
        }
        let each = Elementwise {
            shape: output.shape.clone(),
            inputs: vec![own.clone(), Strided::broadcast(&parameter, shape, &output.shape)?],
            output: own.clone(),
            scratch: vec![],
            words: true,
            input_use: InputUse::Strided,
            local: &|emitter, inputs, out, _| emitter.arith(operation, out, inputs[0], inputs[1], 0),
        };
        each.emit(&mut cg.emitter)?;
    }
    Ok(())
}
