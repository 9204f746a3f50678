//! `tpu.Add`, `tpu.Sub`, `tpu.Mul`, `tpu.Max`, `tpu.Min`, `tpu.Div`: two or more tensors with broadcasting.
//!
//! 8-bit sums and differences: each operand is multiplied and shifted (rounding half up) to 16 bits, then they are added
//! and saturated. 8-bit products: `(a * b * multiplier) >> rshift`, rounding half up, saturated.

use super::arith;
use super::codegen::{Codegen, TensorInfo};
use super::elementwise::{Elementwise, InputUse, LocalFn, Strided};
use super::emitter::Emitter;
use super::error::{Result, malformed, unsupported};
use super::group::rows::Rows;
use super::tensor::{Element, Local};
use super::tiu::Operand;
use tpuc_dialects::ir::Op;
use tpuc_runtime::isa::TiuOp;

/// Operands and result of one element type: floats, or integers.
pub(super) struct Operands {
    pub(super) inputs: Vec<TensorInfo>,
    pub(super) output: TensorInfo,
}

/// At least two operands, and the result.
pub(super) fn operands(cg: &Codegen<'_>, op: Op) -> Result<Operands> {
    let count = cg.ctx().operands(op).len();
    let mut inputs = Vec::new();
    for index in 0..count {
        inputs.extend(cg.optional_operand(op, index)?);
    }
    if inputs.len() < 2 {
        return malformed(format!("{} operands; two are needed", inputs.len()));
    }
    let output = cg.result(op)?;
    let float = output.element == Element::F32;
    if inputs
        .iter()
        .any(|input| (input.element == Element::F32) != float)
    {
        return unsupported("operands of mixed types; insert casts");
    }
    Ok(Operands { inputs, output })
}

/// Runs `local` over all elements of the result, operands broadcast to it.
pub(super) fn run(
    cg: &mut Codegen<'_>,
    operands: &Operands,
    scratch: Vec<Element>,
    local: LocalFn<'_>,
) -> Result<()> {
    let Operands { inputs, output } = operands;
    let strided = |tensor: &TensorInfo| Strided::broadcast(tensor, &tensor.shape, &output.shape);
    let operation = Elementwise {
        shape: output.shape.clone(),
        inputs: inputs.iter().map(strided).collect::<Result<_>>()?,
        output: strided(output)?,
        scratch,
        words: false,
        input_use: InputUse::Strided,
        local,
    };
    operation.emit(&mut cg.emitter)
}

/// `out = ((in[0] op in[1]) op in[2]) ...` for floats, then relu.
fn run_float(cg: &mut Codegen<'_>, op: Op, tiu_op: TiuOp, reverse: bool) -> Result<()> {
    let operands = operands(cg, op)?;
    let (relu, limit) = (cg.flag(op, "do_relu"), cg.float(op, "relu_limit", -1.0));
    run(cg, &operands, vec![], &|emitter, inputs, out, _| {
        let (first, second) = if reverse { (1, 0) } else { (0, 1) };
        emitter.arith(tiu_op, out, inputs[first], inputs[second], 0)?;
        for input in &inputs[2..] {
            emitter.arith(tiu_op, out, out, *input, 0)?;
        }
        arith::float_relu(emitter, out, relu, limit)
    })
}

fn is_float(cg: &Codegen<'_>, op: Op) -> Result<bool> {
    Ok(cg.result(op)?.element == Element::F32)
}

/// Refuses the weighted sums that `coeff` asks for.
fn check_coefficients(cg: &Codegen<'_>, op: Op) -> Result<()> {
    let coefficients = cg.ctx().get_f64s(op, "coeff").unwrap_or_default();
    if coefficients.iter().all(|value| (*value - 1.0).abs() == 0.0) {
        return Ok(());
    }
    unsupported(format!(
        "a sum with coefficients {coefficients:?}; multiply before it"
    ))
}

/// `tpu.Add`.
///
/// # Errors
/// When the operands do not fit the chip.
pub fn add(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    check_coefficients(cg, op)?;
    if is_float(cg, op)? {
        run_float(cg, op, TiuOp::Add, false)
    } else {
        sum(cg, op, TiuOp::Add, false)
    }
}

/// `tpu.Sub`.
///
/// # Errors
/// When the operands do not fit the chip.
pub fn sub(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    check_coefficients(cg, op)?;
    let reverse = cg.flag(op, "is_reverse");
    if is_float(cg, op)? {
        run_float(cg, op, TiuOp::Sub, reverse)
    } else {
        sum(cg, op, TiuOp::Sub, reverse)
    }
}

/// `tpu.Max`.
///
/// # Errors
/// When the operands do not fit the chip.
pub fn max(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    if is_float(cg, op)? {
        run_float(cg, op, TiuOp::Max, false)
    } else {
        sum(cg, op, TiuOp::Max, false)
    }
}

/// `tpu.Min`.
///
/// # Errors
/// When the operands do not fit the chip.
pub fn min(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    if is_float(cg, op)? {
        run_float(cg, op, TiuOp::Min, false)
    } else {
        sum(cg, op, TiuOp::Min, false)
    }
}

