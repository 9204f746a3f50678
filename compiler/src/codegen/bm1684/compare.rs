//! `tpu.Compare`, `tpu.CompareConst`: 1 where a comparison holds, 0 elsewhere.
//!
//! Floats are compared by the chip's selections: one that tells `a > b`, and one that tells equal bits, for which zeros
//! lose their sign first. A NaN is neither greater nor smaller than anything; it equals a NaN of the same bits only.
//! Bytes become 16-bit integers, whose difference is clamped to 0 and 1.

use super::arith;
use super::binary;
use super::codegen::Codegen;
use super::emitter::Emitter;
use super::error::{Result, malformed, unsupported};
use super::tensor::{Element, Local};
use super::tiu::Operand;
use super::unary;
use tpuc_dialects::ir::Op;
use tpuc_runtime::isa::TiuOp;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mode {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    And,
    Or,
    Xor,
}

impl Mode {
    /// The comparison with its sides exchanged.
    fn mirrored(self) -> Self {
        match self {
            Mode::Greater => Mode::Less,
            Mode::Less => Mode::Greater,
            Mode::GreaterOrEqual => Mode::LessOrEqual,
            Mode::LessOrEqual => Mode::GreaterOrEqual,
            same => same,
        }
    }
}

fn mode_of(cg: &Codegen<'_>, op: Op) -> Result<Mode> {
    Ok(match cg.ctx().get_str(op, "mode").unwrap_or_default() {
        "Equal" => Mode::Equal,
        "NotEqual" => Mode::NotEqual,
        "Greater" => Mode::Greater,
        "GreaterOrEqual" => Mode::GreaterOrEqual,
        "Less" => Mode::Less,
        "LessOrEqual" => Mode::LessOrEqual,
        "And" => Mode::And,
        "Or" => Mode::Or,
        "Xor" => Mode::Xor,
        other => {
            return unsupported(format!(
                "comparison '{other}' of two tensors; use Equal, Greater, ..."
            ));
        }
    })
}

/// `tpu.Compare`, with broadcasting.
///
/// # Errors
/// When operands and result are not all floats or all bytes.
pub fn compare(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let mode = mode_of(cg, op)?;
    let operands = binary::operands(cg, op)?;
    if operands.inputs.len() != 2 {
        return malformed(format!("{} operands; two are needed", operands.inputs.len()));
    }
    if operands.output.element == Element::F32 {
        let scratch = vec![Element::F32; 2];
        return binary::run(cg, &operands, scratch, &|emitter, inputs, out, scratch| {
            floats(emitter, mode, out, inputs[0], inputs[1].into(), scratch)
        });
    }
    let scratch = vec![Element::I16; 3];
    binary::run(cg, &operands, scratch, &|emitter, inputs, out, scratch| {
        let a = widened(emitter, inputs[0], scratch[0])?;
        let b = widened(emitter, inputs[1], scratch[1])?;
        let truth = integers(emitter, mode, a, b.into(), scratch[1], scratch[2])?;
        arith::narrow(emitter, out, truth, false)
    })
}

