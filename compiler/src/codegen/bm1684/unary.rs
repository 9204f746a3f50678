//! Operations on one tensor: `tpu.MulShift`, `tpu.MulConst`, `tpu.AddConst`, `tpu.Relu`, `tpu.Clip`, `tpu.LeakyRelu`,
//! `tpu.PReluOp`, `tpu.Lut`, ...

use super::arith;
use super::codegen::{Codegen, TensorInfo};
use super::elementwise::{Elementwise, InputUse, LocalFn, Strided};
use super::emitter::Emitter;
use super::error::{Result, unsupported};
use super::group::rows::Rows;
use super::tensor::{Element, Local};
use super::tiu::Operand;
use tpuc_dialects::ir::Op;
use tpuc_runtime::isa::TiuOp;

/// Runs `local` over all elements. `words`: one element in each word, also for bytes.
pub fn run(
    cg: &mut Codegen<'_>,
    op: Op,
    words: bool,
    scratch: Vec<Element>,
    local: LocalFn<'_>,
) -> Result<()> {
    let (input, output) = (cg.operand(op, 0)?, cg.result(op)?);
    let operation = Elementwise {
        shape: vec![output.elements()],
        inputs: vec![Strided::row(&input)],
        output: Strided::row(&output),
        scratch,
        words,
        input_use: match cg.ctx().op_name(op) {
            "tpu.Active" => super::active::input_use(cg, op),
            _ => InputUse::Strided,
        },
        local,
    };
    operation.emit(&mut cg.emitter)
}

fn is_float(cg: &Codegen<'_>, op: Op) -> Result<bool> {
    Ok(cg.result(op)?.element == Element::F32)
}

fn shift_of(cg: &Codegen<'_>, op: Op, name: &str) -> Result<u32> {
    let shift = cg.int(op, name, 0);
    u32::try_from(shift).ok().filter(|shift| *shift < 32).map_or_else(
        || unsupported(format!("{name} {shift}; 0 to 31 fit a command")),
        Ok,
    )
}

/// `tpu.MulShift`: `saturate((x * multiplier) >> rshift)`, rounding half up.
///
/// # Errors
/// When the shift does not fit a command.
pub fn mul_shift(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let relu = cg.flag(op, "do_relu");
    rescale(cg, op, relu)
}

fn rescale(cg: &mut Codegen<'_>, op: Op, relu: bool) -> Result<()> {
    let (multiplier, shift) = (cg.int(op, "multiplier", 1), shift_of(cg, op, "rshift")?);
    run(
        cg,
        op,
        false,
        vec![Element::I16],
        &|emitter, inputs, out, scratch| {
            arith::multiply_shift(emitter, out, inputs[0], scratch[0], multiplier, shift, relu)
        },
    )
}

/// `tpu.MulConst`.
///
/// # Errors
/// When the shift does not fit a command.
pub fn mul_const(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    if !is_float(cg, op)? {
        return mul_shift(cg, op);
    }
    float_const(cg, op, TiuOp::Mul)
}

/// `tpu.AddConst`: 8-bit `saturate((x * multiplier + const_val) >> rshift)`.
///
/// # Errors
/// When the constant does not fit.
pub fn add_const(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    if is_float(cg, op)? {
        return float_const(cg, op, TiuOp::Add);
    }
    let (multiplier, shift) = (cg.int(op, "multiplier", 1), shift_of(cg, op, "rshift")?);
    let constant = cg.float(op, "const_val", 0.0) as i64;
    if !(-32_768..=32_767).contains(&constant) {
        return unsupported(format!(
            "the constant {constant} in 16 bits; keep this operation in F32"
        ));
    }
    let relu = cg.flag(op, "do_relu");
    run(
        cg,
        op,
        false,
        vec![Element::I16],
        &|emitter, inputs, out, scratch| {
            let mut wide = arith::scale_to_wide(emitter, inputs[0], scratch[0], multiplier, 0)?;
            wide.signed = true;
            emitter.arith(
                TiuOp::Add,
                wide,
                wide,
                Operand::Integer(constant, Element::I16),
                shift,
            )?;
            arith::narrow(emitter, out, wide, relu)
        },
    )
}

fn float_const(cg: &mut Codegen<'_>, op: Op, tiu_op: TiuOp) -> Result<()> {
    let constant = cg.float(op, "const_val", 0.0) as f32;
    let (relu, limit) = (cg.flag(op, "do_relu"), cg.float(op, "relu_limit", -1.0));
    run(cg, op, true, vec![], &|emitter, inputs, out, _| {
        emitter.arith(tiu_op, out, inputs[0], Operand::Float(constant), 0)?;
        arith::float_relu(emitter, out, relu, limit)
    })
}

