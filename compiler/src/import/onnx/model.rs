//! The graph of an ONNX model in a plain form, read from an untrusted file.

use super::constant::{self, Constant};
use super::error::ImportError;
use super::schema::{AttributeProto, GraphProto, ModelProto, NodeProto, ValueInfoProto};
use indexmap::IndexMap;
use prost::Message;
use std::path::Path;
use std::sync::Arc;

/// An attribute's value.
#[derive(Clone, Debug, PartialEq)]
pub enum Attribute {
    /// A number.
    Float(f32),
    /// A number that a rewrite made; files have none in double precision.
    Double(f64),
    /// A whole number.
    Int(i64),
    /// Text.
    Text(String),
    /// Numbers.
    Floats(Vec<f32>),
    /// Whole numbers.
    Ints(Vec<i64>),
    /// A tensor.
    Tensor(Constant),
    /// A graph, or a list of something: no supported operator has one.
    Other,
}

/// A node.
#[derive(Clone, Debug)]
pub struct Node {
    /// Operator: `Conv`.
    pub op_type: String,
    /// Names of the inputs; an empty one is absent.
    pub inputs: Vec<String>,
    /// Names of the outputs.
    pub outputs: Vec<String>,
    /// Attributes.
    pub attributes: IndexMap<String, Attribute>,
}

impl Node {
    /// The node's name here: its first output.
    pub fn name(&self) -> &str {
        self.outputs.first().map_or("", String::as_str)
    }

    /// An input that is there.
    pub fn input(&self, index: usize) -> Option<&str> {
        self.inputs
            .get(index)
            .map(String::as_str)
            .filter(|name| !name.is_empty())
    }

    /// A whole-number attribute.
    pub fn int(&self, name: &str) -> Option<i64> {
        match self.attributes.get(name) {
            Some(Attribute::Int(value)) => Some(*value),
            _ => None,
        }
    }

    /// A number attribute, exact in f64.
    pub fn float(&self, name: &str) -> Option<f64> {
        match self.attributes.get(name) {
            Some(Attribute::Float(value)) => Some(f64::from(*value)),
            Some(Attribute::Double(value)) => Some(*value),
            Some(Attribute::Int(value)) => Some(*value as f64),
            _ => None,
        }
    }

    /// A list of whole numbers.
    pub fn ints(&self, name: &str) -> Option<&[i64]> {
        match self.attributes.get(name) {
            Some(Attribute::Ints(values)) => Some(values),
            _ => None,
        }
    }

    /// A text attribute.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.attributes.get(name) {
            Some(Attribute::Text(text)) => Some(text),
            _ => None,
        }
    }
}

/// Element types that make a difference to import.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ElementType {
    /// Any floating point type.
    Float,
    /// Any integer type.
    Int,
    /// Truth values.
    Bool,
}

impl ElementType {
    /// From the file's number of a type.
    pub fn from_number(number: i64) -> Self {
        match number {
            2..=8 | 12 | 13 => Self::Int,
            9 => Self::Bool,
            _ => Self::Float,
        }
    }
}

/// An input of the network.
#[derive(Clone, Debug)]
pub struct Input {
    /// Name.
    pub name: String,
    /// Dimensions; a free one has its name or "?".
    pub dims: Vec<Result<i64, String>>,
    /// Element type.
    pub element: ElementType,
}

/// The graph.
#[derive(Clone, Debug)]
pub struct Graph {
    /// Inputs that are no constants.
    pub inputs: Vec<Input>,
    /// Names of the outputs.
    pub outputs: Vec<String>,
    /// Constants by name.
    pub constants: IndexMap<String, Arc<Constant>>,
    /// Nodes, each after those that it uses.
    pub nodes: Vec<Node>,
    /// Version of the default operator set.
    pub opset: i64,
    /// Version of the file format.
    pub ir_version: i64,
}

/// Reads a model.
pub fn read(path: &Path) -> Result<Graph, ImportError> {
    let bytes = std::fs::read(path).map_err(|source| ImportError::Read {
        path: path.to_owned(),
        source,
    })?;
    let not_onnx = |detail: String| {
        ImportError::invalid(
            path,
            format!("is not a complete ONNX file ({detail}); check that the export or download finished"),
        )
    };
    let model =
        ModelProto::decode(prost::bytes::Bytes::from(bytes)).map_err(|error| not_onnx(error.to_string()))?;
    let opset = model
        .opset_import
        .iter()
        .find(|set| matches!(set.domain(), "" | "ai.onnx"))
        .map(|set| set.version());
    let ir_version = model.ir_version.unwrap_or(0);
    let Some(graph) = model.graph else {
        return Err(not_onnx("it holds no graph".to_owned()));
    };
    let opset = opset.ok_or_else(|| not_onnx("it names no operator set".to_owned()))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut graph = build(graph, opset, folder).map_err(|message| ImportError::invalid(path, message))?;
    graph.ir_version = ir_version;
    Ok(graph)
}

