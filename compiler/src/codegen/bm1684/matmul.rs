//! `tpu.MatMul`: a matrix product as a convolution, which adds up the whole depth exactly in integers.
//!
//! The rows of the left matrix are columns of an image, its depth the channels; each column of
//! the right matrix is an output channel. The right matrix is a weight that was laid out beforehand, or an activation
//! whose columns are loaded into the lanes.

use super::codegen::{Codegen, TensorInfo};
use super::coefficient;
use super::conv2d::arithmetic_with_shift;
use super::error::{Result, malformed, unsupported};
use super::group::rows::Rows;
use super::tensor::Global;
use super::tiu::WindowFields;
use super::window::{Kind, WeightSource, WindowOp, depth_parts, padded_depth};
use tpuc_dialects::ir::Op;

/// Sizes of a batch of matrix products.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Sizes {
    /// Products.
    batch: usize,
    /// Rows of the left matrix.
    rows: usize,
    /// Columns of the left matrix, rows of the right one.
    depth: usize,
    /// Columns of the right matrix.
    columns: usize,
}

/// The window of a convolution with one tap.
const SINGLE: WindowFields = WindowFields {
    kernel: [1, 1],
    stride: [1, 1],
    dilation: [1, 1],
    insert: [0, 0],
    pad: [0; 4],
};

/// A product of a matrix whose rows are batches with one weight can be in a group: batches of a convolution.
///
/// # Errors
/// When a tensor is of no type of this chip.
pub fn rows(cg: &Codegen<'_>, op: Op) -> Result<Option<Rows>> {
    let ctx = cg.ctx();
    let (left, output) = (cg.whole(ctx.operand(op, 0))?, cg.whole(ctx.result(op))?);
    let right_value = cg.weight_behind(ctx.operand(op, 1));
    let right = cg.whole(right_value)?;
    let (&[_, depth], &[_, columns]) = (left.shape.as_slice(), output.shape.as_slice()) else {
        return Ok(None);
    };
    let one_matrix = coefficient::is_weight(cg.program, right_value) && right.shape.get(1) == Some(&columns);
    Ok((one_matrix && depth_parts(left.element, depth).0 == 1).then_some(Rows::Window(SINGLE)))
}

