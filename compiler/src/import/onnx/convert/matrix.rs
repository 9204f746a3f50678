//! Matrix products and recurrent layers.

use super::{Convert, Converted, Converter, Problem};
use crate::import::onnx::constant::Constant;
use crate::import::onnx::model::Node;
use tpuc_dialects::ir::Value;

pub const TABLE: &[(&str, Convert)] = &[
    ("Einsum", einsum),
    ("GRU", recurrent),
    ("Gemm", product),
    ("LSTM", recurrent),
    ("MatMul", product),
];

fn product(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let alpha = node.float("alpha").unwrap_or(1.0) as f32;
    let beta = node.float("beta").unwrap_or(1.0) as f32;
    let transposed = node.int("transB").unwrap_or(0) != 0;
    if node.int("transA").unwrap_or(0) != 0 {
        return Err("has transA = 1; transpose the tensor before it".into());
    }
    let left_constant = node
        .input(0)
        .is_some_and(|name| converter.constant(name).is_some());
    let right_constant = node
        .input(1)
        .is_some_and(|name| converter.constant(name).is_some());
    if alpha != 1.0 && !right_constant {
        return Err(format!("has alpha = {alpha} with a matrix that is computed").into());
    }
    let left = if left_constant && alpha != 1.0 && !right_constant {
        scaled(converter, node, 0, alpha, false)?
    } else {
        converter.value(node, 0)?
    };
    let mut right_transpose = false;
    let right = if right_constant && (transposed || alpha != 1.0) {
        scaled(converter, node, 1, alpha, transposed)?
    } else {
        right_transpose = transposed;
        converter.value(node, 1)?
    };
    let bias = match node.input(2) {
        Some(name) if beta != 0.0 => {
            if converter.constant(name).is_some() && beta != 1.0 {
                scaled(converter, node, 2, beta, false)?
            } else if beta != 1.0 {
                return Err(format!("has beta = {beta} with a tensor that is computed").into());
            } else {
                converter.value(node, 2)?
            }
        }
        _ => converter.none(),
    };
    converter.emit_node(node, "top.MatMul", &[left, right, bias], |builder| {
        builder.bool("right_transpose", right_transpose)
    })
}

/// A weight times a factor, and transposed, under the name `<name>_fix`.
fn scaled(
    converter: &mut Converter<'_>,
    node: &Node,
    index: usize,
    factor: f32,
    transpose: bool,
) -> Result<Value, Problem> {
    let name = node.input(index).unwrap_or_default();
    let Some(constant) = converter.constant(name) else {
        return Err("expects a constant".into());
    };
    let mut array = constant.to_float();
    if transpose {
        array = array.reversed_axes().as_standard_layout().into_owned();
    }
    if factor != 1.0 {
        array.mapv_inplace(|value| value * factor);
    }
    let fixed = format!("{name}_fix");
    converter.add_constant(&fixed, Constant::Float(array));
    Ok(converter.weight(&fixed))
}

fn einsum(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let equation = node.text("equation").ok_or("has no 'equation'")?;
    // Index letters become a, b, c, ... in the order of their first use.
    let mut letters = Vec::new();
    let mode: String = equation
        .chars()
        .filter(|letter| *letter != ' ')
        .map(|letter| {
            if !letter.is_ascii_alphabetic() {
                return letter;
            }
            let position = letters
                .iter()
                .position(|known| *known == letter)
                .unwrap_or_else(|| {
                    letters.push(letter);
                    letters.len() - 1
                });
            char::from(b'a' + position as u8)
        })
        .collect();
    if !(2..=3).contains(&node.inputs.len()) {
        return Err(format!("has {} inputs; 2 or 3 are supported", node.inputs.len()).into());
    }
    let operands = (0..node.inputs.len())
        .map(|index| converter.value(node, index))
        .collect::<Result<Vec<_>, _>>()?;
    converter.emit_node(node, "top.Einsum", &operands, |builder| {
        builder.str("mode", &mode)
    })
}

/// LSTM and GRU: their inputs differ by the cell state only.
fn recurrent(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let lstm = node.op_type == "LSTM";
    let mut operands = vec![
        converter.value(node, 0)?,
        converter.weight_input(node, 1)?,
        converter.weight_input(node, 2)?,
        converter.optional_weight(node, 3)?,
    ];
    if node.input(4).is_some() {
        return Err("has sequence lengths, which are not supported".into());
    }
    let hidden = node.int("hidden_size").ok_or("has no 'hidden_size'")?;
    let direction = node.text("direction").unwrap_or("forward");
    if direction == "reverse" {
        return Err("runs in direction 'reverse'; only 'forward' and 'bidirectional' are supported".into());
    }
    let bidirectional = direction == "bidirectional";
    let states = if lstm { 2 } else { 1 };
    for state in 0..states {
        operands.push(match node.input(5 + state) {
            Some(_) => converter.value(node, 5 + state)?,
            None => converter.none(),
        });
    }
    let suffixes = if lstm {
        vec!["_LSTM", "_H", "_C"]
    } else {
        vec!["_GRU", "_H"]
    };
    if lstm {
        operands.push(converter.none());
    }
    let mut names: Vec<String> = suffixes
        .iter()
        .map(|suffix| format!("{}{suffix}", node.name()))
        .collect();
    let mut needed = vec![false; names.len()];
    for (index, output) in node.outputs.iter().enumerate().take(needed.len()) {
        if !output.is_empty() && converter.needed(output) {
            names[index] = format!("{output}_{}", node.op_type);
            needed[index] = true;
        }
    }
    let batch_first = node.int("layout").unwrap_or(0) == 1;
    let before_reset = node.int("linear_before_reset");
    let op = converter.emit_many(
        &format!("top.{}", node.op_type),
        &operands,
        &names,
        &needed,
        |builder| {
            let builder = builder
                .i64("hidden_size", hidden)
                .bool("bidirectional", bidirectional)
                .bool("batch_first", batch_first);
            match before_reset {
                Some(flag) if !lstm => builder.bool("linear_before_reset", flag != 0),
                _ => builder,
            }
        },
    );
    converter.bind_results(node, op, &needed);
    Ok(())
}
