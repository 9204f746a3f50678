//! Operators that move data: shapes, slices, joins.

use super::activation::axis_attribute;
use super::{Convert, Converted, Converter, Problem, name_of};
use crate::import::onnx::constant::Constant;
use crate::import::onnx::model::{ElementType, Node};
use ndarray::{ArrayD, Axis, concatenate};

pub const TABLE: &[(&str, Convert)] = &[
    ("Cast", cast),
    ("CastLike", cast),
    ("Concat", concat),
    ("DepthToSpace", depth_to_space),
    ("Dropout", dropout),
    ("Expand", expand),
    ("Flatten", flatten),
    ("Gather", gather),
    ("GatherElements", gather_elements),
    ("GatherND", gather_nd),
    ("GridSample", grid_sample),
    ("Identity", identity),
    ("NonMaxSuppression", suppress),
    ("Pad", pad),
    ("Reshape", reshape),
    ("ScatterElements", scatter),
    ("ScatterND", scatter),
    ("Shape", shape),
    ("Slice", slice),
    ("SpaceToDepth", depth_to_space),
    ("Split", split),
    ("Squeeze", squeeze),
    ("Tile", tile),
    ("Transpose", transpose),
    ("Unsqueeze", unsqueeze),
];

fn identity(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let input = converter.value(node, 0)?;
    converter.bind(node.name(), input);
    Ok(())
}

fn dropout(converter: &mut Converter<'_>, node: &Node) -> Converted {
    if let Some(mask) = node.outputs.get(1).filter(|mask| converter.needed(mask)) {
        return Err(format!("gives a mask too ('{mask}'); only its first output is supported").into());
    }
    let training = converter.constant_input(node, 2)?;
    if training.is_some_and(|training| training.to_bool().iter().any(|on| *on)) {
        return Err("is in training mode; export the network in inference mode".into());
    }
    identity(converter, node)
}

fn cast(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let input = converter.value(node, 0)?;
    let from = node
        .input(0)
        .and_then(|name| converter.elements.get(name))
        .copied();
    let to = cast_target(converter, node)?;
    match (from, to) {
        (Some(ElementType::Float), ElementType::Int) => {
            converter.emit_node(node, "top.Cast", &[input], |builder| {
                builder.str("round_mode", "TowardsZero").str("to", "INT32")
            })
        }
        (Some(ElementType::Int), ElementType::Float) => {
            converter.emit_node(node, "top.Cast", &[input], |builder| builder.str("to", "F32"))
        }
        (Some(ElementType::Float), ElementType::Bool) => {
            converter.emit_node(node, "top.CompareConst", &[input], |builder| {
                builder
                    .str("mode", "NotEqual")
                    .f64("const_val", 0.0)
                    .bool("inversed", false)
            })
        }
        // Everything is f32 here: between types of one kind, and from truth values, nothing changes.
        _ => {
            converter.bind(node.name(), input);
            Ok(())
        }
    }
}

/// What `Cast` names by number, `CastLike` by an example.
fn cast_target(converter: &Converter<'_>, node: &Node) -> Result<ElementType, Problem> {
    if node.op_type == "CastLike" {
        let example = node.input(1).ok_or("has no example of the type")?;
        return converter
            .elements
            .get(example)
            .copied()
            .ok_or_else(|| "casts to the type of a tensor whose type is not known".into());
    }
    let number = node.int("to").unwrap_or(1);
    // Half and double precision are computed in single precision; narrower floats would lose what ONNX rounds away.
    if !matches!(number, 1..=7 | 9..=13) {
        return Err(format!("casts to element type {number} (ONNX's number), which is not supported").into());
    }
    Ok(ElementType::from_number(number))
}

fn reshape(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let input = converter.value(node, 0)?;
    let shape = converter.ints(node, 1, "shape")?.ok_or("has no shape")?;
    if node.int("allowzero").unwrap_or(0) != 0 && shape.contains(&0) {
        return Err("has allowzero = 1 and a dimension of 0".into());
    }
    converter.emit_node(node, "top.Reshape", &[input], |builder| {
        builder.i64s("shape", &shape)
    })
}

fn flatten(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let input = converter.value(node, 0)?;
    let axis = node.int("axis").unwrap_or(1);
    converter.emit_node(node, "top.Flatten", &[input], |builder| {
        builder.i64("start_dim", axis)
    })
}

fn transpose(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let input = converter.value(node, 0)?;
    let order = match node.ints("perm") {
        Some(order) => order.to_vec(),
        None => {
            let rank = converter
                .rank(input)
                .ok_or("has no 'perm' and an input of unknown rank")?;
            (0..rank as i64).rev().collect()
        }
    };
    converter.emit_node(node, "top.Permute", &[input], |builder| {
        builder.i64s("order", &order)
    })
}

