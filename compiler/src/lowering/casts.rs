//! `tpu.Cast` wherever an operation reads another kind of number than it is given: between F32 and INT8, at the inputs and
//! at the results of the function.
//!
//! A cast stands right after what it converts and serves all its readers; its name is the value's name, the first
//! reader's name and the number type (`images122_Conv_si8`), or, for a function result, without the reader.

use super::bm1684::context::is_weight;
use crate::quantization::scale::{
    bit_width, calibrated_range, int8_type, is_integer, is_uniform, storage_type, with_plain_element,
};
use tpuc_dialects::func::Func;
use tpuc_dialects::ir::{Context, Diagnostic, FloatKind, Op, Type, TypeKind, Value, op_error};

/// How a value must be converted for a reader.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Conversion {
    None,
    /// To INT8 by the value's range.
    Quantize,
    /// To this number type.
    To(Type),
}

/// Inserts the casts of `func`.
///
/// # Errors
/// When a value must be quantised that has no calibrated range.
pub fn insert_casts(ctx: &mut Context, func: Func) -> Result<(), Diagnostic> {
    let result_types: Vec<Type> = match func.ty(ctx).map(|ty| ctx.type_kind(ty).clone()) {
        Some(TypeKind::Function { results, .. }) => results.to_vec(),
        _ => Vec::new(),
    };
    for op in func.ops(ctx) {
        if ctx.is(op, "top.Input") {
            cast_input(ctx, op)?;
        } else if ctx.is(op, "func.return") {
            for index in 0..ctx.operands(op).len() {
                let value = ctx.operand(op, index);
                if let Some(ty) = result_types.get(index)
                    && needs_result_cast(ctx, value)
                {
                    let conversion = conversion(ctx, op, value, *ty);
                    apply(ctx, op, index, conversion)?;
                }
            }
        } else if ctx.op_name(op).starts_with("tpu.") {
            for index in 0..ctx.operands(op).len() {
                let value = ctx.operand(op, index);
                if ctx.is_none(value) || is_made_of_weights(ctx, value) {
                    continue;
                }
                let conversion = operand_conversion(ctx, op, index);
                apply(ctx, op, index, conversion)?;
            }
        }
    }
    Ok(())
}

/// Whether a value is a weight, possibly reshaped.
fn is_made_of_weights(ctx: &Context, mut value: Value) -> bool {
    loop {
        if is_weight(ctx, value) {
            return true;
        }
        match ctx.defining_op(value) {
            Some(op) if ctx.is(op, "top.Reshape") || ctx.is(op, "tpu.Reshape") => value = ctx.operand(op, 0),
            _ => return false,
        }
    }
}

/// Function results in quantised integers go back to the function's type; other integers stay.
fn needs_result_cast(ctx: &Context, value: Value) -> bool {
    is_uniform(ctx, ctx.value_type(value)) || calibrated_range(ctx, value).is_some()
}

/// What the `index`-th operand of a lowered operation must become.
fn operand_conversion(ctx: &mut Context, op: Op, index: usize) -> Conversion {
    let value = ctx.operand(op, index);
    match ctx.op_name(op) {
        // These read what they are given.
        "tpu.Cast" | "tpu.Arg" | "tpu.Shape" | "tpu.ShapeSlice" | "tpu.Host2Device" | "tpu.Device2Host" => {
            Conversion::None
        }
        "tpu.GenericCpu" if index > 0 => Conversion::None,
        "tpu.Slice" if index > 0 => Conversion::None,
        "tpu.Gather" if index == 1 => {
            let ty = ctx.value_type(value);
            let storage = storage_type(ctx, ty);
            if is_integer(ctx, storage) {
                Conversion::None
            } else {
                let bits = bit_width(ctx, storage);
                Conversion::To(ctx.int_type(bits))
            }
        }
        _ => {
            let result = ctx
                .results(op)
                .iter()
                .copied()
                .find(|result| !ctx.is_none(*result));
            match result {
                Some(result) => {
                    let ty = ctx.value_type(result);
                    conversion(ctx, op, value, ty)
                }
                None => Conversion::None,
            }
        }
    }
}

/// What `value` must become to be like `to` for the reader `op`.
fn conversion(ctx: &mut Context, op: Op, value: Value, to: Type) -> Conversion {
    let from = ctx.value_type(value);
    let (from_storage, to_storage) = (storage_type(ctx, from), storage_type(ctx, to));
    let (from_integer, to_integer) = (is_integer(ctx, from_storage), is_integer(ctx, to_storage));
    if from_integer && to_integer && takes_any_integer(ctx, op) {
        return Conversion::None;
    }
    if !need_cast(ctx, from_storage, to_storage) {
        return Conversion::None;
    }
    if is_uniform(ctx, to) && !from_integer {
        return Conversion::Quantize;
    }
    Conversion::To(to_storage)
}

