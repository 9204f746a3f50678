//! The program as numbered operations and tensors.

use super::super::alias::is_alias;
use super::super::codegen::Codegen;
use super::super::coefficient::is_weight;
use super::super::conv2d::folded_input;
use super::super::tensor::{Dims, Element};
use super::bands;
use super::flat::Flat;
use super::moves::is_move;
use super::rows::{self, Rows};
use super::weights::{Weight, weight_of};
use rustc_hash::FxHashMap as HashMap;
use tpuc_dialects::func::Func;
use tpuc_dialects::ir::{Op, Value};

/// A tensor that operations hand on.
#[derive(Clone, Debug)]
pub struct Tensor {
    /// The value.
    pub value: Value,
    /// Element type.
    pub element: Element,
    /// Batch, channel, row, column.
    pub dims: Dims,
    /// Number of the operation that makes it.
    pub producer: Option<usize>,
    /// Numbers of the operations that read it, rising.
    pub users: Vec<usize>,
    /// Something outside of the list of operations reads it.
    pub kept: bool,
    /// It is another tensor, of this number, folded by its load (`use_3ic_optimize`) for this operation.
    pub folded: Option<(usize, Op)>,
}

/// An operation.
#[derive(Clone, Debug)]
pub struct Node {
    /// The operation.
    pub op: Op,
    /// How its rows come about; `None` where it cannot be in a group.
    pub rows: Option<Rows>,
    /// Tensors that it reads.
    pub inputs: Vec<usize>,
    /// Weights that it reads from local memory.
    pub weights: Vec<Weight>,
    /// The tensor that it makes, if it is one.
    pub result: Option<usize>,
    /// Whether it only moves channels, as soon as they are there.
    pub is_move: bool,
    /// Whether it can work on bands of its tensors, as far as it knows of them.
    pub knows_bands: bool,
    /// Whether it does with tensors of other sizes than their own, and which.
    pub flat: Option<Flat>,
}

/// All operations of a function in their order.
#[derive(Debug, Default)]
pub struct Graph {
    /// Operations.
    pub nodes: Vec<Node>,
    /// Tensors.
    pub tensors: Vec<Tensor>,
    of_value: HashMap<Value, usize>,
}

impl Graph {
    /// Numbers the operations of `function`.
    pub fn new(cg: &Codegen<'_>, function: Func) -> Self {
        let ctx = cg.ctx();
        let mut graph = Self::default();
        // A function that is called gets its inputs as arguments; the network's are made by `top.Input`.
        for &argument in function.arguments(ctx) {
            if ctx.users(argument).iter().any(|user| !ctx.is(*user, "top.Input")) {
                graph.add_tensor(cg, argument, None);
            }
        }
        for op in function.ops(ctx) {
            match ctx.op_name(op) {
                "top.Weight" | "top.None" => {}
                "top.Input" => {
                    graph.add_tensor(cg, ctx.result(op), None);
                }
                "func.return" => {
                    for value in ctx.operands(op) {
                        if let Some(&tensor) = graph.of_value.get(value) {
                            graph.tensors[tensor].kept = true;
                        }
                    }
                }
                _ => graph.add_node(cg, op),
            }
        }
        graph
    }

    fn add_tensor(&mut self, cg: &Codegen<'_>, value: Value, producer: Option<usize>) -> Option<usize> {
        let info = cg.whole(value).ok()?;
        let dims = info.nchw().ok()?.shape;
        let index = self.tensors.len();
        self.tensors.push(Tensor {
            value,
            element: info.element,
            dims,
            producer,
            users: Vec::new(),
            kept: false,
            folded: None,
        });
        self.of_value.insert(value, index);
        Some(index)
    }

    /// The tensor that a convolution reads, if its input is folded by the load.
    fn fold_input(&mut self, cg: &Codegen<'_>, op: Op, source: usize) -> Option<usize> {
        let (_, dims) = folded_input(cg, op).ok()??;
        let whole = &self.tensors[source];
        let folded = Tensor {
            value: whole.value,
            element: whole.element,
            dims,
            producer: None,
            users: vec![self.nodes.len()],
            kept: true,
            folded: Some((source, op)),
        };
        self.tensors.push(folded);
        Some(self.tensors.len() - 1)
    }

    fn add_node(&mut self, cg: &Codegen<'_>, op: Op) {
        let ctx = cg.ctx();
        let number = self.nodes.len();
        let mut inputs = Vec::new();
        for value in ctx.operands(op) {
            if let Some(&tensor) = self.of_value.get(value) {
                if self.tensors[tensor].users.last() != Some(&number) {
                    self.tensors[tensor].users.push(number);
                }
                inputs.push(self.fold_input(cg, op, tensor).unwrap_or(tensor));
            }
        }
        let mut result = None;
        for &value in ctx.results(op) {
            if !ctx.is_none(value) {
                result = self.add_tensor(cg, value, Some(number));
            }
        }
        let mut node = Node {
            op,
            rows: None,
            inputs,
            weights: Vec::new(),
            result,
            is_move: is_move(ctx, op),
            knows_bands: bands::knows(ctx.op_name(op)),
            flat: None,
        };
        if ctx.results(op).len() == 1 {
            node.flat = self.flat(cg, &node);
        }
        if ctx.results(op).len() == 1
            && result.is_some()
            && let Some(rows) = rows::of(cg, op)
            && let Some(weights) = self.weights(cg, &node)
            && self.fits(cg, &node, rows)
        {
            node.rows = Some(rows);
            node.weights = weights;
        }
        self.nodes.push(node);
    }

