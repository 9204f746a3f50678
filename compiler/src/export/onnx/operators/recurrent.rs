//! LSTM and GRU.

use super::super::proto::{int, text};
use super::Write;
use super::writer::Writer;
use tpuc_dialects::ir::Op;

pub const TABLE: &[(&str, Write)] = &[("top.GRU", recurrent), ("top.LSTM", recurrent)];

fn recurrent(writer: &mut Writer<'_>, op: Op, _: &str) -> Result<(), String> {
    let kind = writer.ctx().op_name(op).trim_start_matches("top.").to_owned();
    let lstm = kind == "LSTM";
    if lstm && writer.operand_value(op, 6).is_some() {
        return Err("has a 'cont' operand".to_owned());
    }
    let mut inputs = Vec::new();
    for index in 0..4 {
        inputs.push(if index < 3 {
            writer.operand(op, index)?
        } else {
            writer.optional(op, index).unwrap_or_default()
        });
    }
    // Sequence lengths.
    inputs.push(String::new());
    for index in 4..if lstm { 6 } else { 5 } {
        inputs.push(writer.optional(op, index).unwrap_or_default());
    }
    while inputs.last().is_some_and(String::is_empty) {
        inputs.pop();
    }
    let results = writer.ctx().results(op).len();
    let mut outputs: Vec<String> = (0..results)
        .map(|index| writer.result(op, index).unwrap_or_default())
        .collect();
    while outputs.last().is_some_and(String::is_empty) {
        outputs.pop();
    }
    let direction = if writer.flag(op, "bidirectional", false) {
        "bidirectional"
    } else {
        "forward"
    };
    let mut attributes = vec![
        int("hidden_size", writer.i64(op, "hidden_size", 1)),
        text("direction", direction),
    ];
    if writer.flag(op, "batch_first", false) {
        attributes.push(int("layout", 1));
    }
    if !lstm {
        attributes.push(int(
            "linear_before_reset",
            writer.flag(op, "linear_before_reset", true).into(),
        ));
    }
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    let outputs: Vec<&str> = outputs.iter().map(String::as_str).collect();
    writer.node(&kind, &inputs, &outputs, attributes);
    Ok(())
}
