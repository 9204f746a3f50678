//! Ranges made consistent before lowering: movers share the range of what they move, inputs of a join take the join's
//! range where nothing else reads them, and signs agree where the chip needs it.
//!
//! Order and conditions are TPU-MLIR's for BM1684: each step is a list of patterns applied to all operations from the
//! last to the first, again and again until nothing changes (at most ten times).

use crate::quantization::scale::{calibrated_range, with_plain_element};
use tpuc_dialects::func::Func;
use tpuc_dialects::ir::{Context, F64, Op, TypeKind, Value};

/// A range as (min, max).
type Range = (f64, f64);
type Pattern = fn(&mut Context, Op) -> bool;

/// Makes the ranges of `func` consistent. True if one changed.
pub fn propagate_ranges(ctx: &mut Context, func: Func) -> bool {
    const FORWARD: &[(&str, Pattern)] = &[
        ("top.Relu", forward),
        ("top.MaxPool", forward),
        ("top.MinConst", forward),
        ("top.MaxConst", forward),
        ("top.Reshape", forward),
        ("top.Unsqueeze", forward),
        ("top.Squeeze", forward),
        ("top.Slice", forward),
        ("top.Tile", forward),
        ("top.Pad", forward),
        ("top.Permute", forward),
        ("top.Reverse", forward),
        ("top.Upsample", forward),
        ("top.LeakyRelu", forward),
        ("top.Abs", forward),
        ("top.MulConst", forward_product),
        ("top.PRelu", forward),
        ("top.AvgPool", forward),
    ];
    const KEEP_SIGN: &[(&str, Pattern)] = &[
        ("top.AvgPool", keep_sign),
        ("top.MaxPool", keep_sign),
        ("top.Abs", keep_sign),
        ("top.SubConst", sign_sub_const),
    ];
    let steps: [&[(&str, Pattern)]; 8] = [
        &[("top.Reshape", forward), ("top.Permute", forward)],
        KEEP_SIGN,
        &[
            ("top.Mul", sign_mul),
            ("top.SubConst", sign_sub_const),
            ("top.Sub", sign_sub),
        ],
        &[
            ("top.Concat", backward_join),
            ("top.Min", backward_join),
            ("top.Max", backward_join),
        ],
        &[
            ("top.Relu", backward),
            ("top.MaxPool", backward),
            ("top.Depth2Space", backward),
            ("top.Abs", backward),
            ("top.PRelu", backward_max),
            ("top.LeakyRelu", backward_max),
        ],
        &[("top.Compare", same_ranges)],
        FORWARD,
        KEEP_SIGN,
    ];
    let mut changed = false;
    for patterns in steps {
        for _ in 0..10 {
            let mut again = false;
            for op in func.ops(ctx).into_iter().rev() {
                let pattern = patterns
                    .iter()
                    .find(|(name, _)| ctx.is(op, name))
                    .map(|(_, pattern)| *pattern);
                again |= pattern.is_some_and(|pattern| pattern(ctx, op));
            }
            changed |= again;
            if !again {
                break;
            }
        }
    }
    changed
}

fn set_range(ctx: &mut Context, value: Value, (min, max): Range) {
    let expressed = ctx.f32_type();
    let element = ctx.ty(TypeKind::Calibrated {
        expressed,
        min: F64::from(min),
        max: F64::from(max),
    });
    let ty = ctx.value_type(value);
    let ty = with_plain_element(ctx, ty, element);
    ctx.rewriter().set_type(value, ty);
}

/// The range of `from` given to `to`, which keeps its shape.
fn copy_element(ctx: &mut Context, from: Value, to: Value) {
    let Some(element) = ctx.element(from) else { return };
    let ty = ctx.value_type(to);
    let ty = with_plain_element(ctx, ty, element);
    ctx.rewriter().set_type(to, ty);
}

