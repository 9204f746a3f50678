//! Functions of one element: `tpu.Active` and the operations of `top` that lower to it, relu and its relatives, `tpu.Lut`,
//! `tpu.MulShift`, and arithmetic with a constant.
//!
//! A quantised function of one byte is prepared as a table of its 256 results, computed with the exact rule.

use super::{Kernel, Prepared};
use crate::data::Tensor;
use crate::inference::kernels::{Vectorised, vectorised};
use crate::inference::math::{byte_range, multiply_shift};
use crate::inference::node::Node;
use crate::inference::value::{Activation, Element, Outputs, tensor, wrong_type};
use rayon::prelude::*;
use tpuc_dialects::ir::Diagnostic;

/// Elements that one task maps.
const PIECE: usize = 1 << 14;

struct Map<'a, F> {
    values: &'a mut [f32],
    function: &'a F,
}

impl<F: Fn(f32) -> f32> Vectorised for Map<'_, F> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        for value in self.values {
            *value = (self.function)(*value);
        }
    }
}

/// Applies a function to every element, on all threads.
pub fn map_all(values: &mut [f32], function: impl Fn(f32) -> f32 + Sync) {
    values.par_chunks_mut(PIECE).for_each(|values| {
        vectorised(Map {
            values,
            function: &function,
        });
    });
}

/// The relu of a tensor of any running type; the limit counts for real numbers only.
pub fn relu_in_place(mut tensor: Tensor, activation: Activation) -> Tensor {
    if activation.relu {
        match &mut tensor {
            Tensor::F32(array) => array.mapv_inplace(|value| activation.apply(value)),
            Tensor::I8(array) => array.mapv_inplace(|value| value.max(0)),
            _ => {}
        }
    }
    tensor
}

/// A kernel that applies a function to every f32.
pub fn real(node: &Node<'_>, function: impl Fn(f32) -> f32 + Send + Sync + 'static) -> Prepared {
    let (input, output) = (node.input(0)?, node.output()?);
    node.same_len(&input, &output)?;
    if !input.is_real() || !output.is_real() {
        return Err(node.error("is supported on real numbers only"));
    }
    Ok(Kernel::new(move |args| {
        let mut values = args.take_f32(0)?;
        map_all(&mut values, &function);
        Ok(vec![tensor(&output.shape, values)?])
    }))
}

/// A kernel that applies an exact function of whole numbers to every byte; results are saturated to the output's type.
pub fn bytes(node: &Node<'_>, function: impl Fn(i64) -> i64) -> Prepared {
    let (input, output) = (node.input(0)?, node.output()?);
    node.same_len(&input, &output)?;
    let signed_input = match input.element {
        Element::I8 => true,
        Element::U8 => false,
        Element::F32 => return Err(node.error("mixes real and quantised values")),
    };
    let signed_output = match output.element {
        Element::I8 => true,
        Element::U8 => false,
        Element::F32 => return Err(node.error("mixes real and quantised values")),
    };
    let (low, high) = byte_range(signed_output);
    let table: Vec<u8> = (0..=255_u8)
        .map(|byte| {
            let value = if signed_input {
                i64::from(byte as i8)
            } else {
                i64::from(byte)
            };
            function(value).clamp(low, high) as u8
        })
        .collect();
    Ok(Kernel::new(move |args| {
        let indices: &[u8] = match args.get(0)? {
            Tensor::I8(array) => bytemuck::cast_slice(array.as_slice().ok_or("not in row-major order")?),
            Tensor::U8(array) => array.as_slice().ok_or("not in row-major order")?,
            other => return Err(wrong_type(other, "int8 or uint8")),
        };
        let mut out = vec![0_u8; indices.len()];
        out.par_chunks_mut(PIECE)
            .zip(indices.par_chunks(PIECE))
            .for_each(|(out, indices)| {
                for (out, index) in out.iter_mut().zip(indices) {
                    *out = table[usize::from(*index)];
                }
            });
        byte_tensor(signed_output, &output.shape, out)
    }))
}

