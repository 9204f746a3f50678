//! Rewrites that start at `top.Split`.

use crate::program::Program;
use crate::top::infer::none_before;
use tpuc_dialects::ir::{LocKind, Op, OpView};
use tpuc_dialects::top::Split;

/// The parts are slices.
pub fn to_slices(program: &mut Program, op: Op) -> bool {
    let split = Split::new_unchecked(op);
    let ctx = &program.ctx;
    let outputs = split.outputs(ctx).to_vec();
    let Some(shape) = ctx.shape(split.input(ctx)).map(<[i64]>::to_vec) else {
        return false;
    };
    let axis = split.axis(ctx);
    let axis = if axis < 0 { axis + shape.len() as i64 } else { axis } as usize;
    let sizes: Option<Vec<i64>> = outputs
        .iter()
        .map(|value| ctx.shape(*value).and_then(|shape| shape.get(axis).copied()))
        .collect();
    let (Some(sizes), LocKind::Fused { parts, .. }) = (sizes, ctx.loc_kind(ctx.op_loc(op)).clone()) else {
        return false;
    };
    if parts.len() != outputs.len() {
        return false;
    }
    let source = split.input(ctx);
    let none = none_before(program, op);
    let ctx = &mut program.ctx;
    let mut values = Vec::with_capacity(outputs.len());
    let mut start = 0;
    for (index, output) in outputs.iter().enumerate() {
        let (mut offset, mut ends) = (vec![0; shape.len()], vec![i64::MAX; shape.len()]);
        (offset[axis], ends[axis]) = (start, start + sizes[index]);
        start += sizes[index];
        let ty = ctx.value_type(*output);
        let mut rewriter = ctx.rewriter_before(op);
        let slice = rewriter
            .build("top.Slice")
            .operands(&[source, none, none, none])
            .result(ty)
            .i64s("offset", &offset)
            .i64s("steps", &vec![1; shape.len()])
            .i64s("ends", &ends)
            .i64s("hasparamConvert_axes", &[axis as i64])
            .loc(parts[index])
            .finish();
        values.push(rewriter.result(slice));
    }
    ctx.rewriter().replace_op(op, &values);
    true
}
