//! Exponential, logarithm and their relatives as command sequences over local tensors.
//!
//! Tensors are aligned `f32` of one shape, and distinct unless said otherwise. The chip flushes denormals and rounds
//! after every product and every sum; its reciprocal is within 4 units in the last place. Sequences are built so that
//! small results keep their relative accuracy; `docs/functions.md` has the measured errors.

use super::emitter::Emitter;
use super::error::Result;
use super::tensor::{Element, Local};
use super::tiu::Operand;
use tpuc_runtime::isa::TiuOp;
use tpuc_runtime::isa::memory_map::l2_table;

/// Terms of the exponential's series on -0.35..0.35: the first one left out is below 1.3e-7 of the result.
const EXP_TERMS: usize = 6;
/// The same where 1 is taken away: below 6e-9.
const EXP_MINUS_1_TERMS: usize = 7;
/// Exponentials above are too large, below the negative too small.
const LARGEST_EXPONENT: f32 = 88.0;
/// Adding it rounds to whole numbers, ties to even, and counts them from 127 on in the lowest bits.
const WHOLE_AND_BIAS: f32 = 1.5 * WHOLE + 127.0;
/// ln(2) in two parts; products of the first with whole numbers up to 2^9 are exact.
const LN_2_PARTS: [f32; 2] = [0.693_145_75, 1.428_606_8e-6];
/// Terms of the logarithm's series on -1/3..1/3: the first one left out is below 1e-9.
const LOG_TERMS: usize = 16;
/// Above this, `IntNormalize` counts the exponent one up: 4/3.
const LARGEST_MANTISSA: f32 = 1.333_333_4;
const ONE_BITS: i64 = 0x3f80_0000;
/// All bits but the sign.
const MAGNITUDE: i64 = 0x7fff_ffff;
/// The sign's bit.
const SIGN: i64 = 0x8000_0000;
/// Above this all `f32` are whole numbers; adding and taking it away rounds to even.
const WHOLE: f32 = 8_388_608.0;

/// `ln(erfc(z) / t) + z * z` as a polynomial of `t = 1 / (1 + z / 2)`: minimax over `0 < t <= 1`, error 1e-7.
const ERFC: [f32; 10] = [
    -1.265_512_2,
    1.000_022_6,
    0.374_125,
    0.096_388_14,
    -0.183_966_16,
    0.271_351_5,
    -1.121_099_7,
    1.473_255_3,
    -0.813_325_5,
    0.168_761,
];

fn bits(value: i64) -> Operand {
    Operand::Integer(value, Element::U32)
}

/// `out = |x|`; may be the same tensor.
///
/// # Errors
/// When a command cannot be encoded.
pub fn absolute(emitter: &mut Emitter, out: Local, x: Local) -> Result<()> {
    let (out, x) = (out.as_element(Element::U32), x.as_element(Element::U32));
    emitter.arith(TiuOp::And, out, x, bits(MAGNITUDE), 0)
}

/// `sign` = the sign of `x` alone, `x = |x|`.
///
/// # Errors
/// When a command cannot be encoded.
pub fn split_sign(emitter: &mut Emitter, sign: Local, x: Local) -> Result<()> {
    let source = x.as_element(Element::U32);
    emitter.arith(TiuOp::And, sign.as_element(Element::U32), source, bits(SIGN), 0)?;
    absolute(emitter, x, x)
}

/// Gives a tensor that is not negative the sign that [`split_sign`] took.
///
/// # Errors
/// When a command cannot be encoded.
pub fn join_sign(emitter: &mut Emitter, out: Local, sign: Local) -> Result<()> {
    let out = out.as_element(Element::U32);
    emitter.arith(TiuOp::Or, out, out, sign.as_element(Element::U32), 0)
}

/// `out = c[0] + x * (c[1] + x * (...))`, at least two coefficients.
///
/// # Errors
/// When a command cannot be encoded.
pub fn polynomial(emitter: &mut Emitter, out: Local, x: Local, coefficients: &[f32]) -> Result<()> {
    let mut factor = x;
    let mut rest = coefficients.iter().rev();
    let Some(&last) = rest.next() else {
        return Ok(());
    };
    let mut first = Some(Operand::Float(last));
    for &coefficient in rest {
        match first.take() {
            Some(last) => emitter.arith(TiuOp::Mul, out, factor, last, 0)?,
            None => emitter.arith(TiuOp::Mul, out, factor, x, 0)?,
        }
        factor = out;
        emitter.arith(TiuOp::Add, out, out, Operand::Float(coefficient), 0)?;
    }
    Ok(())
}