/// `tpu.Div`, f32: the numerator times the chip's reciprocal (within 4 units in the last place).
///
/// # Errors
/// For integers.
pub fn div(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    if !is_float(cg, op)? {
        return unsupported("a quotient of integers; keep it in F32");
    }
    let reverse = cg.flag(op, "is_reverse");
    run_float(cg, op, TiuOp::Divide, reverse)
}

/// Each operand scaled to 16 bits, then combined and narrowed.
fn sum(cg: &mut Codegen<'_>, op: Op, tiu_op: TiuOp, reverse: bool) -> Result<()> {
    let mut operands = operands(cg, op)?;
    let list = |name: &str, default: i64| -> Vec<i64> {
        let values = cg.ctx().get_i64s(op, name).unwrap_or_default();
        (0..operands.inputs.len())
            .map(|index| values.get(index).copied().unwrap_or(default))
            .collect()
    };
    let (mut multipliers, mut shifts) = (list("multipliers", 1), list("rshifts", 0));
    if reverse {
        operands.inputs.reverse();
        multipliers.reverse();
        shifts.reverse();
    }
    if shifts.iter().any(|shift| !(0..32).contains(shift)) {
        return unsupported(format!("right shifts {shifts:?}; 0 to 31 fit a command"));
    }
    let relu = cg.flag(op, "do_relu");
    run(
        cg,
        &operands,
        vec![Element::I16, Element::I16],
        &|emitter, inputs, out, scratch| {
            let scaled = |emitter: &mut Emitter, index: usize, wide: Local| {
                let shift = shifts[index] as u32;
                arith::scale_to_wide(emitter, inputs[index], wide, multipliers[index], shift)
            };
            let mut total = scaled(emitter, 0, scratch[0])?;
            // What saturates to the result's range by itself needs no further command.
            // (The vendor's simulator compares 16 bits into 16 bits only.)
            let saturates = out.signed && !relu && matches!(tiu_op, TiuOp::Add | TiuOp::Sub);
            for index in 1..inputs.len() {
                let mut next = scaled(emitter, index, scratch[1])?;
                // The chip wants operands of one sign; what is unsigned fits 15 bits.
                (total.signed, next.signed) = (true, true);
                let last = saturates && index + 1 == inputs.len();
                emitter.arith(tiu_op, if last { out } else { total }, total, next, 0)?;
            }
            if saturates {
                return Ok(());
            }
            arith::narrow(emitter, out, total, relu)
        },
    )
}

/// `tpu.Mul`.
///
/// # Errors
/// When the operands do not fit the chip.
pub fn mul(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    if is_float(cg, op)? {
        return run_float(cg, op, TiuOp::Mul, false);
    }
    let operands = operands(cg, op)?;
    let (multiplier, shift) = (cg.int(op, "multiplier", 1), cg.int(op, "rshift", 0));
    if operands.inputs.len() != 2 || !(0..32).contains(&shift) {
        return unsupported(format!(
            "a product of {} integers with right shift {shift}; two and 0 to 31 fit",
            operands.inputs.len()
        ));
    }
    if !(-128..=127).contains(&multiplier) {
        return unsupported(format!(
            "the multiplier {multiplier} of a product; -128 to 127 fit"
        ));
    }
    let relu = cg.flag(op, "do_relu");
    let scratch = vec![Element::I16, Element::I16, Element::U8, Element::I8];
    run(cg, &operands, scratch, &|emitter, inputs, out, scratch| {
        product(emitter, [inputs[0], inputs[1]], scratch, multiplier, shift as u32)?;
        arith::narrow(emitter, out, scratch[1].as_element(Element::I16), relu)
    })
}

/// `scratch[1] = (a * b * multiplier) >> shift` in 16 bits. The chip multiplies bytes only: the 16-bit product is taken
/// apart, and the high byte's share is shifted back in where the low byte's is added.
fn product(
    emitter: &mut Emitter,
    [a, b]: [Local; 2],
    scratch: &[Local],
    multiplier: i64,
    shift: u32,
) -> Result<()> {
    let signed = a.signed || b.signed;
    let wide_type = if signed { Element::I16 } else { Element::U16 };
    let wide = scratch[0].as_element(wide_type);
    let (result, low) = (scratch[1].as_element(Element::I16), scratch[2]);
    let high = scratch[3].as_element(if signed { Element::I8 } else { Element::U8 });
    let low_bits = scratch[1].as_element(Element::U16);
    let factor = Operand::Integer(multiplier, Element::I8);
    emitter.arith(TiuOp::Mul, wide, a, b, 0)?;
    let mask = Operand::Integer(0xff, Element::U16);
    emitter.arith(TiuOp::And, low_bits, wide.as_element(Element::U16), mask, 0)?;
    let zero = Operand::Integer(0, Element::U16);
    emitter.arith(TiuOp::Add, low, low_bits, zero, 0)?;
    emitter.arith(TiuOp::Shift, wide, wide, Operand::Integer(-8, wide_type), 0)?;
    emitter.arith(TiuOp::Add, high, wide, Operand::Integer(0, wide_type), 0)?;
    emitter.arith(TiuOp::Mul, result, high, factor, 0)?;
    emitter.multiply_accumulate(result, low, factor, 8, shift)
}

/// Each row comes from the same rows of the operands.
///
/// # Errors
/// None.
pub fn rows(_: &Codegen<'_>, _: Op) -> Result<Option<Rows>> {
    Ok(Some(Rows::Same))
}
