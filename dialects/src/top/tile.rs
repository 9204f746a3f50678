//! `top.Tile`: repeated `tile[i]` times along dimension `i`.
//!
//! Source: ONNX Tile (opset 13); attributes as TPU-MLIR's `top.Tile`.

use super::shape;
use crate::ir::{Diagnostic, Op, OpView, Rewriter, op_error};
use crate::op;

op! {
    /// Repeats a tensor.
    pub Tile = "top.Tile", "repeats a tensor";
    operands: input: One, tileT: Optional;
    results: output: One;
    attrs:
        tile: i64s [optional];
    traits: Pure, Movement, Quantizable;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: None;
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let tile = Tile::new_unchecked(op);
    let input = shape::ranked(rw, op, tile.input(rw))?;
    let counts = tile.tile(rw).ok_or_else(|| {
        op_error(
            rw,
            op,
            "expects the attribute 'tile': repeats that are computed are not supported",
        )
    })?;
    let rank = input.len().max(counts.len());
    let at = |values: &[i64], index: usize| {
        let missing = rank - values.len();
        if index < missing {
            1
        } else {
            values[index - missing]
        }
    };
    let output: Vec<i64> = (0..rank)
        .map(|index| at(&input, index) * at(&counts, index))
        .collect();
    shape::set_result(rw, tile.output(rw), &output);
    Ok(())
}
