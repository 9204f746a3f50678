//! A program as an ONNX file that Netron shows: each operation is a node whose type is the operation's name (`top.Conv`),
//! with its attributes, and the types of all tensors. It is for looking at, not for running.

use crate::data::{DType, Tensor};
use crate::import::onnx::schema::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, TensorShapeProto,
    TypeProto, ValueInfoProto, attribute_proto::AttributeType, tensor_shape_proto, type_proto,
};
use crate::program::Program;
use crate::weights::WeightError;
use prost::Message;
use tpuc_dialects::ir::{
    Attr, AttrKind, Context, FloatKind, Op, OpView, Signedness, Type, TypeKind, Value, ValueDef,
};
use tpuc_dialects::text::attr_text;

/// What to write besides the graph.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExportOptions {
    /// Put the weights' data into the file.
    pub weights: bool,
}

/// The file's bytes.
///
/// # Errors
/// When weights are wanted and one is missing.
pub fn export(program: &Program, options: ExportOptions) -> Result<Vec<u8>, WeightError> {
    let ctx = &program.ctx;
    let mut graph = GraphProto {
        name: ctx.get_str(program.module.op(), "sym_name").map(str::to_owned),
        ..GraphProto::default()
    };
    for op in ctx.walk(program.module.op()) {
        match ctx.op_name(op) {
            "builtin.module" | "func.func" | "top.None" | "func.call" | "tpu.Yield" => {}
            "func.return" => {
                for value in ctx.operands(op) {
                    graph.output.push(value_info(ctx, *value));
                }
            }
            "top.Input" => graph.input.push(value_info(ctx, ctx.result(op))),
            "top.Weight" => {
                if options.weights {
                    let tensor = program.weights.get(ctx.name(op))?;
                    graph.initializer.push(initializer(ctx.name(op), &tensor));
                }
                graph.value_info.push(value_info(ctx, ctx.result(op)));
            }
            _ => graph.node.push(node(ctx, op, &mut graph.value_info)),
        }
    }
    let model = ModelProto {
        ir_version: Some(8),
        producer_name: Some("tpuc".to_owned()),
        producer_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        graph: Some(graph),
        opset_import: vec![OperatorSetIdProto {
            domain: None,
            version: Some(13),
        }],
        ..ModelProto::default()
    };
    Ok(model.encode_to_vec())
}

fn node(ctx: &Context, op: Op, types: &mut Vec<ValueInfoProto>) -> NodeProto {
    let shown = |value: &Value| !ctx.is_none(*value);
    let results: Vec<Value> = ctx.results(op).iter().copied().filter(shown).collect();
    types.extend(results.iter().map(|value| value_info(ctx, *value)));
    NodeProto {
        input: ctx
            .operands(op)
            .iter()
            .map(|value| {
                if shown(value) {
                    tensor_name(ctx, *value)
                } else {
                    String::new()
                }
            })
            .collect(),
        output: results.iter().map(|value| tensor_name(ctx, *value)).collect(),
        name: Some(ctx.name(op).to_owned()),
        op_type: Some(ctx.op_name(op).to_owned()),
        attribute: ctx
            .attrs(op)
            .iter()
            .map(|(name, attr)| attribute(ctx, ctx.text(*name), *attr))
            .collect(),
        ..NodeProto::default()
    }
}

/// A value's name; arguments of inner functions have the name of what is passed.
fn tensor_name(ctx: &Context, value: Value) -> String {
    let name = ctx.value_name(value);
    if !name.is_empty() {
        return name.to_owned();
    }
    match ctx.value_def(value) {
        ValueDef::Argument { index, .. } => format!("arg{index}"),
        ValueDef::Result { op, index } => format!("{}_{}_{index}", ctx.op_name(op), op.index()),
    }
}

fn attribute(ctx: &Context, name: &str, attr: Attr) -> AttributeProto {
    let mut proto = AttributeProto {
        name: Some(name.to_owned()),
        ..AttributeProto::default()
    };
    let set = |proto: &mut AttributeProto, ty: AttributeType| proto.r#type = Some(ty as i32);
    if let Some(value) = ctx
        .attr_as_i64(attr)
        .or_else(|| ctx.attr_as_bool(attr).map(i64::from))
    {
        proto.i = Some(value);
        set(&mut proto, AttributeType::Int);
    } else if let Some(value) = ctx.attr_as_f64(attr) {
        proto.f = Some(value as f32);
        set(&mut proto, AttributeType::Float);
    } else if let Some(text) = ctx.attr_as_str(attr) {
        proto.s = Some(text.as_bytes().to_vec());
        set(&mut proto, AttributeType::String);
    } else if let Some(values) = ctx.attr_as_i64s(attr) {
        proto.ints = values;
        set(&mut proto, AttributeType::Ints);
    } else if let Some(values) = ctx.attr_as_f64s(attr) {
        proto.floats = values.into_iter().map(|value| value as f32).collect();
        set(&mut proto, AttributeType::Floats);
    } else if let (AttrKind::Array(_), Some(values)) = (ctx.attr_kind(attr), ctx.attr_as_strs(attr)) {
        proto.strings = values.into_iter().map(|text| text.as_bytes().to_vec()).collect();
        set(&mut proto, AttributeType::Strings);
    } else {
        proto.s = Some(attr_text(ctx, attr).into_bytes());
        set(&mut proto, AttributeType::String);
    }
    proto
}

