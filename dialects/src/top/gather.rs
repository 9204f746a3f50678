//! `top.Gather`: slices of the input along `axis`, taken at `indices`: the shape is the input's with dimension `axis` replaced by the
//! shape of the indices. An index that is a scalar (`is_scalar`, shape 1) removes the dimension unless `keepdims`.
//!
//! Source: ONNX Gather (opset 13); attributes as TPU-MLIR's `top.Gather`.

use super::shape;
use crate::ir::{Diagnostic, Op, OpView, Rewriter};
use crate::op;

op! {
    /// Takes slices by index.
    pub Gather = "top.Gather", "takes slices by index";
    operands: input: One, indices: One;
    results: output: One;
    attrs:
        axis: si32 [= 0],
        is_lora: bool [= false],
        is_scalar: bool [= false],
        keepdims: bool [= true];
    traits: Pure, Movement, Quantizable;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: None;
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let gather = Gather::new_unchecked(op);
    let input = shape::ranked(rw, op, gather.input(rw))?;
    let indices = shape::ranked(rw, op, gather.indices(rw))?;
    let axis = shape::axis(rw, op, gather.axis(rw), input.len())?;
    let mut output = input[..axis].to_vec();
    let scalar = indices[..] == [1] && !gather.keepdims(rw);
    if !scalar {
        output.extend_from_slice(&indices);
    }
    output.extend_from_slice(&input[axis + 1..]);
    if output.is_empty() {
        output.push(1);
        let attr = rw.bool_attr(true);
        rw.set_attr(op, "is_scalar", attr);
    }
    shape::set_result(rw, gather.output(rw), &output);
    Ok(())
}
