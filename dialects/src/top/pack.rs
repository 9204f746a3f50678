//! `top.Pack`: `values_count` tensors of one shape become one with a new dimension `axis`; `top.Unpack` is the inverse.
//!
//! Source: ONNX SequenceConstruct and ConcatFromSequence with a new axis; attributes as TPU-MLIR's `top.Pack`.

use super::shape;
use crate::ir::{Context, Diagnostic, Op, OpView, Rewriter, op_error};
use crate::op;

op! {
    /// Stacks tensors along a new axis.
    pub Pack = "top.Pack", "stacks tensors along a new axis";
    operands: inputs: Variadic;
    results: output: One;
    attrs:
        axis: si32 [required],
        values_count: i64 [required];
    traits: Pure, Movement, Quantizable;
    verify: Some(verify);
    infer_shape: Some(infer_shape);
    flops: None;
}

fn verify(ctx: &Context, op: Op, found: &mut Vec<Diagnostic>) {
    let pack = Pack::new_unchecked(op);
    let (count, wanted) = (pack.inputs(ctx).len() as i64, pack.values_count(ctx));
    if count != wanted || count == 0 {
        found.push(op_error(
            ctx,
            op,
            format_args!("expects as many operands as 'values_count' says ({wanted}), found {count}"),
        ));
    }
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let pack = Pack::new_unchecked(op);
    let inputs = pack.inputs(rw).to_vec();
    let mut output = shape::ranked(rw, op, inputs[0])?;
    for value in &inputs[1..] {
        let other = shape::ranked(rw, op, *value)?;
        if other != output {
            return Err(op_error(
                rw,
                op,
                format_args!(
                    "expects operands of one shape, found {} and {}",
                    shape::text(&output),
                    shape::text(&other)
                ),
            ));
        }
    }
    let axis = shape::axis(rw, op, pack.axis(rw), output.len() + 1)?;
    output.insert(axis, inputs.len() as i64);
    shape::set_result(rw, pack.output(rw), &output);
    Ok(())
}
