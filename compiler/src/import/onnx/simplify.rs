//! Rewrites of the graph that keep its function: batch normalisation and biases go into convolutions, what does nothing goes
//! away, equal nodes become one.

use super::constant::Constant;
use super::fold::{Known, remove_unused};
use super::model::{Attribute, Graph, Node};
use ndarray::{ArrayD, Axis, IxDyn};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Simplifies until nothing changes.
pub fn simplify(graph: &mut Graph, known: &Known, history: &History, fuse_batch_norm: bool) {
    let mut names = Names::new(graph, history);
    let mut simplifier = Simplifier {
        graph,
        known,
        names: &mut names,
    };
    for _ in 0..MOST_ROUNDS {
        let mut changed = simplifier.each(Simplifier::drop_idle);
        changed |= simplifier.each(Simplifier::bias_into_conv);
        if fuse_batch_norm {
            changed |= simplifier.each(Simplifier::batch_norm_into_conv);
        }
        changed |= simplifier.each(Simplifier::join_transposes);
        changed |= simplifier.each(Simplifier::bias_into_gemm);
        changed |= simplifier.each(Simplifier::pad_into_window);
        changed |= simplifier.merge_equal_nodes();
        if !changed {
            break;
        }
    }
    // What fusions left behind must not serve as the equal of what they made.
    remove_unused(graph);
    merge_equal_initializers(graph, history);
    remove_unused(graph);
}

/// Equal constants: the first one serves all. Initializers of the file come first.
fn merge_equal_initializers(graph: &mut Graph, history: &History) {
    let mut first: Vec<&String> = Vec::new();
    let mut renamed: HashMap<String, String> = HashMap::new();
    let names: Vec<String> = graph
        .constants
        .keys()
        .filter(|name| !history.given.contains(name))
        .cloned()
        .collect();
    for name in history.given.iter().chain(&names) {
        // Comparing small ones is enough: large equal weights are rare, and keeping them is no error.
        let Some(constant) = graph
            .constants
            .get(name)
            .filter(|constant| constant.len() <= 4096)
        else {
            continue;
        };
        match first.iter().find(|other| graph.constants[**other] == *constant) {
            Some(other) => {
                renamed.insert(name.clone(), (*other).clone());
            }
            None => first.push(name),
        }
    }
    for name in graph.nodes.iter_mut().flat_map(|node| &mut node.inputs) {
        if let Some(other) = renamed.get(name) {
            name.clone_from(other);
        }
    }
}

/// Each round removes nodes, so a few are enough; the bound is a safeguard.
const MOST_ROUNDS: usize = 64;

/// What the graph was before constants were folded, as far as the numbering of new tensors needs it.
#[derive(Clone, Debug)]
pub struct History {
    /// Inputs and initializers, also unused ones.
    given: Vec<String>,
    /// Outputs of each node.
    nodes: Vec<Vec<String>>,
}

impl History {
    /// Of a graph as it was read.
    pub fn new(graph: &Graph) -> Self {
        let inputs = graph.inputs.iter().map(|input| input.name.clone());
        Self {
            given: inputs.chain(graph.constants.keys().cloned()).collect(),
            nodes: graph.nodes.iter().map(|node| node.outputs.clone()).collect(),
        }
    }
}

/// Names for tensors that fusions make: the numbers that onnx-optimizer, which TPU-MLIR runs, gives its values. It counts the
/// values of the graph in the order of reading, leaving out numbers that are names already, and goes on from there.
struct Names {
    last: usize,
    taken: HashSet<String>,
}

impl Names {
    fn new(graph: &Graph, history: &History) -> Self {
        let mut names = Self {
            last: 0,
            taken: HashSet::new(),
        };
        // One value stands for "no input".
        names.fresh();
        for name in &history.given {
            names.fresh();
            names.taken.insert(name.clone());
        }
        let made: HashSet<&String> = graph.nodes.iter().flat_map(|node| &node.outputs).collect();
        let given: HashSet<&String> = history.given.iter().collect();
        let mut folded = 0;
        for outputs in &history.nodes {
            let kept = outputs.iter().any(|name| made.contains(name));
            for name in outputs {
                let constant = !given.contains(name) && graph.constants.contains_key(name);
                if kept || constant {
                    names.fresh();
                    names.taken.insert(name.clone());
                }
                folded += usize::from(constant && !kept);
            }
        }
        // A constant node becomes an initializer: one number for the new value, one for the old value's new name.
        for _ in 0..2 * folded {
            names.fresh();
        }
        names
    }

