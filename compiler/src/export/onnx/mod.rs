//! A program as an ONNX file that viewers such as Netron open. Nodes are the program's operations under their own names, with
//! all attributes; tensors have their shapes and types. It is for looking at, not for running: the operators are not ONNX's.

use crate::data::{DataError, Tensor};
use crate::import::onnx::schema::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, TensorShapeProto,
    TypeProto, ValueInfoProto, attribute_proto::AttributeType, tensor_shape_proto::Dimension, type_proto,
};
use crate::program::Program;
use prost::Message;
use std::collections::HashMap;
use tpuc_dialects::ir::{Attr, AttrKind, Context, FloatKind, Op, OpView, Signedness, Type, TypeKind, Value};
use tpuc_dialects::text::{attr_text, type_text};

/// Largest attribute text; longer ones are cut, since they are for reading.
const LONGEST_TEXT: usize = 4096;

/// What goes into the file.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExportOptions {
    /// Weights as initializers. Without them they are inputs with a type.
    pub weights: bool,
}

/// The bytes of an ONNX file that shows the program.
///
/// # Errors
/// When a weight that is wanted cannot be read.
pub fn export(program: &Program, options: ExportOptions) -> Result<Vec<u8>, DataError> {
    let ctx = &program.ctx;
    let mut exporter = Exporter {
        program,
        options,
        graph: GraphProto {
            name: Some(
                program
                    .ctx
                    .get_str(program.module.op(), "sym_name")
                    .unwrap_or("module")
                    .to_owned(),
            ),
            doc_string: Some(module_text(ctx, program.module.op())),
            ..GraphProto::default()
        },
        names: HashMap::new(),
        used: HashMap::new(),
    };
    let mut functions = program.module.functions(ctx);
    for inner in program.module.submodules(ctx) {
        functions.extend(inner.functions(ctx));
    }
    let main = functions
        .iter()
        .position(|func| func.sym_name(ctx) == "main")
        .unwrap_or(0);
    for (index, func) in functions.iter().enumerate() {
        if index == main {
            for argument in func.arguments(ctx) {
                let info = exporter.info(*argument);
                exporter.graph.input.push(info);
            }
        }
        for op in func.ops(ctx) {
            if ctx.is(op, "func.return") {
                if index == main {
                    for value in ctx.operands(op) {
                        let info = exporter.info(*value);
                        exporter.graph.output.push(info);
                    }
                }
                continue;
            }
            exporter.op(op)?;
        }
    }
    let model = ModelProto {
        ir_version: Some(7),
        producer_name: Some("tpuc".to_owned()),
        producer_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        graph: Some(exporter.graph),
        opset_import: vec![OperatorSetIdProto {
            domain: Some(String::new()),
            version: Some(13),
        }],
        ..ModelProto::default()
    };
    Ok(model.encode_to_vec())
}

fn module_text(ctx: &Context, module: Op) -> String {
    let attrs = ctx.attrs(module).iter();
    attrs
        .map(|(name, attr)| format!("{} = {}\n", ctx.text(*name), attr_text(ctx, *attr)))
        .collect()
}

struct Exporter<'p> {
    program: &'p Program,
    options: ExportOptions,
    graph: GraphProto,
    names: HashMap<Value, String>,
    used: HashMap<String, usize>,
}

impl Exporter<'_> {
    /// The name of a value in the file: its own, made unique.
    fn name(&mut self, value: Value) -> String {
        if let Some(name) = self.names.get(&value) {
            return name.clone();
        }
        let ctx = &self.program.ctx;
        let own = ctx.value_name(value);
        let own = if own.is_empty() { "value" } else { own }.to_owned();
        let count = self.used.entry(own.clone()).or_insert(0);
        let name = if *count == 0 {
            own
        } else {
            format!("{own}#{count}")
        };
        *count += 1;
        self.names.insert(value, name.clone());
        name
    }

    fn info(&mut self, value: Value) -> ValueInfoProto {
        let ctx = &self.program.ctx;
        let ty = ctx.value_type(value);
        let shape = ctx.type_shape(ty).map(|dims| TensorShapeProto {
            dim: dims
                .iter()
                .map(|dim| Dimension {
                    dim_value: (*dim >= 0).then_some(*dim),
                    dim_param: (*dim < 0).then(|| "?".to_owned()),
                })
                .collect(),
        });
        let tensor = type_proto::Tensor {
            elem_type: Some(element_number(ctx, ctx.element_type(ty))),
            shape,
        };
        let doc_string = Some(type_text(ctx, ty));
        ValueInfoProto {
            name: Some(self.name(value)),
            r#type: Some(TypeProto {
                tensor_type: Some(tensor),
            }),
            doc_string,
        }
    }

    fn op(&mut self, op: Op) -> Result<(), DataError> {
        let ctx = &self.program.ctx;
        if ctx.is(op, "top.None") {
            return Ok(());
        }
        if ctx.is(op, "top.Weight") {
            return self.weight(op);
        }
        let none = |value: &Value| ctx.is_none(*value);
        let operands = ctx.operands(op).to_vec();
        let results = ctx.results(op).to_vec();
        let mut input: Vec<String> = operands
            .iter()
            .map(|value| {
                if none(value) {
                    String::new()
                } else {
                    self.name(*value)
                }
            })
            .collect();
        while input.last().is_some_and(String::is_empty) {
            input.pop();
        }
        let output: Vec<String> = results
            .iter()
            .map(|value| {
                if none(value) {
                    String::new()
                } else {
                    self.name(*value)
                }
            })
            .collect();
        for value in results.iter().filter(|value| !none(value)) {
            let info = self.info(*value);
            self.graph.value_info.push(info);
        }
        let attribute = ctx
            .attrs(op)
            .iter()
            .map(|(name, attr)| attribute(ctx, ctx.text(*name), *attr))
            .collect();
        self.graph.node.push(NodeProto {
            name: Some(ctx.name(op).to_owned()),
            op_type: Some(ctx.op_name(op).to_owned()),
            input,
            output,
            attribute,
            ..NodeProto::default()
        });
        Ok(())
    }

    fn weight(&mut self, op: Op) -> Result<(), DataError> {
        let value = self.program.ctx.result(op);
        if !self.options.weights {
            let info = self.info(value);
            self.graph.input.push(info);
            return Ok(());
        }
        let weight = self
            .program
            .weights
            .get(self.program.ctx.name(op))
            .map_err(|error| DataError::Tensor(error.to_string()))?;
        let name = self.name(value);
        self.graph.initializer.push(tensor(&name, &weight));
        Ok(())
    }
}