/// `tpu.MaxConst`, f32.
///
/// # Errors
/// For integers.
pub fn max_const(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    only_float(cg, op)?;
    float_const(cg, op, TiuOp::Max)
}

/// `tpu.MinConst`, f32.
///
/// # Errors
/// For integers.
pub fn min_const(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    only_float(cg, op)?;
    float_const(cg, op, TiuOp::Min)
}

/// `tpu.Reciprocal`, f32: `const_val / x` with the chip's division (within 4 units in the last place).
///
/// # Errors
/// For integers.
pub fn reciprocal(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    only_float(cg, op)?;
    let dividend = Operand::Float(cg.float(op, "const_val", 1.0) as f32);
    let (relu, limit) = (cg.flag(op, "do_relu"), cg.float(op, "relu_limit", -1.0));
    run(cg, op, true, vec![], &|emitter, inputs, out, _| {
        emitter.arith(TiuOp::Divide, out, dividend, inputs[0], 0)?;
        arith::float_relu(emitter, out, relu, limit)
    })
}

/// `tpu.SubConst`, f32: `x - c`, or `c - x` if `is_reverse`.
///
/// # Errors
/// For integers.
pub fn sub_const(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    only_float(cg, op)?;
    let constant = Operand::Float(cg.float(op, "const_val", 0.0) as f32);
    let reverse = cg.flag(op, "is_reverse");
    let (relu, limit) = (cg.flag(op, "do_relu"), cg.float(op, "relu_limit", -1.0));
    run(cg, op, true, vec![], &|emitter, inputs, out, _| {
        if reverse {
            emitter.arith(TiuOp::Sub, out, constant, inputs[0], 0)?;
        } else {
            emitter.arith(TiuOp::Sub, out, inputs[0], constant, 0)?;
        }
        arith::float_relu(emitter, out, relu, limit)
    })
}

/// Refuses integers.
///
/// # Errors
/// When the result is not f32.
pub fn only_float(cg: &Codegen<'_>, op: Op) -> Result<()> {
    if is_float(cg, op)? {
        Ok(())
    } else {
        unsupported("integers; keep this operation in F32 (qtable)")
    }
}

/// `tpu.Relu`: f32 `min(max(x, 0), limit)`; 8-bit rescaled first.
///
/// # Errors
/// When the shift does not fit a command.
pub fn relu(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    if !is_float(cg, op)? {
        return rescale(cg, op, true);
    }
    let limit = cg.float(op, "relu_limit", -1.0);
    run(cg, op, true, vec![], &|emitter, inputs, out, _| {
        emitter.arith(TiuOp::Max, out, inputs[0], Operand::Float(0.0), 0)?;
        arith::float_relu(emitter, out, limit > 0.0, limit)
    })
}

/// `max(x, 0)` of a finished tensor, and at most `limit` if that is positive and the numbers are real.
///
/// # Errors
/// When a command cannot be encoded.
pub fn relu_in_place(cg: &mut Codegen<'_>, tensor: &TensorInfo, limit: f64) -> Result<()> {
    let own = Strided::row(tensor);
    let operation = Elementwise {
        shape: vec![tensor.elements()],
        inputs: vec![own.clone()],
        output: own,
        scratch: vec![],
        words: false,
        input_use: InputUse::Strided,
        local: &|emitter, inputs, out, _| {
            emitter.arith(TiuOp::Max, out, inputs[0], arith::zero_like(&out), 0)?;
            arith::float_relu(emitter, out, limit > 0.0 && tensor.element == Element::F32, limit)
        },
    };
    operation.emit(&mut cg.emitter)
}

/// `tpu.Clip`, f32.
///
/// # Errors
/// For integers.
pub fn clip(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    only_float(cg, op)?;
    let (low, high) = (
        cg.float(op, "min", f64::from(f32::MIN)) as f32,
        cg.float(op, "max", f64::from(f32::MAX)) as f32,
    );
    run(cg, op, true, vec![], &|emitter, inputs, out, _| {
        emitter.arith(TiuOp::Max, out, inputs[0], Operand::Float(low), 0)?;
        emitter.arith(TiuOp::Min, out, out, Operand::Float(high), 0)
    })
}

/// Integers without negative ones, saturated to the result's type.
fn keep(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    run(
        cg,
        op,
        false,
        vec![Element::I16],
        &|emitter, inputs, out, scratch| {
            arith::multiply_shift(emitter, out, inputs[0], scratch[0], 1, 0, false)
        },
    )
}

