//! `top.Split`: `num` parts along `axis`, of the sizes `split_size`, or equal ones.
//!
//! Source: ONNX Split (opset 13); attributes as TPU-MLIR's `top.Split`.

use super::shape;
use crate::ir::{Diagnostic, Op, OpView, Rewriter, op_error};
use crate::op;

op! {
    /// Cuts a tensor into parts along an axis.
    pub Split = "top.Split", "cuts a tensor into parts along an axis";
    operands: input: One;
    results: outputs: Variadic;
    attrs:
        axis: si32 [required],
        num: i64 [required],
        split_size: i64s [optional];
    traits: Pure, Movement, Quantizable;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: None;
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let split = Split::new_unchecked(op);
    let input = shape::ranked(rw, op, split.input(rw))?;
    let axis = shape::axis(rw, op, split.axis(rw), input.len())?;
    let outputs = split.outputs(rw).to_vec();
    let sizes = split
        .split_size(rw)
        .unwrap_or_else(|| vec![input[axis] / (outputs.len() as i64).max(1); outputs.len()]);
    if sizes.len() != outputs.len() || sizes.iter().sum::<i64>() != input[axis] {
        return Err(op_error(
            rw,
            op,
            format_args!(
                "cannot split dimension {axis} of {} into {} parts of {sizes:?}",
                shape::text(&input),
                outputs.len()
            ),
        ));
    }
    let attr = rw.i64_array_attr(&sizes);
    rw.set_attr(op, "split_size", attr);
    for (value, size) in outputs.into_iter().zip(sizes) {
        let mut output = input.clone();
        output[axis] = size;
        shape::set_result(rw, value, &output);
    }
    Ok(())
}
