//! `top.Flatten`: dimensions `start_dim` to `end_dim` (both included, negative ones count from the end) become one.
//!
//! Source: ONNX Flatten (opset 13) and PyTorch's flatten; attributes as TPU-MLIR's `top.Flatten`.

use super::shape;
use crate::ir::{Diagnostic, Op, OpView, Rewriter, op_error};
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
    let end = shape::axis(rw, op, flatten.end_dim(rw), input.len())?;
    if end < start {
        return Err(op_error(
            rw,
            op,
            format_args!("expects 'end_dim' {end} not before 'start_dim' {start}"),
        ));
    }
    let mut output = input[..start].to_vec();
    output.push(input[start..=end].iter().product());
    output.extend_from_slice(&input[end + 1..]);
    shape::set_result(rw, flatten.output(rw), &output);
    Ok(())
}
