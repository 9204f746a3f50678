//! Functions of one tensor, element by element.

use super::{Convert, Converted, Converter, Problem, name_of};
use crate::import::onnx::model::Node;

pub const TABLE: &[(&str, Convert)] = &[
    ("Abs", plain),
    ("Acos", plain),
    ("Atanh", plain),
    ("Atan", atan),
    ("Ceil", ceil),
    ("Clip", clip),
    ("Cos", plain),
    ("Cosh", plain),
    ("Elu", elu),
    ("Erf", plain),
    ("Exp", plain),
    ("Floor", plain),
    ("GELU", plain),
    ("Gelu", plain),
    ("HardSigmoid", hard_sigmoid),
    ("HardSwish", plain),
    ("LeakyRelu", leaky_relu),
    ("Log", plain),
    ("LogSoftmax", softmax),
    ("Mish", plain),
    ("Neg", negate),
    ("PRelu", prelu),
    ("Reciprocal", reciprocal),
    ("Relu", plain),
    ("Round", plain),
    ("Rsqrt", plain),
    ("Sigmoid", plain),
    ("Sign", plain),
    ("Sin", plain),
    ("Sinh", plain),
    ("Softmax", softmax),
    ("Softplus", plain),
    ("Softsign", plain),
    ("Sqrt", plain),
    ("Tan", plain),
    ("Tanh", plain),
];

fn plain(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let op = match node.op_type.as_str() {
        "Acos" => "top.Arccos".to_owned(),
        "Atanh" => "top.Arctanh".to_owned(),
        "Gelu" => "top.GELU".to_owned(),
        other => format!("top.{other}"),
    };
    let input = converter.value(node, 0)?;
    let mode = match node.text("approximate") {
        Some("tanh") => Some("tanh"),
        _ => None,
    };
    converter.emit_node(node, &op, &[input], |builder| match mode {
        Some(mode) => builder.str("approx_mode", mode),
        None => builder,
    })
}

fn ceil(converter: &mut Converter<'_>, node: &Node) -> Converted {
    // TPU-MLIR names this one operation without its type.
    let input = converter.value(node, 0)?;
    let value = converter.emit("top.Ceil", &[input], node.name(), |builder| builder);
    converter.bind(node.name(), value);
    Ok(())
}

fn elu(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let input = converter.value(node, 0)?;
    let alpha = node.float("alpha").unwrap_or(1.0);
    converter.emit_node(node, "top.Elu", &[input], |builder| builder.f64("alpha", alpha))
}

fn leaky_relu(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let input = converter.value(node, 0)?;
    let alpha = node.float("alpha").unwrap_or(f64::from(0.01_f32));
    converter.emit_node(node, "top.LeakyRelu", &[input], |builder| {
        builder.f64("alpha", alpha)
    })
}

fn hard_sigmoid(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let input = converter.value(node, 0)?;
    // The pattern that PyTorch exports has 1/6; ONNX's own default is 0.2.
    let alpha = node.float("alpha").unwrap_or(f64::from(0.2_f32));
    let beta = node.float("beta").unwrap_or(0.5);
    converter.emit_node(node, "top.HardSigmoid", &[input], |builder| {
        builder.f64("alpha", alpha).f64("beta", beta)
    })
}

fn negate(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let input = converter.value(node, 0)?;
    converter.emit_node(node, "top.MulConst", &[input], |builder| {
        builder.f64("const_val", -1.0)
    })
}

fn reciprocal(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let input = converter.value(node, 0)?;
    converter.emit_node(node, "top.Reciprocal", &[input], |builder| {
        builder.f64("const_val", 1.0)
    })
}

fn prelu(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let input = converter.value(node, 0)?;
    if let Some(alpha) = node.input(1).and_then(|name| converter.scalar(name)) {
        return converter.emit_node(node, "top.LeakyRelu", &[input], |builder| {
            builder.f64("alpha", f64::from(alpha))
        });
    }
    let slope = converter.value(node, 1)?;
    converter.emit_node(node, "top.PRelu", &[input, slope], |builder| builder)
}

fn softmax(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let input = converter.value(node, 0)?;
    let default = if converter.opset >= 13 { -1 } else { 1 };
    let axis = axis_attribute(node, "axis", default)?;
    let log = node.op_type == "LogSoftmax";
    converter.emit_node(node, "top.Softmax", &[input], |builder| {
        builder.si32("axis", axis).bool("log", log)
    })
}

/// An axis as the 32-bit attribute that `top` keeps.
pub fn axis_attribute(node: &Node, name: &str, default: i64) -> Result<i32, Problem> {
    let axis = node.int(name).unwrap_or(default);
    i32::try_from(axis).map_err(|_| Problem::Unsupported(format!("has axis {axis}")))
}

/// A limit of `Clip`: an input (since opset 11) or an attribute.
fn limit(
    converter: &Converter<'_>,
    node: &Node,
    index: usize,
    name: &str,
    default: f64,
) -> Result<f64, Problem> {
    match converter.constant_input(node, index)? {
        Some(constant) => constant
            .to_float()
            .first()
            .map(|value| f64::from(*value))
            .ok_or_else(|| Problem::Unsupported(format!("has an empty '{name}'"))),
        None => Ok(node.float(name).unwrap_or(default)),
    }
}

fn clip(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let input = converter.value(node, 0)?;
    let min = limit(converter, node, 1, "min", f64::NEG_INFINITY)?;
    let max = limit(converter, node, 2, "max", f64::INFINITY)?;
    if min == 0.0 && max > min {
        let relu_limit = if max == f64::INFINITY { 0.0 } else { max };
        return converter.emit_node(node, "top.Relu", &[input], |builder| {
            builder.f64("relu_limit", relu_limit)
        });
    }
    converter.emit_node(node, "top.Clip", &[input], |builder| {
        builder.f64("min", min).f64("max", max)
    })
}

/// `atan(x) = sign(x) * acos(1 / sqrt(1 + |x| * |x|))`
fn atan(converter: &mut Converter<'_>, node: &Node) -> Converted {
    let input = converter.value(node, 0)?;
    let name = |part: &str| format!("{}_{part}", node.name());
    let sign = converter.emit("top.Sign", &[input], &name("sign"), |builder| builder);
    let abs = converter.emit("top.Abs", &[input], &name("abs"), |builder| builder);
    let square = converter.emit("top.Mul", &[abs, abs], &name("mul"), |builder| builder);
    let sum = converter.emit("top.AddConst", &[square], &name("ml_mulscale"), |builder| {
        builder.f64("const_val", 1.0)
    });
    let root = converter.emit("top.Sqrt", &[sum], &name("sqrt"), |builder| builder);
    let inverse = converter.emit("top.Reciprocal", &[root], &name("reciprocal"), |builder| builder);
    let angle = converter.emit("top.Arccos", &[inverse], &name("arccos"), |builder| builder);
    let value = converter.emit("top.Mul", &[sign, angle], &name_of(node), |builder| builder);
    converter.bind(node.name(), value);
    Ok(())
}
