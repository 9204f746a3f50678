//! `top.ShuffleChannel`: channels seen as `group` rows are transposed: channel `i * group + j` is the input's channel `j * (C / group) + i`.
//!
//! Source: Reshape, Transpose, Reshape of ONNX; attributes as TPU-MLIR's `top.ShuffleChannel`.

use super::shape;
use crate::ir::{Context, Diagnostic, Op, OpView, op_error};
use crate::op;

op! {
    /// Exchanges groups of channels.
    pub ShuffleChannel = "top.ShuffleChannel", "exchanges groups of channels";
    operands: input: One;
    results: output: One;
    attrs:
        group: i64 [required];
    traits: Pure, Movement, Quantizable;
    verify: Some(verify);
    infer_shape: Some(shape::same_as_input);
    flops: None;
}

fn verify(ctx: &Context, op: Op, found: &mut Vec<Diagnostic>) {
    let group = ShuffleChannel::new_unchecked(op).group(ctx);
    if group < 1 {
        found.push(op_error(
            ctx,
            op,
            format_args!("expects a positive 'group', found {group}"),
        ));
    }
}
