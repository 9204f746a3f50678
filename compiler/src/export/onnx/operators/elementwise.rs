//! Functions of each element, of one tensor or of several.

use super::super::proto::float;
use super::Write;
use super::writer::{BOOL, Writer};
use tpuc_dialects::ir::Op;

pub const TABLE: &[(&str, Write)] = &[
    ("top.Abs", plain),
    ("top.Add", add),
    ("top.AddConst", with_constant),
    ("top.Arccos", plain),
    ("top.Arctanh", plain),
    ("top.Cast", cast),
    ("top.Ceil", plain),
    ("top.Clip", clip),
    ("top.Compare", compare),
    ("top.CompareConst", compare),
    ("top.Cos", plain),
    ("top.Cosh", plain),
    ("top.Div", pair),
    ("top.DivConst", with_constant),
    ("top.Elu", slope),
    ("top.Erf", plain),
    ("top.Exp", plain),
    ("top.Floor", plain),
    ("top.GELU", gelu),
    ("top.HardSigmoid", hard_sigmoid),
    ("top.HardSwish", plain),
    ("top.LeakyRelu", slope),
    ("top.Log", plain),
    ("top.LogicalAnd", logical_and),
    ("top.MaskedFill", masked_fill),
    ("top.Max", several),
    ("top.MaxConst", with_constant),
    ("top.Min", several),
    ("top.MinConst", with_constant),
    ("top.Mish", mish),
    ("top.Mul", several),
    ("top.MulConst", with_constant),
    ("top.PRelu", prelu),
    ("top.Pow", with_constant),
    ("top.Pow2", with_constant),
    ("top.Pow3", pair),
    ("top.Reciprocal", with_constant),
    ("top.Relu", relu),
    ("top.Round", plain),
    ("top.Rsqrt", rsqrt),
    ("top.SiLU", swish),
    ("top.Sigmoid", sigmoid),
    ("top.Sign", plain),
    ("top.Sin", plain),
    ("top.Sinh", plain),
    ("top.Softplus", plain),
    ("top.Softsign", plain),
    ("top.Sqrt", plain),
    ("top.Sub", pair),
    ("top.SubConst", with_constant),
    ("top.Swish", swish),
    ("top.Tan", plain),
    ("top.Tanh", plain),
    ("top.Where", choose),
];

/// `max(x, 0)`, at most `limit` if that is above 0.
pub fn rectify(writer: &mut Writer<'_>, x: &str, limit: f64, out: &str) {
    if limit > 0.0 {
        let (low, high) = (writer.scalar(out, 0.0), writer.scalar(out, limit));
        writer.node("Clip", &[x, &low, &high], &[out], vec![]);
    } else {
        writer.node("Relu", &[x], &[out], vec![]);
    }
}

fn relu(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let limit = writer.f64(op, "relu_limit", -1.0);
    rectify(writer, &x, limit, out);
    Ok(())
}

/// One node of one input without attributes.
fn plain(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let name = match writer.ctx().op_name(op) {
        "top.Arccos" => "Acos",
        "top.Arctanh" => "Atanh",
        name => name.trim_start_matches("top."),
    };
    writer.node(name, &[&x], &[out], vec![]);
    Ok(())
}

/// Whole numbers are kept in floats; to integers the fraction goes.
fn cast(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let to = writer.word(op, "to");
    match (to.as_str(), writer.word(op, "round_mode").as_str()) {
        ("F32" | "", _) => writer.node("Identity", &[&x], &[out], vec![]),
        (_, "Down") => writer.node("Floor", &[&x], &[out], vec![]),
        (_, "Up") => writer.node("Ceil", &[&x], &[out], vec![]),
        (_, "HalfToEven") => writer.node("Round", &[&x], &[out], vec![]),
        (_, "TowardsZero") => {
            let whole = writer.cast(&x, super::writer::INT64);
            writer.cast_to_float(&whole, out);
        }
        (_, "HalfAwayFromZero" | "") => {
            // sign(x) * floor(|x| + 1/2)
            let (sign, size) = (
                writer.step("Sign", &[&x], vec![]),
                writer.step("Abs", &[&x], vec![]),
            );
            let half = writer.scalar(out, 0.5);
            let moved = writer.step("Add", &[&size, &half], vec![]);
            let whole = writer.step("Floor", &[&moved], vec![]);
            writer.node("Mul", &[&sign, &whole], &[out], vec![]);
        }
        (to, mode) => return Err(format!("casts to {to} with round_mode {mode}")),
    }
    Ok(())
}

