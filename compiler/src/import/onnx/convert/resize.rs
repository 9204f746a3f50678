//! Resizing of images.

use super::{Convert, Converted, Converter, Problem};
use crate::import::onnx::constant::Constant;
use crate::import::onnx::model::Node;
use tpuc_dialects::ir::Value;

pub const TABLE: &[(&str, Convert)] = &[("Resize", resize), ("Upsample", upsample)];

fn interp(
    converter: &mut Converter<'_>,
    node: &Node,
    operands: [Value; 2],
    scales: [f64; 2],
    coordinates: &str,
) -> Converted {
    let mode = match node.text("mode").unwrap_or("nearest") {
        "nearest" => "nearest",
        "linear" | "bilinear" => "linear",
        other => return Err(format!("has mode '{other}'; 'nearest' and 'linear' are supported").into()),
    };
    let coordinates = match coordinates {
        "align_corners" | "half_pixel" | "pytorch_half_pixel" | "asymmetric" => coordinates.to_owned(),
        "tf_half_pixel_for_nn" => "half_pixel".to_owned(),
        other => {
            return Err(
                format!("has coordinate_transformation_mode '{other}', which is not supported").into(),
            );
        }
    };
    converter.emit_node(node, "top.Interp", &operands, |builder| {
        builder
            .f64("scale_h", scales[0])
            .f64("scale_w", scales[1])
            .str("mode", mode)
            .str("coord_mode", &coordinates)
    })
}

fn upsample(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let input = converter.value(node, 0)?;
    let scales = match converter.constant_input(node, 1)? {
        Some(constant) => constant
            .to_float()
            .iter()
            .map(|value| f64::from(*value))
            .collect(),
        None => match node.attributes.get("scales") {
            Some(crate::import::onnx::model::Attribute::Floats(values)) => {
                values.iter().map(|value| f64::from(*value)).collect()
            }
            _ => Vec::new(),
        },
    };
    let [_, _, scale_h, scale_w] = scales[..] else {
        return Err(format!("has {} scales; 4 are supported", scales.len()).into());
    };
    // The corners of pixels: nearest neighbours of whole scales are repeated pixels.
    let none = converter.none();
    interp(converter, node, [input, none], [scale_h, scale_w], "asymmetric")
}

fn resize(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let input = converter.value(node, 0)?;
    let coordinates = if converter.opset >= 11 {
        node.text("coordinate_transformation_mode")
            .unwrap_or("half_pixel")
    } else {
        "asymmetric"
    };
    let at = if node.inputs.len() > 2 { 2 } else { 1 };
    let scales: Vec<f64> = match converter.constant_input(node, at)? {
        Some(constant) => constant
            .to_float()
            .iter()
            .map(|value| f64::from(*value))
            .collect(),
        None => Vec::new(),
    };
    let none = converter.none();
    if scales.is_empty() {
        let sizes = converter
            .constant_input(node, 3)?
            .ok_or("has neither scales nor sizes")?
            .ints();
        if sizes.len() < 3 {
            return Err(format!("has {} sizes; 3 or more are supported", sizes.len()).into());
        }
        let name = format!("{}_target_shape", node.name());
        converter.add_constant(&name, Constant::from_ints(sizes[2..].to_vec()));
        let target = converter.weight(&name);
        return interp(converter, node, [input, target], [-1.0, -1.0], coordinates);
    }
    if scales.len() > 4 && scales[2] != 1.0 {
        return Err(Problem::Unsupported(
            "resizes a third spatial dimension".to_owned(),
        ));
    }
    let scale_h = if scales.len() <= 3 {
        -1.0
    } else {
        scales[scales.len() - 2]
    };
    let scale_w = scales[scales.len() - 1];
    if scale_h == 1.0 && scale_w == 1.0 {
        converter.bind(node.name(), input);
        return Ok(());
    }
    interp(converter, node, [input, none], [scale_h, scale_w], coordinates)
}
