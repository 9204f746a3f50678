//! Choices and other functions of broadcast operands: Where, LogicalAnd, Pow3, casts and filled tensors of `top`.

use super::{Kernel, Prepared};
use crate::inference::node::Node;
use crate::inference::strided::{View, combine};
use crate::inference::value::tensor;

/// `top.Where`: the second operand where the first is not 0, else the third; either may be a constant.
pub fn prepare_where(node: &Node<'_>) -> Prepared {
    let output = node.output()?;
    let constant = |flag: &str, value: &str| node.bool(flag, false).then(|| node.f64(value, 0.0) as f32);
    let branches = [
        constant("x_is_const", "x_const_val"),
        constant("y_is_const", "y_const_val"),
    ];
    let mut views = Vec::new();
    for index in 0..3 {
        if index > 0 && branches[index - 1].is_some() {
            views.push(None);
            continue;
        }
        let input = node.input(index)?;
        let view = View::broadcast(&input.shape, &output.shape).filter(|_| input.is_real());
        views.push(Some(view.ok_or_else(|| {
            node.error("expects real operands that can be broadcast to the result")
        })?));
    }
    Ok(Kernel::new(move |args| {
        let read = |index: usize, args: &crate::inference::value::Args| -> Result<Option<Vec<f32>>, String> {
            views[index]
                .as_ref()
                .map(|view| view.gather(args.f32(index)?))
                .transpose()
        };
        let condition = read(0, args)?.unwrap_or_default();
        let (yes, no) = (read(1, args)?, read(2, args)?);
        let value = |branch: usize, values: &Option<Vec<f32>>, index: usize| {
            values
                .as_ref()
                .map_or_else(|| branches[branch].unwrap_or(0.0), |values| values[index])
        };
        let out = condition
            .iter()
            .enumerate()
            .map(|(index, condition)| {
                if *condition == 0.0 {
                    value(1, &no, index)
                } else {
                    value(0, &yes, index)
                }
            })
            .collect();
        Ok(vec![tensor(&output.shape, out)?])
    }))
}

/// `top.LogicalAnd` and `top.Pow3`: functions of two broadcast operands.
pub fn prepare_pair(node: &Node<'_>) -> Prepared {
    let (left, right, output) = (node.input(0)?, node.input(1)?, node.output()?);
    if !left.is_real() || !right.is_real() || !output.is_real() {
        return Err(node.error("is supported on real numbers only"));
    }
    let function: fn(f32, f32) -> f32 = match node.short_kind() {
        "LogicalAnd" => |a, b| f32::from(u8::from(a != 0.0 && b != 0.0)),
        _ => f32::powf,
    };
    Ok(Kernel::new(move |args| {
        let (a, b) = (args.f32(0)?, args.f32(1)?);
        let out = combine((a, &left.shape), (b, &right.shape), &output.shape, function)?;
        Ok(vec![tensor(&output.shape, out)?])
    }))
}

/// `top.Cast`: whole numbers are kept in f32; to integers the fraction is cut off or rounded.
pub fn prepare_cast(node: &Node<'_>) -> Prepared {
    let round: fn(f32) -> f32 = match (node.str("to", ""), node.str("round_mode", "HalfAwayFromZero")) {
        ("INT32" | "INT64" | "INT8" | "UINT8" | "INT16" | "UINT16", mode) => match mode {
            "TowardsZero" => f32::trunc,
            "HalfAwayFromZero" => f32::round,
            "HalfToEven" => f32::round_ties_even,
            "Up" => f32::ceil,
            "Down" => f32::floor,
            other => return Err(node.error(format_args!("has a round_mode that is not supported: {other}"))),
        },
        ("F32" | "", _) => |value| value,
        (other, _) => return Err(node.error(format_args!("casts to '{other}', which is not supported"))),
    };
    super::active::real(node, round)
}

/// `top.Pow2`: `const_val ^ x`
pub fn prepare_pow2(node: &Node<'_>) -> Prepared {
    let base = node.f64("const_val", 0.0) as f32;
    super::active::real(node, move |exponent| base.powf(exponent))
}

/// `top.ConstantFill`: one value everywhere.
pub fn prepare_fill(node: &Node<'_>) -> Prepared {
    let output = node.output()?;
    let value = node.f64("value", 0.0) as f32;
    Ok(Kernel::new(move |_| {
        Ok(vec![tensor(&output.shape, vec![value; output.len()])?])
    }))
}
