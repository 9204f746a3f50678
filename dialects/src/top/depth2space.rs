//! `top.Depth2Space`: channels become blocks of `block_h` x `block_w` pixels, or the other way round if `is_inversed`. `is_CRD` and
//! `swap_cr` say how a channel number is composed; the layouts may be NHWC.
//!
//! Source: ONNX DepthToSpace and SpaceToDepth (opset 13), the Reshape-Permute-Reshape pattern; attributes as TPU-MLIR's `top.Depth2Space`.

use super::shape;
use crate::ir::{Diagnostic, Op, OpView, Rewriter, op_error};
use crate::op;

op! {
    /// Moves blocks between depth and space.
    pub Depth2Space = "top.Depth2Space", "moves blocks between depth and space";
    operands: input: One;
    results: output: One;
    attrs:
        block_h: i64 [required],
        block_w: i64 [required],
        in_is_NCHW: bool [= true],
        is_CRD: bool [required],
        is_inversed: bool [required],
        out_is_NCHW: bool [= true],
        swap_cr: bool [= false];
    traits: Pure, Movement, Quantizable;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: None;
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let op_view = Depth2Space::new_unchecked(op);
    let input = shape::ranked(rw, op, op_view.input(rw))?;
    let (block_h, block_w) = (op_view.block_h(rw), op_view.block_w(rw));
    let nchw = op_view.in_is_NCHW(rw);
    if input.len() < 3 || block_h < 1 || block_w < 1 {
        return Err(op_error(
            rw,
            op,
            format_args!(
                "cannot move blocks of {block_h}x{block_w} in {}",
                shape::text(&input)
            ),
        ));
    }
    let lead = input.len() - 3;
    let (c, h, w) = if nchw {
        (input[lead], input[lead + 1], input[lead + 2])
    } else {
        (input[lead + 2], input[lead], input[lead + 1])
    };
    let block = block_h * block_w;
    let inversed = op_view.is_inversed(rw);
    let fits = if inversed {
        h % block_h == 0 && w % block_w == 0
    } else {
        c % block == 0
    };
    if !fits {
        return Err(op_error(
            rw,
            op,
            format_args!(
                "cannot move blocks of {block_h}x{block_w} in {}",
                shape::text(&input)
            ),
        ));
    }
    let (c, h, w) = if inversed {
        (c * block, h / block_h, w / block_w)
    } else {
        (c / block, h * block_h, w * block_w)
    };
    let mut output = input[..lead].to_vec();
    output.extend(if op_view.out_is_NCHW(rw) {
        [c, h, w]
    } else {
        [h, w, c]
    });
    shape::set_result(rw, op_view.output(rw), &output);
    Ok(())
}