/// Operands with their factors.
fn scaled(writer: &mut Writer<'_>, op: Op) -> Result<Vec<String>, String> {
    let factors = writer.ctx().get_f64s(op, "coeff").unwrap_or_default();
    let count = writer.ctx().operands(op).len();
    let mut names = Vec::with_capacity(count);
    for index in 0..count {
        let name = writer.operand(op, index)?;
        let factor = factors.get(index).copied().unwrap_or(1.0);
        names.push(if factor == 1.0 {
            name
        } else {
            let factor = writer.scalar(&name, factor);
            writer.step("Mul", &[&name, &factor], vec![])
        });
    }
    Ok(names)
}

/// A chain of nodes of two inputs.
fn chain(writer: &mut Writer<'_>, kind: &str, names: &[String], out: &str) -> Result<(), String> {
    let [first, middle @ .., last] = names else {
        return Err("has fewer than two operands".to_owned());
    };
    let mut value = first.clone();
    for next in middle {
        value = writer.step(kind, &[&value, next], vec![]);
    }
    writer.node(kind, &[&value, last], &[out], vec![]);
    Ok(())
}

fn add(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let names = scaled(writer, op)?;
    chain(writer, "Add", &names, out)
}

fn several(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let kind = writer.ctx().op_name(op).trim_start_matches("top.").to_owned();
    let names = scaled(writer, op)?;
    chain(writer, &kind, &names, out)
}

/// Two operands whose order matters.
fn pair(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let kind = match writer.ctx().op_name(op) {
        "top.Pow3" => "Pow",
        name => name.trim_start_matches("top."),
    };
    let mut names = scaled(writer, op)?;
    if writer.flag(op, "is_reverse", false) {
        names.reverse();
    }
    chain(writer, kind, &names, out)
}

/// A tensor and a number.
fn with_constant(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let reverse = writer.flag(op, "is_reverse", false);
    let (kind, attribute, constant_first) = match writer.ctx().op_name(op) {
        "top.AddConst" => ("Add", "const_val", false),
        "top.SubConst" => ("Sub", "const_val", reverse),
        "top.MulConst" => ("Mul", "const_val", false),
        "top.DivConst" => ("Div", "const_val", reverse),
        "top.MinConst" => ("Min", "const_val", false),
        "top.MaxConst" => ("Max", "const_val", false),
        "top.Pow" => ("Pow", "exponent", false),
        "top.Pow2" => ("Pow", "const_val", true),
        _ => ("Div", "const_val", true),
    };
    let value = writer.f64(op, attribute, 1.0);
    let constant = writer.scalar(out, value);
    let inputs = if constant_first {
        [&constant, &x]
    } else {
        [&x, &constant]
    };
    writer.node(kind, &inputs.map(String::as_str), &[out], vec![]);
    Ok(())
}

fn clip(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let (min, max) = (writer.f64(op, "min", f64::MIN), writer.f64(op, "max", f64::MAX));
    let (min, max) = (writer.scalar(out, min), writer.scalar(out, max));
    writer.node("Clip", &[&x, &min, &max], &[out], vec![]);
    Ok(())
}

