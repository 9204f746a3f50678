//! Functions of one number: `tpu.Active` in F32, a table of 256 entries in INT8 (`tpu.Lut`).

use super::context::Lowering;
use crate::quantization::Precision;
use tpuc_dialects::ir::{Diagnostic, Op};

/// F32: `tpu.Active` of this mode; the attributes of the operation are kept.
fn active(low: &mut Lowering, op: Op, mode: &str) {
    let mode = low.tpu_enum("active_mode", mode);
    let ty = low.float_type(op);
    let operands = low.ctx.operands(op).to_vec();
    low.replace_with_attrs(op, "tpu.Active", &[ty], &operands, &[("mode", mode)]);
}

/// F32: `tpu.Active` of this mode. INT8: a table of the function.
pub(super) fn either(
    low: &mut Lowering,
    op: Op,
    precision: Precision,
    mode: &str,
    function: impl Fn(f64) -> f64,
) -> Result<(), Diagnostic> {
    match precision {
        Precision::F32 => {
            active(low, op, mode);
            Ok(())
        }
        Precision::Int8 => low.lookup(op, function),
    }
}

pub(super) fn lower_abs(low: &mut Lowering, op: Op, precision: Precision) -> Result<(), Diagnostic> {
    either(low, op, precision, "ABSVAL", f64::abs)
}

pub(super) fn lower_exp(low: &mut Lowering, op: Op, precision: Precision) -> Result<(), Diagnostic> {
    either(low, op, precision, "EXP", f64::exp)
}

pub(super) fn lower_log(low: &mut Lowering, op: Op, precision: Precision) -> Result<(), Diagnostic> {
    either(low, op, precision, "LN", f64::ln)
}

pub(super) fn lower_sqrt(low: &mut Lowering, op: Op, precision: Precision) -> Result<(), Diagnostic> {
    either(low, op, precision, "SQRT", f64::sqrt)
}

pub(super) fn lower_tanh(low: &mut Lowering, op: Op, precision: Precision) -> Result<(), Diagnostic> {
    either(low, op, precision, "TANH", f64::tanh)
}

pub(super) fn lower_silu(low: &mut Lowering, op: Op, precision: Precision) -> Result<(), Diagnostic> {
    either(low, op, precision, "SILU", |x| x / (1.0 + (-x).exp()))
}

/// INT8 uses the tanh form: `x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))`.
pub(super) fn lower_gelu(low: &mut Lowering, op: Op, precision: Precision) -> Result<(), Diagnostic> {
    let factor = std::f64::consts::FRAC_2_PI.sqrt();
    either(low, op, precision, "GELU", |x| {
        0.5 * x * (1.0 + (factor * (x + 0.044_715 * x.powi(3))).tanh())
    })
}

pub(super) fn lower_sigmoid(low: &mut Lowering, op: Op, precision: Precision) -> Result<(), Diagnostic> {
    let log = low.ctx.get_bool(op, "log").unwrap_or(false);
    let mode = if log { "LOG_SIGMOID" } else { "SIGMOID" };
    either(low, op, precision, mode, |x| {
        let sigmoid = 1.0 / (1.0 + (-x).exp());
        if log { sigmoid.ln() } else { sigmoid }
    })
}

pub(super) fn lower_elu(low: &mut Lowering, op: Op, precision: Precision) -> Result<(), Diagnostic> {
    let alpha = low.ctx.get_f64(op, "alpha").unwrap_or(1.0);
    if precision == Precision::F32 {
        let coeffs = low.ctx.f64_array_attr(&[alpha]);
        let mut rw = low.ctx.rewriter();
        rw.remove_attr(op, "alpha");
        rw.set_attr(op, "coeffs", coeffs);
    }
    let alpha = f64::from(alpha as f32);
    either(low, op, precision, "ELU", |x| {
        if x > 0.0 { x } else { alpha * (x.exp() - 1.0) }
    })
}

/// The slope is a parameter of the function.
pub(super) fn lower_swish(low: &mut Lowering, op: Op, precision: Precision) -> Result<(), Diagnostic> {
    let beta = low.ctx.get_f64(op, "beta").unwrap_or(1.0);
    if precision == Precision::F32 {
        let coeffs = low.ctx.f64_array_attr(&[beta]);
        let mut rw = low.ctx.rewriter();
        rw.remove_attr(op, "beta");
        rw.set_attr(op, "coeffs", coeffs);
    }
    either(low, op, precision, "SWISH", |x| x / (1.0 + (-beta * x).exp()))
}

/// `const_val ^ x`; F32: `exp(x * ln(const_val))`, which needs a positive constant.
pub(super) fn lower_pow2(low: &mut Lowering, op: Op, precision: Precision) -> Result<(), Diagnostic> {
    let base = low.ctx.get_f64(op, "const_val").unwrap_or(1.0);
    if precision == Precision::Int8 {
        return low.lookup(op, |x| base.powf(x));
    }
    if base <= 0.0 {
        return Err(low.error(op, "needs a positive 'const_val' in F32; quantise it to INT8"));
    }
    let input = low.ctx.operand(op, 0);
    let ty = low.ctx.value_type(low.ctx.result(op));
    let exp = low.tpu_enum("active_mode", "EXP");
    let factor = low.ctx.f64_attr(base.ln());
    let product = low.insert(op, "_mul", "tpu.MulConst", ty, &[input], &[("const_val", factor)]);
    low.replace(op, "tpu.Active", &[ty], &[product], &[("mode", exp)]);
    Ok(())
}

