//! `top.Reduce`: sum, mean, largest, ... (`mode`) over `axes`, which are kept with size 1 if `keepdims`.
//!
//! Source: ONNX ReduceSum, ReduceMean, ReduceMax, ReduceMin, ReduceL1, ReduceL2, ReduceProd (opset 13); attributes as TPU-MLIR's
//! `top.Reduce`.

use super::shape;
use crate::ir::{Diagnostic, Op, OpView, Rewriter};
use crate::op;

op! {
    /// Reduces dimensions to one value.
    pub Reduce = "top.Reduce", "reduces dimensions to one value";
    operands: input: One;
    results: output: One;
    attrs:
        axes: i64s [required],
        is_scalar: bool [= false],
        keepdims: bool [required],
        mode: (str "ReduceMin" "ReduceMax" "ReduceMean" "ReduceL2" "ReduceL1" "ReduceSum" "ReduceProd") [required];
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: Some(shape::flops_per_element::<1>);
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let reduce = Reduce::new_unchecked(op);
    let input = shape::ranked(rw, op, reduce.input(rw))?;
    let mut axes = reduce.axes(rw);
    if axes.is_empty() {
        // None stands for all, as in ONNX.
        axes = (0..input.len() as i64).collect();
    }
    let axes = axes
        .into_iter()
        .map(|axis| shape::axis(rw, op, axis, input.len()))
        .collect::<Result<Vec<_>, _>>()?;
    let keepdims = reduce.keepdims(rw);
    let mut output = Vec::with_capacity(input.len());
    for (index, dim) in input.iter().enumerate() {
        if !axes.contains(&index) {
            output.push(*dim);
        } else if keepdims {
            output.push(1);
        }
    }
    // TPU-MLIR has no tensors without dimensions.
    if output.is_empty() {
        output.push(1);
        let attr = rw.bool_attr(true);
        rw.set_attr(op, "is_scalar", attr);
    }
    shape::set_result(rw, reduce.output(rw), &output);
    let axes: Vec<i64> = axes.into_iter().map(|axis| axis as i64).collect();
    let attr = rw.i64_array_attr(&axes);
    rw.set_attr(op, "axes", attr);
    Ok(())
}
