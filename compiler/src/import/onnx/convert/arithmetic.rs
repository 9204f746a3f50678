//! Arithmetic and comparison of two or more tensors.

use super::{Convert, Converted, Converter, Problem, name_of};
use crate::import::onnx::model::{ElementType, Node};
use tpuc_dialects::ir::Value;

pub const TABLE: &[(&str, Convert)] = &[
    ("Add", commutative),
    ("And", compare),
    ("Div", divide),
    ("Equal", compare),
    ("Greater", compare),
    ("GreaterOrEqual", compare),
    ("Less", compare),
    ("LessOrEqual", compare),
    ("Max", extreme),
    ("Mean", mean),
    ("Min", extreme),
    ("Mul", commutative),
    ("Not", not),
    ("Or", or),
    ("Pow", power),
    ("Sub", subtract),
    ("Sum", sum),
    ("Where", choose),
    ("Xor", compare),
];

fn names(node: &Node) -> Result<(&str, &str), Problem> {
    match (node.input(0), node.input(1), node.inputs.len()) {
        (Some(left), Some(right), 2) => Ok((left, right)),
        _ => Err(Problem::Unsupported(format!(
            "expects 2 inputs, found {}",
            node.inputs.len()
        ))),
    }
}

fn commutative(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let (left, right) = names(node)?;
    // A constant comes second.
    let swap = converter.constant(left).is_some() && converter.constant(right).is_none();
    let (first, second) = if swap { (1, 0) } else { (0, 1) };
    let operands = [converter.value(node, first)?, converter.value(node, second)?];
    converter.emit_node(node, &format!("top.{}", node.op_type), &operands, |builder| {
        builder
    })
}

fn subtract(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let (left, right) = names(node)?;
    if let Some(number) = converter.scalar(left) {
        let operand = converter.value(node, 1)?;
        return converter.emit_node(node, "top.SubConst", &[operand], |builder| {
            builder
                .f64("const_val", f64::from(number))
                .bool("is_reverse", true)
        });
    }
    if let Some(number) = converter.scalar(right) {
        let operand = converter.value(node, 0)?;
        return converter.emit_node(node, "top.AddConst", &[operand], |builder| {
            builder.f64("const_val", f64::from(-number))
        });
    }
    let operands = [converter.value(node, 0)?, converter.value(node, 1)?];
    converter.emit_node(node, "top.Sub", &operands, |builder| builder)
}

fn divide(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let (left, right) = names(node)?;
    if let Some(number) = converter.scalar(left) {
        let operand = converter.value(node, 1)?;
        return converter.emit_node(node, "top.Reciprocal", &[operand], |builder| {
            builder.f64("const_val", f64::from(number))
        });
    }
    if let Some(number) = converter.scalar(right) {
        let whole = converter.elements.get(left) == Some(&ElementType::Int);
        let operand = converter.value(node, 0)?;
        let mut value = converter.emit("top.MulConst", &[operand], &name_of(node), |builder| {
            builder.f64("const_val", 1.0 / f64::from(number))
        });
        if whole {
            value = converter.emit(
                "top.Floor",
                &[value],
                &format!("{}_floor", name_of(node)),
                |builder| builder,
            );
        }
        converter.bind(node.name(), value);
        return Ok(());
    }
    let operands = [converter.value(node, 0)?, converter.value(node, 1)?];
    converter.emit_node(node, "top.Div", &operands, |builder| builder)
}

fn extreme(converter: &mut Converter<'_>, node: &Node) -> Converted {
    names(node)?;
    let operands = [converter.value(node, 0)?, converter.value(node, 1)?];
    converter.emit_node(node, &format!("top.{}", node.op_type), &operands, |builder| {
        builder
    })
}

fn sum(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let value = add_all(converter, node, &name_of(node))?;
    converter.bind(node.name(), value);
    Ok(())
}

/// The sum of all inputs; the last addition is called `last`.
fn add_all(converter: &mut Converter<'_>, node: &Node, last: &str) -> Result<Value, Problem> {
    let count = node.inputs.len();
    let mut value = converter.value(node, 0)?;
    for index in 1..count {
        let operand = converter.value(node, index)?;
        let name = if index == count - 1 {
            last.to_owned()
        } else {
            format!("{}_{index}_{}", node.name(), node.op_type)
        };
        value = converter.emit("top.Add", &[value, operand], &name, |builder| builder);
    }
    Ok(value)
}

