//! `tpu.Group`: operations that run slice by slice in local memory.
//!
//! The body loads slices of its operands, computes on them in local memory, and stores slices of its results;
//! it ends in `tpu.Yield`, whose operands are the group's results.
//!
//! Tensors are cut into `nsecs * csecs * dsecs * hsecs * wsecs` slices. `flow` lists time steps as negative
//! numbers, each followed by the ids (`ginfo.id`) of the operations that run in it; `swpipl_stage_num` is the
//! depth of the software pipeline over slices. `bands`, which is ours, is the number of bands of rows that lie side by side in
//! lanes.
//!
//! Source: TPU-MLIR's operation definition `tpu.Group`.

use crate::ir::{Context, Diagnostic, Op, OpView, op_error};
use crate::op;

op! {
    /// Operations that run slice by slice in local memory.
    pub Group = "tpu.Group", "operations that run slice by slice in local memory";
    operands: inputs: Variadic;
    results: outputs: Variadic;
    attrs:
        bands: i64 [optional],
        core_slice_ncdhw: i64s [= []],
        csecs: i64 [required],
        dsecs: i64 [required],
        flow: i64s [= [0]],
        group_type: i64 [required],
        hsecs: i64 [required],
        nsecs: i64 [required],
        other_down_overlap_op: i64s [= []],
        other_up_overlap_op: i64s [= []],
        run_core_id: i64s [= []],
        self_down_overlap_op: i64s [= []],
        self_up_overlap_op: i64s [= []],
        support_compress: bool [= true],
        swpipl_stage_num: i64 [required],
        wsecs: i64 [required];
    regions: 1;
    traits: ;
    verify: Some(verify);
    infer_shape: None;
    flops: None;
}

fn verify(ctx: &Context, op: Op, found: &mut Vec<Diagnostic>) {
    let group = Group::new_unchecked(op);
    let last = ctx.body(op).and_then(|body| ctx.last_op(body));
    let Some(last) = last.filter(|last| ctx.is(*last, "tpu.Yield")) else {
        found.push(op_error(ctx, op, "expects a body that ends in 'tpu.Yield'"));
        return;
    };
    let (yielded, results) = (ctx.operands(last).len(), group.outputs(ctx).len());
    if yielded != results {
        found.push(op_error(
            ctx,
            op,
            format_args!("expects its body to yield {results} values, found {yielded}"),
        ));
    }
}
