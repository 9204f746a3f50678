//! Constant folding: nodes whose inputs are constant, and questions for shapes that are known, become constants; nodes that
//! nothing uses go away. Shapes come from the `top` operations that the nodes will become.

use super::constant::Constant;
use super::convert::{self, Converter, Problem};
use super::evaluate::evaluate;
use super::model::{ElementType, Graph, Node};
use crate::data::TensorMap;
use crate::inference::{Dump, Interpreter};
use crate::program::Program;
use crate::top::infer;
use indexmap::IndexMap;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tpuc_dialects::func::Func;
use tpuc_dialects::ir::Value;

/// What is known of tensors after folding.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Shapes, without those that could not be inferred.
    pub shapes: HashMap<String, Vec<i64>>,
    /// Element types.
    pub elements: HashMap<String, ElementType>,
    /// Tensors without dimensions.
    pub scalars: HashSet<String>,
}

/// A program with an empty `main` whose arguments are the network's inputs, and the `top.None` in it.
/// `shapes` are the inputs' shapes.
pub fn skeleton(name: &str, graph: &Graph, shapes: &[Vec<i64>], results: usize) -> (Program, Func, Value) {
    let mut program = Program::new(name);
    let ctx = &mut program.ctx;
    let f32_type = ctx.f32_type();
    let si32 = ctx.sint_type(32);
    let mut inputs = Vec::new();
    for (input, shape) in graph.inputs.iter().zip(shapes) {
        let element = if input.element == ElementType::Int {
            si32
        } else {
            f32_type
        };
        inputs.push(ctx.tensor_type(shape, element));
    }
    let unranked = ctx.unranked_type(f32_type);
    let ty = ctx.function_type(&inputs, &vec![unranked; results]);
    let block = program.module.block(&program.ctx);
    let mut rewriter = program.ctx.rewriter_at_end(block);
    let func = Func::create(&mut rewriter, "main", ty);
    let body = func.block(&rewriter);
    rewriter.set_at_end(body);
    let none_type = rewriter.none_type();
    let none = rewriter.build("top.None").result(none_type).finish();
    let none = rewriter.result(none);
    (program, func, none)
}

/// Folds until nothing changes. A network whose outputs are all known beforehand stays as it is: TPU-MLIR computes the
/// shapes that it asks for, too.
pub fn fold(graph: &mut Graph, shapes: &[Vec<i64>]) -> Known {
    extract_constants(graph);
    let before = graph.clone();
    let mut known = fold_once(graph, shapes);
    let all_known = !graph.outputs.is_empty()
        && graph
            .outputs
            .iter()
            .all(|name| graph.constants.contains_key(name) && !before.constants.contains_key(name));
    if all_known && before.nodes.iter().any(|node| node.op_type == "Shape") {
        *graph = before;
        known.shapes.retain(|name, _| !graph.outputs.contains(name));
    }
    remove_unused(graph);
    known
}

/// `Constant` nodes become constants of the graph.
fn extract_constants(graph: &mut Graph) {
    let constants = &mut graph.constants;
    graph.nodes.retain(|node| {
        if node.op_type != "Constant" {
            return true;
        }
        match evaluate(node, &[], 0) {
            Some(values) => {
                for (name, value) in node.outputs.iter().zip(values) {
                    constants.insert(name.clone(), Arc::new(value));
                }
                false
            }
            None => true,
        }
    });
}

fn fold_once(graph: &mut Graph, shapes: &[Vec<i64>]) -> Known {
    let scratch = Graph {
        constants: IndexMap::new(),
        ..graph.clone()
    };
    let (program, func, none) = skeleton("scratch", &scratch, shapes, 0);
    let block = func.block(&program.ctx);
    let arguments = func.arguments(&program.ctx).to_vec();
    let mut converter = Converter::new(program, block, none, &scratch);
    converter.constants.clone_from(&graph.constants);
    converter.shapes_only = true;
    for (input, argument) in graph.inputs.iter().zip(arguments) {
        let value = converter.emit("top.Input", &[argument], &input.name, |builder| builder);
        let ty = converter.program.ctx.value_type(argument);
        converter.program.ctx.rewriter().set_type(value, ty);
        converter.bind(&input.name, value);
        converter.elements.insert(input.name.clone(), input.element);
    }
    for (name, constant) in &graph.constants {
        let element = match constant.as_ref() {
            Constant::Float(_) => ElementType::Float,
            Constant::Int(_) => ElementType::Int,
            Constant::Bool(_) => ElementType::Bool,
        };
        converter.elements.insert(name.clone(), element);
    }
    let mut kept = Vec::with_capacity(graph.nodes.len());
    let mut folded = Vec::new();
    for node in &scratch.nodes {
        if let Some(values) = constant_outputs(&converter, node) {
            for (name, value) in node.outputs.iter().zip(values) {
                converter.elements.insert(name.clone(), element_of(&value));
                converter.add_constant(name, value);
                // As it is now: conversion may change it afterwards (the filter of a transposed convolution).
                folded.extend(
                    converter
                        .constants
                        .get(name)
                        .map(|value| (name.clone(), value.clone())),
                );
            }
            continue;
        }
        track(&mut converter, node);
        kept.push(node.clone());
    }
    graph.nodes = kept;
    let mut known = Known {
        elements: converter.elements.clone(),
        scalars: converter.scalars.clone(),
        ..Known::default()
    };
    let names = graph.nodes.iter().flat_map(|node| &node.outputs);
    for name in names.chain(graph.inputs.iter().map(|input| &input.name)) {
        if let Some(shape) = converter
            .bound(name)
            .and_then(|value| converter.program.ctx.shape(value))
        {
            known.shapes.insert(name.clone(), shape.to_vec());
        }
    }
    // Conversion makes constants of its own, which are not the graph's.
    graph.constants.extend(folded);
    known
}

