//! `top.Pad`: a border of `paddings` (starts of all dimensions, then ends): `val`, or taken from the tensor (`mode`). Negative ones cut.
//!
//! Source: ONNX Pad (opset 13); attributes as TPU-MLIR's `top.Pad`.

use super::shape;
use crate::ir::{Diagnostic, Op, OpView, Rewriter, op_error};
use crate::op;

op! {
    /// Adds a border.
    pub Pad = "top.Pad", "adds a border";
    operands: input: One, paddingsT: Optional;
    results: output: One;
    attrs:
        mode: (str "constant" "reflect" "symmetric" "edge") [required],
        paddings: i64s [required],
        val: f64 [= 0.0];
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: None;
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let pad = Pad::new_unchecked(op);
    let input = shape::ranked(rw, op, pad.input(rw))?;
    let paddings = pad.paddings(rw);
    let rank = input.len();
    if paddings.len() != 2 * rank {
        return Err(op_error(
            rw,
            op,
            format_args!(
                "expects {} values in 'paddings', found {}",
                2 * rank,
                paddings.len()
            ),
        ));
    }
    let output: Vec<i64> = (0..rank)
        .map(|index| input[index] + paddings[index] + paddings[rank + index])
        .collect();
    if output.iter().any(|dim| *dim < 1) {
        return Err(op_error(
            rw,
            op,
            format_args!("paddings leave nothing of {}", shape::text(&input)),
        ));
    }
    shape::set_result(rw, pad.output(rw), &output);
    Ok(())
}
