//! Task type 2: matrix product.
//!
//! Matrices are not interleaved by batch: a row spreads over lanes, `w` elements per lane, rows padded to 128 bytes.
//! The left matrix is M x K with K over lanes (the last lane may hold fewer columns), or K x M with `opt_left_tran`; the right
//! one is K x N. f32 sums
//! use two accumulators by parity of k; then bias, then the old result. With K = 1 the product itself is the sum.
//! Integer sums add the old 16-bit result, shifted left, before the rounding right shift.

use rayon::prelude::*;

use super::rounding::Requantise;
use super::window::{float, integer};
use super::{precision, require};
use crate::emulator::error::Problem;
use crate::emulator::float_mode::FlushDenormals;
use crate::emulator::layout::split_address;
use crate::emulator::memory::Memory;
use crate::isa::memory_map::{LANE_BYTES, LANE_COUNT, LOCAL_BYTES, ROW_ALIGN_BYTES};
use crate::isa::{Precision, TiuCommand};

/// Rows of K that may be summed in 32 bits.
const NARROW_ROWS: usize = 1 << 14;

/// A matrix in local memory.
#[derive(Clone, Copy)]
pub(super) struct Matrix {
    start_lane: usize,
    offset: usize,
    row_bytes: usize,
    pitch: usize,
    columns: usize,
    size: usize,
}

impl Matrix {
    pub(super) fn new(
        what: &'static str,
        address: u64,
        rows: usize,
        lanes: usize,
        columns: usize,
        precision: Precision,
    ) -> Result<Self, Problem> {
        let (start_lane, offset) = split_address(what, address)?;
        if rows == 0 || lanes == 0 || columns == 0 {
            return Err(Problem::sizes(format!(
                "{what} is empty ({rows} rows, {lanes} lanes, {columns} columns)"
            )));
        }
        let size = precision.bytes();
        let row_bytes = (columns * size).next_multiple_of(ROW_ALIGN_BYTES);
        let pitch = row_bytes * (start_lane + lanes).div_ceil(LANE_COUNT);
        let end = (rows - 1)
            .checked_mul(pitch)
            .map(|start| start + offset + pitch - row_bytes + columns * size);
        if end.is_none_or(|end| end > LANE_BYTES) {
            return Err(Problem::range(
                what,
                format!("{rows} rows of {pitch} bytes at {offset:#x} leave the lane"),
            ));
        }
        Ok(Self {
            start_lane,
            offset,
            row_bytes,
            pitch,
            columns,
            size,
        })
    }

    /// Byte offset in local memory of a row's elements in the `c`-th lane.
    fn at(&self, row: usize, c: usize) -> usize {
        let (lane, lane_row) = (
            (self.start_lane + c) % LANE_COUNT,
            (self.start_lane + c) / LANE_COUNT,
        );
        lane * LANE_BYTES + self.offset + row * self.pitch + lane_row * self.row_bytes
    }

    /// Bytes of a row in the `c`-th lane.
    pub(super) fn row<'a>(&self, local: &'a [u8], row: usize, c: usize) -> &'a [u8] {
        let start = self.at(row, c);
        &local[start..start + self.columns * self.size]
    }
}

