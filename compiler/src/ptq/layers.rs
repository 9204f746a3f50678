//! The layers of a network that a search may keep in floating point, and how they hang together.
//!
//! A layer is an operation whose result is quantised when everything is INT8. What BM1684 computes in F32 anyway is none:
//! naming it in a table changes nothing. Movers are layers that only carry numbers from place to place: in INT8 they are
//! exact, so a mover is worth a place in a table only between two float neighbours, where it saves two casts.

use crate::inference::Interpreter;
use crate::program::Program;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use tpuc_dialects::ir::{Context, Diagnostic, Op};

/// Operations that move numbers and keep their scale.
const MOVERS: &[&str] = &[
    "top.Depth2Space",
    "top.MaxPool",
    "top.Pad",
    "top.Permute",
    "top.Reshape",
    "top.Reverse",
    "top.ShuffleChannel",
    "top.Slice",
    "top.Squeeze",
    "top.SwapDimInner",
    "top.Tile",
    "top.Unsqueeze",
    "top.Upsample",
];

/// An operation of the network.
#[derive(Clone, Debug)]
pub struct Node {
    /// The operation's name.
    pub name: String,
    /// `top.Conv`
    pub kind: String,
    /// Operations that it reads.
    pub inputs: Vec<usize>,
    /// Operations that read it.
    pub users: Vec<usize>,
    /// Whether the network returns it.
    pub returned: bool,
    /// Whether its precision can be chosen.
    pub is_layer: bool,
    /// Whether it only moves numbers.
    pub is_mover: bool,
}

/// The operations of a network in its order.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    nodes: Vec<Node>,
}

/// Numbers of the layers that are in floating point.
pub type Floats = BTreeSet<usize>;

impl Layers {
    /// Of a top program; `int8` is the plan of its all-INT8 version.
    ///
    /// # Errors
    /// When the program has no `main`.
    pub fn of(top: &Program, int8: &Interpreter) -> Result<Self, Diagnostic> {
        let ctx = &top.ctx;
        let main = top.main()?;
        let mut nodes: Vec<Node> = Vec::new();
        let mut number: FxHashMap<Op, usize> = FxHashMap::default();
        for op in main.ops(ctx) {
            if matches!(ctx.op_name(op), "top.Weight" | "top.None") {
                continue;
            }
            let inputs: Vec<usize> = ctx
                .operands(op)
                .iter()
                .filter_map(|value| number.get(&ctx.defining_op(*value)?).copied())
                .collect();
            if ctx.is(op, "func.return") {
                for input in inputs {
                    nodes[input].returned = true;
                }
                continue;
            }
            let this = nodes.len();
            for input in &inputs {
                nodes[*input].users.push(this);
            }
            number.insert(op, this);
            nodes.push(node(ctx, op, inputs, int8));
        }
        Ok(Self { nodes })
    }

    /// All operations, inputs of the network among them.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Numbers of the layers, in the network's order.
    pub fn layers(&self) -> impl Iterator<Item = usize> {
        (0..self.nodes.len()).filter(|index| self.nodes[*index].is_layer)
    }

    /// Numbers of the layers that compute something, in the network's order.
    pub fn candidates(&self) -> impl Iterator<Item = usize> {
        self.layers().filter(|index| !self.nodes[*index].is_mover)
    }