fn squeeze(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let input = converter.value(node, 0)?;
    let axes = converter.ints(node, 1, "axes")?.unwrap_or_default();
    converter.emit_node(node, "top.Squeeze", &[input], |builder| {
        builder.i64s("axes", &axes)
    })
}

fn unsqueeze(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let input = converter.value(node, 0)?;
    let axes = converter.ints(node, 1, "axes")?.ok_or("has no axes")?;
    converter.emit_node(node, "top.Unsqueeze", &[input], |builder| {
        builder.i64s("axes", &axes)
    })
}

fn concat(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let axis = axis_attribute(node, "axis", 1)?;
    let mut operands = Vec::new();
    // Constants that stand side by side are joined here.
    let mut pending: Option<(String, ArrayD<f32>)> = None;
    for index in 0..node.inputs.len() {
        let name = node.input(index).ok_or("has an absent input")?.to_owned();
        if let Some(constant) = converter.constant(&name) {
            let data = constant.to_float();
            if data.is_empty() {
                continue;
            }
            pending = Some(match pending.take() {
                None => (name, data),
                Some((before, first)) => {
                    let rank = first.ndim() as i64;
                    let axis = if axis < 0 {
                        i64::from(axis) + rank
                    } else {
                        i64::from(axis)
                    };
                    let joined = usize::try_from(axis)
                        .ok()
                        .filter(|axis| *axis < first.ndim())
                        .and_then(|axis| concatenate(Axis(axis), &[first.view(), data.view()]).ok())
                        .ok_or("joins constants whose shapes do not fit")?;
                    (format!("{before}_{name}"), joined)
                }
            });
            continue;
        }
        if let Some((before, data)) = pending.take() {
            let weight = if converter.constant(&before).is_some() {
                format!("{before}_{}_weight", node.name())
            } else {
                format!("{before}_weight")
            };
            converter.add_constant(&weight, Constant::Float(data));
            operands.push(converter.weight(&weight));
        }
        operands.push(converter.value(node, index)?);
    }
    if let Some((_, data)) = pending {
        let weight = format!("{}_weight", node.name());
        converter.add_constant(&weight, Constant::Float(data));
        operands.push(converter.weight(&weight));
    }
    if let [one] = operands[..] {
        converter.bind(node.name(), one);
        return Ok(());
    }
    converter.emit_node(node, "top.Concat", &operands, |builder| {
        builder.si32("axis", axis)
    })
}

/// What "to the end" becomes when it comes from an input: the f32 nearest to the largest 32-bit integer less 1024.
const TO_THE_END: f32 = (i32::MAX - 1024) as f32;

fn slice(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let input = converter.value(node, 0)?;
    let starts = converter.ints(node, 1, "starts")?.ok_or("has no starts")?;
    let ends = converter.ints(node, 2, "ends")?.ok_or("has no ends")?;
    let axes = converter
        .ints(node, 3, "axes")?
        .unwrap_or_else(|| (0..starts.len() as i64).collect());
    let steps = converter
        .ints(node, 4, "steps")?
        .unwrap_or_else(|| vec![1; axes.len()]);
    if ends.len() != starts.len() || axes.len() != starts.len() || steps.len() != starts.len() {
        return Err("has starts, ends, axes and steps of different lengths".into());
    }
    // Positions are inputs, and so became 32-bit weights, since opset 10: "to the end" keeps TPU-MLIR's number for it.
    let from_input = node.inputs.len() > 1;
    for index in 1..node.inputs.len() {
        let Some(name) = node.input(index).map(str::to_owned) else {
            continue;
        };
        if let Some(constant) = converter.constant(&name)
            && let largest = constant.to_float().mapv(|value| {
                if value >= i64::MAX as f32 {
                    TO_THE_END
                } else {
                    value
                }
            })
            && !constant.is_empty()
        {
            converter.add_constant(&name, Constant::Float(largest));
        }
        converter.weight_input(node, index)?;
    }
    let clamp = |value: i64| {
        if !from_input {
            value
        } else if value as f32 >= i64::MAX as f32 {
            TO_THE_END as i64
        } else {
            value as f32 as i64
        }
    };
    let mut rows: Vec<[i64; 4]> = (0..axes.len())
        .map(|index| {
            [
                axes[index],
                clamp(starts[index]),
                clamp(ends[index]),
                steps[index],
            ]
        })
        .collect();
    rows.sort_by_key(|row| row[0]);
    let column = |index: usize| rows.iter().map(|row| row[index]).collect::<Vec<i64>>();
    let none = converter.none();
    converter.emit_node(node, "top.Slice", &[input, none, none, none], |builder| {
        builder
            .i64s("axes", &column(0))
            .i64s("offset", &column(1))
            .i64s("ends", &column(2))
            .i64s("steps", &column(3))
    })
}