fn build(graph: GraphProto, opset: i64, folder: &Path) -> Result<Graph, String> {
    let mut constants = IndexMap::new();
    for tensor in &graph.initializer {
        if constants
            .insert(
                tensor.name().to_owned(),
                Arc::new(constant::read(tensor, folder)?),
            )
            .is_some()
        {
            return Err(format!("has two initializers '{}'", tensor.name()));
        }
    }
    let inputs = graph
        .input
        .iter()
        .filter(|info| !constants.contains_key(info.name()))
        .map(input)
        .collect();
    let mut nodes = Vec::with_capacity(graph.node.len());
    for node in &graph.node {
        nodes.push(convert_node(node, folder)?);
    }
    let result = Graph {
        inputs,
        outputs: graph.output.iter().map(|info| info.name().to_owned()).collect(),
        constants,
        nodes,
        opset,
        ir_version: 0,
    };
    check(&result)?;
    Ok(result)
}

fn input(info: &ValueInfoProto) -> Input {
    let tensor = info.r#type.as_ref().and_then(|ty| ty.tensor_type.as_ref());
    let dims = tensor
        .and_then(|tensor| tensor.shape.as_ref())
        .map_or_else(Vec::new, |shape| {
            shape
                .dim
                .iter()
                .map(|dim| match dim.dim_value {
                    Some(value) if value > 0 => Ok(value),
                    _ => Err(dim.dim_param.clone().unwrap_or_else(|| "?".to_owned())),
                })
                .collect()
        });
    Input {
        name: info.name().to_owned(),
        dims,
        element: ElementType::from_number(tensor.map_or(1, |tensor| i64::from(tensor.elem_type()))),
    }
}

fn convert_node(node: &NodeProto, folder: &Path) -> Result<Node, String> {
    let mut attributes = IndexMap::new();
    for attribute in &node.attribute {
        attributes.insert(attribute.name().to_owned(), convert_attribute(attribute, folder)?);
    }
    if node.output.iter().all(String::is_empty) {
        return Err(format!(
            "node '{}' of type {} has no output",
            node.name(),
            node.op_type()
        ));
    }
    let mut op_type = node.op_type().to_owned();
    if !matches!(node.domain(), "" | "ai.onnx") {
        op_type = format!("{}::{op_type}", node.domain());
    }
    Ok(Node {
        op_type,
        inputs: node.input.clone(),
        outputs: node.output.clone(),
        attributes,
    })
}

fn convert_attribute(attribute: &AttributeProto, folder: &Path) -> Result<Attribute, String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(if let Some(value) = attribute.f {
        Attribute::Float(value)
    } else if let Some(value) = attribute.i {
        Attribute::Int(value)
    } else if let Some(bytes) = &attribute.s {
        Attribute::Text(text(bytes))
    } else if let Some(tensor) = &attribute.t {
        Attribute::Tensor(constant::read(tensor, folder)?)
    } else if !attribute.floats.is_empty() {
        Attribute::Floats(attribute.floats.clone())
    } else if !attribute.ints.is_empty() {
        Attribute::Ints(attribute.ints.clone())
    } else {
        use super::schema::attribute_proto::AttributeType;
        match attribute.r#type() {
            AttributeType::Ints => Attribute::Ints(Vec::new()),
            AttributeType::Floats => Attribute::Floats(Vec::new()),
            _ => Attribute::Other,
        }
    })
}

/// Every name is defined once and before its use.
fn check(graph: &Graph) -> Result<(), String> {
    use std::collections::HashSet;
    let mut known: HashSet<&str> = graph.constants.keys().map(String::as_str).collect();
    known.extend(graph.inputs.iter().map(|input| input.name.as_str()));
    for node in &graph.nodes {
        let source = node.op_type == "Constant" || node.op_type.starts_with("Random");
        if node.inputs.is_empty() && !source {
            return Err(format!("node '{}' ({}) has no input", node.name(), node.op_type));
        }
        for name in node.inputs.iter().filter(|name| !name.is_empty()) {
            if !known.contains(name.as_str()) {
                return Err(format!(
                    "node '{}' ({}) uses '{name}', which nothing before it makes: the graph is not sorted or is cut",
                    node.name(),
                    node.op_type
                ));
            }
        }
        for name in node.outputs.iter().filter(|name| !name.is_empty()) {
            if !known.insert(name) {
                return Err(format!(
                    "'{name}' is made twice, by node '{}' the second time",
                    node.name()
                ));
            }
        }
    }
    for name in &graph.outputs {
        if !known.contains(name.as_str()) {
            return Err(format!("the output '{name}' is made by no node"));
        }
    }
    if graph.outputs.is_empty() {
        return Err("the graph has no output".to_owned());
    }
    Ok(())
}