fn byte_tensor(signed: bool, shape: &[usize], bytes: Vec<u8>) -> Result<Outputs, String> {
    Ok(vec![if signed {
        tensor(shape, bytemuck::cast_vec::<u8, i8>(bytes))?
    } else {
        tensor(shape, bytes)?
    }])
}

/// `1 / (1 + e^-x)`
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// The error function: a series near zero, a continued fraction in the tails; about 15 digits.
pub fn erf(x: f64) -> f64 {
    let z = x.abs();
    if z < 2.5 {
        let (mut term, mut sum, mut n) = (z, z, 0.0);
        while f64::abs(term) > 1e-18 * f64::abs(sum) && n < 200.0 {
            n += 1.0;
            term *= -z * z / n;
            sum += term / (2.0 * n + 1.0);
        }
        return sum.copysign(x) * std::f64::consts::FRAC_2_SQRT_PI;
    }
    if z > 6.0 {
        return 1.0_f64.copysign(x);
    }
    let mut fraction = z;
    for n in (1..=80).rev() {
        fraction = z + f64::from(n) / 2.0 / fraction;
    }
    let tail = (-z * z).exp() / (fraction * std::f64::consts::PI.sqrt());
    (1.0 - tail).copysign(x)
}

/// The function of a name: a mode of `tpu.Active` in lower case without separators.
fn function(node: &Node<'_>, name: &str) -> Result<Box<dyn Fn(f32) -> f32 + Send + Sync>, Diagnostic> {
    use std::f64::consts::{FRAC_1_SQRT_2, PI};
    let coefficients = node.f64s("coeffs").unwrap_or_default();
    let coefficient = |index: usize, attribute: &str, default: f64| {
        let given = coefficients.get(index).copied();
        given.unwrap_or_else(|| node.f64(attribute, default)) as f32
    };
    Ok(match name {
        "tanh" => Box::new(f32::tanh),
        "sigmoid" => Box::new(sigmoid),
        "relu" => Box::new(|x| x.max(0.0)),
        "exp" => Box::new(f32::exp),
        "ln" | "log" => Box::new(f32::ln),
        "log2" => Box::new(f32::log2),
        "sqrt" => Box::new(f32::sqrt),
        "rsqrt" => Box::new(|x| 1.0 / x.sqrt()),
        "square" => Box::new(|x| x * x),
        "abs" | "absval" => Box::new(f32::abs),
        "floor" => Box::new(f32::floor),
        "ceil" => Box::new(f32::ceil),
        "round" => Box::new(f32::round_ties_even),
        "sign" => Box::new(|x| {
            if x > 0.0 {
                1.0
            } else if x < 0.0 {
                -1.0
            } else {
                0.0
            }
        }),
        "sin" => Box::new(f32::sin),
        "cos" => Box::new(f32::cos),
        "tan" => Box::new(f32::tan),
        "arctanh" => Box::new(f32::atanh),
        "arccos" => Box::new(f32::acos),
        "arcsin" => Box::new(f32::asin),
        "arctan" => Box::new(f32::atan),
        "arcsinh" => Box::new(f32::asinh),
        "arccosh" => Box::new(f32::acosh),
        "sinh" => Box::new(f32::sinh),
        "cosh" => Box::new(f32::cosh),
        "erf" => Box::new(|x| erf(f64::from(x)) as f32),
        "softplus" => Box::new(|x| if x > 20.0 { x } else { x.exp().ln_1p() }),
        "softsign" => Box::new(|x| x / (1.0 + x.abs())),
        "silu" | "swish" => {
            let beta = coefficient(0, "beta", 1.0);
            Box::new(move |x| x * sigmoid(beta * x))
        }
        "mish" => Box::new(|x| x * x.exp().ln_1p().tanh()),
        "logsigmoid" => Box::new(|x| sigmoid(x).ln()),
        "qgelu" => Box::new(|x| x * sigmoid(1.702 * x)),
        "tgelu" => Box::new(|x| {
            let x = f64::from(x);
            (0.5 * x * (1.0 + ((2.0 / PI).sqrt() * (x + 0.044_715 * x * x * x)).tanh())) as f32
        }),
        "gelu" => match node.str("approx_mode", "normal") {
            "normal" => Box::new(|x| {
                let x = f64::from(x);
                (0.5 * x * (1.0 + erf(x * FRAC_1_SQRT_2))) as f32
            }),
            "tanh" => return function(node, "tgelu"),
            "sigm" => return function(node, "qgelu"),
            other => return Err(node.error(format_args!("has an approx_mode that is not known: {other}"))),
        },
        "elu" => {
            let alpha = coefficient(0, "alpha", 1.0);
            Box::new(move |x| if x > 0.0 { x } else { alpha * x.exp_m1() })
        }
        "celu" => {
            let alpha = coefficient(0, "alpha", 1.0);
            Box::new(move |x| x.max(0.0) + (alpha * (x / alpha).exp_m1()).min(0.0))
        }
        "hsigmoid" | "hardsigmoid" => {
            let (beta, alpha) = if coefficients.len() == 2 {
                (coefficients[0] as f32, coefficients[1] as f32)
            } else {
                (node.f64("beta", 0.5) as f32, node.f64("alpha", 1.0 / 6.0) as f32)
            };
            Box::new(move |x| (alpha * x + beta).clamp(0.0, 1.0))
        }
        "hswish" | "hardswish" => Box::new(|x| x * ((x + 3.0) / 6.0).clamp(0.0, 1.0)),
        other => {
            return Err(node.error(format_args!(
                "computes '{other}', for which inference has no kernel"
            )));
        }
    })
}