/// Small deviations of the argument change the result too much for INT8: F32 always.
pub(super) fn lower_arccos(low: &mut Lowering, op: Op, _precision: Precision) -> Result<(), Diagnostic> {
    active(low, op, "ARCCOS");
    Ok(())
}

/// F32 always, as [`lower_arccos`].
pub(super) fn lower_arctanh(low: &mut Lowering, op: Op, _precision: Precision) -> Result<(), Diagnostic> {
    active(low, op, "ARCTANH");
    Ok(())
}

/// F32: `exp(n * ln(x))`, which needs positive inputs.
pub(super) fn lower_pow(low: &mut Lowering, op: Op, precision: Precision) -> Result<(), Diagnostic> {
    let exponent = low.ctx.get_f64(op, "exponent").unwrap_or(1.0);
    if precision == Precision::Int8 {
        return low.lookup(op, |x| x.powf(exponent));
    }
    let input = low.ctx.operand(op, 0);
    let ty = low.ctx.value_type(low.ctx.result(op));
    let (ln, exp) = (
        low.tpu_enum("active_mode", "LN"),
        low.tpu_enum("active_mode", "EXP"),
    );
    let constant = low.ctx.f64_attr(exponent);
    let log = low.insert(op, "_log", "tpu.Active", ty, &[input], &[("mode", ln)]);
    let product = low.insert(op, "_mul", "tpu.MulConst", ty, &[log], &[("const_val", constant)]);
    low.replace(op, "tpu.Active", &[ty], &[product], &[("mode", exp)]);
    Ok(())
}

/// F32: `x * min(max(x + 3, 0), 6) / 6` step by step.
pub(super) fn lower_hard_swish(low: &mut Lowering, op: Op, precision: Precision) -> Result<(), Diagnostic> {
    if precision == Precision::Int8 {
        return low.lookup(op, |x| x * (x + 3.0).clamp(0.0, 6.0) / 6.0);
    }
    let input = low.ctx.operand(op, 0);
    let ty = low.ctx.value_type(low.ctx.result(op));
    let mut value = input;
    for (suffix, name, constant) in [
        ("_add", "tpu.AddConst", 3.0),
        ("_max", "tpu.MaxConst", 0.0),
        ("_min", "tpu.MinConst", 6.0),
        ("_mul", "tpu.MulConst", 1.0 / 6.0),
    ] {
        let constant = low.ctx.f64_attr(constant);
        value = low.insert(op, suffix, name, ty, &[value], &[("const_val", constant)]);
    }
    low.replace(op, "tpu.Mul", &[ty], &[input, value], &[]);
    Ok(())
}

/// F32: `min(max(alpha * x + beta, 0), 1)` step by step.
pub(super) fn lower_hard_sigmoid(low: &mut Lowering, op: Op, precision: Precision) -> Result<(), Diagnostic> {
    let alpha = low.ctx.get_f64(op, "alpha").unwrap_or(0.2);
    let beta = low.ctx.get_f64(op, "beta").unwrap_or(0.5);
    if precision == Precision::Int8 {
        let (alpha, beta) = (f64::from(alpha as f32), f64::from(beta as f32));
        return low.lookup(op, |x| (x * alpha + beta).clamp(0.0, 1.0));
    }
    let ty = low.ctx.value_type(low.ctx.result(op));
    let mut value = low.ctx.operand(op, 0);
    for (suffix, name, constant) in [
        ("_mul", "tpu.MulConst", alpha),
        ("_add", "tpu.AddConst", beta),
        ("_max", "tpu.MaxConst", 0.0),
    ] {
        let constant = low.ctx.f64_attr(constant);
        value = low.insert(op, suffix, name, ty, &[value], &[("const_val", constant)]);
    }
    let one = low.ctx.f64_attr(1.0);
    low.replace(op, "tpu.MinConst", &[ty], &[value], &[("const_val", one)]);
    Ok(())
}

/// The F32 form has the attributes of the reciprocal.
pub(super) fn lower_reciprocal(low: &mut Lowering, op: Op, precision: Precision) -> Result<(), Diagnostic> {
    if precision == Precision::F32 {
        low.float(op, "tpu.Reciprocal", 0);
        return Ok(());
    }
    let constant = low.ctx.get_f64(op, "const_val").unwrap_or(1.0);
    low.lookup(op, |x| constant / x)
}

/// `top.Clip`: a maximum and a minimum with constants, in the result's type as it is.
pub(super) fn lower_clip(low: &mut Lowering, op: Op, _precision: Precision) -> Result<(), Diagnostic> {
    let ty = low.ctx.value_type(low.ctx.result(op));
    let input = low.ctx.operand(op, 0);
    let attr = |low: &Lowering, name: &str| {
        low.ctx
            .get_attr(op, name)
            .ok_or_else(|| low.error(op, format_args!("requires attribute '{name}'")))
    };
    let (min, max) = (attr(low, "min")?, attr(low, "max")?);
    let value = low.insert(op, "_max", "tpu.MaxConst", ty, &[input], &[("const_val", min)]);
    low.replace(op, "tpu.MinConst", &[ty], &[value], &[("const_val", max)]);
    Ok(())
}
