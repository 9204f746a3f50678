//! Task type 14 ("vector correlation"): every element of one f32 vector with every element of another.
//!
//! Both vectors are rows over lanes as in the matrix product: the left one has `opd0_w` elements in each of `opd0_c`
//! lanes, `opd1_w` in the last; the right one has the result's lanes and columns. Row `m` of the result is element `m` of
//! the left vector with the whole right one.

use super::arith::float_kernel;
use super::matmul::{Matrix, store};
use super::window::float;
use super::{precision, require};
use crate::emulator::error::Problem;
use crate::emulator::float_mode::FlushDenormals;
use crate::emulator::memory::Memory;
use crate::isa::memory_map::LOCAL_BYTES;
use crate::isa::{Precision, TiuCommand, TiuOp};

pub(super) fn execute(op: TiuOp, command: &TiuCommand, memory: &mut Memory) -> Result<(), Problem> {
    for (field, code) in [
        ("opt_res0_prec", command.opt_res0_prec()),
        ("opt_opd0_prec", command.opt_opd0_prec()),
        ("opt_opd1_prec", command.opt_opd1_prec()),
    ] {
        require(
            precision(field, code)? == Precision::Float32,
            "operations on vectors of integers",
        )?;
    }
    let constants = command.opt_opd0_const() | command.opt_opd1_const();
    require(constants == 0, "constant vectors")?;
    let (lanes, columns) = (command.res0_c() as usize, command.res0_w() as usize);
    let (left_lanes, width) = (command.opd0_c() as usize, command.opd0_w() as usize);
    let last = command.opd1_w() as usize;
    if left_lanes == 0 || last == 0 || last > width {
        return Err(Problem::sizes(format!(
            "the last of {left_lanes} lanes uses {last} of {width} elements of the left vector"
        )));
    }
    let rows = (left_lanes - 1) * width + last;
    if rows.saturating_mul(lanes).saturating_mul(columns) > LOCAL_BYTES / 4 {
        return Err(Problem::sizes(format!(
            "{rows} rows of {lanes} lanes with {columns} columns do not fit local memory"
        )));
    }
    let float_type = Precision::Float32;
    let left = Matrix::new(
        "left vector",
        command.opd0_addr(),
        1,
        left_lanes,
        width,
        float_type,
    )?;
    let right = Matrix::new("right vector", command.opd1_addr(), 1, lanes, columns, float_type)?;
    let result = Matrix::new("result", command.res0_addr(), rows, lanes, columns, float_type)?;
    let kernel = float_kernel(op)?;
    let local = memory.local();
    let left: Vec<f32> = (0..left_lanes)
        .flat_map(|c| left.row(local, 0, c).chunks_exact(4).map(float))
        .take(rows)
        .collect();
    let results: Vec<Vec<f32>> = (0..lanes)
        .map(|c| {
            let right: Vec<f32> = right.row(local, 0, c).chunks_exact(4).map(float).collect();
            let mut values = vec![0.0; rows * columns];
            let mut repeated = vec![0.0; columns];
            let _flush = FlushDenormals::new();
            for (row, value) in values.chunks_exact_mut(columns).zip(&left) {
                repeated.fill(*value);
                kernel(&repeated, &right, 0.0, row);
            }
            values
        })
        .collect();
    store(memory, &result, columns, &results, |value| value.to_le_bytes());
    Ok(())
}
