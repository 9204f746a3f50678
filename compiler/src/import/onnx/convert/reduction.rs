//! Reductions to fewer elements.

use super::{Convert, Converted, Converter, name_of};
use crate::import::onnx::model::Node;

pub const TABLE: &[(&str, Convert)] = &[
    ("ArgMax", arg),
    ("ArgMin", arg),
    ("CumSum", cumulative_sum),
    ("ReduceL1", reduce),
    ("ReduceL2", reduce),
    ("ReduceLogSumExp", log_sum_exp),
    ("ReduceMax", reduce),
    ("ReduceMean", reduce),
    ("ReduceMin", reduce),
    ("ReduceProd", reduce),
    ("ReduceSum", reduce),
    ("TopK", top_k),
    ("Trilu", triangle),
];

fn reduce(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let input = converter.value(node, 0)?;
    let axes = converter.ints(node, 1, "axes")?;
    if axes.as_ref().is_none_or(Vec::is_empty) && node.int("noop_with_empty_axes").unwrap_or(0) != 0 {
        converter.bind(node.name(), input);
        return Ok(());
    }
    let mut axes = axes.unwrap_or_default();
    axes.sort_unstable();
    let keepdims = node.int("keepdims").unwrap_or(1) != 0;
    let mode = node.op_type.clone();
    converter.emit_node(node, "top.Reduce", &[input], |builder| {
        builder
            .i64s("axes", &axes)
            .bool("keepdims", keepdims)
            .str("mode", &mode)
    })
}

/// `max + ln(sum(exp(x - max)))`
fn log_sum_exp(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let input = converter.value(node, 0)?;
    let axes = converter.ints(node, 1, "axes")?.unwrap_or_default();
    let keepdims = node.int("keepdims").unwrap_or(1) != 0;
    let name = |part: &str| format!("{}{part}", name_of(node));
    let max = converter.emit("top.Reduce", &[input], &name("_reducemax"), |builder| {
        builder
            .i64s("axes", &axes)
            .bool("keepdims", true)
            .str("mode", "ReduceMax")
    });
    let shifted = converter.emit("top.Sub", &[input, max], &name("_sub"), |builder| builder);
    let exp = converter.emit("top.Exp", &[shifted], &name("_exp"), |builder| builder);
    let sum = converter.emit("top.Reduce", &[exp], &name("_reducesum"), |builder| {
        builder
            .i64s("axes", &axes)
            .bool("keepdims", true)
            .str("mode", "ReduceSum")
    });
    let log = converter.emit("top.Log", &[sum], &name("_log"), |builder| builder);
    let value = if keepdims {
        converter.emit("top.Add", &[max, log], &name(""), |builder| builder)
    } else {
        let sum = converter.emit("top.Add", &[max, log], &name("_add"), |builder| builder);
        converter.emit("top.Squeeze", &[sum], &name(""), |builder| {
            builder.i64s("axes", &axes)
        })
    };
    converter.bind(node.name(), value);
    Ok(())
}

fn arg(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let input = converter.value(node, 0)?;
    let axis = node.int("axis").unwrap_or(0);
    let keepdims = node.int("keepdims").unwrap_or(1) != 0;
    let last = node.int("select_last_index").unwrap_or(0) != 0;
    let mode = node.op_type.clone();
    let op = converter.emit_many("top.Arg", &[input], &[name_of(node)], &[true, false], |builder| {
        builder
            .i64("axis", axis)
            .bool("keepdims", keepdims)
            .str("mode", &mode)
            .bool("select_last_index", last)
    });
    converter.bind_results(node, op, &[true]);
    Ok(())
}

fn top_k(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let input = converter.value(node, 0)?;
    let count = match converter.constant_input(node, 1)? {
        Some(constant) => constant.ints().first().copied().ok_or("has an empty K")?,
        None => node.int("k").ok_or("has no K")?,
    };
    let axis = node.int("axis").unwrap_or(-1);
    let largest = node.int("largest").unwrap_or(1) != 0;
    let mut names = vec![
        format!("{}_TopK_indices", node.name()),
        format!("{}_TopK_values", node.name()),
    ];
    let mut needed = vec![false; 2];
    for (index, output) in node.outputs.iter().enumerate().take(2) {
        if !output.is_empty() {
            names[index] = format!("{output}_{}", node.op_type);
            needed[index] = true;
        }
    }
    let op = converter.emit_many("top.TopK", &[input], &names, &needed, |builder| {
        builder
            .i64("axis", axis)
            .i64("K", count)
            .bool("largest", largest)
            .bool("sorted", true)
    });
    converter.bind_results(node, op, &needed);
    Ok(())
}

fn cumulative_sum(converter: &mut Converter<'_>, node: &Node) -> Converted {
    if node.int("exclusive").unwrap_or(0) != 0 || node.int("reverse").unwrap_or(0) != 0 {
        return Err("is exclusive or reversed, which is not supported".into());
    }
    let input = converter.value(node, 0)?;
    let axis = converter
        .ints(node, 1, "axis")?
        .and_then(|axes| axes.first().copied())
        .ok_or("has no axis")?;
    let dim = converter.weight_input(node, 1)?;
    converter.emit_node(node, "top.CumSum", &[input, dim], |builder| {
        builder.i64("axis", axis)
    })
}

fn triangle(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let input = converter.value(node, 0)?;
    let upper = node.int("upper").unwrap_or(1) as i32;
    let diagonal = converter
        .ints(node, 1, "k")?
        .and_then(|values| values.first().copied())
        .unwrap_or(0);
    let diagonal = i32::try_from(diagonal).map_err(|_| "has a diagonal out of range")?;
    converter.emit_node(node, "top.Trilu", &[input], |builder| {
        builder.si32("upper", upper).si32("diagonal", diagonal)
    })
}
