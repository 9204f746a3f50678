//! Functions of two tensors with numpy's broadcasting: Add, Sub, Mul, Div, Max, Min, comparisons.
//!
//! Quantised: Add and Sub requantise each operand (`x * multiplier >> rshift`, halves up) and saturate the sum; Mul requantises
//! the product; Max, Min and comparisons look at the stored integers.

use super::conv::sized;
use super::{Kernel, Prepared};
use crate::data::Tensor;
use crate::inference::math::{byte_range, multiply_shift};
use crate::inference::node::{Node, ValueInfo};
use crate::inference::strided::combine;
use crate::inference::value::{Activation, Args, Element, f32_slice, tensor, wrong_type};
use rayon::prelude::*;
use tpuc_dialects::ir::Diagnostic;

/// Elements that a thread takes at once.
const PIECE: usize = 1 << 14;

/// A tensor of whole numbers that fit 32 bits.
struct Whole {
    shape: Vec<usize>,
    data: Vec<i32>,
}

/// Whole numbers of an operand, each mapped.
fn whole(tensor: &Tensor, map: impl Fn(i64) -> i64) -> Result<Whole, String> {
    let table: Vec<i32> = (-128..256).map(|value| map(value) as i32).collect();
    let look = |value: i32| table[(value + 128) as usize];
    let data = match tensor {
        Tensor::I8(array) => array.iter().map(|value| look(i32::from(*value))).collect(),
        Tensor::U8(array) => array.iter().map(|value| look(i32::from(*value))).collect(),
        Tensor::F32(array) => array.iter().map(|value| map(*value as i64) as i32).collect(),
        other => return Err(wrong_type(other, "int8 or uint8")),
    };
    Ok(Whole {
        shape: tensor.shape().to_vec(),
        data,
    })
}

/// Saturated bytes of whole numbers.
fn store(output: &ValueInfo, relu: bool, values: Vec<i32>) -> Result<Vec<Tensor>, String> {
    let (low, high) = byte_range(output.element == Element::I8);
    let low = if relu { low.max(0) } else { low };
    let (low, high) = (low as i32, high as i32);
    let out = match output.element {
        Element::I8 => {
            let bytes: Vec<i8> = values
                .iter()
                .map(|value| (*value).clamp(low, high) as i8)
                .collect();
            tensor(&output.shape, bytes)?
        }
        Element::U8 => {
            let bytes: Vec<u8> = values
                .iter()
                .map(|value| (*value).clamp(low, high) as u8)
                .collect();
            tensor(&output.shape, bytes)?
        }
        Element::F32 => tensor(
            &output.shape,
            values.iter().map(|value| *value as f32).collect::<Vec<_>>(),
        )?,
    };
    Ok(vec![out])
}

fn combine_whole(
    a: &Whole,
    b: &Whole,
    output: &ValueInfo,
    function: impl Fn(i32, i32) -> i32 + Sync,
) -> Result<Vec<i32>, String> {
    combine((&a.data, &a.shape), (&b.data, &b.shape), &output.shape, function)
}

/// Sums of quantised operands, each with its multiplier and shift; `signs` says which are subtracted.
fn quantised_sum(node: &Node<'_>, output: ValueInfo, signs: Vec<i64>) -> Prepared {
    let count = signs.len();
    let parameters = |name: &str, default: i64| -> Result<Vec<i64>, Diagnostic> {
        let values = node.i64s(name).unwrap_or_else(|| vec![default; count]);
        if values.len() == count {
            return Ok(values);
        }
        Err(node.error(format_args!(
            "expects {count} values in '{name}', found {}",
            values.len()
        )))
    };
    let (multipliers, shifts) = (parameters("multipliers", 1)?, parameters("rshifts", 0)?);
    if node.asymmetric() {
        return Err(node.error("is quantised asymmetrically, which BM1684 does not know"));
    }
    let relu = node.bool("do_relu", false);
    Ok(Kernel::new(move |args| {
        let mut sum: Option<Whole> = None;
        for (index, sign) in signs.iter().enumerate() {
            let (multiplier, shift) = (multipliers[index], shifts[index]);
            let operand = whole(args.get(index)?, |value| {
                sign * multiply_shift(value, multiplier, shift)
            })?;
            sum = Some(match sum {
                None => operand,
                Some(sum) => Whole {
                    data: combine_whole(&sum, &operand, &output, i32::saturating_add)?,
                    shape: output.shape.clone(),
                },
            });
        }
        let sum = sum.ok_or("has no operand")?;
        store(&output, relu, sized(&sum.data, output.len())?.to_vec())
    }))
}

