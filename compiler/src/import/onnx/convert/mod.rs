//! ONNX nodes become `top` operations, one after the other. Names, attributes and their order of creation follow TPU-MLIR's
//! front end: an operation is named `<output>_<OpType>`, weights are created where they are first used.

mod activation;
mod arithmetic;
mod data;
mod matrix;
mod normalization;
mod reduction;
mod resize;
mod window;

use super::constant::Constant;
use super::model::{ElementType, Graph, Node};
use crate::data::Tensor;
use crate::program::Program;
use indexmap::IndexMap;
use ndarray::IxDyn;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tpuc_dialects::ir::{Block, Op, OpBuilder, Value};

/// Why a node was not converted.
pub enum Problem {
    /// It, or the form of it, is not supported.
    Unsupported(String),
    /// A node that it uses was not converted.
    Follows,
}

impl From<String> for Problem {
    fn from(reason: String) -> Self {
        Self::Unsupported(reason)
    }
}

impl From<&str> for Problem {
    fn from(reason: &str) -> Self {
        Self::Unsupported(reason.to_owned())
    }
}

/// Result of converting a node.
pub type Converted = Result<(), Problem>;

type Convert = fn(&mut Converter<'_>, &Node) -> Converted;

const TABLES: [&[(&str, Convert)]; 8] = [
    activation::TABLE,
    arithmetic::TABLE,
    data::TABLE,
    matrix::TABLE,
    normalization::TABLE,
    reduction::TABLE,
    resize::TABLE,
    window::TABLE,
];

/// The converter of an operator.
pub fn find(op_type: &str) -> Option<Convert> {
    TABLES
        .into_iter()
        .flatten()
        .find(|(name, _)| *name == op_type)
        .map(|(_, convert)| *convert)
}

/// The operators that are converted, in alphabetical order. Others can still be folded if their operands are constant.
pub fn operators() -> Vec<&'static str> {
    let mut names: Vec<&str> = TABLES.into_iter().flatten().map(|(name, _)| *name).collect();
    names.sort_unstable();
    names
}

/// The program under construction.
pub struct Converter<'g> {
    graph: &'g Graph,
    /// The program.
    pub program: Program,
    /// The body of `main`.
    pub block: Block,
    /// Constants by name.
    pub constants: IndexMap<String, Arc<Constant>>,
    /// Operator set version.
    pub opset: i64,
    /// Element types of tensors, as far as they are known.
    pub elements: HashMap<String, ElementType>,
    /// Tensors without dimensions; `top` gives them the shape 1.
    pub scalars: HashSet<String>,
    /// Shapes of tensors, as far as they are known.
    pub shapes: HashMap<String, Vec<i64>>,
    /// Only types are wanted: weights are not stored.
    pub shapes_only: bool,
    none: Value,
    operands: HashMap<String, Option<Value>>,
    weights: HashMap<String, Value>,
}

impl<'g> Converter<'g> {
    /// A converter that appends to `block` of the program's `main`. `none` is the `top.None` there.
    pub fn new(program: Program, block: Block, none: Value, graph: &'g Graph) -> Self {
        Self {
            program,
            block,
            graph,
            constants: graph.constants.clone(),
            opset: graph.opset,
            elements: HashMap::new(),
            scalars: HashSet::new(),
            shapes: HashMap::new(),
            shapes_only: false,
            none,
            operands: HashMap::new(),
            weights: HashMap::new(),
        }
    }

    /// `top.None`.
    pub fn none(&self) -> Value {
        self.none
    }

    /// Says which value a tensor of the graph is.
    pub fn bind(&mut self, name: &str, value: Value) {
        self.operands.insert(name.to_owned(), Some(value));
    }

    /// Marks the outputs of a node that was not converted.
    pub fn poison(&mut self, node: &Node) {
        for name in &node.outputs {
            self.operands.insert(name.clone(), None);
        }
    }

    /// The value of a tensor that was made by a node or is an input.
    pub fn bound(&self, name: &str) -> Option<Value> {
        self.operands.get(name).copied().flatten()
    }