/// `tpu.Active`: the function is its `mode`.
pub fn prepare_active(node: &Node<'_>) -> Prepared {
    let mode = node
        .case("mode")
        .ok_or_else(|| node.error("requires attribute 'mode'"))?;
    let name = mode.to_ascii_lowercase().replace('_', "");
    let function = function(node, &name)?;
    real(node, function)
}

/// Operations of `top` that are a function of the same name: `top.Sigmoid`, `top.Exp`, ...
pub fn prepare_named(node: &Node<'_>) -> Prepared {
    let function = function(node, &node.short_kind().to_ascii_lowercase())?;
    real(node, function)
}

/// `top.Relu`, `tpu.Relu`: bytes are kept where both types are equal.
pub fn prepare_relu(node: &Node<'_>) -> Prepared {
    let input = node.input(0)?;
    let limit = node.f64("relu_limit", -1.0);
    let activation = Activation {
        relu: true,
        limit: (limit > 0.0).then_some(limit as f32),
    };
    if input.is_real() {
        return real(node, move |value| activation.apply(value));
    }
    bytes(node, |value| value.max(0))
}

/// `top.LeakyRelu`, `tpu.LeakyRelu`: `x` or `alpha * x`; quantised, `x * multiplier >> rshift` below zero.
pub fn prepare_leaky_relu(node: &Node<'_>) -> Prepared {
    if node.input(0)?.is_real() {
        let alpha = node.f64("alpha", 0.0) as f32;
        return real(node, move |x| if x > 0.0 { x } else { alpha * x });
    }
    let (multiplier, shift) = (node.i64("multiplier", 1), node.i64("rshift", 0));
    bytes(node, |x| {
        if x >= 0 {
            x
        } else {
            multiply_shift(x, multiplier, shift)
        }
    })
}

/// `top.Clip`, `tpu.Clip`
pub fn prepare_clip(node: &Node<'_>) -> Prepared {
    let (low, high) = (node.f64("min", f64::MIN), node.f64("max", f64::MAX));
    if node.input(0)?.is_real() {
        let (low, high) = (low as f32, high as f32);
        return real(node, move |x| x.max(low).min(high));
    }
    Err(node.error("is supported on real numbers only"))
}

