//! Normalisations.

use super::activation::axis_attribute;
use super::{Convert, Converted, Converter, Problem};
use crate::import::onnx::constant::Constant;
use crate::import::onnx::model::Node;
use tpuc_dialects::ir::Value;

pub const TABLE: &[(&str, Convert)] = &[
    ("BatchNormalization", batch),
    ("GroupNormalization", group),
    ("InstanceNormalization", instance),
    ("LRN", local_response),
    ("LayerNormalization", layer),
    ("PixelNormalization", pixel),
];

/// Weight and bias; one that changes nothing is absent.
fn affine(converter: &mut Converter<'_>, node: &Node) -> Result<[Value; 2], Problem> {
    let mut values = [converter.none(); 2];
    for (index, neutral) in [(1, 1.0), (2, 0.0)] {
        if let Some(constant) = converter.constant_input(node, index)?
            && constant.to_float().iter().any(|value| *value != neutral)
        {
            values[index - 1] = converter.weight_input(node, index)?;
        }
    }
    Ok(values)
}

fn epsilon(node: &Node) -> f64 {
    node.float("epsilon").unwrap_or(1e-5)
}

fn batch(converter: &mut Converter<'_>, node: &Node) -> Converted {
    if node.int("training_mode").unwrap_or(0) != 0 {
        return Err("is in training mode; export the network in inference mode".into());
    }
    let input = converter.value(node, 0)?;
    let gamma = converter.weight_input(node, 1)?;
    let beta = converter.weight_input(node, 2)?;
    let mean = converter.weight_input(node, 3)?;
    let variance = converter.weight_input(node, 4)?;
    let epsilon = epsilon(node);
    converter.emit_node(
        node,
        "top.BatchNorm",
        &[input, mean, variance, gamma, beta],
        |builder| builder.f64("epsilon", epsilon),
    )
}

fn layer(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let axis = axis_attribute(node, "axis", -1)?;
    let input = converter.value(node, 0)?;
    let [weight, bias] = affine(converter, node)?;
    let eps = epsilon(node);
    converter.emit_node(node, "top.LayerNorm", &[input, weight, bias], |builder| {
        builder
            .i64s("normalized_shape", &[])
            .si32("axis", axis)
            .f64("eps", eps)
    })
}

fn pixel(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let input = converter.value(node, 0)?;
    let [weight, bias] = affine(converter, node)?;
    let eps = epsilon(node);
    converter.emit_node(node, "top.PixelNorm", &[input, weight, bias], |builder| {
        builder.f64("eps", eps)
    })
}

fn instance(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let input = converter.value(node, 0)?;
    let [weight, bias] = affine(converter, node)?;
    let eps = epsilon(node);
    converter.emit_node(node, "top.InstanceNorm", &[input, weight, bias], |builder| {
        builder.f64("eps", eps)
    })
}

/// Before opset 21 there is one number for each group; `top` has one for each channel.
fn repeat_for_channels(converter: &mut Converter<'_>, node: &Node, index: usize, groups: i64) -> Converted {
    if converter.opset >= 21 {
        return Ok(());
    }
    let Some(constant) = converter.constant_input(node, index)? else {
        return Ok(());
    };
    let values = constant.to_float();
    if values.len() as i64 != groups {
        return Ok(());
    }
    let shape = converter
        .input_shape(node, 0)
        .ok_or("has an input of unknown shape")?;
    let channels = shape.get(1).copied().unwrap_or(0);
    if channels == groups {
        return Ok(());
    }
    if groups < 1 || channels % groups != 0 {
        return Err(format!("has {groups} groups of {channels} channels").into());
    }
    let each = (channels / groups) as usize;
    let repeated: Vec<f32> = values
        .iter()
        .flat_map(|value| std::iter::repeat_n(*value, each))
        .collect();
    let name = node.input(index).unwrap_or_default().to_owned();
    converter.add_constant(
        &name,
        Constant::Float(ndarray::Array1::from_vec(repeated).into_dyn()),
    );
    Ok(())
}

fn group(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let groups = node.int("num_groups").ok_or("has no 'num_groups'")?;
    let input = converter.value(node, 0)?;
    for index in [1, 2] {
        repeat_for_channels(converter, node, index, groups)?;
    }
    let [weight, bias] = affine(converter, node)?;
    let eps = epsilon(node);
    converter.emit_node(node, "top.GroupNorm", &[input, weight, bias], |builder| {
        builder.i64("num_groups", groups).f64("eps", eps)
    })
}

fn local_response(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let size = node.int("size").ok_or("has no 'size'")?;
    let input = converter.value(node, 0)?;
    let given: Vec<(&str, f64)> = ["alpha", "beta", "bias"]
        .into_iter()
        .filter_map(|name| node.float(name).map(|value| (name, value)))
        .collect();
    converter.emit_node(node, "top.LRN", &[input], |builder| {
        given
            .iter()
            .fold(builder.i64("size", size), |builder, (name, value)| {
                builder.f64(name, *value)
            })
    })
}
