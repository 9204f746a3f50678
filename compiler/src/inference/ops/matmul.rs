//! `top.MatMul`, `tpu.MatMul`: matrix products, batched, in f32 or in exact integers.
//!
//! Integers: `clamp((sum + bias) * multiplier >> rshift)`, halves up. A constant right side is packed once, transposed, so that
//! a single left row reads it in one pass.

use super::conv::{Bytes, sized};
use super::{Kernel, Prepared};
use crate::data::Tensor;
use crate::inference::gemm::{self, Fill};
use crate::inference::kernels::{self, Vectorised};
use crate::inference::math::Rounding;
use crate::inference::node::{Node, ValueInfo};
use crate::inference::packing::{Cut, PackedRows, Source, Sum};
use crate::inference::requantise::{Byte, Requantise};
use crate::inference::value::{Args, Element, tensor};
use rayon::prelude::*;
use tpuc_dialects::ir::Diagnostic;

/// Products `left[b] (m x k) * right[b] (k x n)`.
#[derive(Clone, Debug)]
struct Sizes {
    /// For each product: which left and which right matrix.
    batches: Vec<(usize, usize)>,
    m: usize,
    k: usize,
    n: usize,
    left_transposed: bool,
    right_transposed: bool,
}

fn sizes(node: &Node<'_>) -> Result<Sizes, Diagnostic> {
    let (left, right, output) = (node.input(0)?, node.input(1)?, node.output()?);
    for name in ["hdim_is_batch", "output_transpose"] {
        if node.bool(name, false) {
            return Err(node.error(format_args!("has {name}, which BM1684 programs do not use")));
        }
    }
    let (left_transposed, right_transposed) = (
        node.bool("left_transpose", false),
        node.bool("right_transpose", false),
    );
    let (mut a, mut b) = (left.shape.clone(), right.shape.clone());
    if a.len() == 1 {
        a.insert(0, 1);
    }
    if b.len() == 1 {
        b.push(1);
    }
    if a.is_empty() || b.is_empty() {
        return Err(node.error("expects operands of rank 1 or more"));
    }
    let (b_rows, b_columns) = (b[b.len() - 2], b[b.len() - 1]);
    let (k, n) = if right_transposed {
        (b_columns, b_rows)
    } else {
        (b_rows, b_columns)
    };
    let right_batches: usize = b[..b.len() - 2].iter().product();
    // One right matrix serves all left rows, whatever their shape ([1, 512, 7, 7] x [25088, 10] included).
    if right_batches == 1 && !left_transposed {
        if k == 0 || left.len() % k != 0 || left.len() / k * n != output.len() {
            return Err(node.error(format_args!(
                "expects shapes that multiply, found {:?} and {:?} to {:?}",
                left.shape, right.shape, output.shape
            )));
        }
        let m = left.len() / k;
        return Ok(Sizes {
            batches: vec![(0, 0)],
            m,
            k,
            n,
            left_transposed,
            right_transposed,
        });
    }
    let (a_rows, a_columns) = (a[a.len() - 2], a[a.len() - 1]);
    let (m, left_k) = if left_transposed {
        (a_columns, a_rows)
    } else {
        (a_rows, a_columns)
    };
    let (a_batch, b_batch) = (&a[..a.len() - 2], &b[..b.len() - 2]);
    let rank = a_batch.len().max(b_batch.len());
    let extent = |dims: &[usize], dim: usize| {
        (dim + dims.len())
            .checked_sub(rank)
            .map_or(1, |index| dims[index])
    };
    let mut batches = vec![(0, 0)];
    for dim in 0..rank {
        let (a, b) = (extent(a_batch, dim), extent(b_batch, dim));
        if a != b && a != 1 && b != 1 {
            return Err(node.error(format_args!(
                "expects batches that broadcast, found {:?} and {:?}",
                left.shape, right.shape
            )));
        }
        let step =
            |extent: usize, base: usize, index: usize| if extent == 1 { base } else { base * extent + index };
        batches = batches
            .iter()
            .flat_map(|(x, y)| (0..a.max(b)).map(move |index| (step(a, *x, index), step(b, *y, index))))
            .collect();
    }
    if left_k != k || batches.len() * m * n != output.len() {
        return Err(node.error(format_args!(
            "expects shapes that multiply, found {:?} and {:?} to {:?}",
            left.shape, right.shape, output.shape
        )));
    }
    Ok(Sizes {
        batches,
        m,
        k,
        n,
        left_transposed,
        right_transposed,
    })
}