fn value_info(ctx: &Context, value: Value) -> ValueInfoProto {
    let ty = ctx.value_type(value);
    let element = ctx
        .element_type(ty)
        .map_or(data_type::FLOAT, |element| element_type(ctx, element));
    let shape = ctx.type_shape(ty).map(|dims| TensorShapeProto {
        dim: dims
            .iter()
            .map(|dim| tensor_shape_proto::Dimension {
                dim_value: (*dim >= 0).then_some(*dim),
                ..Default::default()
            })
            .collect(),
    });
    let tensor = type_proto::Tensor {
        elem_type: Some(element),
        shape,
    };
    ValueInfoProto {
        name: Some(tensor_name(ctx, value)),
        r#type: Some(TypeProto {
            tensor_type: Some(tensor),
        }),
        ..ValueInfoProto::default()
    }
}

/// Numbers of ONNX's element types.
mod data_type {
    pub const FLOAT: i32 = 1;
    pub const UINT8: i32 = 2;
    pub const INT8: i32 = 3;
    pub const UINT16: i32 = 4;
    pub const INT16: i32 = 5;
    pub const INT32: i32 = 6;
    pub const INT64: i32 = 7;
    pub const BOOL: i32 = 9;
    pub const FLOAT16: i32 = 10;
    pub const DOUBLE: i32 = 11;
    pub const UINT32: i32 = 12;
    pub const UINT64: i32 = 13;
    pub const BFLOAT16: i32 = 16;
    pub const FLOAT8E4M3FN: i32 = 17;
    pub const FLOAT8E5M2: i32 = 19;
}

/// ONNX's number for an element type: stored integers of quantised types, the expressed type of calibrated ones.
fn element_type(ctx: &Context, ty: Type) -> i32 {
    let integer = |width: u32, signed: bool| match (width, signed) {
        (1, _) => data_type::BOOL,
        (..=8, true) => data_type::INT8,
        (..=8, false) => data_type::UINT8,
        (..=16, true) => data_type::INT16,
        (..=16, false) => data_type::UINT16,
        (..=32, true) => data_type::INT32,
        (..=32, false) => data_type::UINT32,
        (_, true) => data_type::INT64,
        (_, false) => data_type::UINT64,
    };
    match ctx.type_kind(ty) {
        TypeKind::Integer { width, signedness } => integer(*width, *signedness != Signedness::Unsigned),
        TypeKind::Uniform { storage, .. } | TypeKind::UniformPerAxis { storage, .. } => {
            integer(storage.bits, storage.signed)
        }
        TypeKind::Calibrated { expressed, .. } => element_type(ctx, *expressed),
        TypeKind::Float(kind) => match kind {
            FloatKind::F16 => data_type::FLOAT16,
            FloatKind::BF16 => data_type::BFLOAT16,
            FloatKind::F64 => data_type::DOUBLE,
            FloatKind::F8E4M3FN => data_type::FLOAT8E4M3FN,
            FloatKind::F8E5M2 => data_type::FLOAT8E5M2,
            FloatKind::F32 => data_type::FLOAT,
        },
        _ => data_type::FLOAT,
    }
}

fn initializer(name: &str, tensor: &Tensor) -> TensorProto {
    let data_type = match tensor.dtype() {
        DType::F32 => data_type::FLOAT,
        DType::F64 => data_type::DOUBLE,
        DType::F16 => data_type::FLOAT16,
        DType::BF16 => data_type::BFLOAT16,
        DType::I8 => data_type::INT8,
        DType::U8 => data_type::UINT8,
        DType::I16 => data_type::INT16,
        DType::U16 => data_type::UINT16,
        DType::I32 => data_type::INT32,
        DType::U32 => data_type::UINT32,
        DType::I64 => data_type::INT64,
        DType::U64 => data_type::UINT64,
        DType::Bool => data_type::BOOL,
    };
    TensorProto {
        dims: tensor.shape().iter().map(|dim| *dim as i64).collect(),
        data_type: Some(data_type),
        name: Some(name.to_owned()),
        raw_data: Some(tensor.to_bytes().into()),
        ..TensorProto::default()
    }
}