fn element_of(constant: &Constant) -> ElementType {
    match constant {
        Constant::Float(_) => ElementType::Float,
        Constant::Int(_) => ElementType::Int,
        Constant::Bool(_) => ElementType::Bool,
    }
}

/// The outputs of a node, if they are known now.
fn constant_outputs(converter: &Converter<'_>, node: &Node) -> Option<Vec<Constant>> {
    if node.op_type == "Shape" {
        let name = node.input(0)?;
        let shape: Vec<i64> = match converter.constant(name) {
            Some(constant) => constant.shape().iter().map(|dim| *dim as i64).collect(),
            None if converter.scalars.contains(name) => Vec::new(),
            None => converter.program.ctx.shape(converter.bound(name)?)?.to_vec(),
        };
        let rank = shape.len() as i64;
        let place =
            |position: i64| (if position < 0 { position + rank } else { position }).clamp(0, rank) as usize;
        let (start, end) = (
            place(node.int("start").unwrap_or(0)),
            place(node.int("end").unwrap_or(rank)),
        );
        return Some(vec![Constant::from_ints(shape.get(start..end)?.to_vec())]);
    }
    if node.op_type == "CastLike" {
        let from = converter.constant(node.input(0)?)?;
        return Some(vec![match converter.elements.get(node.input(1)?)? {
            ElementType::Float => Constant::Float(from.to_float()),
            ElementType::Int => Constant::Int(from.to_int()),
            ElementType::Bool => Constant::Bool(from.to_bool()),
        }]);
    }
    let mut inputs = Vec::with_capacity(node.inputs.len());
    for name in &node.inputs {
        inputs.push(if name.is_empty() {
            None
        } else {
            Some(converter.constant(name)?)
        });
    }
    evaluate(node, &inputs, converter.opset).or_else(|| infer_constants(converter, node))
}

/// Operators that move or choose elements, whatever their type. Those of [`evaluate`] are not here.
const MOVING: &[&str] = &[
    "DepthToSpace",
    "GatherElements",
    "GatherND",
    "Pad",
    "ScatterElements",
    "ScatterND",
    "SpaceToDepth",
    "Split",
    "Tile",
    "Trilu",
];

/// Operators on real numbers.
const COMPUTING: &[&str] = &[
    "BatchNormalization",
    "Clip",
    "Conv",
    "CumSum",
    "Einsum",
    "Elu",
    "Erf",
    "Gemm",
    "HardSigmoid",
    "LayerNormalization",
    "LeakyRelu",
    "LogSoftmax",
    "MatMul",
    "Resize",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Tanh",
];

/// Whole numbers up to here are exact in f32.
const EXACT: i64 = 1 << 24;

/// Elements of constants that inference is asked for.
const MOST_ELEMENTS: usize = 1 << 24;