/// `top.Pow`: `x ^ exponent`.
pub fn prepare_pow(node: &Node<'_>) -> Prepared {
    let exponent = node.f64("exponent", 1.0) as f32;
    real(node, move |x| x.powf(exponent))
}

/// `tpu.MulShift`: `x * multiplier >> rshift`, halves up.
pub fn prepare_mul_shift(node: &Node<'_>) -> Prepared {
    let (multiplier, shift) = (node.i64("multiplier", 1), node.i64("rshift", 0));
    bytes(node, |x| multiply_shift(x, multiplier, shift))
}

/// `AddConst` and `MulConst`, real and quantised, and `MaxConst`, `MinConst`.
///
/// Quantised: `((x * multiplier + constant) >> rshift)` and `(x * multiplier >> rshift)`, halves up.
pub fn prepare_constant(node: &Node<'_>) -> Prepared {
    let constant = node.f64("const_val", 0.0);
    let input = node.input(0)?;
    let activation = node.activation();
    let kind = node.short_kind();
    if input.is_real() {
        return match kind {
            "AddConst" => real(node, move |x| activation.apply((f64::from(x) + constant) as f32)),
            "SubConst" if node.bool("is_reverse", false) => {
                real(node, move |x| activation.apply((constant - f64::from(x)) as f32))
            }
            "SubConst" => real(node, move |x| activation.apply((f64::from(x) - constant) as f32)),
            "DivConst" if node.bool("is_reverse", false) => {
                real(node, move |x| activation.apply((constant / f64::from(x)) as f32))
            }
            "DivConst" => real(node, move |x| activation.apply((f64::from(x) / constant) as f32)),
            "Reciprocal" => {
                let dividend = node.f64("const_val", 1.0);
                real(node, move |x| activation.apply((dividend / f64::from(x)) as f32))
            }
            "MulConst" => real(node, move |x| activation.apply((f64::from(x) * constant) as f32)),
            "MaxConst" => real(node, move |x| x.max(constant as f32)),
            "MinConst" => real(node, move |x| x.min(constant as f32)),
            _ => Err(node.error("has no kernel")),
        };
    }
    let (multiplier, shift) = (node.i64("multiplier", 1), node.i64("rshift", 0));
    let zero_point = input.zero_point();
    let relu = move |value: i64| if activation.relu { value.max(0) } else { value };
    match kind {
        "AddConst" => bytes(node, |x| {
            let sum = ((x - zero_point) * multiplier) as f64 + constant;
            relu(multiply_shift(sum as i64, 1, shift))
        }),
        "MulConst" => bytes(node, |x| relu(multiply_shift(x, multiplier, shift))),
        "MaxConst" => bytes(node, |x| x.max(constant as i64)),
        "MinConst" => bytes(node, |x| x.min(constant as i64)),
        _ => Err(node.error("is supported on real numbers only")),
    }
}

/// `tpu.Lut`: results from a table of 256 bytes; negative indices count from its end.
pub fn prepare_lut(node: &Node<'_>) -> Prepared {
    let table = node
        .take_i32(1)?
        .filter(|table| table.len() == 256)
        .ok_or_else(|| node.error("expects a constant table of 256 entries"))?;
    bytes(node, |index| i64::from(table[(index & 255) as usize]))
}

#[cfg(test)]
mod tests {
    use super::erf;

    #[test]
    fn error_function() {
        for (x, wanted) in [
            (0.0, 0.0),
            (0.5, 0.520_499_877_813_046_5),
            (1.0, 0.842_700_792_949_714_9),
            (2.4, 0.999_311_486_103_354_9),
            (2.6, 0.999_763_965_583_470_7),
            (-1.0, -0.842_700_792_949_714_9),
            (7.0, 1.0),
        ] {
            assert!((erf(x) - wanted).abs() < 1e-14, "{x}: {} {wanted}", erf(x));
        }
    }
}
