//! Scales of values: from a calibrated range or from a quantised type.
//!
//! Symmetric INT8: `scale = threshold / 127` where the range reaches below zero, `threshold / 255` where it does not; the
//! threshold is the larger magnitude of the range's ends. The zero point is 0.

use tpuc_dialects::ir::{Context, Diagnostic, F64, QuantStorage, Type, TypeKind, Value};

/// How integers of a value stand for real numbers: `real = scale * integer`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct QuantParams {
    /// Real value of one quantum.
    pub scale: f64,
    /// Whether the integers are signed.
    pub signed: bool,
}

impl QuantParams {
    /// Parameters of a symmetric 8-bit type for the range `min..max`.
    pub fn from_range(min: f64, max: f64) -> Self {
        let signed = min < 0.0;
        let threshold = max.abs().max(min.abs());
        Self {
            scale: threshold / if signed { 127.0 } else { 255.0 },
            signed,
        }
    }
}

/// Range of a value of calibrated element type.
pub fn calibrated_range(ctx: &Context, value: Value) -> Option<(f64, f64)> {
    match ctx.type_kind(ctx.element(value)?) {
        TypeKind::Calibrated { min, max, .. } => Some((min.get(), max.get())),
        _ => None,
    }
}

/// Whether a type's elements are of a uniform quantised type.
pub fn is_uniform(ctx: &Context, ty: Type) -> bool {
    ctx.element_type(ty)
        .is_some_and(|element| matches!(ctx.type_kind(element), TypeKind::Uniform { .. }))
}

/// Quantisation of a value: of its calibrated range, or of its quantised type.
///
/// # Errors
/// When the value has neither, because the calibration table does not know it.
pub fn quant_params(ctx: &Context, value: Value) -> Result<QuantParams, Diagnostic> {
    if let Some((min, max)) = calibrated_range(ctx, value) {
        return Ok(QuantParams::from_range(min, max));
    }
    if let Some(TypeKind::Uniform { storage, scale, .. }) =
        ctx.element(value).map(|element| ctx.type_kind(element))
    {
        return Ok(QuantParams {
            scale: scale.get(),
            signed: storage.signed,
        });
    }
    // Comparisons give 0 or 1 and need no calibration.
    if ctx
        .defining_op(value)
        .is_some_and(|op| ctx.is(op, "top.CompareConst"))
    {
        return Ok(QuantParams {
            scale: 1.0,
            signed: false,
        });
    }
    Err(not_calibrated(ctx, value))
}

/// The error for a value without a range.
pub fn not_calibrated(ctx: &Context, value: Value) -> Diagnostic {
    let name = ctx.value_name(value);
    let mut error = Diagnostic::error(format!(
        "'{name}' has no calibrated range and cannot be quantised: add it to the calibration table, or keep the operations \
         that use it in F32 with a quantisation table"
    ));
    if let Some(op) = ctx.defining_op(value) {
        error = error.at(ctx.op_span(op));
    }
    error
}

/// The 8-bit type of a value: its tensor shape with `!quant.uniform<i8:f32, scale>` (`u8` where the range does not reach
/// below zero). A value that is already quantised, or of type `none`, keeps its type.
///
/// # Errors
/// When the value has no range.
pub fn int8_type(ctx: &mut Context, value: Value) -> Result<Type, Diagnostic> {
    let ty = ctx.value_type(value);
    if ctx.is_none(value) || is_uniform(ctx, ty) {
        return Ok(ty);
    }
    let (min, max) = calibrated_range(ctx, value).ok_or_else(|| not_calibrated(ctx, value))?;
    let params = QuantParams::from_range(min, max);
    if !(params.scale.is_finite() && params.scale > 0.0) {
        return Err(Diagnostic::error(format!(
            "'{}' has the calibrated range {min}..{max}, which gives no scale",
            ctx.value_name(value)
        )));
    }
    let element = int8_element(ctx, params, None);
    Ok(with_plain_element(ctx, ty, element))
}

/// The element type `!quant.uniform<i8:f32, scale>` or `u8`; `range` narrows the stored integers.
pub fn int8_element(ctx: &mut Context, params: QuantParams, range: Option<(i64, i64)>) -> Type {
    let expressed = ctx.f32_type();
    let mut storage = QuantStorage::full(params.signed, 8, expressed);
    if let Some((min, max)) = range {
        (storage.min, storage.max) = (min, max);
    }
    ctx.ty(TypeKind::Uniform {
        storage,
        scale: F64::from(params.scale),
        zero_point: 0,
    })
}

/// The tensor type with another element type and without an encoding.
pub fn with_plain_element(ctx: &mut Context, ty: Type, element: Type) -> Type {
    match ctx.type_shape(ty).map(<[i64]>::to_vec) {
        Some(shape) => ctx.tensor_type(&shape, element),
        None => ctx.with_element(ty, element),
    }
}

/// What the elements are stored as: the number type of a plain, calibrated (its expressed type) or quantised element
/// (`si8`, `ui8`, ...). Anything but a tensor is returned unchanged.
pub fn storage_type(ctx: &mut Context, ty: Type) -> Type {
    let element = ctx.element_type(ty).unwrap_or(ty);
    match ctx.type_kind(element).clone() {
        TypeKind::Calibrated { expressed, .. } => expressed,
        TypeKind::Uniform { storage, .. } | TypeKind::UniformPerAxis { storage, .. } => {
            if storage.signed {
                ctx.sint_type(storage.bits)
            } else {
                ctx.uint_type(storage.bits)
            }
        }
        _ => element,
    }
}

/// Whether a type is an integer type or `index`.
pub fn is_integer(ctx: &Context, ty: Type) -> bool {
    matches!(ctx.type_kind(ty), TypeKind::Integer { .. } | TypeKind::Index)
}

/// Width in bits of a number type; 0 for other types.
pub fn bit_width(ctx: &Context, ty: Type) -> u32 {
    use tpuc_dialects::ir::FloatKind;
    match ctx.type_kind(ty) {
        TypeKind::Integer { width, .. } => *width,
        TypeKind::Index | TypeKind::Float(FloatKind::F64) => 64,
        TypeKind::Float(FloatKind::F32) => 32,
        TypeKind::Float(FloatKind::F16 | FloatKind::BF16) => 16,
        TypeKind::Float(_) => 8,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_give_scales() {
        // (min, max, scale, signed)
        for (min, max, scale, signed) in [
            (-127.0, 100.0, 1.0, true),
            (-1.0, 254.0, 2.0, true),
            (0.0, 255.0, 1.0, false),
            (-0.0, 510.0, 2.0, false),
            (-1e-5, 12.7, 12.7 / 127.0, true),
        ] {
            assert_eq!(
                QuantParams::from_range(min, max),
                QuantParams { scale, signed },
                "{min}..{max}"
            );
        }
    }
}
