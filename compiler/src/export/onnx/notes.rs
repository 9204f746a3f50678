//! What a reader of a graph wants to know of an operation's quantisation: from the types of the program, and from tables.

use super::proto::{float, int, text};
use crate::import::onnx::schema::AttributeProto;
use crate::quantization::{CalibrationTable, QuantizeTable};
use std::fmt::Write as _;
use tpuc_dialects::ir::{Context, Op, TypeKind};

/// Tables that belong to the program.
#[derive(Clone, Copy, Default)]
pub struct Tables<'a> {
    /// Thresholds.
    pub ranges: Option<&'a CalibrationTable>,
    /// Layers that were asked for in a precision.
    pub floats: Option<&'a QuantizeTable>,
}

/// Names that the attributes have; `docs/onnx.md` explains them.
pub const NAMES: &[&str] = &[
    "quant_precision",
    "quant_scale",
    "quant_zero_point",
    "quant_min",
    "quant_max",
    "quant_threshold",
    "table_threshold",
    "table_min",
    "table_max",
    "qtable_precision",
    "layer_group",
];

/// The attributes of an operation: of its first result's type, of the tables, and the number of its layer group.
pub fn notes(ctx: &Context, op: Op, tables: Tables<'_>, group: Option<usize>) -> Vec<AttributeProto> {
    let mut notes = Vec::new();
    let result = ctx
        .results(op)
        .first()
        .copied()
        .filter(|value| !ctx.is_none(*value));
    if let Some(element) = result.and_then(|value| ctx.element(value)) {
        match ctx.type_kind(element) {
            TypeKind::Uniform {
                storage,
                scale,
                zero_point,
            } => {
                let (low, high) = (storage.min - zero_point, storage.max - zero_point);
                notes.push(text(
                    "quant_precision",
                    if storage.bits <= 8 { "INT8" } else { "INT16" },
                ));
                notes.push(float("quant_scale", scale.get()));
                notes.push(int("quant_zero_point", *zero_point));
                notes.push(float("quant_min", low as f64 * scale.get()));
                notes.push(float("quant_max", high as f64 * scale.get()));
            }
            TypeKind::Calibrated { min, max, .. } => {
                notes.push(text("quant_precision", "F32"));
                notes.push(float("quant_min", min.get()));
                notes.push(float("quant_max", max.get()));
                notes.push(float("quant_threshold", min.get().abs().max(max.get().abs())));
            }
            TypeKind::Float(_) => notes.push(text("quant_precision", "F32")),
            _ => {}
        }
    }
    let name = ctx.name(op);
    if let Some(range) = tables.ranges.and_then(|table| table.thresholds.get(name)) {
        notes.push(float("table_threshold", range.threshold));
        notes.push(float("table_min", range.min));
        notes.push(float("table_max", range.max));
    }
    if let Some(mode) = tables.floats.and_then(|table| table.modes.get(name)) {
        notes.push(text("qtable_precision", mode.name()));
    }
    if let Some(group) = group {
        notes.push(int("layer_group", group as i64));
    }
    notes
}

/// The same as lines of text, for nodes whose attributes are ONNX's.
pub fn lines(notes: &[AttributeProto]) -> String {
    let mut lines = String::new();
    for note in notes {
        let name = note.name.as_deref().unwrap_or_default();
        let _ = match (note.i, note.f, &note.s) {
            (Some(value), _, _) => writeln!(lines, "{name} = {value}"),
            (_, Some(value), _) => writeln!(lines, "{name} = {value}"),
            (_, _, Some(text)) => writeln!(lines, "{name} = {}", String::from_utf8_lossy(text)),
            _ => Ok(()),
        };
    }
    lines
}
