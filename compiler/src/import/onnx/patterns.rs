//! Groups of nodes that frameworks export for one function become that function's node: layer and pixel normalisation, GELU,
//! hard sigmoid and hard swish. A group must stand in the node list without gaps, and nothing else may use its inner tensors.

use super::model::{Attribute, Graph, Node};
use indexmap::IndexMap;
use std::collections::HashMap;

/// The number of nodes from a place on that a rule replaces, and the node that does.
type Rule = fn(&Graph, usize) -> Option<(usize, Node)>;

/// Rewrites until nothing matches.
pub fn rewrite(graph: &mut Graph) {
    let rules: [Rule; 7] = [
        |graph, at| normalization(graph, at, true, "LayerNormalization"),
        |graph, at| normalization(graph, at, true, "PixelNormalization"),
        |graph, at| normalization(graph, at, false, "LayerNormalization"),
        |graph, at| normalization(graph, at, false, "PixelNormalization"),
        hard_sigmoid,
        hard_swish,
        gelu,
    ];
    merge_duplicates(graph);
    loop {
        let mut changed = false;
        for rule in rules {
            let mut at = 0;
            while at < graph.nodes.len() {
                if let Some((count, node)) = rule(graph, at)
                    && closed(graph, at, count)
                {
                    graph.nodes.splice(at..at + count, [node]);
                    changed = true;
                }
                at += 1;
            }
        }
        if !changed {
            break;
        }
    }
}

/// Nodes without attributes that do the same with the same inputs: the first one serves all.
fn merge_duplicates(graph: &mut Graph) {
    let mut seen: HashMap<(String, Vec<String>), Vec<String>> = HashMap::new();
    let mut renamed: HashMap<String, String> = HashMap::new();
    let outputs = graph.outputs.clone();
    graph.nodes.retain_mut(|node| {
        for input in &mut node.inputs {
            if let Some(other) = renamed.get(input) {
                input.clone_from(other);
            }
        }
        let fixed = node.outputs.iter().any(|output| outputs.contains(output));
        if !node.attributes.is_empty() || node.op_type.starts_with("Random") || fixed {
            return true;
        }
        let key = (node.op_type.clone(), node.inputs.clone());
        match seen.get(&key) {
            Some(first) if first.len() == node.outputs.len() => {
                renamed.extend(node.outputs.iter().cloned().zip(first.iter().cloned()));
                false
            }
            Some(_) => true,
            None => {
                seen.insert(key, node.outputs.clone());
                true
            }
        }
    });
}

/// Whether only the group itself uses what the group makes, but for its last output.
fn closed(graph: &Graph, at: usize, count: usize) -> bool {
    let group = &graph.nodes[at..at + count];
    let inner: Vec<&String> = group[..count - 1].iter().flat_map(|node| &node.outputs).collect();
    let outside = graph.nodes[..at].iter().chain(&graph.nodes[at + count..]);
    !outside
        .flat_map(|node| &node.inputs)
        .any(|input| inner.contains(&input))
        && !graph.outputs.iter().any(|output| inner.contains(&output))
}

fn node(op_type: &str, inputs: Vec<String>, output: &str, attributes: Vec<(&str, Attribute)>) -> Node {
    Node {
        op_type: op_type.to_owned(),
        inputs,
        outputs: vec![output.to_owned()],
        attributes: attributes
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect::<IndexMap<_, _>>(),
    }
}

/// The nodes at `at` if their operators are these.
fn sequence<'g, const N: usize>(graph: &'g Graph, at: usize, types: [&str; N]) -> Option<[&'g Node; N]> {
    let nodes = graph.nodes.get(at..at + N)?;
    let matches = nodes
        .iter()
        .zip(types)
        .all(|(node, op_type)| node.op_type == op_type);
    matches.then(|| std::array::from_fn(|index| &nodes[index]))
}

/// The single number in a constant.
fn number(graph: &Graph, name: &str) -> Option<f32> {
    let constant = graph.constants.get(name)?;
    (constant.len() == 1)
        .then(|| constant.to_float().first().copied())
        .flatten()
}

fn is_number(graph: &Graph, name: &str, wanted: f32) -> bool {
    number(graph, name) == Some(wanted)
}

/// The input of a commutative node that is not `known`.
fn other<'n>(node: &'n Node, known: &str) -> Option<&'n str> {
    match (node.input(0)?, node.input(1)?) {
        (first, second) if first == known => Some(second),
        (first, second) if second == known => Some(first),
        _ => None,
    }
}

fn axes(graph: &Graph, node: &Node) -> Option<Vec<i64>> {
    match node.ints("axes") {
        Some(axes) => Some(axes.to_vec()),
        None => Some(graph.constants.get(node.input(1)?)?.ints()),
    }
}

