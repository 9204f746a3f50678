//! Fewer elements, sums of products, positions.

use super::super::proto::{int, ints, text};
use super::Write;
use super::elementwise::affine;
use super::writer::Writer;
use tpuc_dialects::ir::Op;

pub const TABLE: &[(&str, Write)] = &[
    ("top.Arg", arg),
    ("top.CumSum", cumulative_sum),
    ("top.Einsum", einsum),
    ("top.MatMul", matmul),
    ("top.Reduce", reduce),
    ("top.TopK", top_k),
    ("top.Trilu", triangle),
];

fn reduce(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let axes = writer.i64s(op, "axes");
    let mode = writer.word(op, "mode");
    // The result has the shape 1 where ONNX's has no dimensions: kept dimensions are reshaped.
    let keep = int("keepdims", 1);
    let value = if mode == "ReduceSum" {
        let axes = writer.ints(&format!("{out}/axes"), &axes);
        writer.step(&mode, &[&x, &axes], vec![keep])
    } else {
        writer.step(&mode, &[&x], vec![ints("axes", &axes), keep])
    };
    let shape = writer.result_shape(op, 0);
    writer.reshape_to(&value, &shape, out);
    Ok(())
}

fn arg(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let mode = writer.word(op, "mode");
    let axis = writer.i64(op, "axis", 0);
    let last = writer.flag(op, "select_last_index", true);
    let attributes = vec![
        int("axis", axis),
        int("keepdims", 1),
        int("select_last_index", last.into()),
    ];
    let found = writer.step(&mode, &[&x], attributes);
    let (shape, values_shape) = (writer.result_shape(op, 0), writer.result_shape(op, 1));
    if !out.is_empty() {
        let found = writer.reshape(&found, &shape);
        writer.cast_to_float(&found, out);
    }
    if let Some(values) = writer.result(op, 1) {
        let kind = if mode == "ArgMin" {
            "ReduceMin"
        } else {
            "ReduceMax"
        };
        let found = writer.step(kind, &[&x], vec![ints("axes", &[axis]), int("keepdims", 1)]);
        writer.reshape_to(&found, &values_shape, &values);
    }
    Ok(())
}

fn top_k(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let count = writer.i64(op, "K", -1);
    if count < 0 {
        return Err("has a K that is computed".to_owned());
    }
    let count = writer.ints(&format!("{x}/K"), &[count]);
    let attributes = vec![
        int("axis", writer.i64(op, "axis", -1)),
        int("largest", writer.flag(op, "largest", true).into()),
        int("sorted", writer.flag(op, "sorted", true).into()),
    ];
    let values = if out.is_empty() {
        writer.temp(&format!("{x}/values"))
    } else {
        out.to_owned()
    };
    let places = writer.temp(&format!("{x}/places"));
    writer.node("TopK", &[&x, &count], &[&values, &places], attributes);
    if let Some(indices) = writer.result(op, 1) {
        writer.cast_to_float(&places, &indices);
    }
    Ok(())
}

fn cumulative_sum(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let axis = writer.i64(op, "axis", 0);
    let axis = writer.ints(&format!("{out}/axis"), &[axis]);
    writer.node("CumSum", &[&x, &axis], &[out], vec![]);
    Ok(())
}

fn triangle(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let diagonal = writer.i64(op, "diagonal", 0);
    let diagonal = writer.ints(&format!("{out}/k"), &[diagonal]);
    let upper = int("upper", writer.i64(op, "upper", 1));
    writer.node("Trilu", &[&x, &diagonal], &[out], vec![upper]);
    Ok(())
}

fn einsum(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let count = writer.ctx().operands(op).len();
    let names: Vec<String> = (0..count)
        .map(|index| writer.operand(op, index))
        .collect::<Result<_, _>>()?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let equation = writer.word(op, "mode");
    writer.node("Einsum", &names, &[out], vec![text("equation", &equation)]);
    Ok(())
}

/// The last two dimensions exchanged.
fn turned(rank: usize) -> Vec<i64> {
    let mut order: Vec<i64> = (0..rank as i64).collect();
    if rank >= 2 {
        order.swap(rank - 1, rank - 2);
    }
    order
}

fn matmul(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    for flag in ["hdim_is_batch", "output_transpose"] {
        if writer.flag(op, flag, false) {
            return Err(format!("has {flag}"));
        }
    }
    let (mut left, mut right) = (writer.operand(op, 0)?, writer.operand(op, 1)?);
    let (mut left_shape, mut right_shape) = (writer.operand_shape(op, 0), writer.operand_shape(op, 1));
    if writer.flag(op, "left_transpose", false) {
        left = writer.transpose(&left, &turned(left_shape.len()));
        let rank = left_shape.len();
        left_shape.swap(rank - 1, rank.saturating_sub(2));
    }
    if writer.flag(op, "right_transpose", false) {
        right = writer.transpose(&right, &turned(right_shape.len()));
        let rank = right_shape.len();
        right_shape.swap(rank - 1, rank.saturating_sub(2));
    }
    let shape = writer.result_shape(op, 0);
    let inner = match right_shape.len() {
        0 => return Err("has a factor without dimensions".to_owned()),
        1 => right_shape[0],
        rank => right_shape[rank - 2],
    };
    let keeps = writer.flag(op, "keep_dims", true);
    // The input's last dimensions together are the inner dimension.
    if right_shape.len() == 2 && (!keeps || left_shape.last() != Some(&inner)) {
        let mut wanted = shape[..shape.len().saturating_sub(1)].to_vec();
        wanted.push(inner);
        if wanted.iter().product::<i64>() != left_shape.iter().product::<i64>() {
            return Err(format!("multiplies {left_shape:?} with {right_shape:?}"));
        }
        left = writer.reshape(&left, &wanted);
    }
    if writer.operand_value(op, 2).is_some() {
        let product = writer.step("MatMul", &[&left, &right], vec![]);
        let bias = writer.operand(op, 2)?;
        affine(writer, &product, None, Some(bias), out);
    } else {
        writer.node("MatMul", &[&left, &right], &[out], vec![]);
    }
    Ok(())
}