/// The kernel of a matrix product.
pub fn prepare(node: &Node<'_>) -> Prepared {
    let sizes = sizes(node)?;
    let (left, right, output) = (node.input(0)?, node.input(1)?, node.output()?);
    if left.is_real() && output.is_real() {
        let bias = node.take_f32(2)?.unwrap_or_default();
        check_bias(node, bias.len(), sizes.n)?;
        let activation = node.activation();
        return product::<f32, f32, f32>(node, sizes, output, move |column, sum: f32| {
            activation.apply(sum + bias.get(column).copied().unwrap_or(0.0))
        });
    }
    if node.i64("input_zp", 0) != 0 || node.i64("right_zp", 0) != 0 {
        return Err(node.error("has a zero point; BM1684 quantises symmetrically"));
    }
    let one = |name: &str, default: i64| match node.i64s(name).as_deref() {
        None | Some([]) => Ok(default),
        Some([value]) => Ok(*value),
        Some(values) => Err(node.error(format_args!(
            "expects one value in '{name}', found {}",
            values.len()
        ))),
    };
    let bias = node.take_i32(2)?.unwrap_or_default();
    check_bias(node, bias.len(), sizes.n)?;
    let requantise = Requantise {
        bias: Vec::new(),
        multipliers: vec![match node.case("quant_mode") {
            Some("OnlyShift") => 1,
            None | Some("MultiplierShift") => one("multipliers", 1)?,
            Some(other) => {
                return Err(node.error(format_args!(
                    "has quant_mode {other}, which BM1684 does not use; MultiplierShift is supported"
                )));
            }
        }],
        shifts: vec![one("rshifts", 0)?],
        rounding: Rounding::HalfUp,
        zero_point: output.zero_point(),
        relu: node.bool("do_relu", false),
    };
    if sizes.k > (i32::MAX as usize) / (255 * 255) {
        return Err(node.error("may exceed its 32-bit accumulators"));
    }
    let bytes = |element: Element| match element {
        Element::I8 => Ok(true),
        Element::U8 => Ok(false),
        Element::F32 => Err(node.error("mixes real and quantised values")),
    };
    let signs = (
        bytes(left.element)?,
        bytes(right.element)?,
        bytes(output.element)?,
    );
    match signs {
        (true, true, true) => quantised::<i8, i8, i8>(node, sizes, output, bias, requantise),
        (true, true, false) => quantised::<i8, i8, u8>(node, sizes, output, bias, requantise),
        (true, false, true) => quantised::<i8, u8, i8>(node, sizes, output, bias, requantise),
        (true, false, false) => quantised::<i8, u8, u8>(node, sizes, output, bias, requantise),
        (false, true, true) => quantised::<u8, i8, i8>(node, sizes, output, bias, requantise),
        (false, true, false) => quantised::<u8, i8, u8>(node, sizes, output, bias, requantise),
        (false, false, true) => quantised::<u8, u8, i8>(node, sizes, output, bias, requantise),
        (false, false, false) => quantised::<u8, u8, u8>(node, sizes, output, bias, requantise),
    }
}

fn check_bias(node: &Node<'_>, found: usize, columns: usize) -> Result<(), Diagnostic> {
    if found == 0 || found == columns {
        return Ok(());
    }
    Err(node.error(format_args!("expects {columns} biases, found {found}")))
}

fn quantised<L, R, B>(
    node: &Node<'_>,
    sizes: Sizes,
    output: ValueInfo,
    bias: Vec<i32>,
    requantise: Requantise,
) -> Prepared
where
    L: Bytes + Source<Packed = i16, Sum = i32>,
    R: Bytes + Source<Packed = i16, Sum = i32>,
    B: Byte + Default,
    Tensor: From<ndarray::ArrayD<B>>,
{
    product::<L, R, B>(node, sizes, output, move |column, sum: i32| {
        let sum = sum.wrapping_add(bias.get(column).copied().unwrap_or(0));
        let mut out = [B::default()];
        requantise.apply(0, i64::from(i32::MAX), &[sum], &mut out);
        out[0]
    })
}

/// `sums += element * right`.
struct AddProducts<'a, R: Source> {
    sums: &'a mut [R::Sum],
    element: R::Sum,
    right: &'a [R],
}

impl<R: Source> Vectorised for AddProducts<'_, R> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (sum, right) in self.sums.iter_mut().zip(self.right) {
            *sum = sum.add_product(self.element, right.widen());
        }
    }
}