/// The outputs of a node with constant inputs, computed by the inference of the `top` operation that it becomes.
fn infer_constants(converter: &Converter<'_>, node: &Node) -> Option<Vec<Constant>> {
    let moving = MOVING.contains(&node.op_type.as_str());
    if !moving && !COMPUTING.contains(&node.op_type.as_str()) {
        return None;
    }
    let mut constants = IndexMap::new();
    let mut elements = 0;
    for name in node.inputs.iter().filter(|name| !name.is_empty()) {
        let constant = converter.constants.get(name)?;
        elements += constant.len();
        let exact = match constant.as_ref() {
            Constant::Float(_) => true,
            Constant::Int(values) => values.iter().all(|value| value.abs() < EXACT),
            Constant::Bool(_) => false,
        };
        if !exact || elements > MOST_ELEMENTS {
            return None;
        }
        constants.insert(name.clone(), constant.clone());
    }
    let first = converter.constant(node.input(0)?)?;
    let whole = matches!(first, Constant::Int(_));
    if first.shape().is_empty() || (whole && !moving) {
        return None;
    }
    let graph = Graph {
        inputs: Vec::new(),
        outputs: node.outputs.clone(),
        constants,
        nodes: vec![node.clone()],
        opset: converter.opset,
        ir_version: 0,
    };
    let (program, func, none) = skeleton("constant", &graph, &[], 0);
    let block = func.block(&program.ctx);
    let mut inner = Converter::new(program, block, none, &graph);
    convert::find(&node.op_type)?(&mut inner, node).ok()?;
    let results: Vec<Value> = node
        .outputs
        .iter()
        .map(|name| inner.bound(name))
        .collect::<Option<_>>()?;
    let mut program = inner.program;
    for op in program.ctx.block_ops(block) {
        infer::infer_op(&mut program, op).ok()?;
    }
    let mut rewriter = program.ctx.rewriter_at_end(block);
    rewriter.build("func.return").operands(&results).finish();
    let interpreter = Interpreter::new(&program).ok()?;
    let found = interpreter.run_all(&TensorMap::new(), Dump::Outputs).ok()?;
    let outputs: Option<Vec<Constant>> = interpreter
        .output_names()
        .map(|name| {
            let values = found.get(name)?.to_f32().into_owned();
            Some(if whole {
                Constant::Int(values.mapv(|value| value as i64))
            } else {
                Constant::Float(values)
            })
        })
        .collect();
    outputs.filter(|outputs| outputs.len() == node.outputs.len())
}

/// Converts a node in the scratch program to learn the shapes of its outputs.
fn track(converter: &mut Converter<'_>, node: &Node) {
    let before = converter.program.ctx.last_op(converter.block);
    let converted = match convert::find(&node.op_type) {
        Some(convert) => convert(converter, node),
        None => Err(Problem::Follows),
    };
    if converted.is_err() {
        converter.poison(node);
    }
    let mut op = match before {
        Some(before) => converter.program.ctx.next_op(before),
        None => converter.program.ctx.first_op(converter.block),
    };
    let mut scalar = false;
    while let Some(current) = op {
        // What cannot be inferred stays without a rank; the conversion proper reports what matters.
        let _ = infer::infer_op(&mut converter.program, current);
        scalar = converter
            .program
            .ctx
            .get_bool(current, "is_scalar")
            .unwrap_or(false);
        op = converter.program.ctx.next_op(current);
    }
    let all_scalar = !node.inputs.is_empty()
        && node.inputs.iter().all(|name| {
            name.is_empty()
                || converter.scalars.contains(name)
                || converter
                    .constant(name)
                    .is_some_and(|constant| constant.shape().is_empty())
        });
    let elementwise = matches!(
        node.op_type.as_str(),
        "Add"
            | "Sub"
            | "Mul"
            | "Div"
            | "Cast"
            | "CastLike"
            | "Neg"
            | "Sqrt"
            | "Floor"
            | "Ceil"
            | "Identity"
            | "Equal"
            | "Where"
    );
    if scalar || (all_scalar && elementwise) {
        converter.scalars.extend(node.outputs.iter().cloned());
    }
    let first = node
        .input(0)
        .and_then(|name| converter.elements.get(name))
        .copied();
    let element = match node.op_type.as_str() {
        "Shape" | "Size" | "NonZero" | "ArgMax" | "ArgMin" => ElementType::Int,
        "Cast" => ElementType::from_number(node.int("to").unwrap_or(1)),
        "Equal" | "Greater" | "GreaterOrEqual" | "Less" | "LessOrEqual" | "Not" | "And" | "Or" | "Xor" => {
            ElementType::Bool
        }
        "Where" | "CastLike" => node
            .input(1)
            .and_then(|name| converter.elements.get(name))
            .copied()
            .unwrap_or(ElementType::Float),
        _ => first.unwrap_or(ElementType::Float),
    };
    for name in &node.outputs {
        converter.elements.insert(name.clone(), element);
    }
}

/// Removes nodes and constants that nothing uses.
pub fn remove_unused(graph: &mut Graph) {
    let mut used: HashSet<String> = graph.outputs.iter().cloned().collect();
    let mut kept = Vec::with_capacity(graph.nodes.len());
    for node in std::mem::take(&mut graph.nodes).into_iter().rev() {
        if node.outputs.iter().any(|name| used.contains(name)) {
            used.extend(node.inputs.iter().cloned());
            kept.push(node);
        }
    }
    kept.reverse();
    graph.nodes = kept;
    graph.constants.retain(|name, _| used.contains(name));
}
