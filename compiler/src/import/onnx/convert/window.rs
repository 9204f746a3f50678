//! Convolution and pooling.

use super::{Convert, Converted, Converter, Problem};
use crate::import::onnx::constant::Constant;
use crate::import::onnx::model::Node;
use ndarray::IxDyn;

pub const TABLE: &[(&str, Convert)] = &[
    ("AveragePool", pool),
    ("Conv", conv),
    ("ConvTranspose", conv_transpose),
    ("GlobalAveragePool", global_pool),
    ("GlobalMaxPool", global_pool),
    ("MaxPool", pool),
];

/// Kernel sizes from the attribute or the filter's shape.
fn kernel(converter: &Converter<'_>, node: &Node) -> Result<Vec<i64>, Problem> {
    if let Some(kernel) = node.ints("kernel_shape") {
        return Ok(kernel.to_vec());
    }
    let filter = node.input(1).and_then(|name| converter.constant(name));
    match filter.map(Constant::shape) {
        Some([_, _, kernel @ ..]) => Ok(kernel.iter().map(|dim| *dim as i64).collect()),
        _ => Err("has no 'kernel_shape' and a filter that is computed".into()),
    }
}

fn list(node: &Node, name: &str, length: usize, default: i64) -> Vec<i64> {
    node.ints(name)
        .map_or_else(|| vec![default; length], <[i64]>::to_vec)
}

fn conv(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let input = converter.value(node, 0)?;
    let kernel = kernel(converter, node)?;
    let dims = kernel.len();
    let filter = converter.value(node, 1)?;
    let coefficients = node
        .input(1)
        .is_some_and(|name| converter.constant(name).is_some());
    let bias = converter.optional_weight(node, 2)?;
    let (strides, pads) = (list(node, "strides", dims, 1), list(node, "pads", 2 * dims, 0));
    let dilations = list(node, "dilations", dims, 1);
    let auto_pad = node.text("auto_pad").unwrap_or("NOTSET").to_owned();
    let group = node.int("group").unwrap_or(1);
    converter.emit_node(node, "top.Conv", &[input, filter, bias], |builder| {
        builder
            .i64s("kernel_shape", &kernel)
            .i64s("strides", &strides)
            .i64s("dilations", &dilations)
            .str("auto_pad", &auto_pad)
            .i64s("pads", &pads)
            .i64("group", group)
            .i64("weight_is_coeff", i64::from(coefficients))
    })
}

fn conv_transpose(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let input = converter.value(node, 0)?;
    let kernel = kernel(converter, node)?;
    let dims = kernel.len();
    let group = node.int("group").unwrap_or(1).max(1);
    if node.text("auto_pad").is_some_and(|mode| mode != "NOTSET")
        || node.attributes.contains_key("output_shape")
    {
        return Err("has 'auto_pad' or 'output_shape'; export it with 'pads' and 'output_padding'".into());
    }
    let name = node.input(1).ok_or("has no filter")?.to_owned();
    if let Some(filter) = converter.constant(&name).cloned()
        && !converter.has_weight(&name)
    {
        let transposed = output_first(&filter, group as usize)?;
        converter.add_constant(&name, transposed);
    }
    let filter = converter.value(node, 1)?;
    let bias = converter.optional_weight(node, 2)?;
    let (strides, pads) = (list(node, "strides", dims, 1), list(node, "pads", 2 * dims, 0));
    let (dilations, extra) = (
        list(node, "dilations", dims, 1),
        list(node, "output_padding", dims, 0),
    );
    converter.emit_node(node, "top.Deconv", &[input, filter, bias], |builder| {
        builder
            .i64s("kernel_shape", &kernel)
            .i64s("strides", &strides)
            .i64s("dilations", &dilations)
            .i64s("pads", &pads)
            .i64s("output_padding", &extra)
            .i64("group", group)
    })
}

/// ONNX's filter of a transposed convolution, inputs x outputs/group x kernel, as outputs/group x inputs x kernel.
fn output_first(filter: &Constant, group: usize) -> Result<Constant, Problem> {
    let array = filter.to_float();
    let shape = array.shape().to_vec();
    if shape.len() < 3 || !shape[0].is_multiple_of(group) {
        return Err(format!("has a filter of shape {shape:?} for {group} groups").into());
    }
    let mut split = vec![group, shape[0] / group];
    split.extend_from_slice(&shape[1..]);
    let mut order = vec![0, 2, 1];
    order.extend(3..split.len());
    let mut wanted = vec![shape[1], shape[0]];
    wanted.extend_from_slice(&shape[2..]);
    if group == 1 {
        order = vec![1, 0];
        order.extend(2..shape.len());
        split = shape;
    }
    let split = array
        .into_shape_with_order(IxDyn(&split))
        .expect("the same elements");
    let moved = split.permuted_axes(order).as_standard_layout().into_owned();
    Ok(Constant::Float(
        moved
            .into_shape_with_order(IxDyn(&wanted))
            .expect("the same elements"),
    ))
}

fn pool(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let input = converter.value(node, 0)?;
    let kernel = node.ints("kernel_shape").ok_or("has no 'kernel_shape'")?.to_vec();
    let dims = kernel.len();
    if node.outputs.get(1).is_some_and(|name| !name.is_empty()) {
        return Err("gives positions too ('Indices'); only its values are supported".into());
    }
    if node
        .ints("dilations")
        .is_some_and(|dilations| dilations.iter().any(|dilation| *dilation != 1))
    {
        return Err("has dilations other than 1".into());
    }
    let (strides, pads) = (list(node, "strides", dims, 1), list(node, "pads", 2 * dims, 0));
    let average = node.op_type == "AveragePool";
    if average
        && kernel.iter().product::<i64>() == 1
        && pads.iter().sum::<i64>() == 0
        && strides.iter().product::<i64>() == 1
    {
        converter.bind(node.name(), input);
        return Ok(());
    }
    let auto_pad = node.text("auto_pad").unwrap_or("NOTSET").to_owned();
    let ceil_mode = node.int("ceil_mode").unwrap_or(0) != 0;
    let count_include_pad = node.int("count_include_pad").unwrap_or(0) != 0;
    let op = if average { "top.AvgPool" } else { "top.MaxPool" };
    converter.emit_node(node, op, &[input], |builder| {
        builder
            .i64s("kernel_shape", &kernel)
            .i64s("strides", &strides)
            .i64s("pads", &pads)
            .str("auto_pad", &auto_pad)
            .bool("ceil_mode", ceil_mode)
            .bool("count_include_pad", count_include_pad)
    })
}

fn global_pool(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let input = converter.value(node, 0)?;
    let op = if node.op_type == "GlobalAveragePool" {
        "top.AvgPool"
    } else {
        "top.MaxPool"
    };
    // Shape inference fills in the window.
    converter.emit_node(node, op, &[input], |builder| {
        builder
            .i64s("kernel_shape", &[])
            .i64s("strides", &[])
            .i64s("pads", &[])
            .bool("count_include_pad", true)
    })
}