/// What is known of an exponential's argument: which limits it needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Range {
    /// Nothing.
    Any,
    /// It is at most 88.
    Below,
    /// It is from -88 to 88.
    Inside,
}

/// With k the whole number next to `x / ln(2)`: `power` = 2^k and `part` = exp(r) - 1 by `terms` of its series, r = x - k ln(2)
/// in -0.35..0.35. `x` is overwritten.
///
/// Adding [`WHOLE_AND_BIAS`] rounds and leaves k + 127 in the lowest bits, which are 2^k as bits when they lie where the
/// exponent does; 0 for k = -127. Products of k and the first part of ln(2) are exact.
fn exp_parts(
    emitter: &mut Emitter,
    [part, power]: [Local; 2],
    x: Local,
    range: Range,
    terms: usize,
) -> Result<()> {
    if range != Range::Inside {
        emitter.arith(TiuOp::Max, x, x, Operand::Float(-LARGEST_EXPONENT), 0)?;
    }
    if range == Range::Any {
        emitter.arith(TiuOp::Min, x, x, Operand::Float(LARGEST_EXPONENT), 0)?;
    }
    let turns = part;
    emitter.arith(TiuOp::Mul, turns, x, Operand::Float(std::f32::consts::LOG2_E), 0)?;
    emitter.arith(TiuOp::Add, turns, turns, Operand::Float(WHOLE_AND_BIAS), 0)?;
    let (shifted, source) = (power.as_element(Element::U32), turns.as_element(Element::U32));
    emitter.arith(
        TiuOp::Shift,
        shifted,
        source,
        Operand::Integer(23, Element::I8),
        0,
    )?;
    emitter.arith(TiuOp::Sub, turns, turns, Operand::Float(WHOLE_AND_BIAS), 0)?;
    for ln2 in LN_2_PARTS {
        emitter.accumulate(x, turns, Operand::Float(-ln2))?;
    }
    emitter.taylor(part, x, l2_table::EXP_SERIES, terms)
}

/// `out = exp(x)` for x clamped to -88..=88, as far as `range` does not say that it is so; below -87.7 it is 0. `x` and
/// `scratch` are overwritten.
///
/// # Errors
/// When a command cannot be encoded.
pub fn exp(emitter: &mut Emitter, out: Local, x: Local, scratch: Local, range: Range) -> Result<()> {
    exp_parts(emitter, [scratch, out], x, range, EXP_TERMS)?;
    emitter.accumulate(out, scratch, out)
}

/// `out = exp(x) - 1`, exact to the last bits also near 0; otherwise as [`exp`].
///
/// With the parts of [`exp`]: `(exp(r) - 1) * 2^k + (2^k - 1)`, whose second part is 0 where the result is small.
///
/// # Errors
/// When a command cannot be encoded.
pub fn exp_minus_1(
    emitter: &mut Emitter,
    out: Local,
    x: Local,
    scratch: [Local; 2],
    range: Range,
) -> Result<()> {
    let [part, power] = scratch;
    exp_parts(emitter, [part, power], x, range, EXP_MINUS_1_TERMS)?;
    emitter.arith(TiuOp::Sub, out, power, Operand::Float(1.0), 0)?;
    emitter.accumulate(out, part, power)
}

/// Base of a logarithm.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Base {
    /// The natural one.
    E,
    /// 2.
    Two,
}

