//! `top.SelectiveScan`: `state = deltaA * state + deltaB_u`, `y = state * C`, forwards over the first half of the channels and backwards over the
//! second, plus `us * Ds`. `Cs` is of shape L, K, 1, batch; the result L, K, batch.
//!
//! Source: TPU-MLIR's `top.SelectiveScan` (a custom ONNX operator).

use super::shape;
use crate::ir::{Diagnostic, Op, OpView, Rewriter, op_error};
use crate::op;

op! {
    /// Scan of a state-space model.
    pub SelectiveScan = "top.SelectiveScan", "scan of a state-space model";
    operands: Cs: One, deltaA: One, deltaB_u: One, us: One, Ds: Optional;
    results: output: One;
    attrs: ;
    traits: Pure;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: None;
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let scan = SelectiveScan::new_unchecked(op);
    let coefficients = shape::ranked(rw, op, scan.Cs(rw))?;
    if coefficients.len() != 4 {
        return Err(op_error(
            rw,
            op,
            format_args!(
                "expects an operand 'Cs' of rank 4, found {}",
                shape::text(&coefficients)
            ),
        ));
    }
    let output = [coefficients[0], coefficients[1], coefficients[3]];
    shape::set_result(rw, scan.output(rw), &output);
    Ok(())
}
