//! `top.TopK`: the `K` largest (or smallest) elements along `axis` and their positions.
//!
//! Source: ONNX TopK (opset 11); attributes as TPU-MLIR's `top.TopK`.

use super::shape;
use crate::ir::{Diagnostic, Op, OpView, Rewriter};
use crate::op;

op! {
    /// The largest or smallest elements.
    pub TopK = "top.TopK", "the largest or smallest elements";
    operands: input: One, kT: Optional;
    results: values: Optional, indices: Optional;
    attrs:
        K: i64 [= -1],
        axis: i64 [required],
        largest: bool [= true],
        replace_topk_indices: bool [= false],
        sorted: bool [= true],
        use_hau: bool [= true];
    traits: Pure;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: None;
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let topk = TopK::new_unchecked(op);
    let mut output = shape::ranked(rw, op, topk.input(rw))?;
    let axis = shape::axis(rw, op, topk.axis(rw), output.len())?;
    let count = topk.K(rw);
    output[axis] = if count < 0 {
        output[axis]
    } else {
        count.min(output[axis])
    };
    for value in [topk.values(rw), topk.indices(rw)].into_iter().flatten() {
        shape::set_result(rw, value, &output);
    }
    Ok(())
}