/// Emits the commands.
///
/// # Errors
/// For layouts other than row-major batches.
pub fn emit(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    for flag in ["left_transpose", "output_transpose", "hdim_is_batch", "fuse_rq"] {
        if cg.flag(op, flag) {
            return unsupported(format!(
                "a matrix product with {flag}; permute the operand instead"
            ));
        }
    }
    let (left, right, output) = (cg.operand(op, 0)?, cg.operand(op, 1)?, cg.result(op)?);
    let bias = cg.optional_operand(op, 2)?;
    let right_value = cg.weight_behind(cg.ctx().operand(op, 1));
    let right_is_weight = coefficient::is_weight(cg.program, right_value);
    let right_transposed = cg.flag(op, "right_transpose");
    let sizes = sizes(&left, &right, &output, right_is_weight, right_transposed)?;
    if let Some(bias) = &bias
        && bias.elements() != sizes.columns
    {
        return unsupported(format!(
            "a bias of {} elements for {} columns; use one per column",
            bias.elements(),
            sizes.columns
        ));
    }
    let shift = cg.sizes(op, "rshifts")?.first().copied().unwrap_or(0);
    let multipliers = cg.sizes(op, "multipliers")?;
    if multipliers.iter().any(|multiplier| *multiplier != 1) {
        return unsupported(format!("multipliers {multipliers:?}; the chip shifts only"));
    }
    let arithmetic = arithmetic_with_shift(cg, op, output.element, shift as u32);
    // A batch of products with the same right matrix is one product with more rows.
    let right_batches = if right_is_weight {
        right.shape.get(1).copied().unwrap_or(0) / sizes.columns.max(1)
    } else {
        right.elements() / (sizes.depth * sizes.columns).max(1)
    };
    let (products, rows) = if right_batches <= 1 {
        (1, sizes.batch * sizes.rows)
    } else {
        (sizes.batch, sizes.rows)
    };
    if right_batches > 1 && right_batches != sizes.batch {
        return unsupported(format!(
            "{right_batches} right matrices for {} left ones; repeat them before",
            sizes.batch
        ));
    }
    if let Some(resident) = cg.resident_window(&left, &output, Some(&right), bias.as_ref()) {
        let operation = WindowOp {
            kind: Kind::Dense,
            groups: 1,
            input: left.nchw()?,
            output: output.nchw()?,
            window: SINGLE,
            weights: Some(WeightSource::Coefficient(right.address, right.element)),
            channel_shifts: None,
            folded: None,
            resident: Some(resident),
            bias: bias.as_ref().map(|bias| (bias.address, bias.element)),
            arithmetic,
        };
        return operation.emit(&mut cg.emitter);
    }
    for product in 0..products {
        let weights = if right_is_weight {
            let row = padded_depth(right.element, sizes.depth) * right.element.bytes();
            let start = (product * sizes.columns * row) as u64;
            WeightSource::Coefficient(right.address + start, right.element)
        } else {
            WeightSource::Columns(columns_view(&right, &sizes, product, right_transposed))
        };
        let operation = WindowOp {
            kind: Kind::Dense,
            groups: 1,
            input: Global {
                address: left.address + (product * rows * sizes.depth * left.element.bytes()) as u64,
                element: left.element,
                shape: [1, sizes.depth, 1, rows],
                strides: [0, 1, 0, sizes.depth],
            },
            output: Global {
                address: output.address + (product * rows * sizes.columns * output.element.bytes()) as u64,
                element: output.element,
                shape: [1, sizes.columns, 1, rows],
                strides: [0, 1, 0, sizes.columns],
            },
            window: SINGLE,
            weights: Some(weights),
            channel_shifts: None,
            folded: None,
            resident: None,
            bias: bias.as_ref().map(|bias| (bias.address, bias.element)),
            arithmetic,
        };
        operation.emit(&mut cg.emitter)?;
    }
    Ok(())
}

/// The columns of the `product`-th right matrix: `[1, column, 1, depth]`.
fn columns_view(right: &TensorInfo, sizes: &Sizes, product: usize, transposed: bool) -> Global {
    let elements = sizes.depth * sizes.columns;
    Global {
        address: right.address + (product * elements * right.element.bytes()) as u64,
        element: right.element,
        shape: [1, sizes.columns, 1, sizes.depth],
        strides: if transposed {
            [0, sizes.depth, 0, 1]
        } else {
            [0, 1, 0, sizes.columns]
        },
    }
}

fn sizes(
    left: &TensorInfo,
    right: &TensorInfo,
    output: &TensorInfo,
    right_is_weight: bool,
    right_transposed: bool,
) -> Result<Sizes> {
    let &[ref outer @ .., depth] = left.shape.as_slice() else {
        return malformed("a left operand of rank 0");
    };
    let outer: usize = outer.iter().product();
    let columns = if right_is_weight {
        output.elements() / outer.max(1)
    } else {
        match right.shape.as_slice() {
            [.., rows, columns] => {
                if right_transposed {
                    *rows
                } else {
                    *columns
                }
            }
            _ => return malformed("a right operand of rank below 2"),
        }
    };
    let rows = match left.shape.as_slice() {
        [.., rows, _] => *rows,
        _ => 1,
    };
    let batch = outer / rows.max(1);
    if output.elements() != outer * columns {
        return malformed(format!(
            "a product of {:?} and {:?} that gives {:?}",
            left.shape, right.shape, output.shape
        ));
    }
    Ok(Sizes {
        batch,
        rows,
        depth,
        columns,
    })
}