    /// The layer of this name.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.layers().find(|index| self.nodes[*index].name == name)
    }

    /// Names of these layers, in the network's order.
    pub fn names<'a>(&'a self, floats: &'a Floats) -> impl Iterator<Item = &'a str> {
        floats.iter().map(|index| self.nodes[*index].name.as_str())
    }

    /// `floats` with the movers that stand between two float neighbours, at least one of them of `floats`.
    pub fn with_movers(&self, floats: &Floats) -> Floats {
        self.bridged(floats, true)
    }

    /// `floats` with the movers between one of them and an output, or an operation that is float anyway: in INT8 these would
    /// round what was just kept exact.
    pub fn with_needed_movers(&self, floats: &Floats) -> Floats {
        self.bridged(floats, false)
    }

    /// `among_chosen`: also movers between two of `floats`, or between an input of the network and one.
    fn bridged(&self, floats: &Floats, among_chosen: bool) -> Floats {
        // Whether float numbers come from above or go below, through movers alone; and whether they are of `floats`.
        let count = self.nodes.len();
        let mut above = vec![(false, false); count];
        let mut below = vec![(false, false); count];
        let own = |index: usize| {
            let chosen = floats.contains(&index);
            let is_input = self.nodes[index].kind == "top.Input";
            let anyway = !self.nodes[index].is_layer && (among_chosen || !is_input);
            (anyway || (among_chosen && chosen), chosen)
        };
        let join = |a: (bool, bool), b: (bool, bool)| (a.0 || b.0, a.1 || b.1);
        let passes = |index: usize| self.nodes[index].is_mover && !floats.contains(&index);
        for index in 0..count {
            for input in &self.nodes[index].inputs {
                let from = if passes(*input) {
                    above[*input]
                } else {
                    own(*input)
                };
                above[index] = join(above[index], from);
            }
        }
        for index in (0..count).rev() {
            below[index].0 |= self.nodes[index].returned;
            for user in &self.nodes[index].users {
                let to = if passes(*user) { below[*user] } else { own(*user) };
                below[index] = join(below[index], to);
            }
        }
        let bridges = (0..count).filter(|index| {
            let (up, down) = (above[*index], below[*index]);
            let joined = if among_chosen {
                up.0 && down.0 && (up.1 || down.1)
            } else {
                (up.1 && down.0) || (up.0 && down.1)
            };
            passes(*index) && joined
        });
        floats.iter().copied().chain(bridges).collect()
    }

    /// Layers beside these that are not among them.
    pub fn neighbours(&self, floats: &Floats) -> Floats {
        floats
            .iter()
            .flat_map(|index| self.nodes[*index].inputs.iter().chain(&self.nodes[*index].users))
            .copied()
            .filter(|index| self.nodes[*index].is_layer && !floats.contains(index))
            .collect()
    }
}

fn node(ctx: &Context, op: Op, inputs: Vec<usize>, int8: &Interpreter) -> Node {
    let name = ctx.name(op).to_owned();
    let kind = ctx.op_name(op).to_owned();
    let quantised = int8.find_slot(&name).is_some_and(|slot| int8.is_quantised(slot));
    let is_layer = quantised && kind != "top.Input";
    Node {
        is_mover: is_layer && MOVERS.contains(&kind.as_str()),
        is_layer,
        name,
        kind,
        inputs,
        users: Vec::new(),
        returned: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A chain of operations, each written as its kind; capital letters are layers, lower case is float anyway.
    fn chain(kinds: &[&str]) -> Layers {
        let nodes = kinds.iter().enumerate().map(|(index, kind)| Node {
            name: format!("n{index}"),
            kind: format!("top.{kind}"),
            inputs: index.checked_sub(1).into_iter().collect(),
            users: Some(index + 1)
                .filter(|user| *user < kinds.len())
                .into_iter()
                .collect(),
            returned: index + 1 == kinds.len(),
            is_layer: kind.starts_with(char::is_uppercase),
            is_mover: MOVERS.contains(&format!("top.{kind}").as_str()),
        });
        Layers {
            nodes: nodes.collect(),
        }
    }

    fn floats(all: &[usize]) -> Floats {
        all.iter().copied().collect()
    }

    #[test]
    fn movers_between_floats_join_them() {
        let layers = chain(&[
            "input", "Conv", "Reshape", "Permute", "Conv", "Slice", "softmax", "MaxPool", "Conv",
        ]);
        assert_eq!(layers.with_movers(&floats(&[1, 4])), floats(&[1, 2, 3, 4, 5]));
        assert_eq!(layers.with_movers(&floats(&[1])), floats(&[1]));
        // Between two operations that are float anyway nothing changes.
        assert_eq!(layers.with_movers(&floats(&[])), floats(&[]));
        assert_eq!(layers.with_movers(&floats(&[8])), floats(&[7, 8]));
        assert_eq!(
            layers.with_needed_movers(&floats(&[1, 4])),
            floats(&[1, 4, 5]),
            "what only saves time is not needed"
        );
        assert_eq!(
            chain(&["input", "Conv", "Reshape"]).with_movers(&floats(&[1])),
            floats(&[1, 2])
        );
        assert_eq!(
            chain(&["input", "Pad", "Conv"]).with_movers(&floats(&[2])),
            floats(&[1, 2])
        );
    }

    #[test]
    fn candidates_compute() {
        let layers = chain(&["input", "Conv", "Reshape", "softmax"]);
        assert_eq!(layers.layers().collect::<Vec<_>>(), [1, 2]);
        assert_eq!(layers.candidates().collect::<Vec<_>>(), [1]);
        assert_eq!(layers.neighbours(&floats(&[1])), floats(&[2]));
        assert_eq!((layers.find("n1"), layers.find("n3")), (Some(1), None));
    }
}