/// `tpu.LeakyRelu`: negative elements times `alpha`, or times `multiplier` with a rounding right shift.
///
/// # Errors
/// For integers with a zero point.
pub fn leaky_relu(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    if is_float(cg, op)? {
        let alpha = cg.float(op, "alpha", 0.0) as f32;
        let slope = Slope::new(0.0..=1.0, [alpha]);
        return run(
            cg,
            op,
            true,
            vec![Element::F32],
            &|emitter, inputs, out, scratch| {
                slope.apply(emitter, out, inputs[0], scratch[0], Operand::Float(alpha), 0)
            },
        );
    }
    if cg.ctx().get_attr(op, "multiplier_neg").is_some() {
        return unsupported("a leaky relu on asymmetric integers; keep it in F32");
    }
    if !cg.operand(op, 0)?.element.is_signed() {
        return keep(cg, op);
    }
    let (multiplier, shift) = (cg.int(op, "multiplier", 1), shift_of(cg, op, "rshift")?);
    let slope = Slope::new(0..=1_i64 << shift, [multiplier]);
    run(
        cg,
        op,
        false,
        vec![Element::I8],
        &|emitter, inputs, out, scratch| {
            let factor = Operand::Integer(multiplier, arith::constant_byte(multiplier));
            slope.apply(emitter, out, inputs[0], scratch[0], factor, shift)
        },
    )
}

/// Slopes of the negative half of a leaky relu.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Slope {
    /// All from 0 to 1: the function is the larger one of the argument and its multiple.
    Flat,
    /// Any.
    Any,
}

impl Slope {
    /// What is known of slopes, where `flat` are those that are from 0 to 1.
    fn new<T: PartialOrd>(flat: std::ops::RangeInclusive<T>, slopes: impl IntoIterator<Item = T>) -> Self {
        if slopes.into_iter().all(|slope| flat.contains(&slope)) {
            Self::Flat
        } else {
            Self::Any
        }
    }

    /// `out` = x where it is positive, else `(x * slope) >> shift`. Integers are signed.
    fn apply(
        self,
        emitter: &mut Emitter,
        out: Local,
        x: Local,
        scratch: Local,
        slope: Operand,
        shift: u32,
    ) -> Result<()> {
        if self == Self::Flat {
            emitter.arith(TiuOp::Mul, scratch, x, slope, shift)?;
            return emitter.arith(TiuOp::Max, out, x, scratch, 0);
        }
        // Both halves, one of which is 0, then their sum.
        let zero = arith::zero_like(&x);
        emitter.arith(TiuOp::Min, scratch, x, zero, 0)?;
        emitter.arith(TiuOp::Mul, scratch, scratch, slope, shift)?;
        emitter.arith(TiuOp::Max, out, x, zero, 0)?;
        emitter.arith(TiuOp::Add, out, out, scratch, 0)
    }
}

/// `tpu.PReluOp`: a slope for each channel (any shape that broadcasts).
///
/// # Errors
/// For integers with a zero point.
pub fn prelu(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let (input, slope, output) = (cg.operand(op, 0)?, cg.operand(op, 1)?, cg.result(op)?);
    let strided = |tensor: &TensorInfo| Strided::broadcast(tensor, &tensor.shape, &output.shape);
    let float = output.element == Element::F32;
    if !float && cg.ctx().get_attr(op, "multiplier_pos").is_some() {
        return unsupported("a parametric relu on asymmetric integers; keep it in F32");
    }
    if !float && !input.element.is_signed() {
        return keep(cg, op);
    }
    let shift = shift_of(cg, op, "rshift")?;
    let limit = if float { 1.0 } else { (1_i64 << shift) as f64 };
    let known = match cg.program.weight(cg.ctx().operand(op, 1))? {
        Some(weight) => Slope::new(0.0..=limit, weight.to_f64().iter().copied()),
        None => Slope::Any,
    };
    let shift = if float { 0 } else { shift };
    let operation = Elementwise {
        shape: output.shape.clone(),
        inputs: vec![strided(&input)?, strided(&slope)?],
        output: strided(&output)?,
        scratch: vec![output.element],
        words: float,
        input_use: InputUse::Strided,
        local: &|emitter, inputs, out, scratch| {
            known.apply(emitter, out, inputs[0], scratch[0], inputs[1].into(), shift)
        },
    };
    operation.emit(&mut cg.emitter)
}

/// Each row comes from the same row.
///
/// # Errors
/// None.
pub fn rows(_: &Codegen<'_>, _: Op) -> Result<Option<Rows>> {
    Ok(Some(Rows::Same))
}
