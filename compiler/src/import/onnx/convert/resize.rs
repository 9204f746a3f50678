//! Resizing of images.

use super::{Convert, Converted, Converter, Problem};
use crate::import::onnx::constant::Constant;
use crate::import::onnx::model::Node;
use crate::inference::ops::interp::places;
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
    check_positions(converter, node, mode, scales, operands[1], coordinates)?;
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

/// Scales or sizes of some axes (opset 18) as those of all.
fn of_all_axes<T: Copy>(node: &Node, some: Vec<T>, all: Option<Vec<T>>) -> Result<Vec<T>, Problem> {
    let Some(axes) = node.ints("axes").filter(|_| !some.is_empty()) else {
        return Ok(some);
    };
    let mut all = all.ok_or("has axes, and an input of unknown rank")?;
    if axes.len() != some.len() {
        return Err(format!("has {} axes for {} scales or sizes", axes.len(), some.len()).into());
    }
    for (axis, value) in axes.iter().zip(some) {
        let place = if *axis < 0 {
            *axis + all.len() as i64
        } else {
            *axis
        };
        let place = usize::try_from(place).ok().filter(|place| *place < all.len());
        all[place.ok_or_else(|| Problem::Unsupported(format!("has axis {axis}")))?] = value;
    }
    Ok(all)
}

fn resize(converter: &mut Converter<'_>, node: &Node) -> Converted {
    if node.int("antialias").unwrap_or(0) != 0 {
        return Err("smooths what it makes smaller ('antialias'); export it without".into());
    }
    if let Some(policy) = node.text("keep_aspect_ratio_policy")
        && policy != "stretch"
    {
        return Err(format!("has keep_aspect_ratio_policy '{policy}'; 'stretch' is supported").into());
    }
    let input = converter.value(node, 0)?;
    let shape = converter.input_shape(node, 0);
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
    let ones = shape.as_ref().map(|shape| vec![1.0; shape.len()]);
    let scales = of_all_axes(node, scales, ones)?;
    let none = converter.none();
    if scales.is_empty() {
        let sizes = converter
            .constant_input(node, 3)?
            .ok_or("has neither scales nor sizes")?
            .ints();
        let sizes = of_all_axes(node, sizes, shape)?;
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

/// `top.Interp` knows one way of rounding for each way of counting pixels: an error if the pixels that ONNX asks for are others.
/// Nothing is checked while the shape is not known.
fn check_positions(
    converter: &Converter<'_>,
    node: &Node,
    mode: &str,
    scales: [f64; 2],
    target: Value,
    coordinates: &str,
) -> Converted {
    let Some(shape) = converter.input_shape(node, 0) else {
        return Ok(());
    };
    let &[_, _, rows, columns] = &shape[..] else {
        return Err(format!(
            "resizes a tensor of rank {}; images of rank 4 are supported",
            shape.len()
        )
        .into());
    };
    let sizes = match converter.program.weight(target) {
        Ok(Some(sizes)) => {
            let sizes: Vec<i64> = sizes.to_f32().iter().map(|size| *size as i64).collect();
            let &[rows, columns] = &sizes[..] else {
                return Err("has sizes that do not fit images".into());
            };
            [rows, columns]
        }
        _ => {
            let size = |dim: i64, scale: f64| (dim as f64 * scale).floor() as i64;
            [size(rows, scales[0]), size(columns, scales[1])]
        }
    };
    let default = if converter.opset >= 11 {
        "round_prefer_floor"
    } else {
        "floor"
    };
    let rounding = node.text("nearest_mode").unwrap_or(default);
    for ((input, output), scale) in [rows, columns].into_iter().zip(sizes).zip(scales) {
        let (Ok(input), Ok(output)) = (usize::try_from(input), usize::try_from(output)) else {
            return Err("has sizes that are no sizes".into());
        };
        let scale = if scale > 0.0 {
            scale
        } else {
            output as f64 / input as f64
        };
        let found = places(mode, coordinates, input, output);
        for (position, place) in found.iter().enumerate() {
            let wanted = wanted_position(coordinates, position as f64, scale, input, output);
            let last = input as f64 - 1.0;
            let same = if mode == "nearest" {
                let rounded = match rounding {
                    "floor" => wanted.floor(),
                    "ceil" => wanted.ceil(),
                    "round_prefer_ceil" => (wanted + 0.5).floor(),
                    _ => (wanted - 0.5).ceil(),
                };
                rounded.clamp(0.0, last) == place.index as f64
            } else {
                let reached = place.index as f64 + f64::from(place.fraction);
                (wanted.clamp(0.0, last) - reached).abs() < 1e-3
            };
            if !same {
                let rounding = if mode == "nearest" { rounding } else { "" };
                return Err(format!(
                    "resizes {input} to {output} with mode '{mode}', coordinate_transformation_mode '{coordinates}' {rounding}, \
                     which the chip's resize does not compute; export with 'asymmetric' and 'floor', or with mode 'linear'"
                )
                .into());
            }
        }
    }
    Ok(())
}

/// Where ONNX's definition puts a position of the result.
fn wanted_position(coordinates: &str, x: f64, scale: f64, input: usize, output: usize) -> f64 {
    match coordinates {
        "asymmetric" => x / scale,
        "align_corners" if output == 1 => 0.0,
        "align_corners" => x * (input as f64 - 1.0) / (output as f64 - 1.0),
        "pytorch_half_pixel" if output == 1 => 0.0,
        "tf_half_pixel_for_nn" => (x + 0.5) / scale,
        _ => (x + 0.5) / scale - 0.5,
    }
}
