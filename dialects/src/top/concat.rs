//! `top.Concat`: the inputs one after the other along `axis`; their other dimensions are equal.
//!
//! Source: ONNX Concat (opset 13); attributes as TPU-MLIR's `top.Concat`.

use super::shape;
use crate::ir::{Diagnostic, Op, OpView, Rewriter, Shape, op_error};
use crate::op;

op! {
    /// Joins tensors along an axis.
    pub Concat = "top.Concat", "joins tensors along an axis";
    operands: inputs: Variadic;
    results: output: One;
    attrs:
        axis: si32 [= 1],
        do_relu: bool [= false],
        only_merge: bool [= false],
        relu_limit: f64 [= -1.0],
        round_mode: (str "HalfAwayFromZero" "HalfUp" "HalfDown" "HalfToEven" "HalfToOdd" "HalfTowardsZero" "TowardsZero" "Up" "Down") [= "HalfAwayFromZero"];
    traits: SupportFuseRelu, Pure, Quantizable;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: None;
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let concat = Concat::new_unchecked(op);
    let mut output: Option<Shape> = None;
    let mut axis = 0;
    for value in concat.inputs(rw).to_vec() {
        let input = shape::ranked(rw, op, value)?;
        let Some(sum) = &mut output else {
            axis = shape::axis(rw, op, concat.axis(rw), input.len())?;
            output = Some(input);
            continue;
        };
        let fits = sum.len() == input.len()
            && (0..sum.len()).all(|index| index == axis || sum[index] == input[index]);
        if !fits {
            return Err(op_error(
                rw,
                op,
                format_args!(
                    "cannot join {} and {} along dimension {axis}",
                    shape::text(sum),
                    shape::text(&input)
                ),
            ));
        }
        sum[axis] += input[axis];
    }
    let output = output.ok_or_else(|| op_error(rw, op, "expects 1 or more operands, found 0"))?;
    let attr = rw.si32_attr(axis as i32);
    rw.set_attr(op, "axis", attr);
    shape::set_result(rw, concat.output(rw), &output);
    Ok(())
}