/// The loops. `finish(column, sum)` makes an output element.
fn product<L, R, Out>(
    node: &Node<'_>,
    sizes: Sizes,
    output: ValueInfo,
    finish: impl Fn(usize, L::Sum) -> Out + Send + Sync + 'static,
) -> Prepared
where
    L: Bytes,
    R: Bytes + Source<Packed = L::Packed, Sum = L::Sum>,
    L::Sum: Sum,
    Out: Copy + Default + Send + Sync,
    Tensor: From<ndarray::ArrayD<Out>>,
{
    let Sizes { m, k, n, .. } = sizes;
    let right_at = |right: &[R], batch: usize, row: usize, column: usize| {
        let place = if sizes.right_transposed {
            column * k + row
        } else {
            row * n + column
        };
        right[batch * k * n + place]
    };
    let pack = {
        let sizes = sizes.clone();
        move |right: &[R]| -> Vec<PackedRows<L::Packed>> {
            let count = sizes
                .batches
                .iter()
                .map(|(_, right)| right + 1)
                .max()
                .unwrap_or(0);
            (0..count)
                .map(|batch| {
                    PackedRows::new(Cut::MatMul, [n, k, m], |column, row| {
                        let place = if sizes.right_transposed {
                            column * k + row
                        } else {
                            row * n + column
                        };
                        right[batch * k * n + place]
                    })
                })
                .collect()
        }
    };
    let right_len = sizes
        .batches
        .iter()
        .map(|(_, right)| right + 1)
        .max()
        .unwrap_or(0)
        * k
        * n;
    let left_len = sizes.batches.iter().map(|(left, _)| left + 1).max().unwrap_or(0) * m * k;
    // A few left rows: each reads the right side once, in the order it is stored in.
    let few = m <= 4;
    let mut rows = Vec::new();
    let mut packed = None;
    if let Some(right) = node.take_constant(1)? {
        let right = crate::inference::value::normalise(right);
        let right = R::slice(&right).and_then(|right| sized(right, right_len));
        let right = right.map_err(|error| node.error(error))?;
        if few {
            for batch in 0..right_len / (k * n).max(1) {
                for row in 0..k {
                    rows.extend((0..n).map(|column| right_at(right, batch, row, column)));
                }
            }
        } else {
            packed = Some(pack(right));
        }
    }
    Ok(Kernel::new(move |args: &mut Args| {
        let left = sized(L::slice(args.get(0)?)?, left_len)?;
        let left_at = |batch: usize, row: usize, depth: usize| {
            let place = if sizes.left_transposed {
                depth * m + row
            } else {
                row * k + depth
            };
            left[batch * m * k + place]
        };
        let mut out = vec![Out::default(); sizes.batches.len() * m * n];
        if !rows.is_empty() {
            for ((left, right), out) in sizes.batches.iter().zip(out.chunks_exact_mut((m * n).max(1))) {
                for (row, out) in out.chunks_exact_mut(n).enumerate() {
                    let step = n.div_ceil(2 * rayon::current_num_threads()).max(256);
                    out.par_chunks_mut(step).enumerate().for_each(|(chunk, out)| {
                        let mut sums = vec![L::Sum::default(); out.len()];
                        let mut piece = sums.clone();
                        for (start, length) in Cut::MatMul.pieces(k, 1) {
                            piece.fill(L::Sum::default());
                            for depth in start..start + length {
                                let element = left_at(*left, row, depth).widen();
                                let right = &rows[(right * k + depth) * n + chunk * step..][..out.len()];
                                kernels::vectorised(AddProducts {
                                    sums: &mut piece,
                                    element,
                                    right,
                                });
                            }
                            for (sum, piece) in sums.iter_mut().zip(&piece) {
                                *sum = sum.add(*piece);
                            }
                        }
                        for (index, (out, sum)) in out.iter_mut().zip(sums).enumerate() {
                            *out = finish(chunk * step + index, sum);
                        }
                    });
                }
            }
            return Ok(vec![tensor(&output.shape, out)?]);
        }
        let at_run;
        let packed = match &packed {
            Some(packed) => packed,
            None => {
                at_run = pack(sized(R::slice(args.get(1)?)?, right_len)?);
                &at_run
            }
        };
        // The packed side is the left one of the product of the transposes, so the result is transposed too.
        let jobs = sizes
            .batches
            .par_iter()
            .zip(out.par_chunks_exact_mut((m * n).max(1)));
        jobs.for_each(|((left, right), out)| {
            let fill = |depth: usize, row: usize, piece: &mut [L]| {
                for (index, element) in piece.iter_mut().enumerate() {
                    *element = left_at(*left, row + index, depth);
                }
            };
            let write = |column: usize, _: usize, sums: &[L::Sum], out: &mut [Out]| {
                for (out, sum) in out.iter_mut().zip(sums) {
                    *out = finish(column, *sum);
                }
            };
            let mut transposed = vec![Out::default(); m * n];
            let threads = rayon::current_num_threads();
            gemm::multiply(&packed[*right], m, threads, &Fill(fill), write, &mut transposed);
            for (row, out) in out.chunks_exact_mut(n).enumerate() {
                for (column, out) in out.iter_mut().enumerate() {
                    *out = transposed[column * m + row];
                }
            }
        });
        Ok(vec![tensor(&output.shape, out)?])
    }))
}