/// Reshapes and permutations that read `value` take its range.
fn spread_forward(ctx: &mut Context, value: Value) {
    for user in ctx.users(value) {
        if ctx.is(user, "top.Reshape") || ctx.is(user, "top.Permute") {
            let result = ctx.result(user);
            copy_element(ctx, value, result);
        }
    }
}

/// As [`spread_forward`]; poolings and magnitudes that read `value` take its range. Where a user is anything else, the
/// reshapes and permutations among the users do.
fn spread_sign(ctx: &mut Context, value: Value) {
    for user in ctx.users(value) {
        if ["top.AvgPool", "top.MaxPool", "top.Abs"]
            .iter()
            .any(|name| ctx.is(user, name))
        {
            let result = ctx.result(user);
            copy_element(ctx, value, result);
        } else {
            spread_forward(ctx, value);
        }
    }
}

/// A reshape, permutation or depth-to-space that makes `value` gives its range to its own input.
fn spread_backward(ctx: &mut Context, value: Value) {
    let Some(producer) = ctx.defining_op(value) else {
        return;
    };
    if ["top.Reshape", "top.Permute", "top.Depth2Space"]
        .iter()
        .any(|name| ctx.is(producer, name))
    {
        let input = ctx.operand(producer, 0);
        copy_element(ctx, value, input);
    }
}

/// The result takes the input's range.
fn forward(ctx: &mut Context, op: Op) -> bool {
    let (input, output) = (ctx.operand(op, 0), ctx.result(op));
    let Some(range) = calibrated_range(ctx, input) else {
        return false;
    };
    if calibrated_range(ctx, output) == Some(range) {
        return false;
    }
    set_range(ctx, output, range);
    spread_forward(ctx, output);
    true
}

/// The result takes the input's range times the constant; a constant of 0 counts as 1.
fn forward_product(ctx: &mut Context, op: Op) -> bool {
    let (input, output) = (ctx.operand(op, 0), ctx.result(op));
    let Some((in_min, in_max)) = calibrated_range(ctx, input) else {
        return false;
    };
    let constant = ctx.get_f64(op, "const_val").unwrap_or(1.0);
    let (mut min, mut max) = if constant >= 0.0 {
        (in_min, in_max)
    } else {
        (in_max, in_min)
    };
    if constant != 0.0 {
        min *= constant;
        max *= constant;
    }
    if calibrated_range(ctx, output) == Some((min, max)) {
        return false;
    }
    set_range(ctx, output, (min, max));
    spread_forward(ctx, output);
    true
}

/// The result's sign follows the input's.
fn keep_sign(ctx: &mut Context, op: Op) -> bool {
    let (input, output) = (ctx.operand(op, 0), ctx.result(op));
    let (Some(from), Some(to)) = (calibrated_range(ctx, input), calibrated_range(ctx, output)) else {
        return false;
    };
    if (from.0 < 0.0) == (to.0 < 0.0) {
        return false;
    }
    let min = if from.0 < 0.0 {
        f64::from((-to.1 * 0.1) as f32)
    } else {
        0.0
    };
    set_range(ctx, output, (min, to.1));
    spread_sign(ctx, output);
    true
}

/// A difference of a positive tensor and a constant is signed.
fn sign_sub_const(ctx: &mut Context, op: Op) -> bool {
    let (input, output) = (ctx.operand(op, 0), ctx.result(op));
    match (calibrated_range(ctx, input), calibrated_range(ctx, output)) {
        (Some(from), Some(to)) if from.0 >= 0.0 && to.0 >= 0.0 => {
            set_range(ctx, output, (to.1 * -0.1, to.1));
            spread_forward(ctx, output);
            true
        }
        _ => false,
    }
}

/// A difference is signed.
fn sign_sub(ctx: &mut Context, op: Op) -> bool {
    let output = ctx.result(op);
    match calibrated_range(ctx, output) {
        Some((min, max)) if min >= 0.0 => {
            set_range(ctx, output, (max * -0.1, max));
            spread_forward(ctx, output);
            true
        }
        _ => false,
    }
}