/// `tpu.CompareConst`. A byte is compared as it is stored.
///
/// # Errors
/// When operand and result are not both floats or both bytes.
pub fn compare_const(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let constant = cg.float(op, "const_val", 0.0);
    let (input, output) = (cg.operand(op, 0)?, cg.result(op)?);
    let is_not = cg.ctx().get_str(op, "mode") == Some("Not");
    let mode = if is_not { Mode::Equal } else { mode_of(cg, op)? };
    let mode = if cg.flag(op, "inversed") {
        mode.mirrored()
    } else {
        mode
    };
    // With one side known, the logical functions are comparisons with 0, or say the same of every number.
    let (mode, constant) = match (mode, constant.abs() > 0.0) {
        _ if is_not => (Mode::Equal, 0.0),
        (Mode::And, false) => (Mode::Greater, f64::INFINITY),
        (Mode::Or, true) => (Mode::LessOrEqual, f64::INFINITY),
        (Mode::And, true) | (Mode::Or | Mode::Xor, false) => (Mode::NotEqual, 0.0),
        (Mode::Xor, true) => (Mode::Equal, 0.0),
        plain => (plain.0, constant),
    };
    if input.element == Element::F32 && output.element == Element::F32 {
        // A negative zero would not have the bits of the other zero.
        let constant = Operand::Float(constant as f32 + 0.0);
        let scratch = vec![Element::F32; 2];
        return unary::run(cg, op, false, scratch, &|emitter, inputs, out, scratch| {
            floats(emitter, mode, out, inputs[0], constant, scratch)
        });
    }
    if !input.element.is_byte() || !output.element.is_byte() {
        return unsupported("a comparison of mixed types; insert casts");
    }
    let constant = Operand::Integer(whole(mode, constant), Element::I16);
    let scratch = vec![Element::I16; 3];
    unary::run(cg, op, false, scratch, &|emitter, inputs, out, scratch| {
        let a = widened(emitter, inputs[0], scratch[0])?;
        let truth = integers(emitter, mode, a, constant, scratch[1], scratch[2])?;
        arith::narrow(emitter, out, truth, false)
    })
}

/// The integer that bytes compare with as they do with `constant`.
fn whole(mode: Mode, constant: f64) -> i64 {
    let beyond_bytes = 1000.0;
    let rounded = match mode {
        Mode::Greater | Mode::LessOrEqual => constant.floor(),
        Mode::Less | Mode::GreaterOrEqual => constant.ceil(),
        _ if constant.fract().abs() > 0.0 => beyond_bytes,
        _ => constant,
    };
    rounded.clamp(-beyond_bytes, beyond_bytes) as i64
}

fn floats(
    emitter: &mut Emitter,
    mode: Mode,
    out: Local,
    a: Local,
    b: Operand,
    scratch: &[Local],
) -> Result<()> {
    let one = Operand::Float(1.0);
    let greater =
        |emitter: &mut Emitter, a: Operand, b: Operand| emitter.choose(TiuOp::SelectGreater, out, a, b, 1.0);
    let equal = |emitter: &mut Emitter, out: Local, b: Operand| -> Result<()> {
        emitter.arith(TiuOp::Add, scratch[0], a, Operand::Float(0.0), 0)?;
        let mut right = b;
        if matches!(b, Operand::Tensor(_)) {
            emitter.arith(TiuOp::Add, scratch[1], b, Operand::Float(0.0), 0)?;
            right = scratch[1].into();
        }
        emitter.choose(TiuOp::SelectEqual, out, scratch[0].into(), right, 1.0)
    };
    let is_zero = |emitter: &mut Emitter, out: Local, x: Operand| -> Result<()> {
        emitter.arith(TiuOp::Add, out, x, Operand::Float(0.0), 0)?;
        emitter.choose(TiuOp::SelectEqual, out, out.into(), Operand::Float(0.0), 1.0)
    };
    match mode {
        Mode::Greater => greater(emitter, a.into(), b),
        Mode::Less => greater(emitter, b, a.into()),
        Mode::Equal => equal(emitter, out, b),
        Mode::NotEqual => {
            equal(emitter, out, b)?;
            emitter.arith(TiuOp::Sub, out, one, out, 0)
        }
        Mode::GreaterOrEqual | Mode::LessOrEqual => {
            if mode == Mode::GreaterOrEqual {
                greater(emitter, a.into(), b)?;
            } else {
                greater(emitter, b, a.into())?;
            }
            equal(emitter, scratch[0], b)?;
            emitter.arith(TiuOp::Max, out, out, scratch[0], 0)
        }
        Mode::And | Mode::Or | Mode::Xor => {
            is_zero(emitter, out, a.into())?;
            is_zero(emitter, scratch[0], b)?;
            // From what is 0: both are not, not both are, exactly one is.
            match mode {
                Mode::And => emitter.arith(TiuOp::Max, out, out, scratch[0], 0)?,
                Mode::Or => emitter.arith(TiuOp::Min, out, out, scratch[0], 0)?,
                _ => {
                    emitter.arith(TiuOp::Sub, out, out, scratch[0], 0)?;
                    return emitter.arith(TiuOp::Mul, out, out, out, 0);
                }
            }
            emitter.arith(TiuOp::Sub, out, one, out, 0)
        }
    }
}