    fn fresh(&mut self) -> String {
        loop {
            self.last += 1;
            let name = self.last.to_string();
            if !self.taken.contains(&name) {
                return name;
            }
        }
    }
}

struct Simplifier<'g> {
    graph: &'g mut Graph,
    known: &'g Known,
    names: &'g mut Names,
}

impl Simplifier<'_> {
    /// Tries a rule at every node; the rule says whether it removed the node (`Some(true)`) or changed something.
    fn each(&mut self, rule: fn(&mut Self, usize) -> Step) -> bool {
        let mut changed = false;
        let mut index = 0;
        while index < self.graph.nodes.len() {
            match rule(self, index) {
                Step::Nothing => index += 1,
                Step::Changed => {
                    changed = true;
                    index += 1;
                }
                Step::Remove(replacement) => {
                    if self.replace(index, &replacement) {
                        changed = true;
                    } else {
                        index += 1;
                    }
                }
            }
        }
        changed
    }

    /// Removes the node; `replacement` takes the place of its first output. Not possible if both are fixed names.
    fn replace(&mut self, index: usize, replacement: &str) -> bool {
        let old = self.graph.nodes[index].outputs[0].clone();
        if self.graph.outputs.contains(&old) {
            // The output keeps its name: whoever makes the replacement makes it under that name.
            let fixed = self.graph.outputs.iter().any(|name| name == replacement);
            let Some(maker) = self.maker(replacement).filter(|_| !fixed) else {
                return false;
            };
            for name in &mut self.graph.nodes[maker].outputs {
                if name == replacement {
                    name.clone_from(&old);
                }
            }
            for node in &mut self.graph.nodes {
                for name in &mut node.inputs {
                    if name == replacement {
                        name.clone_from(&old);
                    }
                }
            }
        } else {
            for node in &mut self.graph.nodes {
                for name in &mut node.inputs {
                    if *name == old {
                        replacement.clone_into(name);
                    }
                }
            }
        }
        self.graph.nodes.remove(index);
        true
    }

    fn maker(&self, name: &str) -> Option<usize> {
        self.graph
            .nodes
            .iter()
            .position(|node| node.outputs.iter().any(|output| output == name))
    }

    fn uses(&self, name: &str) -> usize {
        let inputs = self.graph.nodes.iter().flat_map(|node| &node.inputs);
        inputs
            .chain(&self.graph.outputs)
            .filter(|input| *input == name)
            .count()
    }

    fn shape(&self, name: &str) -> Option<Vec<i64>> {
        match self.graph.constants.get(name) {
            Some(constant) => Some(constant.shape().iter().map(|dim| *dim as i64).collect()),
            None => self.known.shapes.get(name).cloned(),
        }
    }

    /// The constant input `index` of a node.
    fn constant(&self, node: &Node, index: usize) -> Option<Arc<Constant>> {
        self.graph.constants.get(node.input(index)?).cloned()
    }

    /// Nodes that give back their first input.
    fn drop_idle(&mut self, index: usize) -> Step {
        let node = &self.graph.nodes[index];
        let Some(input) = node.input(0) else {
            return Step::Nothing;
        };
        let number = |index: usize| {
            let constant = self.constant(node, index)?;
            let values = constant.to_float();
            let first = *values.first()?;
            values
                .iter()
                .all(|value| *value == first)
                .then_some((first, constant.shape().to_vec()))
        };
        // A constant of more dimensions than the other operand would add some.
        let neutral = |index: usize, wanted: f32| {
            let rank = self
                .shape(if index == 1 {
                    input
                } else {
                    node.input(1).unwrap_or_default()
                })
                .map(|shape| shape.len());
            number(index).is_some_and(|(value, shape)| {
                value == wanted
                    && shape.iter().all(|dim| *dim == 1)
                    && rank.is_some_and(|rank| shape.len() <= rank)
            })
        };
        let second = node.input(1).unwrap_or_default();
        let replacement = match node.op_type.as_str() {
            "Identity" => Some(input),
            "Dropout" if node.outputs.iter().skip(1).all(|name| self.uses(name) == 0) => Some(input),
            "Transpose" => {
                let identity = node
                    .ints("perm")
                    .is_some_and(|order| order.iter().copied().eq(0..order.len() as i64));
                identity.then_some(input)
            }
            "Pad" if node.inputs.len() > 1 => {
                let pads = self.constant(node, 1);
                pads.is_some_and(|pads| pads.ints().iter().all(|pad| *pad == 0))
                    .then_some(input)
            }
            "Pad" => node
                .ints("pads")
                .is_some_and(|pads| pads.iter().all(|pad| *pad == 0))
                .then_some(input),
            "Concat" if node.inputs.len() == 1 => Some(input),
            "Add" if neutral(1, 0.0) => Some(input),
            "Add" if neutral(0, 0.0) => Some(second),
            "Sub" if neutral(1, 0.0) => Some(input),
            "Mul" if neutral(1, 1.0) => Some(input),
            "Mul" if neutral(0, 1.0) => Some(second),
            "Div" | "Pow" if neutral(1, 1.0) => Some(input),
            "Expand" => {
                let ones = self
                    .constant(node, 1)
                    .is_some_and(|shape| shape.ints().iter().all(|dim| *dim == 1));
                let rank = self.shape(input).map(|shape| shape.len());
                let added = self.constant(node, 1).map(|shape| shape.len());
                (ones && rank >= added).then_some(input)
            }
            // Of two in a row the second changes nothing.
            "Relu" | "Ceil" | "Floor" | "Round" | "Sign" => return self.drop_repeated(index),
            _ => None,
        };
        match replacement {
            Some(name) if !self.graph.constants.contains_key(name) || node.op_type == "Identity" => {
                Step::Remove(name.to_owned())
            }
            _ => Step::Nothing,
        }
    }

    fn drop_repeated(&mut self, index: usize) -> Step {
        let node = &self.graph.nodes[index];
        let input = node.input(0).unwrap_or_default().to_owned();
        let repeated = self
            .maker(&input)
            .is_some_and(|maker| self.graph.nodes[maker].op_type == node.op_type);
        if !repeated {
            return Step::Nothing;
        }
        Step::Remove(input)
    }

    /// `Add(Conv(x, w), b)` with a constant for each channel.
    fn bias_into_conv(&mut self, index: usize) -> Step {
        let node = &self.graph.nodes[index];
        if node.op_type != "Add" || node.inputs.len() != 2 {
            return Step::Nothing;
        }
        let Some(conv) = self.maker(&node.inputs[0]) else {
            return Step::Nothing;
        };
        let conv_node = &self.graph.nodes[conv];
        if conv_node.op_type != "Conv" || conv_node.inputs.len() != 2 || self.uses(&node.inputs[0]) != 1 {
            return Step::Nothing;
        }
        let (Some(bias), Some(filter)) = (self.constant(node, 1), self.shape(&conv_node.inputs[1])) else {
            return Step::Nothing;
        };
        let rank = filter.len();
        if rank < 3 {
            return Step::Nothing;
        }
        let channels = filter[0] as usize;
        let shape = bias.shape();
        let values = bias.to_float();
        let fused = if bias.len() == 1 {
            ArrayD::from_elem(IxDyn(&[channels]), values.first().copied().unwrap_or(0.0))
        } else if shape.len() + 1 >= rank
            && shape.len() <= rank
            && bias.len() == channels
            && shape[1 + shape.len() - rank] == channels
        {
            ArrayD::from_shape_vec(IxDyn(&[channels]), values.iter().copied().collect())
                .expect("one for each channel")
        } else {
            return Step::Nothing;
        };
        let name = self.names.fresh();
        if self.graph.opset >= 13 {
            // The axes of the Squeeze that onnx-optimizer makes are an input there.
            self.names.fresh();
            self.names.fresh();
        }
        self.graph
            .constants
            .insert(name.clone(), Arc::new(Constant::Float(fused)));
        self.graph.nodes[conv].inputs.push(name);
        Step::Remove(self.graph.nodes[conv].outputs[0].clone())
    }

    /// `BatchNormalization(Conv(x, w, b))`: `w * s` and `(b - mean) * s + beta` with `s = gamma / sqrt(variance + epsilon)`,
    /// each step rounded to f32.
    fn batch_norm_into_conv(&mut self, index: usize) -> Step {
        let node = &self.graph.nodes[index];
        let inference = node.int("training_mode").unwrap_or(0) == 0;
        let extra_outputs = node.outputs.iter().skip(1).any(|name| self.uses(name) > 0);
        if node.op_type != "BatchNormalization" || !inference || extra_outputs || node.inputs.len() != 5 {
            return Step::Nothing;
        }
        let Some(conv) = self.maker(&node.inputs[0]) else {
            return Step::Nothing;
        };
        let conv_node = &self.graph.nodes[conv];
        if conv_node.op_type != "Conv" || self.uses(&node.inputs[0]) != 1 {
            return Step::Nothing;
        }
        let parts: Option<Vec<ArrayD<f32>>> = (1..5)
            .map(|input| self.constant(node, input).map(|constant| constant.to_float()))
            .collect();
        let (Some(parts), Some(filter)) = (parts, self.constant(conv_node, 1)) else {
            return Step::Nothing;
        };
        let [gamma, beta, mean, variance] = &parts[..] else {
            return Step::Nothing;
        };
        let mut filter = filter.to_float();
        let channels = gamma.len();
        let bias = match conv_node.input(2) {
            None => ArrayD::zeros(IxDyn(&[channels])),
            Some(_) => match self.constant(conv_node, 2) {
                Some(bias) => bias.to_float(),
                None => return Step::Nothing,
            },
        };
        if filter.ndim() < 3
            || filter.shape()[0] != channels
            || parts.iter().any(|part| part.shape() != [channels])
            || bias.shape() != [channels]
        {
            return Step::Nothing;
        }
        let epsilon = node.float("epsilon").unwrap_or(1e-5) as f32;
        let scale: Vec<f32> = gamma
            .iter()
            .zip(variance)
            .map(|(gamma, variance)| gamma / (variance + epsilon).sqrt())
            .collect();
        for (channel, mut part) in filter.axis_iter_mut(Axis(0)).enumerate() {
            part.mapv_inplace(|value| value * scale[channel]);
        }
        let bias: Vec<f32> = (0..channels)
            .map(|channel| (bias[channel] - mean[channel]) * scale[channel] + beta[channel])
            .collect();
        let bias = ArrayD::from_shape_vec(IxDyn(&[channels]), bias).expect("one for each channel");
        // Each fused constant takes two numbers, for its name and its value.
        let filter_name = self.names.fresh();
        self.names.fresh();
        let bias_name = self.names.fresh();
        self.names.fresh();
        self.graph
            .constants
            .insert(filter_name.clone(), Arc::new(Constant::Float(filter)));
        self.graph
            .constants
            .insert(bias_name.clone(), Arc::new(Constant::Float(bias)));
        let conv_node = &mut self.graph.nodes[conv];
        conv_node.inputs.truncate(1);
        conv_node.inputs.extend([filter_name, bias_name]);
        Step::Remove(conv_node.outputs[0].clone())
    }

    /// `Transpose(Transpose(x))`
    fn join_transposes(&mut self, index: usize) -> Step {
        let node = &self.graph.nodes[index];
        let Some(second) = node.ints("perm").filter(|_| node.op_type == "Transpose") else {
            return Step::Nothing;
        };
        let Some(maker) = node.input(0).and_then(|name| self.maker(name)) else {
            return Step::Nothing;
        };
        let maker = &self.graph.nodes[maker];
        let Some(first) = maker.ints("perm").filter(|_| maker.op_type == "Transpose") else {
            return Step::Nothing;
        };
        if first.len() != second.len() {
            return Step::Nothing;
        }
        let order: Option<Vec<i64>> = second
            .iter()
            .map(|axis| {
                usize::try_from(*axis)
                    .ok()
                    .and_then(|axis| first.get(axis).copied())
            })
            .collect();
        let (Some(order), source) = (order, maker.inputs[0].clone()) else {
            return Step::Nothing;
        };
        let node = &mut self.graph.nodes[index];
        node.inputs[0] = source;
        node.attributes.insert("perm".to_owned(), Attribute::Ints(order));
        Step::Changed
    }

    /// `Add(MatMul(a, b), c)` of two matrices.
    fn bias_into_gemm(&mut self, index: usize) -> Step {
        let node = &self.graph.nodes[index];
        if node.op_type != "Add" || node.inputs.len() != 2 || self.uses(&node.inputs[0]) != 1 {
            return Step::Nothing;
        }
        let Some(product) = self
            .maker(&node.inputs[0])
            .filter(|maker| self.graph.nodes[*maker].op_type == "MatMul")
        else {
            return Step::Nothing;
        };
        let product_node = &self.graph.nodes[product];
        let shapes =
            [&product_node.inputs[0], &product_node.inputs[1], &node.inputs[1]].map(|name| self.shape(name));
        let [Some(left), Some(right), Some(bias)] = shapes else {
            return Step::Nothing;
        };
        let ([rows, _], [_, columns]) = (&left[..], &right[..]) else {
            return Step::Nothing;
        };
        let fits = match &bias[..] {
            [width] => width == columns,
            [height, width] => (height == rows || *height == 1) && width == columns,
            _ => false,
        };
        if !fits {
            return Step::Nothing;
        }
        let mut inputs = product_node.inputs.clone();
        inputs.push(node.inputs[1].clone());
        let node = &mut self.graph.nodes[index];
        node.op_type = "Gemm".to_owned();
        node.inputs = inputs;
        self.graph.nodes.remove(product);
        Step::Changed
    }

    /// `Conv(Pad(x))` and `AveragePool(Pad(x))` with a border of 0. A `MaxPool` would not see the 0.
    fn pad_into_window(&mut self, index: usize) -> Step {
        let node = &self.graph.nodes[index];
        let average = node.op_type == "AveragePool";
        if !(average || node.op_type == "Conv") || node.text("auto_pad").is_some_and(|mode| mode != "NOTSET")
        {
            return Step::Nothing;
        }
        let Some(pad) = self
            .maker(&node.inputs[0])
            .filter(|maker| self.graph.nodes[*maker].op_type == "Pad")
        else {
            return Step::Nothing;
        };
        let pad_node = &self.graph.nodes[pad];
        if pad_node.text("mode").unwrap_or("constant") != "constant"
            || self.uses(&node.inputs[0]) != 1
            || pad_node.input(3).is_some()
        {
            return Step::Nothing;
        }
        let pads = match pad_node.inputs.len() {
            1 => pad_node.ints("pads").map(<[i64]>::to_vec),
            _ => self.constant(pad_node, 1).map(|pads| pads.ints()),
        };
        let value = match pad_node.input(2) {
            Some(_) => self
                .constant(pad_node, 2)
                .and_then(|value| value.to_float().first().copied()),
            None => Some(pad_node.float("value").unwrap_or(0.0) as f32),
        };
        let (Some(pads), Some(0.0)) = (pads, value) else {
            return Step::Nothing;
        };
        if average && pad_node.input(2).is_some() {
            return Step::Nothing;
        }
        let rank = pads.len() / 2;
        if rank < 3
            || pads.iter().any(|pad| *pad < 0)
            || pads[..2] != [0, 0]
            || pads[rank..rank + 2] != [0, 0]
        {
            return Step::Nothing;
        }
        let mut sum = node
            .ints("pads")
            .map_or_else(|| vec![0; 2 * (rank - 2)], <[i64]>::to_vec);
        // Pads of the pool itself that do not count in the mean cannot be joined with those that do.
        let counted =
            !average || node.int("count_include_pad").unwrap_or(0) != 0 || sum.iter().all(|pad| *pad == 0);
        if sum.len() != 2 * (rank - 2) || !counted || node.int("ceil_mode").unwrap_or(0) != 0 {
            return Step::Nothing;
        }
        for dim in 0..rank - 2 {
            sum[dim] += pads[2 + dim];
            sum[rank - 2 + dim] += pads[rank + 2 + dim];
        }
        let source = pad_node.inputs[0].clone();
        let node = &mut self.graph.nodes[index];
        node.inputs[0] = source;
        node.attributes.insert("pads".to_owned(), Attribute::Ints(sum));
        if average {
            node.attributes
                .insert("count_include_pad".to_owned(), Attribute::Int(1));
        }
        self.graph.nodes.remove(pad);
        Step::Changed
    }

    /// Nodes of one operator with the same inputs and attributes: the first one serves all.
    fn merge_equal_nodes(&mut self) -> bool {
        let mut changed = false;
        let mut seen: HashMap<String, usize> = HashMap::new();
        let mut index = 0;
        while index < self.graph.nodes.len() {
            let node = &self.graph.nodes[index];
            let random = node.op_type.starts_with("Random")
                || node.attributes.values().any(|value| *value == Attribute::Other);
            let mut attributes: Vec<String> = node
                .attributes
                .iter()
                .map(|(name, value)| format!("{name}={value:?}"))
                .collect();
            attributes.sort();
            let key = format!(
                "{} {:?} {attributes:?} {}",
                node.op_type,
                node.inputs,
                node.outputs.len()
            );
            if node.outputs.len() == 1 && !random {
                if let Some(first) = seen.get(&key) {
                    let keep = self.graph.nodes[*first].outputs[0].clone();
                    if !self.graph.outputs.contains(&self.graph.nodes[index].outputs[0])
                        && self.replace(index, &keep)
                    {
                        changed = true;
                        continue;
                    }
                } else {
                    seen.insert(key, index);
                }
            }
            index += 1;
        }
        changed
    }
}

/// What a rule did at a node.
enum Step {
    Nothing,
    Changed,
    /// The node goes; this tensor takes the place of its output.
    Remove(String),
}