fn mean(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let sum = add_all(converter, node, &format!("{}_sum", node.name()))?;
    if node.inputs.len() == 1 {
        converter.bind(node.name(), sum);
        return Ok(());
    }
    let factor = 1.0 / node.inputs.len() as f64;
    converter.emit_node(node, "top.MulConst", &[sum], |builder| {
        builder.f64("const_val", factor)
    })
}

fn power(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let (base, exponent) = names(node)?;
    if let Some(exponent) = converter.scalar(exponent) {
        let operand = converter.value(node, 0)?;
        if exponent == 1.0 {
            converter.bind(node.name(), operand);
            return Ok(());
        }
        if exponent == 2.0 {
            return converter.emit_node(node, "top.Mul", &[operand, operand], |builder| builder);
        }
        return converter.emit_node(node, "top.Pow", &[operand], |builder| {
            builder.f64("exponent", f64::from(exponent))
        });
    }
    if let Some(base) = converter.scalar(base) {
        let operand = converter.value(node, 1)?;
        return converter.emit_node(node, "top.Pow2", &[operand], |builder| {
            builder.f64("const_val", f64::from(base))
        });
    }
    let operands = [converter.value(node, 0)?, converter.value(node, 1)?];
    converter.emit_node(node, "top.Pow3", &operands, |builder| builder)
}

fn compare(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let (left, right) = names(node)?;
    let number = |converter: &Converter<'_>, name: &str| {
        let rank = converter
            .constant(name)
            .map_or(0, |constant| constant.shape().len());
        converter.scalar(name).filter(|_| rank <= 1)
    };
    let mode = node.op_type.clone();
    for (name, other, inversed) in [(left, 1, true), (right, 0, false)] {
        if let Some(number) = number(converter, name) {
            let operand = converter.value(node, other)?;
            return converter.emit_node(node, "top.CompareConst", &[operand], |builder| {
                builder
                    .str("mode", &mode)
                    .f64("const_val", f64::from(number))
                    .bool("inversed", inversed)
            });
        }
    }
    let second = converter.value(node, 1)?;
    let first = converter.value(node, 0)?;
    converter.emit_node(node, "top.Compare", &[first, second], |builder| {
        builder.str("mode", &mode)
    })
}

fn not(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let operand = converter.value(node, 0)?;
    converter.emit_node(node, "top.CompareConst", &[operand], |builder| {
        builder
            .str("mode", "Not")
            .f64("const_val", 0.0)
            .bool("inversed", false)
    })
}

fn or(converter: &mut Converter<'_>, node: &Node) -> Converted {
    names(node)?;
    let operands = [converter.value(node, 0)?, converter.value(node, 1)?];
    let sum = converter.emit(
        "top.Add",
        &operands,
        &format!("{}_add", name_of(node)),
        |builder| builder,
    );
    let value = converter.emit(
        "top.CompareConst",
        &[sum],
        &format!("{}_compare", name_of(node)),
        |builder| {
            builder
                .str("mode", "Greater")
                .f64("const_val", 0.0)
                .bool("inversed", false)
        },
    );
    converter.bind(node.name(), value);
    Ok(())
}

fn choose(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let condition = converter.value(node, 0)?;
    // Both branches become values first, as TPU-MLIR does; a constant one is then not used.
    let branches = [converter.value(node, 1)?, converter.value(node, 2)?];
    let numbers = [1, 2].map(|index| node.input(index).and_then(|name| converter.scalar(name)));
    let none = converter.none();
    let operand = |index: usize| {
        if numbers[index].is_some() {
            none
        } else {
            branches[index]
        }
    };
    converter.emit_node(
        node,
        "top.Where",
        &[condition, operand(0), operand(1)],
        |builder| {
            builder
                .bool("x_is_const", numbers[0].is_some())
                .bool("y_is_const", numbers[1].is_some())
                .f64("x_const_val", f64::from(numbers[0].unwrap_or(0.0)))
                .f64("y_const_val", f64::from(numbers[1].unwrap_or(0.0)))
        },
    )
}
