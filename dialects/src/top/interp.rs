//! `top.Interp`: resizes the last one or two dimensions by `scale_h` and `scale_w`, or to `target_shape` if that is given.
//! The output size is `floor(input * scale)`. `coord_mode` maps output to input positions, `mode` interpolates.
//!
//! Source: ONNX Resize (opset 13); attributes as TPU-MLIR's `top.Interp`.

use super::shape;
use crate::ir::{Context, Diagnostic, Op, OpView, Rewriter, op_error};
use crate::op;

op! {
    /// Resizes images.
    pub Interp = "top.Interp", "resizes images";
    operands: input: One, target_shape: Optional;
    results: output: One;
    attrs:
        coord_mode: (str "align_corners" "half_pixel" "pytorch_half_pixel" "asymmetric") [required],
        mode: (str "nearest" "linear") [required],
        scale_h: f64 [= -1.0],
        scale_w: f64 [= -1.0];
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: Some(flops);
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let interp = Interp::new_unchecked(op);
    let mut output = shape::ranked(rw, op, interp.input(rw))?;
    let (scale_h, scale_w) = (interp.scale_h(rw), interp.scale_w(rw));
    if !(3..=5).contains(&output.len()) {
        return Err(op_error(
            rw,
            op,
            format_args!("expects an input of rank 3 to 5, found {}", shape::text(&output)),
        ));
    }
    if scale_h <= 0.0 || scale_w <= 0.0 {
        // A target shape: import gives the result its shape.
        return shape::ranked(rw, op, interp.output(rw)).map(|_| ());
    }
    let rank = output.len();
    // A scale such as 160/80.0 may come out a hair below the whole number that was meant.
    let scaled = |dim: i64, scale: f64| (dim as f64 * scale + 1e-6).floor() as i64;
    if rank > 3 {
        output[rank - 2] = scaled(output[rank - 2], scale_h);
    }
    output[rank - 1] = scaled(output[rank - 1], scale_w);
    shape::set_result(rw, interp.output(rw), &output);
    Ok(())
}

/// One for each element, two if values are mixed.
fn flops(ctx: &Context, op: Op) -> i64 {
    let mixed = Interp::new_unchecked(op).mode(ctx) != "nearest";
    shape::elements(ctx, op) * (1 + i64::from(mixed))
}