    /// What sizes the operation wants, if its tensors have the same sizes, and it has no weights of its own.
    fn flat(&self, cg: &Codegen<'_>, node: &Node) -> Option<Flat> {
        if let Some(along) = rows::along(cg, node.op) {
            return node.result.map(|_| Flat::Along(along));
        }
        self.is_pointwise(cg, node).then_some(Flat::Pointwise)
    }

    fn is_pointwise(&self, cg: &Codegen<'_>, node: &Node) -> bool {
        let ctx = cg.ctx();
        let name = ctx.op_name(node.op);
        let Some(result) = node.result.map(|index| &self.tensors[index]) else {
            return false;
        };
        let elements = |dims: Dims| dims.iter().product::<usize>();
        let same = node.inputs.iter().all(|index| {
            let input = &self.tensors[*index];
            input.folded.is_none()
                && if is_alias(ctx, node.op) {
                    elements(input.dims) == elements(result.dims) && input.element == result.element
                } else {
                    input.dims == result.dims
                }
        });
        // A table of values is read by the command itself.
        let operands = ctx.operands(node.op).iter().filter(|value| !ctx.is_none(**value));
        let known = operands.count() - usize::from(name == "tpu.Lut") == node.inputs.len();
        let is_cast = name == "tpu.Cast"
            && node
                .inputs
                .first()
                .is_some_and(|input| self.tensors[*input].element != result.element);
        let is_float = result.element == Element::F32;
        same && known && (is_cast || POINTWISE.contains(&name) || is_float && FLOAT_POINTWISE.contains(&name))
    }

    /// Whether all tensors are such that commands can read and write them whole in local memory.
    fn fits(&self, cg: &Codegen<'_>, node: &Node, rows: Rows) -> bool {
        let ctx = cg.ctx();
        let Some(result) = node.result.map(|index| &self.tensors[index]) else {
            return false;
        };
        let is_element = |element: Element| element == Element::F32 || element.is_byte();
        let field = |dims: Dims| dims[1] <= MOST_CHANNELS && !dims.contains(&0);
        let tensors = node.inputs.iter().map(|index| &self.tensors[*index]);
        // Operands that are neither tensors nor weights: nothing is known of them.
        let known = ctx.operands(node.op).iter().all(|value| {
            ctx.is_none(*value) || self.of_value.contains_key(value) || is_weight(cg.program, *value)
        });
        let moves = matches!(ctx.op_name(node.op), "tpu.Concat" | "tpu.Slice" | "tpu.Reshape");
        known
            && is_element(result.element)
            && field(result.dims)
            && tensors.clone().all(|tensor| {
                is_element(tensor.element) && field(tensor.dims) && tensor.dims[0] == result.dims[0]
            })
            && (rows != Rows::Same
                || moves
                || tensors.clone().all(|tensor| {
                    tensor.dims[1] == result.dims[1]
                        && (2..4).all(|dim| tensor.dims[dim] == result.dims[dim] || tensor.dims[dim] == 1)
                        && cg.ctx().shape(tensor.value).map(<[i64]>::len)
                            == cg.ctx().shape(result.value).map(<[i64]>::len)
                }))
    }

    /// The weights that an operation reads from local memory; `None` where it is not known how.
    fn weights(&self, cg: &Codegen<'_>, node: &Node) -> Option<Vec<Weight>> {
        let ctx = cg.ctx();
        let mut weights = Vec::new();
        for (index, &value) in ctx.operands(node.op).iter().enumerate() {
            if !ctx.is_none(value) && is_weight(cg.program, value) {
                weights.extend(weight_of(cg, node.op, index, value).ok()?);
            }
        }
        Some(weights)
    }
}

/// Operations that do not care for shapes.
const POINTWISE: &[&str] = &[
    "tpu.Add",
    "tpu.AddConst",
    "tpu.LeakyRelu",
    "tpu.Lut",
    "tpu.Max",
    "tpu.Min",
    "tpu.Mul",
    "tpu.MulConst",
    "tpu.MulShift",
    "tpu.Relu",
    "tpu.Reshape",
    "tpu.Squeeze",
    "tpu.Sub",
    "tpu.Unsqueeze",
];
/// Those that do not on f32.
const FLOAT_POINTWISE: &[&str] = &[
    "tpu.Active",
    "tpu.Clip",
    "tpu.Div",
    "tpu.MaxConst",
    "tpu.MinConst",
    "tpu.Reciprocal",
    "tpu.SubConst",
];

/// Most channels of a command, rounded down to whole lane rows.
pub const MOST_CHANNELS: usize = 4032;
