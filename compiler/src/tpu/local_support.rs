//! Which operations TPU-MLIR takes into layer groups on BM1684: what its passes `op-reorder` and `topo-sort` order by. What ours
//! takes is another question, which code generation answers (`codegen/bm1684/group/`).

use crate::quantization::scale::is_uniform;
use tpuc_dialects::ir::{Context, Op, Value};

/// Channels of a lane-wide step.
const LANES: i64 = 64;

/// Whether the operation can be in one of TPU-MLIR's layer groups.
pub fn is_local(ctx: &Context, op: Op) -> bool {
    match ctx.op_name(op) {
        "tpu.Active" | "tpu.AddConst" | "tpu.Cast" | "tpu.Clip" | "tpu.GroupNorm" | "tpu.LeakyRelu" | "tpu.Lut" => true,
        "tpu.MaxConst" | "tpu.MinConst" | "tpu.MulConst" | "tpu.MulShift" | "tpu.PReluOp" | "tpu.Relu" => true,
        "tpu.Scale" | "tpu.SubConst" | "tpu.Upsample" | "tpu.Conv2D" | "tpu.Deconv" => true,
        "tpu.Add" | "tpu.Sub" | "tpu.Mul" | "tpu.Max" | "tpu.Min" => true,
        "tpu.Pool1D" | "tpu.Pool2D" => true,
        "tpu.Concat" => matches!(ctx.get_i64(op, "axis"), Some(1..=3)),
        "tpu.Slice" => is_local_slice(ctx, op),
        _ => false,
    }
}

fn sizes(ctx: &Context, value: Value) -> &[i64] {
    ctx.shape(value).unwrap_or_default()
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