/// Operations whose operands may be integers of other widths than the result.
fn takes_any_integer(ctx: &Context, op: Op) -> bool {
    matches!(
        ctx.op_name(op),
        "tpu.Add" | "tpu.AddConst" | "tpu.Sub" | "tpu.SubConst" | "tpu.Mul" | "tpu.MulConst"
    )
}

/// Whether numbers of storage type `from` cannot stand for those of `to`. Integers of one width can: signs differ freely.
fn need_cast(ctx: &Context, from: Type, to: Type) -> bool {
    if from == to {
        return false;
    }
    !(is_integer(ctx, from) && is_integer(ctx, to) && bit_width(ctx, from) == bit_width(ctx, to))
}

/// Whether a value of type `from` would have to be cast to be of type `to`.
pub fn type_need_cast(ctx: &mut Context, from: Type, to: Type) -> bool {
    let (from, to) = (storage_type(ctx, from), storage_type(ctx, to));
    need_cast(ctx, from, to)
}

fn apply(ctx: &mut Context, op: Op, index: usize, conversion: Conversion) -> Result<(), Diagnostic> {
    let value = ctx.operand(op, index);
    let user = (!ctx.is(op, "func.return")).then_some(op);
    if let Some(cast) = cast(ctx, value, conversion, user)? {
        ctx.rewriter().set_operand(op, index, cast);
    }
    Ok(())
}

/// The cast of `value`: one that is there already, or a new one right after it.
fn cast(
    ctx: &mut Context,
    value: Value,
    conversion: Conversion,
    user: Option<Op>,
) -> Result<Option<Value>, Diagnostic> {
    let ty = ctx.value_type(value);
    let new_type = match conversion {
        Conversion::None => return Ok(None),
        Conversion::Quantize => int8_type(ctx, value).map_err(|error| match user {
            Some(user) => error.note(
                format!("needed by '{}' ({})", ctx.name(user), ctx.op_name(user)),
                ctx.op_span(user),
            ),
            None => error,
        })?,
        Conversion::To(element) => with_plain_element(ctx, ty, element),
    };
    for other in ctx.users(value).into_iter().rev() {
        if ctx.is(other, "tpu.Cast") {
            let result = ctx.result(other);
            let result_type = ctx.value_type(result);
            if !type_need_cast(ctx, result_type, new_type) {
                return Ok(Some(result));
            }
        }
    }
    let Some(producer) = ctx.defining_op(value) else {
        return Err(Diagnostic::error(
            "a function argument is read without a 'top.Input' between",
        ));
    };
    let storage = storage_type(ctx, new_type);
    let type_name = type_name(ctx, storage)
        .ok_or_else(|| op_error(ctx, producer, "has a result type that no cast is known for"))?;
    let name = format!(
        "{}{}_{type_name}",
        ctx.value_name(value),
        user.map_or("", |user| ctx.name(user)),
    );
    let mut rw = ctx.rewriter();
    rw.set_after(producer);
    let new = rw
        .build("tpu.Cast")
        .named(&name)
        .operand(value)
        .result(new_type)
        .finish();
    Ok(Some(ctx.result(new)))
}

/// An input whose numbers differ from the function argument's: the argument's type, then a cast.
fn cast_input(ctx: &mut Context, op: Op) -> Result<(), Diagnostic> {
    let (argument, output) = (ctx.operand(op, 0), ctx.result(op));
    let (argument_type, output_type) = (ctx.value_type(argument), ctx.value_type(output));
    let conversion = conversion(ctx, op, argument, output_type);
    if conversion == Conversion::None {
        return Ok(());
    }
    let readers: Vec<_> = ctx.uses(output).to_vec();
    ctx.rewriter().set_type(output, argument_type);
    let Some(cast) = cast(ctx, output, conversion, None)? else {
        return Ok(());
    };
    let mut rw = ctx.rewriter();
    rw.set_type(cast, output_type);
    for reader in readers {
        rw.set_operand(reader.op, reader.index as usize, cast);
    }
    Ok(())
}

/// `f32`, `si8`, `ui8`, ...: how casts name number types.
fn type_name(ctx: &Context, ty: Type) -> Option<String> {
    use tpuc_dialects::ir::Signedness;
    match ctx.type_kind(ty) {
        TypeKind::Float(kind) => Some(
            match kind {
                FloatKind::F16 => "f16",
                FloatKind::BF16 => "bf16",
                FloatKind::F32 => "f32",
                FloatKind::F8E4M3FN => "f8e4m3",
                FloatKind::F8E5M2 => "f8e5m2",
                FloatKind::F64 => return None,
            }
            .to_owned(),
        ),
        TypeKind::Integer { width, signedness } => Some(match signedness {
            Signedness::Unsigned => format!("ui{width}"),
            Signedness::Signed | Signedness::Signless => format!("si{width}"),
        }),
        _ => None,
    }
}