/// `(x - mean) / sqrt(mean((x - mean)^2) + eps) [* weight + bias]`
fn normalization(graph: &Graph, at: usize, affine: bool, op_type: &str) -> Option<(usize, Node)> {
    let [mean, sub, pow, variance, add, sqrt, div] = sequence(
        graph,
        at,
        ["ReduceMean", "Sub", "Pow", "ReduceMean", "Add", "Sqrt", "Div"],
    )?;
    let input = mean.input(0)?;
    let fits = |list: &[i64]| match op_type {
        "LayerNormalization" => {
            list.last() == Some(&-1) && list.windows(2).all(|pair| pair[1] - pair[0] == 1)
        }
        _ => list == [1],
    };
    let list = axes(graph, mean)?;
    if !fits(&list) || !fits(&axes(graph, variance)?) {
        return None;
    }
    let connected = sub.inputs == [input.to_owned(), mean.outputs[0].clone()]
        && pow.input(0)? == sub.name()
        && is_number(graph, pow.input(1)?, 2.0)
        && variance.input(0)? == pow.name()
        && sqrt.input(0)? == add.name()
        && div.inputs == [sub.outputs[0].clone(), sqrt.outputs[0].clone()];
    let epsilon = number(graph, other(add, variance.name())?)?;
    if !connected {
        return None;
    }
    let mut attributes = vec![("epsilon", Attribute::Float(epsilon))];
    if op_type == "LayerNormalization" {
        attributes.push(("axis", Attribute::Int(list[0])));
    }
    if !affine {
        return Some((7, node(op_type, vec![input.to_owned()], div.name(), attributes)));
    }
    let [mul, add] = sequence(graph, at + 7, ["Mul", "Add"])?;
    let (weight, bias) = (other(mul, div.name())?, other(add, mul.name())?);
    if !graph.constants.contains_key(weight) || !graph.constants.contains_key(bias) {
        return None;
    }
    let inputs = vec![input.to_owned(), weight.to_owned(), bias.to_owned()];
    Some((9, node(op_type, inputs, add.name(), attributes)))
}

/// `clip(x + 3, 0, 6)` at `at`: the clip node and x.
fn clipped<'g>(graph: &'g Graph, add: &'g Node, clip: &'g Node) -> Option<&'g str> {
    let (first, second) = (add.input(0)?, add.input(1)?);
    let input = if is_number(graph, second, 3.0) {
        first
    } else if is_number(graph, first, 3.0) {
        second
    } else {
        return None;
    };
    let limit = |index: usize, name: &str| match clip.input(index) {
        Some(input) => number(graph, input).map(f64::from),
        None => clip.float(name),
    };
    let fits = clip.input(0)? == add.name() && limit(1, "min")? == 0.0 && limit(2, "max")? == 6.0;
    fits.then_some(input)
}

/// `clip(x + 3, 0, 6) / 6`
fn hard_sigmoid(graph: &Graph, at: usize) -> Option<(usize, Node)> {
    let [add, clip, div] = sequence(graph, at, ["Add", "Clip", "Div"])?;
    let input = clipped(graph, add, clip)?;
    if div.input(0)? != clip.name() || !is_number(graph, div.input(1)?, 6.0) {
        return None;
    }
    // The attribute is TPU-MLIR's default here, 1/6 in double precision.
    let attributes = vec![
        ("alpha", Attribute::Double(1.0 / 6.0)),
        ("beta", Attribute::Float(0.5)),
    ];
    Some((
        3,
        node("HardSigmoid", vec![input.to_owned()], div.name(), attributes),
    ))
}

/// `x * HardSigmoid(x)`, and `x * clip(x + 3, 0, 6) / 6`
fn hard_swish(graph: &Graph, at: usize) -> Option<(usize, Node)> {
    if let Some([sigmoid, mul]) = sequence(graph, at, ["HardSigmoid", "Mul"]) {
        let sixth = f64::from(0.166_666_67_f32);
        let fits = sigmoid.float("alpha") == Some(sixth) && sigmoid.float("beta").unwrap_or(0.5) == 0.5;
        let input = sigmoid.input(0)?;
        return (fits && other(mul, sigmoid.name())? == input).then(|| {
            (
                2,
                node("HardSwish", vec![input.to_owned()], mul.name(), Vec::new()),
            )
        });
    }
    let [add, clip, mul, div] = sequence(graph, at, ["Add", "Clip", "Mul", "Div"])?;
    let input = clipped(graph, add, clip)?;
    let fits = other(mul, clip.name())? == input
        && div.input(0)? == mul.name()
        && is_number(graph, div.input(1)?, 6.0);
    fits.then(|| {
        (
            4,
            node("HardSwish", vec![input.to_owned()], div.name(), Vec::new()),
        )
    })
}

/// `x * (1 + erf(x / sqrt(2))) * 0.5`, and the tanh form.
fn gelu(graph: &Graph, at: usize) -> Option<(usize, Node)> {
    if let Some([div, erf, add, first, second]) = sequence(graph, at, ["Div", "Erf", "Add", "Mul", "Mul"]) {
        let input = div.input(0)?;
        let root = number(graph, div.input(1)?)?;
        let fits = (root - std::f32::consts::SQRT_2).abs() < 1e-3
            && erf.input(0)? == div.name()
            && is_number(graph, other(add, erf.name())?, 1.0)
            && other(first, add.name())? == input
            && is_number(graph, other(second, first.name())?, 0.5);
        return fits.then(|| (5, node("GELU", vec![input.to_owned()], second.name(), Vec::new())));
    }
    let [half, pow, scaled, add, mul, tanh, one, product] = sequence(
        graph,
        at,
        ["Mul", "Pow", "Mul", "Add", "Mul", "Tanh", "Add", "Mul"],
    )?;
    let input = pow.input(0)?;
    let fits = is_number(graph, pow.input(1)?, 3.0)
        && is_number(graph, other(half, input)?, 0.5)
        && number(graph, other(scaled, pow.name())?).is_some()
        && other(add, scaled.name())? == input
        && number(graph, other(mul, add.name())?).is_some()
        && tanh.input(0)? == mul.name()
        && is_number(graph, other(one, tanh.name())?, 1.0)
        && other(product, half.name())? == one.name();
    fits.then(|| {
        (
            8,
            node("GELU", vec![input.to_owned()], product.name(), Vec::new()),
        )
    })
}