fn tensor(name: &str, weight: &Tensor) -> TensorProto {
    use crate::data::DType;
    let number = match weight.dtype() {
        DType::F32 => 1,
        DType::U8 => 2,
        DType::I8 => 3,
        DType::U16 => 4,
        DType::I16 => 5,
        DType::I32 => 6,
        DType::I64 => 7,
        DType::Bool => 9,
        DType::F16 => 10,
        DType::F64 => 11,
        DType::U32 => 12,
        DType::U64 => 13,
        DType::BF16 => 16,
    };
    TensorProto {
        name: Some(name.to_owned()),
        dims: weight.shape().iter().map(|dim| *dim as i64).collect(),
        data_type: Some(number),
        raw_data: Some(weight.to_bytes().into()),
        ..TensorProto::default()
    }
}

/// ONNX's number of an element type; what is stored, for quantised ones.
fn element_number(ctx: &Context, element: Option<Type>) -> i32 {
    let integer = |bits: u32, signed: bool| match (bits, signed) {
        (1, _) => 9,
        (..=8, true) => 3,
        (..=8, false) => 2,
        (..=16, true) => 5,
        (..=16, false) => 4,
        (..=32, true) => 6,
        (..=32, false) => 12,
        (_, true) => 7,
        (_, false) => 13,
    };
    match element.map(|element| ctx.type_kind(element)) {
        Some(TypeKind::Float(FloatKind::F16)) => 10,
        Some(TypeKind::Float(FloatKind::BF16)) => 16,
        Some(TypeKind::Float(FloatKind::F64)) => 11,
        Some(TypeKind::Integer { width, signedness }) => integer(*width, *signedness != Signedness::Unsigned),
        Some(TypeKind::Uniform { storage, .. } | TypeKind::UniformPerAxis { storage, .. }) => {
            integer(storage.bits, storage.signed)
        }
        _ => 1,
    }
}

fn attribute(ctx: &Context, name: &str, attr: Attr) -> AttributeProto {
    let mut proto = AttributeProto {
        name: Some(name.to_owned()),
        ..AttributeProto::default()
    };
    let mut set = |kind: AttributeType| proto.r#type = Some(kind.into());
    if let Some(value) = ctx.attr_as_i64(attr) {
        set(AttributeType::Int);
        proto.i = Some(value);
    } else if let Some(value) = ctx.attr_as_bool(attr) {
        set(AttributeType::Int);
        proto.i = Some(value.into());
    } else if let Some(value) = ctx.attr_as_f64(attr) {
        set(AttributeType::Float);
        proto.f = Some(value as f32);
    } else if let AttrKind::String(text) = ctx.attr_kind(attr) {
        set(AttributeType::String);
        proto.s = Some(ctx.text(*text).as_bytes().to_vec());
    } else if let Some(values) = ctx.attr_as_i64s(attr) {
        set(AttributeType::Ints);
        proto.ints = values;
    } else if let Some(values) = ctx.attr_as_f64s(attr) {
        set(AttributeType::Floats);
        proto.floats = values.into_iter().map(|value| value as f32).collect();
    } else {
        let mut text = attr_text(ctx, attr);
        if text.len() > LONGEST_TEXT {
            let end = (0..=LONGEST_TEXT)
                .rev()
                .find(|end| text.is_char_boundary(*end))
                .unwrap_or(0);
            text.truncate(end);
            text.push_str("...");
        }
        set(AttributeType::String);
        proto.s = Some(text.into_bytes());
    }
    proto
}
