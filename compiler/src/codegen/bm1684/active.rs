//! `tpu.Active`, f32: functions of one number. Every function of the dialect but `IS_FINITE`, whose result is no number.
//!
//! A row of [`FUNCTIONS`] for each: the scratch tensors it needs, and its sequence of commands. `docs/functions.md` has the
//! measured errors of each.

use super::arith;
use super::codegen::Codegen;
use super::elementwise::InputUse;
use super::emitter::Emitter;
use super::error::{Result, unsupported};
use super::group::rows::Rows;
use super::tensor::{Element, Local};
use super::tiu::Operand;
use super::transcendental::{
    Base, Range, Wave, absolute, complementary_error, exp, exp_minus_1, join_sign, logarithm,
    logarithm_of_1_plus, polynomial, round, softplus, split_sign, square_root, wave,
};
use super::unary;
use std::f32::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, FRAC_PI_2, PI};
use tpuc_dialects::ir::Op;
use tpuc_runtime::isa::TiuOp;

/// The tensors that a function works on, and its parameters.
struct Frame<'a> {
    /// Argument; may be overwritten.
    x: Local,
    /// Result.
    out: Local,
    /// As many as the function's row says.
    scratch: &'a [Local],
    coefficients: &'a [f64],
}

impl Frame<'_> {
    fn coefficient(&self, index: usize, default: f64) -> Operand {
        Operand::Float(self.coefficients.get(index).copied().unwrap_or(default) as f32)
    }
}

/// `acos(a) / sqrt(1 - a)` for a from 0 to 1: minimax, relative error 2e-9.
const ARCCOS: [f32; 9] = [
    1.570_796_4,
    -0.214_601_26,
    0.089_032_29,
    -0.050_610_527,
    0.032_636_892,
    -0.020_866_37,
    0.011_190_839,
    -0.004_073_796,
    0.000_709_175_45,
];
/// `(asin(x) - x) / x^3` as a polynomial of `x * x`, for `|x|` up to 0.5: minimax, relative error 5e-9.
const ARCSIN: [f32; 5] = [
    0.166_667_52,
    0.074_952_975,
    0.045_470_376,
    0.024_179_516,
    0.042_166_308,
];
/// `erf(x) / x` as a polynomial of `x * x`, for `|x|` up to 0.6: minimax, relative error 1e-10.
const ERF: [f32; 6] = [
    FRAC_2_SQRT_PI,
    -0.376_126_38,
    0.112_837_17,
    -0.026_857_367,
    0.005_176_413_3,
    -0.000_734_567_35,
];

