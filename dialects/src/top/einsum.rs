//! `top.Einsum`: the sum of products that `mode` writes as in Einstein's notation. Import turns most of them into `top.MatMul`.
//!
//! Source: ONNX Einsum (opset 12); attributes as TPU-MLIR's `top.Einsum`.

use super::shape;
use crate::ir::{Diagnostic, Op, OpView, Rewriter, op_error};
use crate::op;

op! {
    /// A sum of products by index letters.
    pub Einsum = "top.Einsum", "a sum of products by index letters";
    operands: inputs: Variadic;
    results: output: One;
    attrs:
        mode: str [required];
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: None;
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let einsum = Einsum::new_unchecked(op);
    let mode = einsum.mode(rw).to_owned();
    let wrong = |rw: &Rewriter<'_>| {
        op_error(
            rw,
            op,
            format_args!("operand shapes do not fit the mode '{mode}'"),
        )
    };
    let (terms, result) = mode.split_once("->").ok_or_else(|| wrong(rw))?;
    let mut sizes: Vec<(char, i64)> = Vec::new();
    let inputs = einsum.inputs(rw).to_vec();
    for (term, value) in terms.split(',').zip(inputs) {
        let dims = shape::ranked(rw, op, value)?;
        if term.chars().count() != dims.len() {
            return Err(wrong(rw));
        }
        for (letter, dim) in term.chars().zip(dims) {
            match sizes.iter().find(|(known, _)| *known == letter) {
                Some((_, size)) if *size != dim => return Err(wrong(rw)),
                Some(_) => {}
                None => sizes.push((letter, dim)),
            }
        }
    }
    let output = result
        .chars()
        .map(|letter| {
            sizes
                .iter()
                .find(|(known, _)| *known == letter)
                .map(|(_, size)| *size)
        })
        .collect::<Option<Vec<i64>>>()
        .ok_or_else(|| wrong(rw))?;
    shape::set_result(rw, einsum.output(rw), &output);
    Ok(())
}
