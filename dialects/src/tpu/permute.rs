//! `tpu.Permute`: permutes dimensions.
//!
//! `y[i_order[0], i_order[1], ..] = x[i_0, i_1, ..]`. `buffer` is scratch in global memory.
//!
//! Source: TPU-MLIR's operation definition `tpu.Permute`.

use crate::ir::{Context, Diagnostic, Op, OpView, op_error};
use crate::op;

op! {
    /// Permutes dimensions.
    pub Permute = "tpu.Permute", "permutes dimensions";
    operands: input: One, buffer: Optional;
    results: output: One;
    attrs:
        ginfo: (lg "lg") [optional],
        order: i64s [required];
    traits: Pure, Movement;
    verify: Some(verify);
    infer_shape: None;
    flops: None;
}

fn verify(ctx: &Context, op: Op, found: &mut Vec<Diagnostic>) {
    let permute = Permute::new_unchecked(op);
    let mut sorted = permute.order(ctx);
    sorted.sort_unstable();
    if !sorted.iter().copied().eq(0..sorted.len() as i64) {
        found.push(op_error(
            ctx,
            op,
            format_args!(
                "expects 'order' to be a permutation, found {:?}",
                permute.order(ctx)
            ),
        ));
    }
}
