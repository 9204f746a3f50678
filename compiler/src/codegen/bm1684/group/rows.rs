//! Which rows of its operands an operation reads: the backward shape rule of slices.
//!
//! An operation's own file says which rule it follows; [`OPS`] lists the operations that can be in a group.

use super::super::codegen::Codegen;
use super::super::error::Result;
use super::super::tiu::WindowFields;
use super::super::window::Axis;
use super::super::{
    active, binary, cast, conv2d, deconv, lut, matmul, movement, pool2d, scale, softmax, unary,
};
use super::Range;
use super::flat::Along;
use tpuc_dialects::ir::Op;

/// How rows of the result come from rows of an operand.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Rows {
    /// The same rows; a single row serves all.
    Same,
    /// Those under a window.
    Window(WindowFields),
    /// Each row of the operand gives so many rows of the result.
    Repeated(usize),
}

impl Rows {
    /// What rows `range` of the result read of an operand with `size` rows; the result has `whole` rows.
    pub fn needed(&self, size: usize, whole: usize, range: Range) -> Axis {
        let (start, len) = range;
        let plain = |start, len| Axis {
            start,
            len,
            pad_before: 0,
            pad_after: 0,
        };
        match self {
            Self::Same if size == 1 && whole != 1 => plain(0, 1),
            Self::Same => plain(start, len),
            Self::Window(fields) => fields.input_of(0, size, range),
            Self::Repeated(times) => {
                let first = start / times;
                plain(first, (start + len).div_ceil(*times) - first)
            }
        }
    }

    /// Rows that a window may be given beyond those that it reads, without change: less than a step.
    pub fn slack(&self) -> usize {
        match self {
            Self::Window(fields) => fields.stride[0] - 1,
            _ => 0,
        }
    }
}

/// Says how an operation's rows come about; `None` where it cannot be in a group.
pub type RowsFn = fn(&Codegen<'_>, Op) -> Result<Option<Rows>>;

/// Operations that can be in a group.
pub const OPS: &[(&str, RowsFn)] = &[
    ("tpu.Active", active::rows),
    ("tpu.Add", binary::rows),
    ("tpu.AddConst", unary::rows),
    ("tpu.Cast", cast::rows),
    ("tpu.Clip", unary::rows),
    ("tpu.Concat", movement::concat_rows),
    ("tpu.Conv2D", conv2d::rows),
    ("tpu.Deconv", deconv::rows),
    ("tpu.Div", binary::rows),
    ("tpu.LeakyRelu", unary::rows),
    ("tpu.Lut", lut::rows),
    ("tpu.MatMul", matmul::rows),
    ("tpu.Max", binary::rows),
    ("tpu.MaxConst", unary::rows),
    ("tpu.Min", binary::rows),
    ("tpu.MinConst", unary::rows),
    ("tpu.Mul", binary::rows),
    ("tpu.MulConst", unary::rows),
    ("tpu.MulShift", unary::rows),
    ("tpu.PReluOp", unary::rows),
    ("tpu.Pool2D", pool2d::rows),
    ("tpu.Reciprocal", unary::rows),
    ("tpu.Relu", unary::rows),
    ("tpu.Reshape", movement::reshape_rows),
    ("tpu.Scale", scale::rows),
    ("tpu.Slice", movement::slice_rows),
    ("tpu.Sub", binary::rows),
    ("tpu.SubConst", unary::rows),
    ("tpu.Upsample", movement::upsample_rows),
];

/// Operations along one axis that can be in flat groups, and which axis that is.
const ALONG: &[(&str, AlongFn)] = &[("tpu.Softmax", softmax::along)];

/// Says which axis an operation is along.
type AlongFn = fn(&Codegen<'_>, Op) -> Result<Option<Along>>;

/// The axis that an operation is along, if it can be in a flat group.
pub fn along(cg: &Codegen<'_>, op: Op) -> Option<Along> {
    let name = cg.ctx().op_name(op);
    let (_, along) = ALONG.iter().find(|(known, _)| *known == name)?;
    along(cg, op).ok().flatten()
}

/// How an operation's rows come about; `None` where it cannot be in a group.
pub fn of(cg: &Codegen<'_>, op: Op) -> Option<Rows> {
    let name = cg.ctx().op_name(op);
    let (_, rows) = OPS.iter().find(|(known, _)| *known == name)?;
    // What cannot be compiled is reported when its code is made.
    rows(cg, op).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_under_windows() {
        let fields = WindowFields {
            kernel: [3, 3],
            stride: [2, 2],
            dilation: [1, 1],
            insert: [0, 0],
            pad: [1, 1, 1, 1],
        };
        let rows = Rows::Window(fields);
        let at = |range| {
            let axis = rows.needed(16, 8, range);
            (axis.start, axis.len, axis.pad_before, axis.pad_after)
        };
        assert_eq!(at((0, 8)), (0, 16, 1, 0));
        assert_eq!(at((0, 3)), (0, 6, 1, 0));
        assert_eq!(at((3, 2)), (5, 5, 0, 0));
        let doubled = Rows::Repeated(2).needed(8, 16, (3, 4));
        assert_eq!((doubled.start, doubled.len), (1, 3));
        assert_eq!(Rows::Same.needed(1, 8, (3, 2)).len, 1);
    }
}