/// 1 where a comparison holds, else 0.
fn compare(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let mode = writer.word(op, "mode");
    let left = writer.operand(op, 0)?;
    let right = match writer.operand_value(op, 1) {
        Some(_) => writer.operand(op, 1)?,
        None => {
            let value = writer.f64(op, "const_val", 0.0);
            writer.scalar(out, value)
        }
    };
    if mode == "Not" {
        let zero = writer.scalar(out, 0.0);
        let truth = writer.step("Equal", &[&left, &zero], vec![]);
        writer.cast_to_float(&truth, out);
        return Ok(());
    }
    let (left, right) = if writer.flag(op, "inversed", false) {
        (right, left)
    } else {
        (left, right)
    };
    let truth = match mode.as_str() {
        "Equal" | "Greater" | "GreaterOrEqual" | "Less" | "LessOrEqual" => {
            writer.step(&mode, &[&left, &right], vec![])
        }
        "NotEqual" => {
            let equal = writer.step("Equal", &[&left, &right], vec![]);
            writer.step("Not", &[&equal], vec![])
        }
        "And" | "Or" | "Xor" => {
            let (left, right) = (writer.cast(&left, BOOL), writer.cast(&right, BOOL));
            writer.step(&mode, &[&left, &right], vec![])
        }
        other => return Err(format!("compares with mode '{other}'")),
    };
    writer.cast_to_float(&truth, out);
    Ok(())
}

fn logical_and(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let (left, right) = (writer.operand(op, 0)?, writer.operand(op, 1)?);
    let (left, right) = (writer.cast(&left, BOOL), writer.cast(&right, BOOL));
    let truth = writer.step("And", &[&left, &right], vec![]);
    writer.cast_to_float(&truth, out);
    Ok(())
}

fn choose(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let condition = writer.operand(op, 0)?;
    let condition = writer.cast(&condition, BOOL);
    let mut branch = |index: usize, flag: &str, value: &str| {
        if writer.flag(op, flag, false) {
            let value = writer.f64(op, value, 0.0);
            Ok(writer.scalar(out, value))
        } else {
            writer.operand(op, index)
        }
    };
    let (yes, no) = (
        branch(1, "x_is_const", "x_const_val")?,
        branch(2, "y_is_const", "y_const_val")?,
    );
    writer.node("Where", &[&condition, &yes, &no], &[out], vec![]);
    Ok(())
}

fn masked_fill(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let (mask, x) = (writer.operand(op, 0)?, writer.operand(op, 1)?);
    let mask = writer.cast(&mask, BOOL);
    let value = writer.f64(op, "const_val", 0.0);
    let value = writer.scalar(out, value);
    let (yes, no) = if writer.flag(op, "inversed", false) {
        (&x, &value)
    } else {
        (&value, &x)
    };
    writer.node("Where", &[&mask, yes, no], &[out], vec![]);
    Ok(())
}

/// LeakyRelu and Elu.
fn slope(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let kind = writer.ctx().op_name(op).trim_start_matches("top.").to_owned();
    let alpha = writer.float_attribute(op, "alpha", 0.01);
    writer.node(&kind, &[&x], &[out], vec![alpha]);
    Ok(())
}

fn prelu(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    // A slope for each channel, or one for all.
    let shape = writer.operand_shape(op, 0);
    let count: i64 = writer.operand_shape(op, 1).iter().product();
    let mut dims = vec![1; shape.len().saturating_sub(1)];
    if let Some(first) = dims.first_mut() {
        *first = count;
    }
    let slope = if shape.get(1) == Some(&count) || count == 1 {
        writer.reshaped(op, 1, &dims)?
    } else {
        writer.optional(op, 1)
    };
    let slope = slope.ok_or("lacks its slope")?;
    writer.node("PRelu", &[&x, &slope], &[out], vec![]);
    Ok(())
}

fn hard_sigmoid(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let attributes = vec![
        writer.float_attribute(op, "alpha", 0.2),
        writer.float_attribute(op, "beta", 0.5),
    ];
    writer.node("HardSigmoid", &[&x], &[out], attributes);
    Ok(())
}