pub(super) fn execute(command: &TiuCommand, memory: &mut Memory) -> Result<(), Problem> {
    let a_precision = precision("opt_opd0_prec", command.opt_opd0_prec())?;
    let b_precision = precision("opt_opd1_prec", command.opt_opd1_prec())?;
    let result_precision = precision("opt_res0_prec", command.opt_res0_prec())?;
    let constants = command.opt_opd0_const() | command.opt_opd1_const() | command.opt_opd2_const();
    require(constants == 0, "constant matrices")?;
    let (a_lanes, a_columns) = (command.opd0_c() as usize, command.opd0_w() as usize);
    let last_columns = command.opd1_w() as usize;
    if a_lanes == 0 || last_columns == 0 || last_columns > a_columns {
        return Err(Problem::sizes(format!(
            "the last of {a_lanes} lanes uses {last_columns} of {a_columns} columns of the left matrix"
        )));
    }
    let transposed = command.opt_left_tran() == 1;
    let a_rows = command.opd0_n() as usize;
    let (rows, depth) = {
        let over_lanes = (a_lanes - 1) * a_columns + last_columns;
        if transposed {
            (over_lanes, a_rows)
        } else {
            (a_rows, over_lanes)
        }
    };
    let (lanes, columns) = (command.res0_c() as usize, command.res0_w() as usize);
    let a = Matrix::new(
        "left matrix",
        command.opd0_addr(),
        a_rows,
        a_lanes,
        a_columns,
        a_precision,
    )?;
    let b = Matrix::new(
        "right matrix",
        command.opd1_addr(),
        depth,
        lanes,
        columns,
        b_precision,
    )?;
    let result = Matrix::new(
        "result",
        command.res0_addr(),
        rows,
        lanes,
        columns,
        result_precision,
    )?;
    // An integer bias is 16 bits wide, also when the command says 8.
    let bias_precision = match precision("opt_opd2_prec", command.opt_opd2_prec())? {
        Precision::Int8 => Precision::Int16,
        other => other,
    };
    let bias = if command.tsk_opd_num() == 3 {
        Some(Matrix::new(
            "bias",
            command.opd2_addr(),
            1,
            lanes,
            columns,
            bias_precision,
        )?)
    } else {
        None
    };
    let work = rows as u128 * depth as u128 * lanes as u128 * columns as u128;
    memory.check_work(work)?;
    if rows.saturating_mul(lanes).saturating_mul(columns) > LOCAL_BYTES {
        return Err(Problem::sizes(format!(
            "{rows} rows of {lanes} lanes with {columns} columns do not fit local memory"
        )));
    }
    let add_old = command.opt_res_add() == 1;
    let local = memory.local();
    let gather = |convert: &dyn Fn(&[u8]) -> f32| -> Vec<f32> {
        gather_left(local, &a, [rows, a_lanes, depth], transposed, convert)
    };
    if a_precision == Precision::Float32 {
        require(
            b_precision == a_precision
                && result_precision == a_precision
                && (bias.is_none() || bias_precision == a_precision),
            "mixing f32 and integers",
        )?;
        let left = gather(&float);
        let results: Vec<Vec<f32>> = (0..lanes)
            .into_par_iter()
            .with_min_len(8)
            .map(|c| {
                let _flush = FlushDenormals::new();
                let right: Vec<f32> = (0..depth)
                    .flat_map(|k| b.row(local, k, c).chunks_exact(4).map(float))
                    .collect();
                let mut out = vec![0.0; rows * columns];
                multiply_f32(&left, &right, depth, columns, &mut out);
                if let Some(bias) = &bias {
                    let bias: Vec<f32> = bias.row(local, 0, c).chunks_exact(4).map(float).collect();
                    out.chunks_exact_mut(columns).for_each(|row| add_row(row, &bias));
                }
                if add_old {
                    for (m, row) in out.chunks_exact_mut(columns).enumerate() {
                        let old: Vec<f32> = result.row(local, m, c).chunks_exact(4).map(float).collect();
                        add_row(row, &old);
                    }
                }
                out
            })
            .collect();
        store(memory, &result, columns, &results, |value| value.to_le_bytes());
        return Ok(());
    }
    require(
        a_precision == Precision::Int8
            && b_precision == Precision::Int8
            && result_precision.bytes() <= 2
            && (bias.is_none() || bias_precision == Precision::Int16),
        "integer matrices that are not 8 bit, results of more than 16 bits, or a bias of 32 bits",
    )?;
    let [a_signed, b_signed, bias_signed] = [
        command.opt_opd0_sign(),
        command.opt_opd1_sign(),
        command.opt_opd2_sign(),
    ]
    .map(|sign| sign == 1);
    let requantise = Requantise::new(
        command.opt_right_shift(),
        result_precision,
        // The sign of an absent bias does not count.
        a_signed || b_signed || (bias.is_some() && bias_signed),
        command.opt_relu() == 1,
    );
    let old = if add_old {
        Some(Matrix::new(
            "old result",
            command.res0_addr(),
            rows,
            lanes,
            columns,
            Precision::Int16,
        )?)
    } else {
        None
    };
    let (left_shift, old_signed) = (command.opt_left_shift(), command.opt_res_add_sign() == 1);
    let left: Vec<i32> = gather_left(local, &a, [rows, a_lanes, depth], transposed, &|bytes| {
        integer(bytes, a_signed) as i32
    });
    let results: Vec<Vec<i32>> = (0..lanes)
        .into_par_iter()
        .with_min_len(8)
        .map(|c| {
            let right: Vec<i32> = (0..depth)
                .flat_map(|k| {
                    b.row(local, k, c)
                        .chunks_exact(1)
                        .map(|bytes| integer(bytes, b_signed) as i32)
                })
                .collect();
            let mut sums = vec![0i64; rows * columns];
            multiply_i32(&left, &right, depth, columns, &mut sums);
            let bias: Option<Vec<i64>> = bias.map(|bias| {
                bias.row(local, 0, c)
                    .chunks_exact(bias.size)
                    .map(|bytes| integer(bytes, bias_signed))
                    .collect()
            });
            for (m, row) in sums.chunks_exact_mut(columns).enumerate() {
                if let Some(old) = &old {
                    for (slot, bytes) in row.iter_mut().zip(old.row(local, m, c).chunks_exact(2)) {
                        *slot += integer(bytes, old_signed) << left_shift;
                    }
                }
                if let Some(bias) = &bias {
                    row.iter_mut().zip(bias).for_each(|(slot, bias)| *slot += bias);
                }
            }
            sums.iter().map(|sum| requantise.apply(*sum) as i32).collect()
        })
        .collect();
    store(memory, &result, columns, &results, i32::to_le_bytes);
    Ok(())
}

