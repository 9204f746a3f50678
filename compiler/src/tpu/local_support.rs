//! Which operations TPU-MLIR takes into layer groups on BM1684: what its passes `op-reorder` and `topo-sort` order by. What ours
//! takes is another question, which code generation answers (`codegen/bm1684/group/`).

use super::subnets::is_static;
use crate::quantization::scale::is_uniform;
use tpuc_dialects::func::Func;
use tpuc_dialects::ir::{Context, Op, OpView, Value};

/// Channels of a lane-wide step.
const LANES: i64 = 64;

/// Whether the operation can be in one of TPU-MLIR's layer groups.
pub fn is_local(ctx: &Context, op: Op) -> bool {
    match ctx.op_name(op) {
        "tpu.Active" | "tpu.AddConst" | "tpu.Cast" | "tpu.Clip" | "tpu.GroupNorm" | "tpu.LeakyRelu"
        | "tpu.Lut" => true,
        "tpu.MaxConst" | "tpu.MinConst" | "tpu.MulConst" | "tpu.MulShift" | "tpu.PReluOp" | "tpu.Relu" => {
            true
        }
        "tpu.Scale" | "tpu.SubConst" => true,
        // The on-chip interpreter has none for local memory.
        "tpu.Upsample" => {
            let function = ctx.parent_op(op).and_then(|parent| Func::cast(ctx, parent));
            function.is_none_or(|function| is_static(ctx, function))
        }
        "tpu.Conv2D" => is_local_convolution(ctx, op),
        "tpu.Deconv" => {
            let [kernel, dilation, stride] =
                ["kernel_shape", "dilations", "strides"].map(|name| first(ctx, op, name));
            (kernel - 1) * dilation + 1 >= stride
        }
        "tpu.Add" | "tpu.Sub" | "tpu.Mul" | "tpu.Max" | "tpu.Min" => {
            let rank = |operand: usize| {
                ctx.operands(op)
                    .get(operand)
                    .map(|value| sizes(ctx, *value).len())
            };
            rank(0) == rank(1) || rank(1).is_none()
        }
        "tpu.Pool1D" | "tpu.Pool2D" => {
            all_below(ctx, op, "strides", 16) && ctx.get_bool(op, "is_adaptive") != Some(true)
        }
        "tpu.Concat" => matches!(ctx.get_i64(op, "axis"), Some(1..=3)),
        "tpu.Slice" => is_local_slice(ctx, op),
        _ => false,
    }
}

fn sizes(ctx: &Context, value: Value) -> &[i64] {
    ctx.shape(value).unwrap_or_default()
}

fn first(ctx: &Context, op: Op, name: &str) -> i64 {
    ctx.get_i64s(op, name)
        .and_then(|list| list.first().copied())
        .unwrap_or(1)
}

fn all_below(ctx: &Context, op: Op, name: &str, limit: i64) -> bool {
    ctx.get_i64s(op, name)
        .unwrap_or_default()
        .iter()
        .all(|value| *value < limit)
}

/// Steps and dilations that fit a command, and fewer than 4096 channels.
fn is_local_convolution(ctx: &Context, op: Op) -> bool {
    let (input, filter, output) = (ctx.operand(op, 0), ctx.operand(op, 1), ctx.result(op));
    let (&[batches, inputs, ..], &[_, outputs, ..]) = (sizes(ctx, input), sizes(ctx, output)) else {
        return false;
    };
    let turned = matches!(sizes(ctx, filter), &[first, second, ..] if first == inputs && second == batches);
    all_below(ctx, op, "strides", 16)
        && all_below(ctx, op, "dilations", 16)
        && inputs < 4096
        && outputs < 4096
        && !turned
}

/// Whole channels from a multiple of the lanes on; strides that fit a command; of 8 bits, all batches.
fn is_local_slice(ctx: &Context, op: Op) -> bool {
    let (input, output) = (ctx.operand(op, 0), ctx.result(op));
    let (Some(offset), Some(steps)) = (ctx.get_i64s(op, "offset"), ctx.get_i64s(op, "steps")) else {
        return false;
    };
    let (&[batches, channels, rows, columns], [_, first, ..], &[by, step, ..]) =
        (sizes(ctx, input), &offset[..], &steps[..])
    else {
        return false;
    };
    let channel = (rows * columns + 31) / 32 * 32;
    let batch = (channels + LANES - 1) / LANES * channel * by;
    let wide = (channels != 1 && channel >= 1 << 19) || (batches != 1 && batch >= 1 << 19);
    let all = offset[0] == 0 && sizes(ctx, output).first() == Some(&batches);
    steps.iter().all(|step| *step > 0)
        && step == 1
        && first % LANES == 0
        && !wide
        && (all || !is_uniform(ctx, ctx.value_type(input)))
}
