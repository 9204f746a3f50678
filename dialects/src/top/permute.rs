//! `top.Permute`: output dimension `i` is input dimension `order[i]`.
//!
//! Source: ONNX Transpose (opset 13); attributes as TPU-MLIR's `top.Permute`.

use super::shape;
use crate::ir::{Context, Diagnostic, Op, OpView, Rewriter, op_error};
use crate::op;

op! {
    /// Exchanges dimensions.
    pub Permute = "top.Permute", "exchanges dimensions";
    operands: input: One;
    results: output: One;
    attrs:
        order: i64s [required];
    traits: Pure, Movement, Quantizable;
    verify: Some(verify);
    infer_shape: Some(infer_shape);
    flops: None;
}

fn verify(ctx: &Context, op: Op, found: &mut Vec<Diagnostic>) {
    let order = Permute::new_unchecked(op).order(ctx);
    let mut sorted = order.clone();
    sorted.sort_unstable();
    if sorted.iter().copied().ne(0..order.len() as i64) {
        found.push(op_error(
            ctx,
            op,
            format_args!("expects a permutation as 'order', found {order:?}"),
        ));
    }
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let permute = Permute::new_unchecked(op);
    let input = shape::ranked(rw, op, permute.input(rw))?;
    let order = permute.order(rw);
    if order.len() != input.len() {
        return Err(op_error(
            rw,
            op,
            format_args!("expects {} values in 'order', found {}", input.len(), order.len()),
        ));
    }
    let output: Vec<i64> = order.iter().map(|axis| input[*axis as usize]).collect();
    shape::set_result(rw, permute.output(rw), &output);
    Ok(())
}