    /// The constant of this name.
    pub fn constant(&self, name: &str) -> Option<&Constant> {
        self.constants.get(name).map(AsRef::as_ref)
    }

    /// Adds (or replaces) a constant.
    pub fn add_constant(&mut self, name: &str, constant: Constant) {
        self.constants.insert(name.to_owned(), Arc::new(constant));
    }

    /// Whether a node or the network's outputs use a tensor.
    pub fn needed(&self, name: &str) -> bool {
        self.graph.outputs.iter().any(|output| output == name)
            || self
                .graph
                .nodes
                .iter()
                .any(|node| node.inputs.iter().any(|input| input == name))
    }

    /// Number of dimensions of a value, if they are known.
    pub fn rank(&self, value: Value) -> Option<usize> {
        self.program.ctx.shape(value).map(<[i64]>::len)
    }

    /// The shape of the node's `index`-th input, if it is known.
    pub fn input_shape(&self, node: &Node, index: usize) -> Option<Vec<i64>> {
        let name = node.input(index)?;
        if let Some(constant) = self.constant(name) {
            return Some(constant.shape().iter().map(|dim| *dim as i64).collect());
        }
        let inferred = self.bound(name).and_then(|value| self.program.ctx.shape(value));
        inferred
            .map(<[i64]>::to_vec)
            .or_else(|| self.shapes.get(name).cloned())
    }

    /// Says that the results of `op` that are needed are the node's outputs.
    pub fn bind_results(&mut self, node: &Node, op: Op, needed: &[bool]) {
        for (index, output) in node.outputs.iter().enumerate() {
            if needed.get(index) == Some(&true) && !output.is_empty() {
                let value = self.program.ctx.results(op)[index];
                self.bind(output, value);
            }
        }
    }

    /// The node's `index`-th input as a value; a constant becomes a weight.
    pub fn value(&mut self, node: &Node, index: usize) -> Result<Value, Problem> {
        let name = node
            .input(index)
            .ok_or_else(|| Problem::Unsupported(format!("has no input {index}")))?;
        if self.constant(name).is_some() {
            return Ok(self.weight(name));
        }
        self.bound(name).ok_or(Problem::Follows)
    }

    /// The node's `index`-th input, which must be constant, as a weight.
    pub fn weight_input(&mut self, node: &Node, index: usize) -> Result<Value, Problem> {
        let name = node
            .input(index)
            .ok_or_else(|| Problem::Unsupported(format!("has no input {index}")))?;
        if self.constant(name).is_none() {
            return Err(self.not_constant(node, index));
        }
        Ok(self.weight(name))
    }

    /// As [`Self::weight_input`]; `top.None` if the input is absent.
    pub fn optional_weight(&mut self, node: &Node, index: usize) -> Result<Value, Problem> {
        match node.input(index) {
            Some(_) => self.weight_input(node, index),
            None => Ok(self.none),
        }
    }

    /// The constant that is the node's `index`-th input.
    pub fn constant_input(&self, node: &Node, index: usize) -> Result<Option<&Constant>, Problem> {
        match node.input(index) {
            None => Ok(None),
            Some(name) => match self.constant(name) {
                Some(constant) => Ok(Some(constant)),
                None => Err(self.not_constant(node, index)),
            },
        }
    }

    /// Integers of an input that must be constant, or of the attribute that held them in earlier operator sets.
    pub fn ints(&self, node: &Node, index: usize, attribute: &str) -> Result<Option<Vec<i64>>, Problem> {
        if let Some(constant) = self.constant_input(node, index)? {
            return Ok(Some(constant.ints()));
        }
        Ok(node.ints(attribute).map(<[i64]>::to_vec))
    }

    fn not_constant(&self, node: &Node, index: usize) -> Problem {
        let name = node.input(index).unwrap_or_default();
        if self.operands.get(name) == Some(&None) {
            return Problem::Follows;
        }
        Problem::Unsupported(format!(
            "input {index} ('{name}') is computed; only a constant is supported"
        ))
    }

