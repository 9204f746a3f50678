//! A program as nodes that are its operations, under their own names and with all attributes, as `mlir2onnx` shows them. For
//! looking at. The nodes are of a domain of their own, so that `onnx.checker` accepts them.

use super::notes::{Tables, notes};
use super::proto::{Names, attribute, tensor, value_info};
use super::{ExportError, ExportOptions, module_text};
use crate::import::onnx::schema::{GraphProto, ModelProto, NodeProto, OperatorSetIdProto};
use crate::program::Program;
use std::collections::HashMap;
use tpuc_dialects::func::Func;
use tpuc_dialects::ir::{Context, Op, OpView, Value};

/// The domain of the nodes.
pub const DOMAIN: &str = "mlir";

/// The model.
///
/// # Errors
/// When the module has no function, or a weight that is wanted cannot be read.
pub fn model(
    program: &Program,
    options: ExportOptions,
    tables: Tables<'_>,
) -> Result<ModelProto, ExportError> {
    let ctx = &program.ctx;
    let mut viewer = Viewer {
        program,
        options,
        tables,
        graph: GraphProto {
            name: Some(
                ctx.get_str(program.module.op(), "sym_name")
                    .unwrap_or("module")
                    .to_owned(),
            ),
            doc_string: Some(module_text(ctx, program.module.op())),
            ..GraphProto::default()
        },
        functions: HashMap::new(),
        names: HashMap::new(),
        used: Names::default(),
        groups: 0,
    };
    let mut functions = program.module.functions(ctx);
    for inner in program.module.submodules(ctx) {
        functions.extend(inner.functions(ctx));
    }
    let main = functions
        .iter()
        .find(|func| func.sym_name(ctx) == "main")
        .or(functions.first());
    let main = *main.ok_or_else(|| ExportError::Program("the module has no function".to_owned()))?;
    viewer.functions = functions
        .iter()
        .map(|func| (func.sym_name(ctx).to_owned(), *func))
        .collect();
    for argument in main.arguments(ctx) {
        let info = value_info(ctx, *argument, viewer.name(*argument), false);
        viewer.graph.input.push(info);
    }
    let returned = viewer.ops(&main.ops(ctx), None, 0)?;
    for value in returned {
        let info = value_info(ctx, value, viewer.name(value), false);
        viewer.graph.output.push(info);
    }
    Ok(ModelProto {
        ir_version: Some(8),
        producer_name: Some("tpuc".to_owned()),
        producer_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        graph: Some(viewer.graph),
        opset_import: [("", 17), (DOMAIN, 1)]
            .map(|(domain, version)| OperatorSetIdProto {
                domain: Some(domain.to_owned()),
                version: Some(version),
            })
            .to_vec(),
        ..ModelProto::default()
    })
}

/// Calls inside of calls, at most: text may have a function that calls itself.
const DEEPEST: usize = 64;

struct Viewer<'p> {
    program: &'p Program,
    options: ExportOptions,
    tables: Tables<'p>,
    graph: GraphProto,
    functions: HashMap<String, Func>,
    /// Values that are another's: arguments and results of calls and groups have the name of what they stand for.
    names: HashMap<Value, String>,
    used: Names,
    groups: usize,
}

impl Viewer<'_> {
    fn ctx(&self) -> &Context {
        &self.program.ctx
    }

    /// The name of a value in the file: its own, made unique.
    fn name(&mut self, value: Value) -> String {
        if let Some(name) = self.names.get(&value) {
            return name.clone();
        }
        let name = self.used.unique(self.program.ctx.value_name(value));
        self.names.insert(value, name.clone());
        name
    }

    /// Values have the names of others.
    fn same(&mut self, values: &[Value], others: &[Value]) {
        for (value, other) in values.iter().zip(others) {
            let name = self.name(*other);
            self.names.insert(*value, name);
        }
    }

    /// Adds operations; gives the operands of the last one if it returns values.
    fn ops(&mut self, ops: &[Op], group: Option<usize>, depth: usize) -> Result<Vec<Value>, ExportError> {
        let mut returned = Vec::new();
        for op in ops.iter().copied() {
            match self.ctx().op_name(op) {
                "top.None" => {}
                "top.Weight" => self.weight(op)?,
                "func.return" | "tpu.Yield" => returned = self.ctx().operands(op).to_vec(),
                "func.call" if depth < DEEPEST => self.call(op, group, depth)?,
                "tpu.Group" if depth < DEEPEST => {
                    self.groups += 1;
                    let inner = self
                        .ctx()
                        .body(op)
                        .map(|body| self.ctx().block_ops(body))
                        .unwrap_or_default();
                    let number = self.groups;
                    let yielded = self.ops(&inner, Some(number), depth + 1)?;
                    let results = self.ctx().results(op).to_vec();
                    self.same(&results, &yielded);
                }
                _ => self.node(op, group),
            }
        }
        Ok(returned)
    }

    fn call(&mut self, op: Op, group: Option<usize>, depth: usize) -> Result<(), ExportError> {
        let ctx = self.ctx();
        let callee = ctx
            .get_attr(op, "callee")
            .map(|attr| tpuc_dialects::text::attr_text(ctx, attr))
            .unwrap_or_default();
        let Some(function) = self.functions.get(callee.trim_start_matches('@')).copied() else {
            self.node(op, group);
            return Ok(());
        };
        let (operands, results) = (ctx.operands(op).to_vec(), ctx.results(op).to_vec());
        let arguments = function.arguments(ctx).to_vec();
        let inner = function.ops(ctx);
        self.same(&arguments, &operands);
        let returned = self.ops(&inner, group, depth + 1)?;
        self.same(&results, &returned);
        Ok(())
    }

    fn node(&mut self, op: Op, group: Option<usize>) {
        let (operands, results) = (self.ctx().operands(op).to_vec(), self.ctx().results(op).to_vec());
        let mut names = |values: &[Value]| -> Vec<String> {
            values
                .iter()
                .map(|value| {
                    if self.program.ctx.is_none(*value) {
                        String::new()
                    } else {
                        self.name(*value)
                    }
                })
                .collect()
        };
        let mut input = names(&operands);
        while input.last().is_some_and(String::is_empty) {
            input.pop();
        }
        let output = names(&results);
        let ctx = &self.program.ctx;
        for (value, name) in results.iter().zip(&output).filter(|(_, name)| !name.is_empty()) {
            self.graph
                .value_info
                .push(value_info(ctx, *value, name.clone(), false));
        }
        let attributes = ctx
            .attrs(op)
            .iter()
            .map(|(name, attr)| attribute(ctx, ctx.text(*name), *attr));
        self.graph.node.push(NodeProto {
            name: Some(ctx.name(op).to_owned()),
            op_type: Some(ctx.op_name(op).to_owned()),
            domain: Some(DOMAIN.to_owned()),
            input,
            output,
            attribute: attributes.chain(notes(ctx, op, self.tables, group)).collect(),
            ..NodeProto::default()
        });
    }

    fn weight(&mut self, op: Op) -> Result<(), ExportError> {
        let value = self.ctx().result(op);
        let name = self.name(value);
        if !self.options.weights {
            let info = value_info(self.ctx(), value, name, false);
            self.graph.input.push(info);
            return Ok(());
        }
        let weight = self.program.weights.get(self.program.ctx.name(op))?;
        self.graph.initializer.push(tensor(&name, &weight));
        Ok(())
    }
}
