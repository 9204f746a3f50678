//! `top.GRU`: a GRU layer over a sequence of shape sequence, batch, features (batch first if `batch_first`), one or two directions.
//!
//! Source: ONNX GRU (opset 14); attributes as TPU-MLIR's `top.GRU`.

use super::shape;
use crate::ir::{Context, Diagnostic, Op, OpView, Rewriter, op_error};
use crate::op;

op! {
    /// Gated recurrent unit.
    pub GRU = "top.GRU", "gated recurrent unit";
    operands: input: One, filter: One, recurrence: One, bias: Optional, initial_h: Optional;
    results: Y: Optional, Y_h: Optional;
    attrs:
        batch_first: bool [= false],
        bidirectional: bool [required],
        hidden_size: i64 [required],
        linear_before_reset: bool [= true];
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: Some(flops);
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let gru = GRU::new_unchecked(op);
    let input = shape::ranked(rw, op, gru.input(rw))?;
    if input.len() != 3 {
        return Err(op_error(
            rw,
            op,
            format_args!("expects an input of rank 3, found {}", shape::text(&input)),
        ));
    }
    let directions = if gru.bidirectional(rw) { 2 } else { 1 };
    let hidden = gru.hidden_size(rw);
    let (all, last) = if gru.batch_first(rw) {
        (
            vec![input[0], input[1], directions, hidden],
            vec![input[0], directions, hidden],
        )
    } else {
        (
            vec![input[0], directions, input[1], hidden],
            vec![directions, input[1], hidden],
        )
    };
    for (value, output) in [(gru.Y(rw), &all), (gru.Y_h(rw), &last)] {
        if let Some(value) = value {
            shape::set_result(rw, value, output);
        }
    }
    Ok(())
}

/// As TPU-MLIR counts: two for each weight.
fn flops(ctx: &Context, op: Op) -> i64 {
    shape::flops_of_recurrence(ctx, op, 2)
}