type Sequence = fn(&mut Emitter, &Frame<'_>) -> Result<()>;

/// Mode, scratch tensors, sequence.
const FUNCTIONS: &[(&str, usize, Sequence)] = &[
    ("ABSVAL", 0, |emitter, f| absolute(emitter, f.out, f.x)),
    ("ARCCOS", 1, arccos),
    ("ARCCOSH", 2, arccosh),
    ("ARCSIN", 2, arcsin),
    ("ARCSINH", 3, arcsinh),
    ("ARCTANH", 3, arctanh),
    ("CEIL", 1, |emitter, f| round_towards(emitter, f, true)),
    ("COS", 2, |emitter, f| {
        wave(emitter, f.out, f.x, [f.scratch[0], f.scratch[1]], Wave::Cosine)
    }),
    ("COSH", 1, cosh),
    ("ELU", 3, elu),
    ("ERF", 4, erf),
    ("EXP", 1, |emitter, f| {
        exp(emitter, f.out, f.x, f.scratch[0], Range::Any)
    }),
    ("FLOOR", 1, |emitter, f| round_towards(emitter, f, false)),
    ("GELU", 3, gelu),
    ("HSIGMOID", 0, hard_sigmoid),
    ("HSWISH", 0, |emitter, f| {
        hard_sigmoid(emitter, f)?;
        emitter.arith(TiuOp::Mul, f.out, f.out, f.x, 0)
    }),
    ("LN", 1, |emitter, f| {
        logarithm(emitter, f.out, f.x, f.scratch[0], Base::E)
    }),
    ("LOG2", 1, |emitter, f| {
        logarithm(emitter, f.out, f.x, f.scratch[0], Base::Two)
    }),
    ("LOG_SIGMOID", 3, |emitter, f| {
        negate(emitter, f.x, f.x)?;
        softplus(emitter, f.out, f.x, [f.scratch[0], f.scratch[1], f.scratch[2]])?;
        negate(emitter, f.out, f.out)
    }),
    ("MISH", 2, mish),
    ("QGELU", 2, |emitter, f| sigmoid_times_x(emitter, f, 1.702)),
    ("RELU", 0, |emitter, f| {
        emitter.arith(TiuOp::Max, f.out, f.x, Operand::Float(0.0), 0)
    }),
    ("ROUND", 1, |emitter, f| round(emitter, f.out, f.x, f.scratch[0])),
    ("RSQRT", 0, |emitter, f| emitter.special(TiuOp::Rsqrt, f.out, f.x)),
    ("SIGMOID", 1, sigmoid),
    ("SIGN", 1, sign),
    ("SILU", 2, |emitter, f| sigmoid_times_x(emitter, f, 1.0)),
    ("SIN", 2, |emitter, f| {
        wave(emitter, f.out, f.x, [f.scratch[0], f.scratch[1]], Wave::Sine)
    }),
    ("SINH", 3, sinh),
    ("SOFT_PLUS", 3, |emitter, f| {
        softplus(emitter, f.out, f.x, [f.scratch[0], f.scratch[1], f.scratch[2]])
    }),
    ("SOFT_SIGN", 0, |emitter, f| {
        absolute(emitter, f.out, f.x)?;
        emitter.arith(TiuOp::Add, f.out, f.out, Operand::Float(1.0), 0)?;
        emitter.arith(TiuOp::Divide, f.out, f.x, f.out, 0)
    }),
    ("SQRT", 0, |emitter, f| square_root(emitter, f.out, f.x)),
    ("SQUARE", 0, |emitter, f| {
        emitter.arith(TiuOp::Mul, f.out, f.x, f.x, 0)
    }),
    ("SWISH", 2, |emitter, f| {
        let beta = f.coefficients.first().copied().unwrap_or(1.0);
        sigmoid_times_x(emitter, f, beta as f32)
    }),
    ("TAN", 4, tan),
    ("TANH", 3, tanh),
    ("TGELU", 2, tanh_gelu),
];

/// Functions that leave their argument as it is, and read it by its strides.
const KEEP_ARGUMENT: &[&str] = &[
    "ABSVAL",
    "HSIGMOID",
    "HSWISH",
    "MISH",
    "QGELU",
    "RELU",
    "SILU",
    "SOFT_SIGN",
    "SQUARE",
    "SWISH",
    "TGELU",
];

/// What a function does with its argument.
pub fn input_use(cg: &Codegen<'_>, op: Op) -> InputUse {
    if KEEP_ARGUMENT.contains(&mode(cg, op)) {
        InputUse::Strided
    } else {
        InputUse::Overwritten
    }
}

/// The function, with the approximation that is wanted of it.
fn mode<'a>(cg: &'a Codegen<'_>, op: Op) -> &'a str {
    let mode = cg.ctx().get_str(op, "mode").unwrap_or_default();
    match (mode, cg.ctx().get_str(op, "approx_mode")) {
        ("GELU", Some("tanh")) => "TGELU",
        ("GELU", Some("sigm")) => "QGELU",
        (mode, _) => mode,
    }
}

/// Emits the commands.
///
/// # Errors
/// For integers, and for functions without a row in the table.
pub fn emit(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    unary::only_float(cg, op)?;
    let mode = mode(cg, op);
    let Some((_, scratch, sequence)) = FUNCTIONS.iter().find(|(known, ..)| *known == mode) else {
        return unsupported(format!(
            "the function {mode} in F32; quantise it to INT8, where every function is a table"
        ));
    };
    let coefficients = cg.ctx().get_f64s(op, "coeffs").unwrap_or_default();
    unary::run(
        cg,
        op,
        true,
        vec![Element::F32; *scratch],
        &|emitter, inputs, out, scratch| {
            let frame = Frame {
                x: inputs[0],
                out,
                scratch,
                coefficients: &coefficients,
            };
            sequence(emitter, &frame)
        },
    )
}

fn float(value: f32) -> Operand {
    Operand::Float(value)
}

fn negate(emitter: &mut Emitter, out: Local, x: Local) -> Result<()> {
    emitter.arith(TiuOp::Mul, out, x, float(-1.0), 0)
}

/// 1 / (1 + exp(-x))
fn sigmoid(emitter: &mut Emitter, f: &Frame<'_>) -> Result<()> {
    negate(emitter, f.x, f.x)?;
    exp(emitter, f.out, f.x, f.scratch[0], Range::Any)?;
    emitter.arith(TiuOp::Add, f.out, f.out, float(1.0), 0)?;
    arith::reciprocal(emitter, f.out)
}

/// x * sigmoid(factor * x), which is x / (1 + exp(-factor * x)).
fn sigmoid_times_x(emitter: &mut Emitter, f: &Frame<'_>, factor: f32) -> Result<()> {
    let argument = f.scratch[1];
    emitter.arith(TiuOp::Mul, argument, f.x, float(-factor), 0)?;
    exp(emitter, f.out, argument, f.scratch[0], Range::Any)?;
    emitter.arith(TiuOp::Add, f.out, f.out, float(1.0), 0)?;
    emitter.arith(TiuOp::Divide, f.out, f.x, f.out, 0)
}

/// x * sigmoid(2 * sqrt(2 / pi) * (x + 0.044715 x^3)): half of 1 + tanh is a sigmoid.
fn tanh_gelu(emitter: &mut Emitter, f: &Frame<'_>) -> Result<()> {
    let (x, out, argument) = (f.x, f.out, f.scratch[1]);
    let factor = -std::f64::consts::FRAC_2_PI.sqrt() * 2.0;
    emitter.arith(TiuOp::Mul, out, x, x, 0)?;
    emitter.arith(TiuOp::Mul, out, out, float((factor * 0.044_715) as f32), 0)?;
    emitter.arith(TiuOp::Add, out, out, float(factor as f32), 0)?;
    emitter.arith(TiuOp::Mul, argument, x, out, 0)?;
    exp(emitter, out, argument, f.scratch[0], Range::Any)?;
    emitter.arith(TiuOp::Add, out, out, float(1.0), 0)?;
    emitter.arith(TiuOp::Divide, out, x, out, 0)
}

/// x * Phi(x) with the tail Q = erfc(|x| / sqrt(2)) / 2: Phi is Q below 0 and 1 - Q above.
fn gelu(emitter: &mut Emitter, f: &Frame<'_>) -> Result<()> {
    let (x, out, copy) = (f.x, f.out, f.scratch[2]);
    let complement = f.scratch[0];
    emitter.copy(copy, x)?;
    absolute(emitter, x, x)?;
    emitter.arith(TiuOp::Mul, x, x, float(FRAC_1_SQRT_2), 0)?;
    complementary_error(emitter, out, x, [f.scratch[0], f.scratch[1]])?;
    emitter.arith(TiuOp::Mul, out, out, float(0.5), 0)?;
    emitter.arith(TiuOp::Sub, complement, float(1.0), out, 0)?;
    emitter.select(out, copy, 0.0, complement.into(), out.into())?;
    emitter.arith(TiuOp::Mul, out, out, copy, 0)
}

/// A polynomial up to 0.6, 1 - erfc above.
fn erf(emitter: &mut Emitter, f: &Frame<'_>) -> Result<()> {
    let (x, out) = (f.x, f.out);
    let (square, near, copy) = (f.scratch[0], f.scratch[2], f.scratch[3]);
    emitter.copy(copy, x)?;
    absolute(emitter, x, x)?;
    emitter.arith(TiuOp::Mul, square, x, x, 0)?;
    polynomial(emitter, near, square, &ERF)?;
    emitter.arith(TiuOp::Mul, near, near, x, 0)?;
    complementary_error(emitter, out, x, [f.scratch[0], f.scratch[1]])?;
    emitter.arith(TiuOp::Sub, out, float(1.0), out, 0)?;
    let sign = x;
    split_sign(emitter, sign, copy)?;
    emitter.select(out, copy, 0.6, out.into(), near.into())?;
    join_sign(emitter, out, sign)
}

/// alpha * (exp(min(x, 0)) - 1) + max(x, 0)
fn elu(emitter: &mut Emitter, f: &Frame<'_>) -> Result<()> {
    let (x, out, positive) = (f.x, f.out, f.scratch[2]);
    emitter.arith(TiuOp::Max, positive, x, float(0.0), 0)?;
    emitter.arith(TiuOp::Min, x, x, float(0.0), 0)?;
    exp_minus_1(emitter, out, x, [f.scratch[0], f.scratch[1]], Range::Below)?;
    emitter.arith(TiuOp::Mul, out, out, f.coefficient(0, 1.0), 0)?;
    emitter.arith(TiuOp::Add, out, out, positive, 0)
}

/// E / (E + 2) with E = exp(2 |x|) - 1, and x's sign. From 10 on it is 1.
fn tanh(emitter: &mut Emitter, f: &Frame<'_>) -> Result<()> {
    let (x, out, sign) = (f.x, f.out, f.scratch[2]);
    split_sign(emitter, sign, x)?;
    emitter.arith(TiuOp::Min, x, x, float(10.0), 0)?;
    emitter.arith(TiuOp::Mul, x, x, float(2.0), 0)?;
    exp_minus_1(emitter, out, x, [f.scratch[0], f.scratch[1]], Range::Inside)?;
    emitter.arith(TiuOp::Add, x, out, float(2.0), 0)?;
    emitter.arith(TiuOp::Divide, out, out, x, 0)?;
    // The reciprocal's error must not lead beyond the limit.
    emitter.arith(TiuOp::Min, out, out, float(1.0), 0)?;
    join_sign(emitter, out, sign)
}

/// (E + E / (E + 1)) / 2 with E = exp(|x|) - 1, and x's sign.
fn sinh(emitter: &mut Emitter, f: &Frame<'_>) -> Result<()> {
    let (x, out, sign) = (f.x, f.out, f.scratch[2]);
    split_sign(emitter, sign, x)?;
    exp_minus_1(emitter, out, x, [f.scratch[0], f.scratch[1]], Range::Any)?;
    emitter.arith(TiuOp::Add, x, out, float(1.0), 0)?;
    emitter.arith(TiuOp::Divide, x, out, x, 0)?;
    emitter.arith(TiuOp::Mul, out, out, float(0.5), 0)?;
    emitter.arith(TiuOp::Mul, x, x, float(0.5), 0)?;
    emitter.arith(TiuOp::Add, out, out, x, 0)?;
    join_sign(emitter, out, sign)
}

/// (E + 1 / E) / 2 with E = exp(|x|).
fn cosh(emitter: &mut Emitter, f: &Frame<'_>) -> Result<()> {
    let (x, out) = (f.x, f.out);
    absolute(emitter, x, x)?;
    exp(emitter, out, x, f.scratch[0], Range::Any)?;
    emitter.arith(TiuOp::Divide, x, float(0.5), out, 0)?;
    emitter.arith(TiuOp::Mul, out, out, float(0.5), 0)?;
    emitter.arith(TiuOp::Add, out, out, x, 0)
}

/// v = sqrt(1 - |x|) * P(|x|) for positive x, pi - v otherwise.
fn arccos(emitter: &mut Emitter, f: &Frame<'_>) -> Result<()> {
    let (x, out, magnitude) = (f.x, f.out, f.scratch[0]);
    absolute(emitter, magnitude, x)?;
    arccos_of_positive(emitter, out, magnitude)?;
    emitter.arith(TiuOp::Sub, magnitude, float(PI), out, 0)?;
    emitter.select(out, x, 0.0, out.into(), magnitude.into())
}

/// `out = acos(a)`; overwrites `a`, from 0 to 1.
fn arccos_of_positive(emitter: &mut Emitter, out: Local, a: Local) -> Result<()> {
    polynomial(emitter, out, a, &ARCCOS)?;
    emitter.arith(TiuOp::Sub, a, float(1.0), a, 0)?;
    // out * a / sqrt(a): the square root needs no tensor of its own.
    emitter.arith(TiuOp::Mul, out, out, a, 0)?;
    emitter.special(TiuOp::Rsqrt, a, a)?;
    emitter.arith(TiuOp::Mul, out, out, a, 0)
}

/// x + x^3 * P(x * x) up to 0.5, pi / 2 - acos(|x|) with x's sign above.
fn arcsin(emitter: &mut Emitter, f: &Frame<'_>) -> Result<()> {
    let (x, out, near, other) = (f.x, f.out, f.scratch[0], f.scratch[1]);
    emitter.arith(TiuOp::Mul, other, x, x, 0)?;
    polynomial(emitter, near, other, &ARCSIN)?;
    emitter.arith(TiuOp::Mul, near, near, other, 0)?;
    absolute(emitter, other, x)?;
    emitter.arith(TiuOp::Mul, near, near, other, 0)?;
    emitter.arith(TiuOp::Add, near, near, other, 0)?;
    arccos_of_positive(emitter, out, other)?;
    emitter.arith(TiuOp::Sub, out, float(FRAC_PI_2), out, 0)?;
    absolute(emitter, other, x)?;
    emitter.select(out, other, 0.5, out.into(), near.into())?;
    split_sign(emitter, other, x)?;
    join_sign(emitter, out, other)
}

/// ln(1 + q) with q = a + a * (a / (1 + sqrt(1 + a^2))) and a = |x|, and x's sign.
fn arcsinh(emitter: &mut Emitter, f: &Frame<'_>) -> Result<()> {
    let (x, out, sign) = (f.x, f.out, f.scratch[2]);
    split_sign(emitter, sign, x)?;
    // Beyond 1e9 the root is a itself, and the square would overflow.
    emitter.arith(TiuOp::Min, out, x, float(1e9), 0)?;
    emitter.arith(TiuOp::Mul, out, out, out, 0)?;
    emitter.arith(TiuOp::Add, out, out, float(1.0), 0)?;
    square_root(emitter, f.scratch[0], out)?;
    emitter.arith(TiuOp::Max, out, f.scratch[0], x, 0)?;
    emitter.arith(TiuOp::Add, out, out, float(1.0), 0)?;
    emitter.arith(TiuOp::Divide, out, x, out, 0)?;
    emitter.arith(TiuOp::Mul, out, out, x, 0)?;
    emitter.arith(TiuOp::Add, x, x, out, 0)?;
    logarithm_of_1_plus(emitter, out, x, f.scratch[0], f.scratch[1])?;
    join_sign(emitter, out, sign)
}

/// ln(1 + q) with q = t + sqrt(t) * sqrt(t + 2) and t = x - 1.
fn arccosh(emitter: &mut Emitter, f: &Frame<'_>) -> Result<()> {
    let (x, out, first, second) = (f.x, f.out, f.scratch[0], f.scratch[1]);
    emitter.arith(TiuOp::Sub, x, x, float(1.0), 0)?;
    emitter.arith(TiuOp::Add, first, x, float(2.0), 0)?;
    square_root(emitter, second, first)?;
    square_root(emitter, first, x)?;
    emitter.arith(TiuOp::Mul, first, first, second, 0)?;
    emitter.arith(TiuOp::Add, x, x, first, 0)?;
    logarithm_of_1_plus(emitter, out, x, first, second)
}

/// ln(1 + 2 a / (1 - a)) / 2 with a = |x|, and x's sign; 44 for 1.
fn arctanh(emitter: &mut Emitter, f: &Frame<'_>) -> Result<()> {
    let (x, out, sign) = (f.x, f.out, f.scratch[2]);
    split_sign(emitter, sign, x)?;
    emitter.arith(TiuOp::Sub, out, float(1.0), x, 0)?;
    emitter.arith(TiuOp::Divide, x, x, out, 0)?;
    emitter.arith(TiuOp::Mul, x, x, float(2.0), 0)?;
    emitter.arith(TiuOp::Min, x, x, float(3e38), 0)?;
    logarithm_of_1_plus(emitter, out, x, f.scratch[0], f.scratch[1])?;
    emitter.arith(TiuOp::Mul, out, out, float(0.5), 0)?;
    join_sign(emitter, out, sign)
}

/// sin(x) / cos(x)
fn tan(emitter: &mut Emitter, f: &Frame<'_>) -> Result<()> {
    let (copy, cosine) = (f.scratch[2], f.scratch[3]);
    let scratch = [f.scratch[0], f.scratch[1]];
    emitter.copy(copy, f.x)?;
    wave(emitter, f.out, f.x, scratch, Wave::Sine)?;
    wave(emitter, cosine, copy, scratch, Wave::Cosine)?;
    emitter.arith(TiuOp::Divide, f.out, f.out, cosine, 0)
}

/// x * w / (w + 2) with w = e * (e + 2) and e = exp(min(x, 20)), from where on it is x.
fn mish(emitter: &mut Emitter, f: &Frame<'_>) -> Result<()> {
    let (x, out, other) = (f.x, f.out, f.scratch[1]);
    emitter.arith(TiuOp::Min, other, x, float(20.0), 0)?;
    exp(emitter, out, other, f.scratch[0], Range::Below)?;
    emitter.arith(TiuOp::Add, other, out, float(2.0), 0)?;
    emitter.arith(TiuOp::Mul, out, out, other, 0)?;
    emitter.arith(TiuOp::Add, other, out, float(2.0), 0)?;
    emitter.arith(TiuOp::Divide, out, out, other, 0)?;
    emitter.arith(TiuOp::Mul, out, out, x, 0)
}

/// (x > 0) - (-x > 0)
fn sign(emitter: &mut Emitter, f: &Frame<'_>) -> Result<()> {
    let below = f.scratch[0];
    emitter.select(f.out, f.x, 0.0, float(1.0), float(0.0))?;
    negate(emitter, f.x, f.x)?;
    emitter.select(below, f.x, 0.0, float(1.0), float(0.0))?;
    emitter.arith(TiuOp::Sub, f.out, f.out, below, 0)
}

/// The whole number next to x, then one up or down where that lies on the wrong side.
fn round_towards(emitter: &mut Emitter, f: &Frame<'_>, up: bool) -> Result<()> {
    let (x, out, wrong) = (f.x, f.out, f.scratch[0]);
    round(emitter, out, x, wrong)?;
    let (left, right) = if up { (x, out) } else { (out, x) };
    emitter.arith(TiuOp::Sub, wrong, left, right, 0)?;
    emitter.select(wrong, wrong, 0.0, float(1.0), float(0.0))?;
    let operation = if up { TiuOp::Add } else { TiuOp::Sub };
    emitter.arith(operation, out, out, wrong, 0)
}

/// max(0, min(1, alpha * x + beta)); x stays.
fn hard_sigmoid(emitter: &mut Emitter, f: &Frame<'_>) -> Result<()> {
    let out = f.out;
    emitter.arith(TiuOp::Mul, out, f.x, f.coefficient(1, 1.0 / 6.0), 0)?;
    emitter.arith(TiuOp::Add, out, out, f.coefficient(0, 0.5), 0)?;
    emitter.arith(TiuOp::Max, out, out, float(0.0), 0)?;
    emitter.arith(TiuOp::Min, out, out, float(1.0), 0)
}

/// Each row comes from the same row; only floats.
///
/// # Errors
/// When the result is no tensor of this chip.
pub fn rows(cg: &Codegen<'_>, op: Op) -> Result<Option<Rows>> {
    let output = cg.whole(cg.ctx().result(op))?;
    Ok((output.element == Element::F32).then_some(Rows::Same))
}
