//! `tpu.Pool3D`: maximum and average pooling over three dimensions; arithmetic as in `tpu.Pool2D`.

use super::codegen::Codegen;
use super::conv3d::axes;
use super::error::Result;
use super::pool2d::pooling;
use super::volume::VolumeOp;
use tpuc_dialects::ir::Op;

/// Emits the commands.
///
/// # Errors
/// When the pooling does not fit the chip.
pub fn emit(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let (input, output) = (cg.operand(op, 0)?, cg.result(op)?);
    let axes = axes(cg, op)?;
    let padded = !cg.sizes(op, "pads")?.iter().all(|pad| *pad == 0);
    let (kind, arithmetic) = pooling(cg, op, axes.iter().map(|axis| axis.kernel).product(), padded)?;
    let operation = VolumeOp {
        kind,
        groups: 1,
        batch: input.shape[0],
        channels: [input.shape[1]; 2],
        axes,
        input: (input.address, input.element),
        output: (output.address, output.element),
        weights: None,
        bias: None,
        arithmetic,
    };
    operation.emit(&mut cg.emitter)
}