/// `out = log(x)`; -infinity where x is not positive, log(2^128) for infinity. `x` and `scratch` are overwritten.
///
/// x is m * 2^e with m in 2/3..4/3 (the chip's `IntNormalize` gives e), so that e is 0 around 1, where the logarithm is
/// small; log(m) by its series.
///
/// # Errors
/// When a command cannot be encoded.
pub fn logarithm(emitter: &mut Emitter, out: Local, x: Local, scratch: Local, base: Base) -> Result<()> {
    emitter.special(TiuOp::IntNormalize, scratch.as_element(Element::I32), x)?;
    if base == Base::E {
        emitter.lookup(scratch, scratch, l2_table::EXPONENT_LN2)?;
    } else {
        emitter.lookup(scratch, scratch, l2_table::UINT_TO_FLOAT)?;
        emitter.arith(TiuOp::Sub, scratch, scratch, Operand::Float(127.0), 0)?;
    }
    let lowest = Operand::Float(f32::NEG_INFINITY);
    emitter.select(scratch, x, 0.0, scratch.into(), lowest)?;
    // The bits of m: those of x with the exponent of 1, or of 1/2 where the chip counted one up.
    let m = x.as_element(Element::U32);
    emitter.arith(TiuOp::And, m, m, bits(0x7f_ffff), 0)?;
    emitter.arith(TiuOp::Or, m, m, bits(ONE_BITS), 0)?;
    emitter.select(out, x, LARGEST_MANTISSA, Operand::Float(0.5), Operand::Float(1.0))?;
    emitter.arith(TiuOp::Mul, x, x, out, 0)?;
    emitter.arith(TiuOp::Sub, x, x, Operand::Float(1.0), 0)?;
    emitter.taylor(out, x, l2_table::LOG_SERIES, LOG_TERMS)?;
    if base == Base::Two {
        emitter.arith(TiuOp::Mul, out, out, Operand::Float(std::f32::consts::LOG2_E), 0)?;
    }
    emitter.arith(TiuOp::Add, out, out, scratch, 0)
}

/// `out = ln(1 + x)` for x from 0 to 3e38, exact to the last bits also near 0. `x` and both scratch tensors are
/// overwritten.
///
/// What rounding took away when 1 was added is added again, divided by the argument: the derivative of the logarithm.
///
/// # Errors
/// When a command cannot be encoded.
pub fn logarithm_of_1_plus(
    emitter: &mut Emitter,
    out: Local,
    x: Local,
    sum: Local,
    scratch: Local,
) -> Result<()> {
    emitter.arith(TiuOp::Add, sum, x, Operand::Float(1.0), 0)?;
    emitter.arith(TiuOp::Sub, scratch, sum, Operand::Float(1.0), 0)?;
    emitter.arith(TiuOp::Sub, x, x, scratch, 0)?;
    emitter.arith(TiuOp::Divide, x, x, sum, 0)?;
    logarithm(emitter, out, sum, scratch, Base::E)?;
    emitter.arith(TiuOp::Add, out, out, x, 0)
}

/// `out = ln(1 + exp(x))`: `max(x, 0) + ln(1 + exp(-|x|))`. `x` and the scratch tensors are overwritten.
///
/// # Errors
/// When a command cannot be encoded.
pub fn softplus(emitter: &mut Emitter, out: Local, x: Local, scratch: [Local; 3]) -> Result<()> {
    let [first, second, positive] = scratch;
    emitter.arith(TiuOp::Max, positive, x, Operand::Float(0.0), 0)?;
    absolute(emitter, x, x)?;
    emitter.arith(TiuOp::Mul, x, x, Operand::Float(-1.0), 0)?;
    exp(emitter, out, x, first, Range::Below)?;
    logarithm_of_1_plus(emitter, x, out, first, second)?;
    emitter.arith(TiuOp::Add, out, x, positive, 0)
}

/// `out = sqrt(x)` for x from 0 on.
///
/// # Errors
/// When a command cannot be encoded.
pub fn square_root(emitter: &mut Emitter, out: Local, x: Local) -> Result<()> {
    emitter.special(TiuOp::Rsqrt, out, x)?;
    emitter.arith(TiuOp::Mul, out, out, x, 0)
}

/// `out = erfc(z)`, the complement of the error function, for z from 0 on; its relative error is small in the tail, too.
/// `z` and the scratch tensors are overwritten.
///
/// # Errors
/// When a command cannot be encoded.
pub fn complementary_error(emitter: &mut Emitter, out: Local, z: Local, scratch: [Local; 2]) -> Result<()> {
    let [t, power] = scratch;
    emitter.arith(TiuOp::Mul, t, z, Operand::Float(0.5), 0)?;
    emitter.arith(TiuOp::Add, t, t, Operand::Float(1.0), 0)?;
    emitter.arith(TiuOp::Divide, t, Operand::Float(1.0), t, 0)?;
    polynomial(emitter, power, t, &ERFC)?;
    emitter.arith(TiuOp::Mul, z, z, z, 0)?;
    emitter.arith(TiuOp::Sub, power, power, z, 0)?;
    exp(emitter, out, power, z, Range::Below)?;
    emitter.arith(TiuOp::Mul, out, out, t, 0)
}

