//! `top.Flatten`: two dimensions, of those before `start_dim` and of the rest. `end_dim` is not read, as in TPU-MLIR.
//!
//! Source: ONNX Flatten (opset 13) and PyTorch's flatten; attributes as TPU-MLIR's `top.Flatten`.

use super::shape;
use crate::ir::{Diagnostic, Op, OpView, Rewriter};
use crate::op;

op! {
    /// Makes several dimensions one.
    pub Flatten = "top.Flatten", "makes several dimensions one";
    operands: input: One;
    results: output: One;
    attrs:
        end_dim: i64 [= -1],
        start_dim: i64 [= 0];
    traits: Pure, Movement, Quantizable;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: None;
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let flatten = Flatten::new_unchecked(op);
    let input = shape::ranked(rw, op, flatten.input(rw))?;
    let start = shape::axis(rw, op, flatten.start_dim(rw), input.len())?;
    let (rows, columns) = input.split_at(start);
    let output = [rows.iter().product(), columns.iter().product()];
    shape::set_result(rw, flatten.output(rw), &output);
    Ok(())
}
