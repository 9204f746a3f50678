//! `tpu.Deconv3D`, f32, and those `tpu.Deconv` that the chip's own windows cannot do: transposed convolution as a
//! convolution over the input with zeros between its elements. The kernel was turned round beforehand.

use super::codegen::Codegen;
use super::conv3d::{axes, convolution};
use super::error::{Result, unsupported};
use super::volume::Axis;
use tpuc_dialects::ir::Op;

/// Emits the commands.
///
/// # Errors
/// When the padding is larger than the kernel, or the convolution does not fit the chip.
pub fn emit(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let mut axes = axes(cg, op)?;
    for axis in &mut axes {
        let reach = (axis.kernel.max(1) - 1) * axis.dilation;
        let Some(pad) = reach.checked_sub(axis.pad) else {
            return unsupported("a transposed convolution that cuts more than its kernel");
        };
        *axis = Axis {
            stride: 1,
            insert: axis.stride.max(1) - 1,
            pad,
            ..*axis
        };
    }
    convolution(cg, op, axes)
}