/// `x` rounded to whole numbers, ties to even, for `|x|` below 2^22.
///
/// # Errors
/// When a command cannot be encoded.
pub fn round_small(emitter: &mut Emitter, out: Local, x: Local) -> Result<()> {
    let shift = Operand::Float(1.5 * WHOLE);
    emitter.arith(TiuOp::Add, out, x, shift, 0)?;
    emitter.arith(TiuOp::Sub, out, out, shift, 0)
}

/// `out = x` rounded to whole numbers, ties to even, for all x. `x` stays; `scratch` is overwritten.
///
/// # Errors
/// When a command cannot be encoded.
pub fn round(emitter: &mut Emitter, out: Local, x: Local, scratch: Local) -> Result<()> {
    absolute(emitter, scratch, x)?;
    emitter.arith(TiuOp::Add, out, scratch, Operand::Float(WHOLE), 0)?;
    emitter.arith(TiuOp::Sub, out, out, Operand::Float(WHOLE), 0)?;
    emitter.select(out, scratch, WHOLE, scratch.into(), out.into())?;
    let (sign, source) = (scratch.as_element(Element::U32), x.as_element(Element::U32));
    emitter.arith(TiuOp::And, sign, source, bits(SIGN), 0)?;
    join_sign(emitter, out, scratch)
}

/// Which of the two waves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wave {
    /// Starts at 0.
    Sine,
    /// Starts at 1.
    Cosine,
}

/// Pi in three parts; products of the first two with whole numbers up to 2^13 and their halves are exact.
const PI_PARTS: [f32; 3] = [3.140_625, 0.000_967_502_6, 1.509_958e-7];

/// `(sin(r) - r) / r^3` as a polynomial of `r * r`, for `|r|` up to pi / 2: minimax, error 2e-11.
const SINE: [f32; 5] = [
    -0.166_666_67,
    0.008_333_331,
    -0.000_198_408_68,
    2.752_537_7e-6,
    -2.388_878_4e-8,
];

/// `out = sin(x)` or `cos(x)`; `x` and the scratch tensors are overwritten. Exact to the last bits for `|x|` below 25 000;
/// above, the absolute error grows with x.
///
/// x is r + k * pi with r in -pi/2..pi/2 (for the cosine, k is half a number more); the result's sign is k's parity.
///
/// # Errors
/// When a command cannot be encoded.
pub fn wave(emitter: &mut Emitter, out: Local, x: Local, scratch: [Local; 2], wave: Wave) -> Result<()> {
    let [turns, other] = scratch;
    let float = Operand::Float;
    emitter.arith(TiuOp::Mul, turns, x, float(std::f32::consts::FRAC_1_PI), 0)?;
    if wave == Wave::Cosine {
        emitter.arith(TiuOp::Add, turns, turns, float(0.5), 0)?;
    }
    round_small(emitter, turns, turns)?;
    let phase = if wave == Wave::Cosine { 0.5 } else { 0.0 };
    emitter.arith(TiuOp::Sub, other, turns, float(phase), 0)?;
    for part in PI_PARTS {
        emitter.arith(TiuOp::Mul, out, other, float(part), 0)?;
        emitter.arith(TiuOp::Sub, x, x, out, 0)?;
    }
    // 1 for even, -1 for odd turns.
    emitter.arith(TiuOp::Mul, other, turns, float(0.5), 0)?;
    round_small(emitter, other, other)?;
    emitter.arith(TiuOp::Mul, other, other, float(2.0), 0)?;
    emitter.arith(TiuOp::Sub, turns, turns, other, 0)?;
    emitter.arith(TiuOp::Mul, turns, turns, turns, 0)?;
    emitter.arith(TiuOp::Mul, turns, turns, float(-2.0), 0)?;
    emitter.arith(TiuOp::Add, turns, turns, float(1.0), 0)?;
    emitter.arith(TiuOp::Mul, other, x, x, 0)?;
    polynomial(emitter, out, other, &SINE)?;
    emitter.arith(TiuOp::Mul, out, out, other, 0)?;
    emitter.arith(TiuOp::Mul, out, out, x, 0)?;
    emitter.arith(TiuOp::Add, out, out, x, 0)?;
    emitter.arith(TiuOp::Mul, out, out, turns, 0)
}