/// `scale / (1 + exp(-x)) + bias`, its logarithm if `log`.
fn sigmoid(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let (scale, bias) = (writer.f64(op, "scale", 1.0), writer.f64(op, "bias", 0.0));
    let log = writer.flag(op, "log", false);
    if scale == 1.0 && bias == 0.0 && !log {
        writer.node("Sigmoid", &[&x], &[out], vec![]);
        return Ok(());
    }
    let value = writer.step("Sigmoid", &[&x], vec![]);
    let (scale, bias) = (writer.scalar(out, scale), writer.scalar(out, bias));
    let value = writer.step("Mul", &[&value, &scale], vec![]);
    if log {
        let value = writer.step("Add", &[&value, &bias], vec![]);
        writer.node("Log", &[&value], &[out], vec![]);
    } else {
        writer.node("Add", &[&value, &bias], &[out], vec![]);
    }
    Ok(())
}

/// `x / (1 + exp(-beta * x))`
fn swish(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let beta = writer.f64(op, "beta", 1.0);
    logistic(writer, &x, beta, out);
    Ok(())
}

fn logistic(writer: &mut Writer<'_>, x: &str, beta: f64, out: &str) {
    let inner = if beta == 1.0 {
        x.to_owned()
    } else {
        let beta = writer.scalar(out, beta);
        writer.step("Mul", &[x, &beta], vec![])
    };
    let gate = writer.step("Sigmoid", &[&inner], vec![]);
    writer.node("Mul", &[x, &gate], &[out], vec![]);
}

fn mish(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let soft = writer.step("Softplus", &[&x], vec![]);
    let gate = writer.step("Tanh", &[&soft], vec![]);
    writer.node("Mul", &[&x, &gate], &[out], vec![]);
    Ok(())
}

fn rsqrt(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let root = writer.step("Sqrt", &[&x], vec![]);
    writer.node("Reciprocal", &[&root], &[out], vec![]);
    Ok(())
}

fn gelu(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let gate = match writer.word(op, "approx_mode").as_str() {
        "sigm" => {
            logistic(writer, &x, 1.702, out);
            return Ok(());
        }
        "tanh" => {
            // tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))
            let (three, small) = (writer.scalar(out, 3.0), writer.scalar(out, 0.044_715));
            let factor = writer.scalar(out, (2.0 / std::f64::consts::PI).sqrt());
            let cube = writer.step("Pow", &[&x, &three], vec![]);
            let cube = writer.step("Mul", &[&cube, &small], vec![]);
            let sum = writer.step("Add", &[&x, &cube], vec![]);
            let inner = writer.step("Mul", &[&sum, &factor], vec![]);
            writer.step("Tanh", &[&inner], vec![])
        }
        _ => {
            let factor = writer.scalar(out, std::f64::consts::FRAC_1_SQRT_2);
            let inner = writer.step("Mul", &[&x, &factor], vec![]);
            writer.step("Erf", &[&inner], vec![])
        }
    };
    let (one, half) = (writer.scalar(out, 1.0), writer.scalar(out, 0.5));
    let gate = writer.step("Add", &[&gate, &one], vec![]);
    let gate = writer.step("Mul", &[&gate, &half], vec![]);
    writer.node("Mul", &[&x, &gate], &[out], vec![]);
    Ok(())
}

/// `x * factor + term`, either of which may be missing.
pub fn affine(writer: &mut Writer<'_>, x: &str, factor: Option<String>, term: Option<String>, out: &str) {
    match (factor, term) {
        (Some(factor), Some(term)) => {
            let product = writer.step("Mul", &[x, &factor], vec![]);
            writer.node("Add", &[&product, &term], &[out], vec![]);
        }
        (Some(factor), None) => writer.node("Mul", &[x, &factor], &[out], vec![]),
        (None, Some(term)) => writer.node("Add", &[x, &term], &[out], vec![]),
        (None, None) => writer.node("Identity", &[x], &[out], vec![]),
    }
}

/// ONNX's attribute `epsilon` of the operation's number of this name.
pub fn epsilon(writer: &Writer<'_>, op: Op, name: &str) -> crate::import::onnx::schema::AttributeProto {
    float("epsilon", writer.f64(op, name, 1e-5))
}