    /// The number that all elements of a constant input are equal to.
    pub fn scalar(&self, name: &str) -> Option<f32> {
        let values = self.constant(name)?.to_float();
        let first = *values.first()?;
        values.iter().all(|value| *value == first).then_some(first)
    }

    /// The `top.Weight` of a constant, created where it is first used.
    pub fn weight(&mut self, name: &str) -> Value {
        if let Some(value) = self.weights.get(name) {
            return *value;
        }
        let constant = self.constants[name].clone();
        let mut shape: Vec<usize> = constant.shape().to_vec();
        if shape.is_empty() {
            shape.push(1);
        }
        // Small ones may be shapes, which shape inference reads.
        if !self.shapes_only || constant.len() <= 16 {
            let array = constant.to_float().as_standard_layout().into_owned();
            let array = array
                .into_shape_with_order(IxDyn(&shape))
                .expect("the same elements");
            self.program.weights.insert(name, Tensor::from(array));
        }
        let shape: Vec<i64> = shape.into_iter().map(|dim| dim as i64).collect();
        let ctx = &mut self.program.ctx;
        let element = ctx.f32_type();
        let ty = ctx.tensor_type(&shape, element);
        let op = ctx
            .rewriter_at_end(self.block)
            .build("top.Weight")
            .result(ty)
            .named(name)
            .finish();
        let value = ctx.result(op);
        self.weights.insert(name.to_owned(), value);
        value
    }

    /// Whether a weight operation was made for this constant already.
    pub fn has_weight(&self, name: &str) -> bool {
        self.weights.contains_key(name)
    }

    /// Appends an operation with one result, `tensor<*xf32>`.
    pub fn emit(
        &mut self,
        op: &str,
        operands: &[Value],
        name: &str,
        attributes: impl for<'a> FnOnce(OpBuilder<'a>) -> OpBuilder<'a>,
    ) -> Value {
        let ctx = &mut self.program.ctx;
        let element = ctx.f32_type();
        let ty = ctx.unranked_type(element);
        let mut rewriter = ctx.rewriter_at_end(self.block);
        let builder = rewriter.build(op).operands(operands).result(ty).named(name);
        let op = attributes(builder).finish();
        self.program.ctx.result(op)
    }

    /// Appends the operation that a node with one output becomes, named `<output>_<OpType>`.
    pub fn emit_node(
        &mut self,
        node: &Node,
        op: &str,
        operands: &[Value],
        attributes: impl for<'a> FnOnce(OpBuilder<'a>) -> OpBuilder<'a>,
    ) -> Converted {
        let value = self.emit(op, operands, &name_of(node), attributes);
        self.bind(node.name(), value);
        Ok(())
    }

    /// Appends an operation with several results; `None` stands for one that nobody needs (type `none`).
    /// Returns the operation.
    pub fn emit_many(
        &mut self,
        op: &str,
        operands: &[Value],
        names: &[String],
        needed: &[bool],
        attributes: impl for<'a> FnOnce(OpBuilder<'a>) -> OpBuilder<'a>,
    ) -> Op {
        let ctx = &mut self.program.ctx;
        let element = ctx.f32_type();
        let (tensor, none) = (ctx.unranked_type(element), ctx.none_type());
        let parts: Vec<_> = names.iter().map(|name| ctx.loc_name(name)).collect();
        let loc = match parts.as_slice() {
            [one] => *one,
            _ => ctx.loc(tpuc_dialects::ir::LocKind::Fused {
                parts,
                metadata: None,
            }),
        };
        let mut rewriter = ctx.rewriter_at_end(self.block);
        let mut builder = rewriter.build(op).operands(operands).loc(loc);
        for needed in needed {
            builder = builder.result(if *needed { tensor } else { none });
        }
        attributes(builder).finish()
    }
}

/// `<output>_<OpType>`
pub fn name_of(node: &Node) -> String {
    format!("{}_{}", node.name(), node.op_type)
}