/// A byte tensor in signed 16 bits.
fn widened(emitter: &mut Emitter, x: Local, wide: Local) -> Result<Local> {
    let mut wide = arith::scale_to_wide(emitter, x, wide, 1, 0)?;
    wide.signed = true;
    Ok(wide)
}

/// The comparison's truth in `a`, which is overwritten as `spare` and `b` are; all 16 bits.
fn integers(
    emitter: &mut Emitter,
    mode: Mode,
    a: Local,
    b: Operand,
    right: Local,
    spare: Local,
) -> Result<Local> {
    let constant = |value: i64| Operand::Integer(value, Element::I16);
    let clamp = |emitter: &mut Emitter, x: Local| -> Result<()> {
        emitter.arith(TiuOp::Max, x, x, constant(0), 0)?;
        emitter.arith(TiuOp::Min, x, x, constant(1), 0)
    };
    // 1 where `x` is not 0.
    let not_zero = |emitter: &mut Emitter, x: Local| -> Result<()> {
        emitter.arith(TiuOp::Sub, spare, constant(0), x, 0)?;
        emitter.arith(TiuOp::Max, x, x, spare, 0)?;
        emitter.arith(TiuOp::Min, x, x, constant(1), 0)
    };
    match mode {
        Mode::Greater | Mode::GreaterOrEqual => emitter.arith(TiuOp::Sub, a, a, b, 0)?,
        Mode::Less | Mode::LessOrEqual => emitter.arith(TiuOp::Sub, a, b, a, 0)?,
        Mode::Equal | Mode::NotEqual => {
            emitter.arith(TiuOp::Sub, a, a, b, 0)?;
            not_zero(emitter, a)?;
            if mode == Mode::Equal {
                emitter.arith(TiuOp::Sub, a, constant(1), a, 0)?;
            }
            return Ok(a);
        }
        Mode::And | Mode::Or | Mode::Xor => {
            not_zero(emitter, a)?;
            not_zero(emitter, right)?;
            match mode {
                Mode::And => emitter.arith(TiuOp::Min, a, a, right, 0)?,
                Mode::Or => emitter.arith(TiuOp::Max, a, a, right, 0)?,
                _ => {
                    emitter.arith(TiuOp::Sub, a, a, right, 0)?;
                    not_zero(emitter, a)?;
                }
            }
            return Ok(a);
        }
    }
    if matches!(mode, Mode::GreaterOrEqual | Mode::LessOrEqual) {
        emitter.arith(TiuOp::Add, a, a, constant(1), 0)?;
    }
    clamp(emitter, a)?;
    Ok(a)
}

#[cfg(test)]
mod tests {
    use super::{Mode, whole};

    #[test]
    fn bytes_compare_with_the_integer_as_with_the_number() {
        for mode in [
            Mode::Equal,
            Mode::NotEqual,
            Mode::Greater,
            Mode::GreaterOrEqual,
            Mode::Less,
            Mode::LessOrEqual,
        ] {
            for constant in [
                -1e9,
                -129.5,
                -3.0,
                -0.5,
                0.0,
                0.5,
                7.0,
                254.99,
                255.0,
                f64::INFINITY,
            ] {
                let integer = whole(mode, constant);
                assert!(i16::try_from(integer).is_ok());
                for byte in -128..256 {
                    let holds = |a: f64, b: f64| match mode {
                        Mode::Equal => a == b,
                        Mode::NotEqual => a != b,
                        Mode::Greater => a > b,
                        Mode::GreaterOrEqual => a >= b,
                        Mode::Less => a < b,
                        _ => a <= b,
                    };
                    assert_eq!(
                        holds(f64::from(byte), integer as f64),
                        holds(f64::from(byte), constant),
                        "{byte} {mode:?} {constant}"
                    );
                }
            }
        }
    }
}
