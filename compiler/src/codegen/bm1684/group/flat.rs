//! Groups whose tensors are seen by other sizes than their own, so that all lanes work.
//!
//! Element-wise operations do not care for shapes: their tensors are rows of elements. Operations along one axis (a softmax) leave
//! the elements at each of the other positions to themselves: the axis lies in rows, positions in lanes and columns
//! ([`super::super::side_by_side`]), and what is element-wise before and after them does with that, too.

use super::super::tensor::{Dims, Element, Global, dense_strides};
use tpuc_runtime::isa::memory_map::LANE_COUNT;

/// What sizes an operation wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flat {
    /// Any: each element of the result comes from the elements at the same place of its inputs, wherever that is.
    Pointwise,
    /// The axis in rows.
    Along(Along),
}

/// An axis of a tensor: its size, and those of what is before and behind it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Along {
    /// Product of the sizes before.
    pub outer: usize,
    /// Size of the axis.
    pub axis: usize,
    /// Product of the sizes behind.
    pub inner: usize,
}

/// Sizes by which all tensors of a group are seen, and how these lie in DDR.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct View {
    /// Batch, channel, row, column.
    pub dims: Dims,
    /// Elements from one to the next.
    pub strides: Dims,
    /// Rows are an axis, not to be cut.
    pub along: bool,
}

/// Columns of a flat tensor: long rows need few commands, many rows can be cut into slices.
const FLAT_COLUMNS: std::ops::RangeInclusive<usize> = 16..=1024;
/// Pieces of the positions behind an axis that are tried, so that loads and stores overlap with the computation.
const PIECES: std::ops::RangeInclusive<usize> = 1..=8;
/// Fewest columns of such a piece.
const LEAST_COLUMNS: usize = 32;

/// The most lanes, at least half of them, among which `count` things can be divided evenly.
fn even_lanes(count: usize) -> Option<usize> {
    (LANE_COUNT / 2..=LANE_COUNT)
        .rev()
        .find(|lanes| count.is_multiple_of(*lanes))
}

impl View {
    /// Sizes for `elements` elements that keep the lanes busy: channels, rows and columns without a meaning. `None` where the
    /// number cannot be divided so.
    pub fn pointwise(elements: usize) -> Option<Self> {
        let lanes = even_lanes(elements)?;
        let positions = elements / lanes;
        let columns = FLAT_COLUMNS
            .rev()
            .find(|columns| positions.is_multiple_of(*columns));
        let columns = columns.or((positions <= *FLAT_COLUMNS.end()).then_some(positions))?;
        let dims = [1, lanes, positions / columns, columns];
        Some(Self {
            dims,
            strides: dense_strides(dims),
            along: false,
        })
    }

    /// The axis in rows; what is behind it in lanes and columns, what is before it (or, if that is nothing, pieces of what is behind
    /// it) in batches. `None` where the positions cannot be divided among the lanes.
    pub fn along(Along { outer, axis, inner }: Along) -> Option<Self> {
        let lanes = even_lanes(inner)?;
        let columns = inner / lanes;
        let pieces = PIECES
            .rev()
            .find(|pieces| columns.is_multiple_of(*pieces) && columns / pieces >= LEAST_COLUMNS);
        let pieces = pieces.filter(|_| outer == 1).unwrap_or(1);
        let columns = columns / pieces;
        let batch_stride = if outer == 1 { lanes * columns } else { axis * inner };
        Some(Self {
            dims: [outer * pieces, lanes, axis, columns],
            strides: [batch_stride, columns, inner, 1],
            along: true,
        })
    }

    /// A tensor at `address`, seen so.
    pub fn global(&self, address: u64, element: Element) -> Global {
        Global {
            address,
            element,
            shape: self.dims,
            strides: self.strides,
        }
    }

    /// The view that operations need which each want theirs; `None` where they do not agree. `elements`: of each tensor.
    pub fn of(wanted: impl IntoIterator<Item = Flat>, elements: usize) -> Option<Self> {
        let mut along = None;
        for flat in wanted {
            match (flat, along) {
                (Flat::Pointwise, _) => {}
                (Flat::Along(axis), None) => along = Some(axis),
                (Flat::Along(axis), Some(known)) if axis == known => {}
                (Flat::Along(_), Some(_)) => return None,
            }
        }
        match along {
            Some(along) => Self::along(along),
            None => Self::pointwise(elements),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn places(view: &View) -> Vec<usize> {
        let [n, c, h, w] = view.dims;
        let all = (0..n * c * h * w).map(|index| {
            let place = [index / w / h / c, index / w / h % c, index / w % h, index % w];
            place
                .iter()
                .zip(view.strides)
                .map(|(at, stride)| at * stride)
                .sum()
        });
        all.collect()
    }

    #[test]
    fn views_hold_every_element_once() {
        for elements in [64, 4096, 60 * 7, 1000 * 48] {
            let view = View::pointwise(elements).unwrap();
            assert_eq!(places(&view), (0..elements).collect::<Vec<_>>());
        }
        assert_eq!(View::pointwise(67), None);
        for (outer, axis, inner) in [(1, 16, 8400), (4, 16, 33600), (3, 5, 64), (1, 2, 40), (2, 1, 128)] {
            let view = View::along(Along { outer, axis, inner }).unwrap();
            let places = places(&view);
            assert_eq!(places.len(), outer * axis * inner);
            let all: BTreeSet<usize> = places.iter().copied().collect();
            assert_eq!(all, (0..outer * axis * inner).collect(), "{view:?}");
            // A row is the axis.
            let w = view.dims[3];
            for (row, at) in places.chunks_exact(w).enumerate() {
                assert_eq!(at[0] / inner % axis, row % axis, "{view:?}");
            }
        }
        assert_eq!(
            View::along(Along {
                outer: 1,
                axis: 2,
                inner: 1
            }),
            None
        );
    }

    #[test]
    fn all_operations_along_an_axis_must_mean_the_same() {
        let axis = |axis| {
            Flat::Along(Along {
                outer: 1,
                axis,
                inner: 128,
            })
        };
        assert!(View::of([Flat::Pointwise, axis(4), axis(4)], 512).is_some_and(|view| view.along));
        assert_eq!(View::of([axis(4), axis(2)], 512), None);
        assert!(View::of([Flat::Pointwise], 512).is_some_and(|view| !view.along));
    }
}