/// The left matrix, row by row, without the unused columns of the last lane; turned over when it is stored as K x M.
fn gather_left<T: Copy>(
    local: &[u8],
    matrix: &Matrix,
    [rows, lanes, depth]: [usize; 3],
    transposed: bool,
    convert: &dyn Fn(&[u8]) -> T,
) -> Vec<T> {
    let stored_rows = if transposed { depth } else { rows };
    let columns = if transposed { rows } else { depth };
    let mut values = Vec::with_capacity(rows * depth);
    for row in 0..stored_rows {
        let whole = (0..lanes).flat_map(|c| matrix.row(local, row, c).chunks_exact(matrix.size));
        values.extend(whole.take(columns).map(convert));
    }
    if !transposed {
        return values;
    }
    let turned = (0..rows).flat_map(|m| (0..depth).map(move |k| (m, k)));
    turned.map(|(m, k)| values[k * rows + m]).collect()
}

/// Writes the results, one buffer of `rows x columns` per lane; `bytes` gives at least as many bytes as are stored.
pub(super) fn store<T: Copy>(
    memory: &mut Memory,
    result: &Matrix,
    columns: usize,
    results: &[Vec<T>],
    bytes: impl Fn(T) -> [u8; 4],
) {
    let local = memory.local_mut();
    for (c, values) in results.iter().enumerate() {
        for (m, row) in values.chunks_exact(columns).enumerate() {
            let start = result.at(m, c);
            let target = &mut local[start..start + columns * result.size];
            for (slot, value) in target.chunks_exact_mut(result.size).zip(row) {
                slot.copy_from_slice(&bytes(*value)[..result.size]);
            }
        }
    }
}

#[inline(never)]
fn add_row(row: &mut [f32], addend: &[f32]) {
    for (slot, value) in row.iter_mut().zip(addend) {
        *slot += value;
    }
}

#[inline(never)]
fn multiply_f32(left: &[f32], right: &[f32], depth: usize, columns: usize, out: &mut [f32]) {
    let mut sums = [vec![0.0; columns], vec![0.0; columns]];
    for (left, out) in left.chunks_exact(depth).zip(out.chunks_exact_mut(columns)) {
        if depth == 1 {
            out.iter_mut()
                .zip(right)
                .for_each(|(slot, b)| *slot = left[0] * b);
            continue;
        }
        sums.iter_mut().for_each(|sum| sum.fill(0.0));
        for (k, (a, right)) in left.iter().zip(right.chunks_exact(columns)).enumerate() {
            for (sum, b) in sums[k & 1].iter_mut().zip(right) {
                *sum += a * b;
            }
        }
        for ((slot, even), odd) in out.iter_mut().zip(&sums[0]).zip(&sums[1]) {
            *slot = even + odd;
        }
    }
}

#[inline(never)]
fn multiply_i32(left: &[i32], right: &[i32], depth: usize, columns: usize, out: &mut [i64]) {
    let mut sums = vec![0i32; columns];
    for (left, out) in left.chunks_exact(depth).zip(out.chunks_exact_mut(columns)) {
        for (left, right) in left.chunks(NARROW_ROWS).zip(right.chunks(NARROW_ROWS * columns)) {
            sums.fill(0);
            for (a, right) in left.iter().zip(right.chunks_exact(columns)) {
                for (sum, b) in sums.iter_mut().zip(right) {
                    *sum += a * b;
                }
            }
            out.iter_mut()
                .zip(&sums)
                .for_each(|(slot, sum)| *slot += i64::from(*sum));
        }
    }
}
