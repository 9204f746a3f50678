//! `tpu.Depth2Space`: channels become blocks of pixels, or pixels channels.

use super::codegen::{Codegen, TensorInfo};
use super::error::{Result, malformed};
use super::movement::{Axis, copy_between, strides_of};
use tpuc_dialects::ir::Op;

/// Sizes and strides of a tensor as batch, channel, row, column, whatever the order in memory.
fn planes(tensor: &TensorInfo, channels_first: bool) -> Result<([usize; 4], [usize; 4])> {
    if tensor.shape.len() != 4 {
        return malformed(format!("a tensor of rank {}; it takes 4", tensor.shape.len()));
    }
    let strides = strides_of(&tensor.shape);
    let order = if channels_first {
        [0, 1, 2, 3]
    } else {
        [0, 3, 1, 2]
    };
    Ok((order.map(|dim| tensor.shape[dim]), order.map(|dim| strides[dim])))
}

/// `tpu.Depth2Space`. A deep channel holds the position in the block behind (`is_CRD`) or before the wide channel;
/// `swap_cr` has the block's columns before its rows; `is_inversed` goes from wide to deep.
///
/// # Errors
/// When the shapes do not differ by blocks.
pub fn emit(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let (input, output) = (cg.operand(op, 0)?, cg.result(op)?);
    let default_true = |name: &str| cg.ctx().get_bool(op, name).unwrap_or(true);
    let (crd, inversed) = (default_true("is_CRD"), cg.flag(op, "is_inversed"));
    let block = |name: &str| usize::try_from(cg.int(op, name, 1)).unwrap_or(0).max(1);
    let (block_h, block_w) = (block("block_h"), block("block_w"));
    let source = planes(&input, default_true("in_is_NCHW"))?;
    let target = planes(&output, default_true("out_is_NCHW"))?;
    let ((deep, deep_strides), (wide, wide_strides)) = if inversed {
        (target, source)
    } else {
        (source, target)
    };
    let times = |a: usize, b: usize| a.checked_mul(b).unwrap_or(0);
    let fits = deep[0] == wide[0]
        && deep[1] == times(wide[1], times(block_h, block_w))
        && times(deep[2], block_h) == wide[2]
        && times(deep[3], block_w) == wide[3];
    if !fits {
        return malformed(format!(
            "shapes {:?} and {:?} do not differ by blocks of {block_h} x {block_w}",
            input.shape, output.shape
        ));
    }
    // Steps in deep channels: of a wide channel, of a position in the block.
    let (channel, position) = if crd { (block_h * block_w, 1) } else { (1, wide[1]) };
    let (row, column) = if cg.flag(op, "swap_cr") {
        (1, block_h)
    } else {
        (block_w, 1)
    };
    let axis = |size: usize, deep: usize, wide: usize| Axis {
        size,
        source: if inversed { wide } else { deep },
        target: if inversed { deep } else { wide },
    };
    let axes = [
        axis(deep[0], deep_strides[0], wide_strides[0]),
        axis(wide[1], deep_strides[1] * channel, wide_strides[1]),
        axis(deep[2], deep_strides[2], wide_strides[2] * block_h),
        axis(block_h, deep_strides[1] * position * row, wide_strides[2]),
        axis(deep[3], deep_strides[3], wide_strides[3] * block_w),
        axis(block_w, deep_strides[1] * position * column, wide_strides[3]),
    ];
    copy_between(cg, (&input, 0), (&output, 0), &axes)
}
