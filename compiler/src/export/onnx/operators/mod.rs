//! A float program in ONNX's own operators (opset 17), with its weights: ONNX Runtime runs it. One `top` operation becomes one
//! node, or several where ONNX has no such operator; the last one bears the operation's name, and its documentation says
//! which operation it was and what is known of its quantisation.
//!
//! All tensors are single precision, as `top` has them: whole numbers that ONNX wants as integers, and truth values, are cast.

mod elementwise;
mod normalise;
mod recurrent;
mod reduce;
mod shape;
mod window;
mod writer;

use super::notes::{Tables, lines, notes};
use super::{ExportError, module_text};
use crate::import::onnx::schema::{ModelProto, OperatorSetIdProto};
use crate::program::Program;
use tpuc_dialects::ir::{Context, Op, OpView};
use tpuc_dialects::text::attr_text;
use writer::Writer;

/// Writes the nodes of an operation whose first result has the name `out`. An error is what ONNX has no form for.
type Write = fn(&mut Writer<'_>, Op, &str) -> Result<(), String>;

const TABLES: [&[(&str, Write)]; 6] = [
    elementwise::TABLE,
    normalise::TABLE,
    recurrent::TABLE,
    reduce::TABLE,
    shape::TABLE,
    window::TABLE,
];

fn find(kind: &str) -> Option<Write> {
    let mut rows = TABLES.into_iter().flatten();
    rows.find(|(name, _)| *name == kind).map(|(_, write)| *write)
}

/// Operations that have a form in ONNX's operators.
pub fn supported() -> Vec<&'static str> {
    let mut names: Vec<&str> = TABLES.into_iter().flatten().map(|(name, _)| *name).collect();
    names.sort_unstable();
    names
}

/// The model.
///
/// # Errors
/// When the program is not a top program, a weight cannot be read, or operations have no form in ONNX: the message names them.
pub fn model(program: &Program, tables: Tables<'_>) -> Result<ModelProto, ExportError> {
    let ctx = &program.ctx;
    let state = program.module_str("state").unwrap_or("unknown");
    if !state.starts_with("TOP") {
        return Err(ExportError::Program(format!(
            "the program is in state {state}; only a top program has a form in ONNX's operators"
        )));
    }
    let main = program
        .main()
        .map_err(|error| ExportError::Program(error.to_string()))?;
    let mut writer = Writer::new(program);
    let mut refused = Vec::new();
    for op in main.ops(ctx) {
        match ctx.op_name(op) {
            "top.None" | "top.Weight" => {}
            "top.Input" => writer.input(op),
            "func.return" => writer.outputs(op).map_err(ExportError::Program)?,
            kind => {
                if let Err(problem) = operation(&mut writer, op, kind, tables) {
                    refused.push(format!("'{kind}' op '{}' {problem}", ctx.name(op)));
                }
            }
        }
    }
    writer.failed.take().map_or(Ok(()), Err)?;
    if !refused.is_empty() {
        let more = refused.len().saturating_sub(10);
        refused.truncate(10);
        if more > 0 {
            refused.push(format!("and {more} more"));
        }
        return Err(ExportError::Program(format!(
            "{}; the form with MLIR's operations (--form mlir) shows everything",
            refused.join("; ")
        )));
    }
    let mut graph = writer.graph;
    graph.name = Some(
        ctx.get_str(program.module.op(), "sym_name")
            .unwrap_or("module")
            .to_owned(),
    );
    graph.doc_string = Some(module_text(ctx, program.module.op()));
    Ok(ModelProto {
        ir_version: Some(8),
        producer_name: Some("tpuc".to_owned()),
        producer_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        graph: Some(graph),
        opset_import: vec![OperatorSetIdProto {
            domain: Some(String::new()),
            version: Some(17),
        }],
        ..ModelProto::default()
    })
}

/// One operation, and the activation that is fused into it.
fn operation(writer: &mut Writer<'_>, op: Op, kind: &str, tables: Tables<'_>) -> Result<(), String> {
    let write = find(kind).ok_or("has no form in ONNX's operators")?;
    let first = writer.graph.node.len();
    let ctx = &writer.program.ctx;
    let limit = ctx.get_f64(op, "relu_limit").unwrap_or(-1.0);
    let fused = kind != "top.Relu" && ctx.get_bool(op, "do_relu").unwrap_or(false);
    let out = writer.result(op, 0).unwrap_or_default();
    if fused {
        let linear = writer.temp(&format!("{out}/linear"));
        write(writer, op, &linear)?;
        elementwise::rectify(writer, &linear, limit, &out);
    } else {
        write(writer, op, &out)?;
    }
    let ctx = &writer.program.ctx;
    let text = format!("{}{}", described(ctx, op), lines(&notes(ctx, op, tables, None)));
    let name = ctx.name(op).to_owned();
    let written = &mut writer.graph.node[first..];
    let last = written.len().saturating_sub(1);
    for (index, node) in written.iter_mut().enumerate() {
        let part = node.op_type.clone().unwrap_or_default();
        node.name = Some(if index == last {
            name.clone()
        } else {
            format!("{name}/{part}_{index}")
        });
        node.doc_string = Some(text.clone());
    }
    Ok(())
}

/// The operation with its attributes, a line each.
fn described(ctx: &Context, op: Op) -> String {
    let attrs = ctx.attrs(op).iter();
    let lines: String = attrs
        .map(|(name, attr)| format!("{} = {}\n", ctx.text(*name), attr_text(ctx, *attr)))
        .collect();
    format!("{}\n{lines}", ctx.op_name(op))
}