/// A function of two operands of one shape in the memory of one of them, if there are two and nobody else reads that one.
fn in_place(
    args: &mut Args,
    output: &ValueInfo,
    reversed: bool,
    function: impl Fn(f32, f32) -> f32 + Sync,
) -> Result<Option<Vec<f32>>, String> {
    if args.all().count() != 2 || args.all().any(|operand| operand.shape() != output.shape) {
        return Ok(None);
    }
    for (own, other) in [(0, 1), (1, 0)] {
        if let Some(mut values) = args.take_own_f32(own, &output.shape) {
            let (pieces, others) = (values.par_chunks_mut(PIECE), args.f32(other)?.par_chunks(PIECE));
            let pieces = pieces.zip(others);
            // The own one may be the left or the right one.
            if (own == 0) != reversed {
                pieces.for_each(|(values, others)| {
                    values
                        .iter_mut()
                        .zip(others)
                        .for_each(|(a, b)| *a = function(*a, *b));
                });
            } else {
                pieces.for_each(|(values, others)| {
                    values
                        .iter_mut()
                        .zip(others)
                        .for_each(|(b, a)| *b = function(*a, *b));
                });
            }
            return Ok(Some(values));
        }
    }
    Ok(None)
}

/// A kernel that folds a function over all operands, in f32.
fn real(
    output: ValueInfo,
    activation: Activation,
    factors: Vec<f32>,
    reversed: bool,
    function: impl Fn(f32, f32) -> f32 + Send + Sync + 'static,
) -> Kernel {
    let is_plain = factors.iter().all(|factor| *factor == 1.0);
    Kernel::new(move |args| {
        if is_plain {
            let finish = |a: f32, b: f32| activation.apply(function(a, b));
            if let Some(values) = in_place(args, &output, reversed, finish)? {
                return Ok(vec![tensor(&output.shape, values)?]);
            }
        }
        let scaled = |index: usize, values: &[f32]| -> Option<Vec<f32>> {
            let factor = factors.get(index).copied().unwrap_or(1.0);
            (factor != 1.0).then(|| values.iter().map(|value| value * factor).collect())
        };
        let mut result: Option<(Vec<f32>, Vec<usize>)> = None;
        let operands: Vec<&Tensor> = args.all().collect();
        for (index, operand) in operands.iter().enumerate().skip(1) {
            let first = operands[0];
            let right_scaled = scaled(index, f32_slice(operand)?);
            let right = (
                right_scaled.as_deref().unwrap_or(f32_slice(operand)?),
                operand.shape(),
            );
            let combined = match &result {
                Some((values, shape)) => combine((values, shape), right, &output.shape, &function)?,
                None => {
                    let left_scaled = scaled(0, f32_slice(first)?);
                    let left = (left_scaled.as_deref().unwrap_or(f32_slice(first)?), first.shape());
                    if reversed {
                        combine(right, left, &output.shape, &function)?
                    } else {
                        combine(left, right, &output.shape, &function)?
                    }
                }
            };
            result = Some((combined, output.shape.clone()));
        }
        let (mut values, _) = result.ok_or("needs two operands")?;
        activation.apply_all(&mut values);
        Ok(vec![tensor(&output.shape, values)?])
    })
}

