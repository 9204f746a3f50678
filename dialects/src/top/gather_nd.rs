//! `top.GatherND`: each last-dimension vector of `indices` names a slice of the input; the first `batch_dims` dimensions are common.
//!
//! Source: ONNX GatherND (opset 13); attributes as TPU-MLIR's `top.GatherND`.

use super::shape;
use crate::ir::{Diagnostic, Op, OpView, Rewriter, op_error};
use crate::op;

op! {
    /// Takes slices by index tuples.
    pub GatherND = "top.GatherND", "takes slices by index tuples";
    operands: input: One, indices: One;
    results: output: One;
    attrs:
        batch_dims: i64 [= 0],
        indice_dims: i64 [optional];
    traits: Pure, Movement, Quantizable;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: None;
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let gather = GatherND::new_unchecked(op);
    let input = shape::ranked(rw, op, gather.input(rw))?;
    let indices = shape::ranked(rw, op, gather.indices(rw))?;
    let batch = gather.batch_dims(rw);
    let depth = indices.last().copied().unwrap_or(0);
    if batch < 0 || depth < 1 || batch + depth > input.len() as i64 {
        return Err(op_error(
            rw,
            op,
            format_args!(
                "expects indices of at most {} values, found {depth} after {batch} batch dimensions",
                input.len()
            ),
        ));
    }
    let mut output = indices[..indices.len() - 1].to_vec();
    output.extend_from_slice(&input[(batch + depth) as usize..]);
    if output.is_empty() {
        output.push(1);
    }
    shape::set_result(rw, gather.output(rw), &output);
    Ok(())
}