fn split(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let input = converter.value(node, 0)?;
    let axis = axis_attribute(node, "axis", 0)?;
    let mut sizes = converter.ints(node, 1, "split")?;
    let count = node.outputs.len();
    if sizes.is_none() && converter.opset >= 18 {
        sizes = uneven_parts(converter, node, i64::from(axis), count as i64)?;
    }
    let names: Vec<String> = node
        .outputs
        .iter()
        .map(|name| format!("{name}_{}", node.op_type))
        .collect();
    let needed = vec![true; count];
    let op = converter.emit_many("top.Split", &[input], &names, &needed, |builder| {
        let builder = builder.si32("axis", axis).i64("num", count as i64);
        match &sizes {
            Some(sizes) => builder.i64s("split_size", sizes),
            None => builder,
        }
    });
    converter.bind_results(node, op, &needed);
    Ok(())
}

/// Sizes of parts that are not all equal: the last one takes what is left (opset 18). `None` when they are, or while the
/// shape is not known.
fn uneven_parts(
    converter: &Converter<'_>,
    node: &Node,
    axis: i64,
    count: i64,
) -> Result<Option<Vec<i64>>, Problem> {
    let Some(shape) = converter.input_shape(node, 0) else {
        return Ok(None);
    };
    let axis = if axis < 0 { axis + shape.len() as i64 } else { axis };
    let extent = usize::try_from(axis)
        .ok()
        .and_then(|axis| shape.get(axis).copied());
    let extent = extent.ok_or_else(|| Problem::Unsupported(format!("has axis {axis} of {shape:?}")))?;
    if count < 1 || extent % count == 0 {
        return Ok(None);
    }
    let part = extent / count + 1;
    let last = extent - part * (count - 1);
    if last < 1 {
        return Err(format!("splits {extent} into {count} parts, of which some are empty").into());
    }
    let mut sizes = vec![part; count as usize - 1];
    sizes.push(last);
    Ok(Some(sizes))
}

fn gather(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let input = converter.value(node, 0)?;
    let axis = axis_attribute(node, "axis", 0)?;
    let name = node.input(1).ok_or("has no indices")?;
    let constant_scalar = converter
        .constant(name)
        .map(|constant| constant.shape().is_empty());
    let scalar = constant_scalar.unwrap_or_else(|| converter.scalars.contains(name));
    let indices = converter.value(node, 1)?;
    converter.emit_node(node, "top.Gather", &[input, indices], |builder| {
        builder.si32("axis", axis).bool("keepdims", !scalar)
    })
}

fn gather_elements(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let operands = [converter.value(node, 0)?, converter.value(node, 1)?];
    let axis = node.int("axis").unwrap_or(0);
    converter.emit_node(node, "top.GatherElements", &operands, |builder| {
        builder.i64("axis", axis)
    })
}

fn gather_nd(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let operands = [converter.value(node, 0)?, converter.value(node, 1)?];
    let batch_dims = node.int("batch_dims").unwrap_or(0);
    converter.emit_node(node, "top.GatherND", &operands, |builder| {
        builder.i64("batch_dims", batch_dims)
    })
}

fn scatter(converter: &mut Converter<'_>, node: &Node) -> Converted {
    if node
        .text("reduction")
        .is_some_and(|reduction| reduction != "none")
    {
        return Err("has a reduction, which is not supported".into());
    }
    let operands = [
        converter.value(node, 0)?,
        converter.value(node, 1)?,
        converter.value(node, 2)?,
    ];
    let axis = node.int("axis").unwrap_or(0);
    if node.op_type == "ScatterND" {
        return converter.emit_node(node, "top.ScatterND", &operands, |builder| builder);
    }
    converter.emit_node(node, "top.ScatterElements", &operands, |builder| {
        builder.i64("axis", axis)
    })
}

/// The most boxes of a class where ONNX says "all".
const ALL_BOXES: i64 = 10_000;

/// Operands that are absent become weights: no box at all, any overlap, any score.
fn suppress(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let mut operands = vec![converter.value(node, 0)?, converter.value(node, 1)?];
    let absent = [
        ("max_output_boxes_per_class", 0.0),
        ("iou_threshold", 0.0),
        ("score_threshold", f32::MIN),
    ];
    for (index, (what, value)) in absent.into_iter().enumerate() {
        if node.input(index + 2).is_some() {
            operands.push(converter.weight_input(node, index + 2)?);
            continue;
        }
        let name = format!("{}_{what}_default", name_of(node));
        converter.add_constant(
            &name,
            Constant::Float(ndarray::Array1::from_elem(1, value).into_dyn()),
        );
        operands.push(converter.weight(&name));
    }
    let most = converter
        .ints(node, 2, "max_output_boxes_per_class")?
        .and_then(|values| values.first().copied())
        .unwrap_or(0);
    let most = if most > i64::MAX - 1000 {
        ALL_BOXES
    } else {
        most.max(0)
    };
    let centre = node.int("center_point_box").unwrap_or(0);
    converter.emit_node(node, "top.Nms", &operands, |builder| {
        builder
            .i64("center_point_box", centre)
            .i64("max_output_size", most)
    })
}