/// Add, Sub, Mul, Div, Max, Min of both dialects.
pub fn prepare(node: &Node<'_>) -> Prepared {
    let (inputs, output) = (node.inputs()?, node.output()?);
    if inputs.len() < 2 {
        return Err(node.error("expects two operands"));
    }
    let kind = node.short_kind();
    let factors: Vec<f32> = node
        .f64s("coeff")
        .unwrap_or_default()
        .iter()
        .map(|factor| *factor as f32)
        .collect();
    let activation = node.activation();
    let reversed = node.bool("is_reverse", false);
    if output.is_real() && inputs.iter().all(ValueInfo::is_real) {
        let plain =
            |function: fn(f32, f32) -> f32| real(output.clone(), activation, Vec::new(), reversed, function);
        return Ok(match kind {
            "Add" => real(output, activation, factors, false, |a, b| a + b),
            "Sub" => plain(|a, b| a - b),
            "Mul" => plain(|a, b| a * b),
            "Div" => plain(|a, b| a / b),
            "Max" => plain(f32::max),
            "Min" => plain(f32::min),
            _ => return Err(node.error("has no kernel")),
        });
    }
    if output.element == Element::F32 || inputs.iter().any(|input| input.element == Element::F32) {
        return Err(node.error("mixes real and quantised values"));
    }
    match kind {
        "Add" => {
            let count = inputs.len();
            quantised_sum(node, output, vec![1; count])
        }
        "Sub" => quantised_sum(node, output, if reversed { vec![-1, 1] } else { vec![1, -1] }),
        "Mul" => {
            let (multiplier, shift) = (node.i64("multiplier", 1), node.i64("rshift", 0));
            let zero_points: Vec<i64> = inputs.iter().map(ValueInfo::zero_point).collect();
            if zero_points.iter().any(|zero_point| *zero_point != 0) {
                return Err(node.error("has a zero point; BM1684 quantises symmetrically"));
            }
            Ok(Kernel::new(move |args| {
                let (a, b) = (whole(args.get(0)?, |x| x)?, whole(args.get(1)?, |x| x)?);
                let products = combine_whole(&a, &b, &output, |a, b| {
                    let scaled = multiply_shift(i64::from(a) * i64::from(b), multiplier, shift);
                    scaled.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32
                })?;
                store(&output, activation.relu, products)
            }))
        }
        "Max" | "Min" => {
            let larger = kind == "Max";
            Ok(Kernel::new(move |args| {
                let (a, b) = (whole(args.get(0)?, |x| x)?, whole(args.get(1)?, |x| x)?);
                let function = move |a: i32, b: i32| if larger { a.max(b) } else { a.min(b) };
                store(
                    &output,
                    activation.relu,
                    combine_whole(&a, &b, &output, function)?,
                )
            }))
        }
        _ => Err(node.error("is supported on real numbers only")),
    }
}

/// The comparison of a name.
fn comparison(node: &Node<'_>) -> Result<fn(f32, f32) -> bool, Diagnostic> {
    Ok(match node.str("mode", "Equal") {
        "Equal" => |a, b| a == b,
        "NotEqual" => |a, b| a != b,
        "Greater" => |a, b| a > b,
        "GreaterOrEqual" => |a, b| a >= b,
        "Less" => |a, b| a < b,
        "LessOrEqual" => |a, b| a <= b,
        "And" => |a, b| a != 0.0 && b != 0.0,
        "Or" => |a, b| a != 0.0 || b != 0.0,
        "Xor" => |a, b| (a != 0.0) != (b != 0.0),
        "Not" => |a, _| a == 0.0,
        other => return Err(node.error(format_args!("has a comparison that is not known: {other}"))),
    })
}

/// `Compare` and `CompareConst`: 1 where the comparison holds, else 0. Bytes are compared as stored.
pub fn prepare_compare(node: &Node<'_>) -> Prepared {
    let output = node.output()?;
    let compare = comparison(node)?;
    let constant = (node.short_kind() == "CompareConst").then(|| node.f64("const_val", 0.0) as f32);
    // "Not" has one side.
    let inversed = node.bool("inversed", false) && node.str("mode", "Equal") != "Not";
    Ok(Kernel::new(move |args| {
        let a = args.get(0)?;
        let a_real = a.to_f32();
        let a_values = a_real.as_slice().ok_or("not in row-major order")?;
        let truth: Vec<bool> = match constant {
            Some(constant) => sized(a_values, output.len())?
                .iter()
                .map(|value| {
                    if inversed {
                        compare(constant, *value)
                    } else {
                        compare(*value, constant)
                    }
                })
                .collect(),
            None => {
                let b = args.get(1)?;
                let b_real = b.to_f32();
                let b_values = b_real.as_slice().ok_or("not in row-major order")?;
                combine(
                    (a_values, a.shape()),
                    (b_values, b.shape()),
                    &output.shape,
                    compare,
                )?
            }
        };
        Ok(vec![match output.element {
            Element::F32 => tensor(
                &output.shape,
                truth.iter().map(|t| f32::from(u8::from(*t))).collect::<Vec<_>>(),
            )?,
            Element::U8 => tensor(
                &output.shape,
                truth.iter().map(|t| u8::from(*t)).collect::<Vec<_>>(),
            )?,
            Element::I8 => tensor(
                &output.shape,
                truth.iter().map(|t| i8::from(*t)).collect::<Vec<_>>(),
            )?,
        }])
    }))
}
