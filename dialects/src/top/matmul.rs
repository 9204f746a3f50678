//! `top.MatMul`: `y = x * right + bias`, batches broadcast as numpy does; `right_transpose` and `left_transpose` exchange the last two
//! dimensions first. With `keep_dims` false leading dimensions of the input become one. `hdim_is_batch` and `output_transpose` describe
//! layouts N, H, W, C of attention heads.
//!
//! Source: ONNX MatMul (opset 13), Gemm; attributes as TPU-MLIR's `top.MatMul`.

use super::shape;
use crate::ir::{Context, Diagnostic, Op, OpView, Rewriter, op_error};
use crate::op;

op! {
    /// Matrix product.
    pub MatMul = "top.MatMul", "matrix product";
    operands: input: One, right: One, bias: Optional;
    results: output: One;
    attrs:
        do_relu: bool [= false],
        dq_type: (str "NONE" "F16" "BF16" "INT8" "INT4" "F8E4M3" "F4" "MXF4") [= "NONE"],
        hdim_is_batch: bool [= false],
        in_int4_scale: f64 [optional],
        in_int4_zp: f64 [optional],
        is_lora: bool [= false],
        keep_dims: bool [= true],
        left_transpose: bool [= false],
        out_int8_scale: f64 [optional],
        out_int8_zp: f64 [optional],
        output_transpose: bool [= false],
        q_group_size: i64 [= 0],
        relu_limit: f64 [= -1.0],
        right_transpose: bool [= false],
        weight_bits: i64 [optional];
    traits: SupportFuseRelu, Pure, Quantizable;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: Some(flops);
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let matmul = MatMul::new_unchecked(op);
    let mut left = shape::ranked(rw, op, matmul.input(rw))?;
    let mut right = shape::ranked(rw, op, matmul.right(rw))?;
    let mismatch = |rw: &Rewriter<'_>, left: &[i64], right: &[i64]| {
        op_error(
            rw,
            op,
            format_args!("cannot multiply {} by {}", shape::text(left), shape::text(right)),
        )
    };
    if left.is_empty() || right.is_empty() {
        return Err(mismatch(rw, &left, &right));
    }
    let vector_left = left.len() == 1;
    let vector_right = right.len() == 1;
    if vector_left {
        left.insert(0, 1);
    }
    if vector_right {
        right.push(1);
    }
    if matmul.hdim_is_batch(rw) {
        if left.len() != 4 || right.len() != 4 {
            return Err(mismatch(rw, &left, &right));
        }
        left.swap(1, 2);
        right.swap(1, 2);
    }
    if matmul.left_transpose(rw) {
        let rank = left.len();
        left.swap(rank - 2, rank - 1);
    }
    if matmul.right_transpose(rw) {
        let rank = right.len();
        right.swap(rank - 2, rank - 1);
    }
    let (left_batch, left_matrix) = left.split_at(left.len() - 2);
    let (right_batch, right_matrix) = right.split_at(right.len() - 2);
    let (k, n) = (right_matrix[0], right_matrix[1]);
    let mut output = if left_matrix[1] == k {
        let mut batch =
            shape::broadcast(&[left_batch, right_batch]).ok_or_else(|| mismatch(rw, &left, &right))?;
        batch.extend([left_matrix[0], n]);
        batch
    } else if right_batch.is_empty() && trailing(&left, k).is_some() {
        // The input's trailing dimensions together are the inner dimension.
        let start = trailing(&left, k).unwrap_or(left.len());
        let mut output = left[..start].to_vec();
        output.push(n);
        output
    } else {
        return Err(mismatch(rw, &left, &right));
    };
    if !matmul.keep_dims(rw) {
        let rank = output.len();
        let rows: i64 = output[..rank - 1].iter().product();
        output = vec![rows, output[rank - 1]];
    }
    if matmul.hdim_is_batch(rw) || (matmul.output_transpose(rw) && output.len() == 4) {
        output.swap(1, 2);
    }
    if vector_right {
        output.pop();
    }
    if vector_left && output.len() > 1 {
        output.remove(output.len() - if vector_right { 1 } else { 2 });
    }
    shape::set_result(rw, matmul.output(rw), &output);
    Ok(())
}

/// Where the trailing dimensions whose product is `size` start.
fn trailing(dims: &[i64], size: i64) -> Option<usize> {
    let mut product = 1;
    for start in (0..dims.len()).rev() {
        product *= dims[start];
        if product == size {
            return Some(start);
        }
    }
    None
}

fn flops(ctx: &Context, op: Op) -> i64 {
    let matmul = MatMul::new_unchecked(op);
    let (Some(output), Some(right)) = (ctx.shape(matmul.output(ctx)), ctx.shape(matmul.right(ctx))) else {
        return 0;
    };
    let inner = match right {
        [k] => *k,
        [.., k, n] => {
            if matmul.right_transpose(ctx) {
                *n
            } else {
                *k
            }
        }
        [] => 0,
    };
    let extra = i64::from(matmul.bias(ctx).is_some()) + i64::from(matmul.do_relu(ctx));
    output.iter().product::<i64>() * (2 * inner + extra)
}