/// The first factor has the sign of the product: factors change places, or a product of two signed factors becomes signed.
/// Products of a weight of several elements are left alone.
fn sign_mul(ctx: &mut Context, op: Op) -> bool {
    let [first, second] = *ctx.operands(op) else {
        return false;
    };
    let output = ctx.result(op);
    let Some((min, max)) = calibrated_range(ctx, output) else {
        return false;
    };
    let is_signed = |value: Value| {
        // A weight of one element counts by its sign, which needs its data; of several, not at all.
        if super::bm1684::context::is_weight(ctx, value) {
            return None;
        }
        calibrated_range(ctx, value).map(|(min, _)| min < 0.0)
    };
    let (Some(first_signed), Some(second_signed)) = (is_signed(first), is_signed(second)) else {
        return false;
    };
    let signed = min < 0.0;
    if first_signed == signed {
        return false;
    }
    if second_signed == signed {
        ctx.rewriter().set_operands(op, &[second, first]);
        return true;
    }
    // Two unsigned factors with a signed product are left to the table's author.
    if !first_signed {
        return false;
    }
    set_range(ctx, output, (f64::from((-max * 0.1) as f32), max));
    spread_forward(ctx, output);
    true
}

/// The inputs of a join take the result's range where only the join (and maximum poolings) read them and all inputs have
/// the same sign; if the inputs agree already, the result takes theirs.
fn backward_join(ctx: &mut Context, op: Op) -> bool {
    let inputs = ctx.operands(op).to_vec();
    let output = ctx.result(op);
    let mut ranges = Vec::new();
    for input in &inputs {
        let Some(range) = calibrated_range(ctx, *input) else {
            return false;
        };
        ranges.push(range);
        if !ctx.has_one_use(*input)
            && ctx
                .users(*input)
                .iter()
                .any(|user| *user != op && !ctx.is(*user, "top.MaxPool"))
        {
            return false;
        }
    }
    let Some(to) = calibrated_range(ctx, output) else {
        return false;
    };
    let Some(first) = ranges.first().copied() else {
        return false;
    };
    let unsigned = first.0 >= 0.0;
    if ctx.is(op, "top.Concat") && ranges.iter().any(|range| (range.0 >= 0.0) != unsigned) {
        return false;
    }
    if ranges.iter().all(|range| *range == first) {
        if to == first {
            return false;
        }
        set_range(ctx, output, first);
        return true;
    }
    for input in inputs {
        set_range(ctx, input, to);
        spread_backward(ctx, input);
    }
    true
}

/// The input takes the result's range where nothing else reads it.
fn backward(ctx: &mut Context, op: Op) -> bool {
    backward_range(ctx, op, false)
}

/// As [`backward`], but the input keeps its minimum.
fn backward_max(ctx: &mut Context, op: Op) -> bool {
    backward_range(ctx, op, true)
}

fn backward_range(ctx: &mut Context, op: Op, keep_min: bool) -> bool {
    let (input, output) = (ctx.operand(op, 0), ctx.result(op));
    let (Some(to), Some(from)) = (calibrated_range(ctx, output), calibrated_range(ctx, input)) else {
        return false;
    };
    if !ctx.has_one_use(input) || (from.1 == to.1 && (keep_min || from.0 == to.0)) {
        return false;
    }
    let min = if keep_min { from.0 } else { to.0 };
    set_range(ctx, input, (min, to.1));
    spread_backward(ctx, input);
    true
}

/// Both sides of a comparison have the union of their ranges.
fn same_ranges(ctx: &mut Context, op: Op) -> bool {
    let (left, right) = (ctx.operand(op, 0), ctx.operand(op, 1));
    let (Some(a), Some(b)) = (calibrated_range(ctx, left), calibrated_range(ctx, right)) else {
        return false;
    };
    if a == b {
        return false;
    }
    let union = (a.0.min(b.0), a.1.max(b.1));
    set_range(ctx, left, union);
    set_range(ctx, right, union);
    true
}
