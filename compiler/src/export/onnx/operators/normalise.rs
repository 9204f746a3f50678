//! Normalisations.

use super::super::proto::{int, ints};
use super::Write;
use super::elementwise::{affine, epsilon};
use super::writer::Writer;
use tpuc_dialects::ir::Op;

pub const TABLE: &[(&str, Write)] = &[
    ("top.BatchNorm", batch),
    ("top.GroupNorm", group),
    ("top.InstanceNorm", instance),
    ("top.LRN", local_response),
    ("top.LayerNorm", layer),
    ("top.PixelNorm", pixel),
    ("top.RMSNorm", root_mean_square),
    ("top.Scale", scale),
    ("top.Softmax", softmax),
];

/// A parameter for each of `dims`, or one that changes nothing.
fn parameter(
    writer: &mut Writer<'_>,
    op: Op,
    index: usize,
    dims: &[i64],
    neutral: f32,
) -> Result<String, String> {
    if let Some(name) = writer.reshaped(op, index, dims)? {
        return Ok(name);
    }
    let count = usize::try_from(dims.iter().product::<i64>()).unwrap_or(0);
    Ok(writer.floats("neutral", dims, vec![neutral; count]))
}

fn channels(writer: &Writer<'_>, op: Op) -> Result<i64, String> {
    writer
        .operand_shape(op, 0)
        .get(1)
        .copied()
        .ok_or_else(|| "has no channels".to_owned())
}

/// `[C, 1, 1]` for images.
fn per_channel(writer: &Writer<'_>, op: Op) -> Result<Vec<i64>, String> {
    let mut dims = vec![1; writer.operand_shape(op, 0).len().saturating_sub(1)];
    let count = channels(writer, op)?;
    if let Some(first) = dims.first_mut() {
        *first = count;
    }
    Ok(dims)
}

fn batch(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let dims = [channels(writer, op)?];
    let gamma = parameter(writer, op, 3, &dims, 1.0)?;
    let beta = parameter(writer, op, 4, &dims, 0.0)?;
    let mean = parameter(writer, op, 1, &dims, 0.0)?;
    let variance = parameter(writer, op, 2, &dims, 1.0)?;
    let epsilon = epsilon(writer, op, "epsilon");
    writer.node(
        "BatchNormalization",
        &[&x, &gamma, &beta, &mean, &variance],
        &[out],
        vec![epsilon],
    );
    Ok(())
}

fn instance(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let dims = [channels(writer, op)?];
    let weight = parameter(writer, op, 1, &dims, 1.0)?;
    let bias = parameter(writer, op, 2, &dims, 0.0)?;
    let epsilon = epsilon(writer, op, "eps");
    writer.node(
        "InstanceNormalization",
        &[&x, &weight, &bias],
        &[out],
        vec![epsilon],
    );
    Ok(())
}

/// Groups become channels of an instance normalisation.
fn group(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let shape = writer.operand_shape(op, 0);
    let groups = writer.i64(op, "num_groups", 1);
    let batch = shape.first().copied().unwrap_or(1);
    let elements: i64 = shape.iter().skip(1).product();
    let grouped = writer.reshape(&x, &[batch, groups, elements / groups.max(1)]);
    let count = usize::try_from(groups).unwrap_or(0);
    let ones = writer.floats("neutral", &[groups], vec![1.0; count]);
    let zeros = writer.floats("neutral", &[groups], vec![0.0; count]);
    let epsilon = epsilon(writer, op, "eps");
    let normal = writer.step("InstanceNormalization", &[&grouped, &ones, &zeros], vec![epsilon]);
    let normal = writer.reshape(&normal, &shape);
    let dims = per_channel(writer, op)?;
    let (weight, bias) = (writer.reshaped(op, 1, &dims)?, writer.reshaped(op, 2, &dims)?);
    affine(writer, &normal, weight, bias, out);
    Ok(())
}

fn layer(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let shape = writer.operand_shape(op, 0);
    let axis = writer.i64(op, "axis", -1);
    let first = if axis < 0 { axis + shape.len() as i64 } else { axis };
    let first = usize::try_from(first).unwrap_or(0).min(shape.len());
    let dims = &shape[first..];
    let weight = parameter(writer, op, 1, dims, 1.0)?;
    let bias = writer.reshaped(op, 2, dims)?;
    let attributes = vec![int("axis", axis), epsilon(writer, op, "eps")];
    let mut inputs = vec![x.as_str(), weight.as_str()];
    inputs.extend(bias.as_deref());
    writer.node("LayerNormalization", &inputs, &[out], attributes);
    Ok(())
}

/// `(x - mean) / sqrt(variance + eps)` over the channels.
fn pixel(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let mean = writer.step("ReduceMean", &[&x], vec![ints("axes", &[1]), int("keepdims", 1)]);
    let centred = writer.step("Sub", &[&x, &mean], vec![]);
    let normal = over_root_mean_square(writer, op, &centred, 1, out);
    let dims = per_channel(writer, op)?;
    let (weight, bias) = (writer.reshaped(op, 1, &dims)?, writer.reshaped(op, 2, &dims)?);
    affine(writer, &normal, weight, bias, out);
    Ok(())
}

fn root_mean_square(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let normal = over_root_mean_square(writer, op, &x, -1, out);
    let last = writer.operand_shape(op, 0).last().copied().unwrap_or(1);
    let gamma = writer.reshaped(op, 1, &[last])?;
    affine(writer, &normal, gamma, None, out);
    Ok(())
}

/// `x / sqrt(mean(x * x) + eps)`
fn over_root_mean_square(writer: &mut Writer<'_>, op: Op, x: &str, axis: i64, near: &str) -> String {
    let squares = writer.step("Mul", &[x, x], vec![]);
    let mean = writer.step(
        "ReduceMean",
        &[&squares],
        vec![ints("axes", &[axis]), int("keepdims", 1)],
    );
    let eps = writer.f64(op, "eps", 1e-5);
    let eps = writer.scalar(near, eps);
    let sum = writer.step("Add", &[&mean, &eps], vec![]);
    let root = writer.step("Sqrt", &[&sum], vec![]);
    writer.step("Div", &[x, &root], vec![])
}

fn local_response(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let attributes = vec![
        writer.float_attribute(op, "alpha", 1e-4),
        writer.float_attribute(op, "beta", 0.75),
        writer.float_attribute(op, "bias", 1.0),
        int("size", writer.i64(op, "size", 1)),
    ];
    writer.node("LRN", &[&x], &[out], attributes);
    Ok(())
}

fn scale(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let dims = per_channel(writer, op)?;
    let (factor, term) = (writer.reshaped(op, 1, &dims)?, writer.reshaped(op, 2, &dims)?);
    affine(writer, &x, factor, term, out);
    Ok(())
}

fn softmax(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let mut x = writer.operand(op, 0)?;
    let beta = writer.f64(op, "beta", 1.0);
    if beta != 1.0 {
        let beta = writer.scalar(out, beta);
        x = writer.step("Mul", &[&x, &beta], vec![]);
    }
    let kind = if writer.flag(op, "log", false) {
        "LogSoftmax"
    } else {
        "Softmax"
    };
    writer.node(kind, &[&x], &[out], vec![int("axis", writer.i64(op, "axis", -1))]);
    Ok(())
}
