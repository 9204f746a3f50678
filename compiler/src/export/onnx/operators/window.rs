//! Convolution, pooling, resizing.

use super::super::proto::{int, ints, text};
use super::Write;
use super::writer::Writer;
use tpuc_dialects::ir::Op;

pub const TABLE: &[(&str, Write)] = &[
    ("top.AdaptiveAvgPool", adaptive),
    ("top.AvgPool", pool),
    ("top.Conv", conv),
    ("top.Deconv", deconv),
    ("top.GridSampler", grid_sample),
    ("top.Interp", interp),
    ("top.MaxPool", pool),
    ("top.Upsample", upsample),
];

/// A list of whole numbers, a default where there are none; what goes beyond the spatial dimensions is left out.
fn list(writer: &Writer<'_>, op: Op, name: &str, count: usize, default: i64) -> Vec<i64> {
    let mut values = writer.i64s(op, name);
    if values.is_empty() {
        return vec![default; count];
    }
    values.truncate(count);
    values
}

fn conv(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    if writer.i64s(op, "inserts").iter().any(|insert| *insert != 0) {
        return Err("inserts zeros ('inserts')".to_owned());
    }
    let kernel = writer.i64s(op, "kernel_shape");
    let all = kernel.len();
    // A kernel may have a second dimension of 1 that the sequence lacks.
    let dims = writer.operand_shape(op, 0).len().saturating_sub(2).min(all);
    let pads = list(writer, op, "pads", 2 * all, 0);
    if kernel[dims..].iter().any(|size| *size != 1) || pads.len() != 2 * all {
        return Err(format!("has a kernel of {kernel:?} for {dims} dimensions"));
    }
    let mut filter = writer.operand_shape(op, 1);
    filter.truncate(2 + dims);
    let channels = filter.first().copied().unwrap_or(0);
    let x = writer.operand(op, 0)?;
    let mut inputs = vec![x, writer.reshaped(op, 1, &filter)?.ok_or("lacks its filter")?];
    inputs.extend(writer.reshaped(op, 2, &[channels])?);
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    let attributes = vec![
        ints("kernel_shape", &kernel[..dims]),
        ints("strides", &list(writer, op, "strides", dims, 1)),
        ints("dilations", &list(writer, op, "dilations", dims, 1)),
        ints("pads", &[&pads[..dims], &pads[all..all + dims]].concat()),
        int("group", writer.i64(op, "group", 1)),
    ];
    writer.node("Conv", &inputs, &[out], attributes);
    Ok(())
}

fn deconv(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let kernel = writer.i64s(op, "kernel_shape");
    let dims = kernel.len();
    let group = writer.i64(op, "group", 1).max(1);
    let filter_shape = writer.operand_shape(op, 1);
    let [outputs, inputs, ..] = filter_shape[..] else {
        return Err("has a filter without channels".to_owned());
    };
    if inputs % group != 0 {
        return Err(format!("has {inputs} channels in {group} groups"));
    }
    // Outputs/group x inputs x kernel becomes inputs x outputs/group x kernel, for each group.
    let filter = writer.operand(op, 1)?;
    let window: i64 = kernel.iter().product();
    let parted = writer.reshape(&filter, &[group, outputs, inputs / group, window]);
    let moved = writer.transpose(&parted, &[0, 2, 1, 3]);
    let mut wanted = vec![inputs, outputs];
    wanted.extend(&kernel);
    let filter = writer.reshape(&moved, &wanted);
    let mut names = vec![writer.operand(op, 0)?, filter];
    names.extend(writer.reshaped(op, 2, &[outputs * group])?);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let attributes = vec![
        ints("kernel_shape", &kernel),
        ints("strides", &list(writer, op, "strides", dims, 1)),
        ints("dilations", &list(writer, op, "dilations", dims, 1)),
        ints("pads", &list(writer, op, "pads", 2 * dims, 0)),
        ints("output_padding", &list(writer, op, "output_padding", dims, 0)),
        int("group", group),
    ];
    writer.node("ConvTranspose", &names, &[out], attributes);
    Ok(())
}