fn expand(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let input = converter.value(node, 0)?;
    let shape = converter.ints(node, 1, "shape")?.ok_or("has no shape")?;
    converter.emit_node(node, "top.Expand", &[input], |builder| {
        builder.i64s("shape", &shape)
    })
}

fn tile(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let input = converter.value(node, 0)?;
    let tile = converter.ints(node, 1, "repeats")?.ok_or("has no repeats")?;
    if tile.iter().product::<i64>() == 1 {
        converter.bind(node.name(), input);
        return Ok(());
    }
    converter.emit_node(node, "top.Tile", &[input], |builder| builder.i64s("tile", &tile))
}

fn pad(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let input = converter.value(node, 0)?;
    let mode = node.text("mode").unwrap_or("constant").to_owned();
    if !matches!(mode.as_str(), "constant" | "reflect" | "edge") {
        return Err(format!("has mode '{mode}'; 'constant', 'reflect' and 'edge' are supported").into());
    }
    let mut paddings = converter.ints(node, 1, "pads")?.ok_or("has no pads")?;
    if let Some(axes) = converter.constant_input(node, 3)? {
        let rank = converter
            .input_shape(node, 0)
            .ok_or("has axes, and an input of unknown rank")?
            .len();
        paddings = pads_of_all_axes(&axes.ints(), &paddings, rank)?;
    }
    let value = match converter.constant_input(node, 2)? {
        Some(constant) => f64::from(constant.to_float().first().copied().unwrap_or(0.0)),
        None => node.float("value").unwrap_or(0.0),
    };
    converter.emit_node(node, "top.Pad", &[input], |builder| {
        builder
            .i64s("paddings", &paddings)
            .f64("val", value)
            .str("mode", &mode)
    })
}

/// Pads of some axes (opset 18) as pads of all.
fn pads_of_all_axes(axes: &[i64], pads: &[i64], rank: usize) -> Result<Vec<i64>, Problem> {
    if pads.len() != 2 * axes.len() {
        return Err(format!("has {} pads for {} axes", pads.len(), axes.len()).into());
    }
    let mut all = vec![0; 2 * rank];
    for (index, axis) in axes.iter().enumerate() {
        let place = if *axis < 0 { *axis + rank as i64 } else { *axis };
        let place = usize::try_from(place)
            .ok()
            .filter(|place| *place < rank)
            .ok_or_else(|| Problem::Unsupported(format!("has axis {axis} of {rank}")))?;
        all[place] = pads[index];
        all[rank + place] = pads[axes.len() + index];
    }
    Ok(all)
}

fn shape(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let input = converter.value(node, 0)?;
    let (start, end) = (
        node.int("start").unwrap_or(0),
        node.int("end").unwrap_or(i64::MAX),
    );
    converter.emit_node(node, "top.Shape", &[input], |builder| {
        builder.i64("start", start).i64("end", end)
    })
}

fn depth_to_space(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let input = converter.value(node, 0)?;
    let block = node.int("blocksize").ok_or("has no 'blocksize'")?;
    let crd = node.text("mode").unwrap_or("DCR") != "DCR";
    let inversed = node.op_type == "SpaceToDepth";
    converter.emit_node(node, "top.Depth2Space", &[input], |builder| {
        builder
            .i64("block_h", block)
            .i64("block_w", block)
            .bool("is_CRD", crd)
            .bool("is_inversed", inversed)
    })
}

fn grid_sample(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let operands = [converter.value(node, 0)?, converter.value(node, 1)?];
    let unknown = |what: &str, value: &str| {
        Problem::Unsupported(format!("has {what} '{value}', which is not supported"))
    };
    let mode = match node.text("mode").unwrap_or("bilinear") {
        "bilinear" | "linear" => 0,
        "nearest" => 1,
        other => return Err(unknown("mode", other)),
    };
    let padding = match node.text("padding_mode").unwrap_or("zeros") {
        "zeros" => 0,
        "border" => 1,
        "reflection" => 2,
        other => return Err(unknown("padding_mode", other)),
    };
    let align = node.int("align_corners").unwrap_or(0) != 0;
    converter.emit_node(node, "top.GridSampler", &operands, |builder| {
        builder
            .i64("mode", mode)
            .i64("padding_mode", padding)
            .bool("align_corners", align)
    })
}
