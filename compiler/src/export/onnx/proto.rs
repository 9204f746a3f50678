//! Parts of ONNX files: tensors, attributes, types and unique names.

use crate::data::Tensor;
use crate::import::onnx::schema::{
    AttributeProto, TensorProto, TensorShapeProto, TypeProto, ValueInfoProto, attribute_proto::AttributeType,
    tensor_shape_proto::Dimension, type_proto,
};
use std::collections::HashSet;
use tpuc_dialects::ir::{Attr, AttrKind, Context, FloatKind, Signedness, Type, TypeKind, Value};
use tpuc_dialects::text::{attr_text, type_text};

/// Largest attribute text; longer ones are cut, since they are for reading.
const LONGEST_TEXT: usize = 4096;

/// Names that are taken.
#[derive(Default)]
pub struct Names(HashSet<String>);

impl Names {
    /// This name, or, where it is taken, it with a number.
    pub fn unique(&mut self, wanted: &str) -> String {
        let wanted = if wanted.is_empty() { "value" } else { wanted };
        let mut name = wanted.to_owned();
        let mut count = 1;
        while !self.0.insert(name.clone()) {
            name = format!("{wanted}#{count}");
            count += 1;
        }
        name
    }
}

/// A tensor's name, shape and element type; all elements are single precision if `as_float`.
pub fn value_info(ctx: &Context, value: Value, name: String, as_float: bool) -> ValueInfoProto {
    let ty = ctx.value_type(value);
    let dimension = |value: Option<i64>| Dimension {
        dim_value: value.filter(|dim| *dim >= 0),
        dim_param: value.is_none_or(|dim| dim < 0).then(|| "?".to_owned()),
    };
    // Every tensor must have a shape: one of unknown rank has a single unknown dimension.
    let dims = ctx
        .type_shape(ty)
        .map(|dims| dims.iter().copied().map(Some).collect());
    let dims: Vec<Option<i64>> = dims.unwrap_or_else(|| vec![None]);
    let shape = Some(TensorShapeProto {
        dim: dims.into_iter().map(dimension).collect(),
    });
    let element = if as_float {
        1
    } else {
        element_number(ctx, ctx.element_type(ty))
    };
    ValueInfoProto {
        name: Some(name),
        r#type: Some(TypeProto {
            tensor_type: Some(type_proto::Tensor {
                elem_type: Some(element),
                shape,
            }),
        }),
        doc_string: Some(type_text(ctx, ty)),
    }
}

/// A tensor with its values.
pub fn tensor(name: &str, weight: &Tensor) -> TensorProto {
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

/// An attribute of the program.
pub fn attribute(ctx: &Context, name: &str, attr: Attr) -> AttributeProto {
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

fn named(name: &str, kind: AttributeType) -> AttributeProto {
    AttributeProto {
        name: Some(name.to_owned()),
        r#type: Some(kind.into()),
        ..AttributeProto::default()
    }
}

/// A whole number.
pub fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto {
        i: Some(value),
        ..named(name, AttributeType::Int)
    }
}

/// A real number.
pub fn float(name: &str, value: f64) -> AttributeProto {
    AttributeProto {
        f: Some(value as f32),
        ..named(name, AttributeType::Float)
    }
}

/// A text.
pub fn text(name: &str, value: &str) -> AttributeProto {
    AttributeProto {
        s: Some(value.as_bytes().to_vec()),
        ..named(name, AttributeType::String)
    }
}

/// Whole numbers.
pub fn ints(name: &str, values: &[i64]) -> AttributeProto {
    AttributeProto {
        ints: values.to_vec(),
        ..named(name, AttributeType::Ints)
    }
}
