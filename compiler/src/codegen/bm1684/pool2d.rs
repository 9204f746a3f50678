//! `tpu.Pool2D`: maximum and average pooling in f32 and 8-bit integers.
//!
//! The 8-bit average is `(sum * multiplier) >> rshift`, rounding half up; the f32 average multiplies every tap by the
//! reciprocal of the window's size.

use super::codegen::Codegen;
use super::conv2d::{window_fields, window_rows};
use super::error::{Result, unsupported};
use super::group::rows::Rows;
use super::tensor::Element;
use super::window::{Arithmetic, Kind, WindowOp};
use tpuc_dialects::ir::Op;

/// Emits the commands.
///
/// # Errors
/// When the pooling does not fit the chip.
pub fn emit(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let (input, output) = (cg.operand(op, 0)?, cg.result(op)?);
    let mut window = window_fields(cg, op)?;
    let taps = window.kernel[0] * window.kernel[1];
    let (kind, arithmetic) = pooling(cg, op, taps, window.pad != [0; 4])?;
    cg.slice_padding(&mut window);
    let window_op = WindowOp {
        kind,
        groups: 1,
        input: input.nchw()?,
        output: output.nchw()?,
        window,
        weights: None,
        channel_shifts: None,
        folded: None,
        resident: cg.resident_window(&input, &output, None, None),
        bias: None,
        arithmetic,
    };
    window_op.emit(&mut cg.emitter)
}

/// Rows of the input come from the window.
///
/// # Errors
/// When the attributes make no sense.
pub fn rows(cg: &Codegen<'_>, op: Op) -> Result<Option<Rows>> {
    let (input, output) = (cg.whole(cg.ctx().operand(op, 0))?, cg.whole(cg.ctx().result(op))?);
    let kind = match cg.ctx().get_str(op, "pool_mode") {
        Some("Max") => Kind::Max,
        _ => Kind::Sum(0, input.element),
    };
    Ok(window_rows(
        kind,
        window_fields(cg, op)?,
        input.nchw()?,
        output.nchw()?,
    ))
}

/// What is computed in windows of `taps` elements, and how the sums become results. `padded`: there is padding.
///
/// # Errors
/// For averages that the chip does not know.
pub fn pooling(cg: &Codegen<'_>, op: Op, taps: usize, padded: bool) -> Result<(Kind, Arithmetic)> {
    let (input, output) = (cg.operand(op, 0)?, cg.result(op)?);
    let relu = cg.flag(op, "do_relu");
    let is_float = input.element == Element::F32;
    let mode = cg.ctx().get_str(op, "pool_mode").unwrap_or_default().to_owned();
    let kind = match mode.as_str() {
        "Max" => Kind::Max,
        "Avg" if is_float => {
            if padded && !cg.flag(op, "count_include_pad") {
                return unsupported("an average over a window without its padding; set count_include_pad");
            }
            Kind::Sum((1.0 / taps as f32).to_bits(), Element::F32)
        }
        "Avg" => {
            let multiplier = cg.int(op, "multiplier", 1);
            if !(0..=255).contains(&multiplier) {
                return unsupported(format!("an average with multiplier {multiplier}; 0 to 255 fit"));
            }
            // The weight is signed where it can be, as the vendor's commands have it.
            let element = if multiplier < 128 {
                Element::I8
            } else {
                Element::U8
            };
            let element = if input.element.is_signed() || output.element.is_signed() {
                element
            } else {
                Element::U8
            };
            Kind::Sum(multiplier as u32, element)
        }
        other => return unsupported(format!("pool_mode {other}; use Max or Avg")),
    };
    let arithmetic = if is_float {
        Arithmetic::Float {
            relu,
            limit: cg.float(op, "relu_limit", -1.0),
        }
    } else {
        Arithmetic::Integer {
            right_shift: if kind == Kind::Max {
                0
            } else {
                cg.int(op, "rshift", 0).max(0) as u32
            },
            relu,
        }
    };
    Ok((kind, arithmetic))
}