fn pool(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let average = writer.ctx().op_name(op) == "top.AvgPool";
    let kernel = writer.i64s(op, "kernel_shape");
    let dims = kernel.len();
    let (strides, pads) = (
        list(writer, op, "strides", dims, 1),
        list(writer, op, "pads", 2 * dims, 0),
    );
    let (from, to) = (writer.operand_shape(op, 0), writer.result_shape(op, 0));
    // Shape inference may have written pads that say more than a rounding mode: the result's size decides.
    let mut ceil = false;
    let kept = to.len() == from.len();
    for axis in 0..dims {
        let size = from.get(axis + 2).copied().unwrap_or(1) + pads[axis] + pads[axis + dims] - kernel[axis];
        ceil |= kept && size / strides[axis].max(1) + 1 != to[axis + 2];
    }
    let mut attributes = vec![
        ints("kernel_shape", &kernel),
        ints("strides", &strides),
        ints("pads", &pads),
        int("ceil_mode", ceil.into()),
    ];
    if average {
        attributes.push(int(
            "count_include_pad",
            writer.flag(op, "count_include_pad", false).into(),
        ));
    }
    let kind = if average { "AveragePool" } else { "MaxPool" };
    if kept {
        writer.node(kind, &[&x], &[out], attributes);
    } else {
        let pooled = writer.step(kind, &[&x], attributes);
        writer.reshape_to(&pooled, &to, out);
    }
    Ok(())
}

/// Windows of one size where the output divides the input.
fn adaptive(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let (from, to) = (writer.operand_shape(op, 0), writer.result_shape(op, 0));
    let pairs = from.iter().zip(&to).skip(2);
    if pairs.clone().any(|(from, to)| *to < 1 || from % to != 0) {
        return Err(format!("makes {to:?} of {from:?}: windows of different sizes"));
    }
    let kernel: Vec<i64> = pairs.map(|(from, to)| from / to).collect();
    let attributes = vec![ints("kernel_shape", &kernel), ints("strides", &kernel)];
    writer.node("AveragePool", &[&x], &[out], attributes);
    Ok(())
}

fn upsample(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let scales = vec![
        1.0,
        1.0,
        writer.i64(op, "scale_h", 1) as f32,
        writer.i64(op, "scale_w", 1) as f32,
    ];
    let scales = writer.floats(&format!("{out}/scales"), &[4], scales);
    let attributes = vec![
        text("mode", "nearest"),
        text("coordinate_transformation_mode", "asymmetric"),
        text("nearest_mode", "floor"),
    ];
    writer.node("Resize", &[&x, "", &scales], &[out], attributes);
    Ok(())
}

fn interp(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let (mode, coordinates) = (writer.word(op, "mode"), writer.word(op, "coord_mode"));
    let sizes = writer.result_shape(op, 0);
    let sizes = writer.ints(&format!("{out}/sizes"), &sizes);
    let mut attributes = vec![
        text("mode", &mode),
        text("coordinate_transformation_mode", &coordinates),
    ];
    if mode == "nearest" {
        // The pixel that holds the position: `inference/ops/interp.rs`.
        let rounding = if coordinates == "asymmetric" {
            "floor"
        } else {
            "round_prefer_ceil"
        };
        attributes.push(text("nearest_mode", rounding));
    }
    writer.node("Resize", &[&x, "", "", &sizes], &[out], attributes);
    Ok(())
}

fn grid_sample(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let (x, grid) = (writer.operand(op, 0)?, writer.operand(op, 1)?);
    let choose = |words: &[&'static str], name: &str| {
        let number = writer.i64(op, name, 0);
        let word = usize::try_from(number)
            .ok()
            .and_then(|number| words.get(number).copied());
        word.ok_or_else(|| format!("has {name} = {number}"))
    };
    let mode = choose(&["bilinear", "nearest"], "mode")?;
    let padding = choose(&["zeros", "border", "reflection"], "padding_mode")?;
    let align = writer.flag(op, "align_corners", false);
    let attributes = vec![
        text("mode", mode),
        text("padding_mode", padding),
        int("align_corners", align.into()),
    ];
    writer.node("GridSample", &[&x, &grid], &[out], attributes);
    Ok(())
}
