//! Runs an element-wise operation lane by lane.
//!
//! Channel `c` of every operand lies in one lane for all channels of one result lane, so lanes never exchange data.
//! All results of a lane are computed before the first is written: operands may overlap the result in any way.

use rayon::prelude::*;

use super::float_mode::FlushDenormals;
use super::layout::Layout;
use crate::isa::memory_map::{LANE_BYTES, LANE_COUNT};

/// Below this many elements the work is not worth waking other threads.
pub(super) const PARALLEL_ELEMENTS: usize = 1 << 15;

/// Read access to lanes: one only, or all.
pub(super) enum Lanes<'a> {
    /// Every operand starts in the same lane as the result.
    Own(&'a [u8]),
    /// Operands start elsewhere; the whole local memory.
    All(&'a [u8]),
}

impl Lanes<'_> {
    /// Bytes of a lane. With [`Lanes::Own`] the caller asks for the lane it was given.
    pub(super) fn lane(&self, index: usize) -> &[u8] {
        match self {
            Lanes::Own(bytes) => bytes,
            Lanes::All(local) => &local[index * LANE_BYTES..(index + 1) * LANE_BYTES],
        }
    }
}

/// Computes every plane of `result` with `compute(lanes, channel, batch, state, plane)` and stores it with `store`.
/// `state` is scratch memory that lives for one lane.
pub(super) fn for_each_plane<State, Value>(
    local: &mut [u8],
    result: &Layout,
    operand_start_lanes: &[usize],
    compute: impl Fn(&Lanes<'_>, usize, usize, &mut State, &mut [Value]) + Sync,
    store: impl Fn(&Layout, &mut [u8], usize, usize, &[Value]) + Sync,
) where
    State: Default,
    Value: Copy + Default + Send + Sync,
{
    let shape = result.shape;
    let plane = shape.plane();
    let channels = |lane: usize| {
        let first = (lane + LANE_COUNT - result.start_lane) % LANE_COUNT;
        (first..shape.c).step_by(LANE_COUNT)
    };
    let compute_lane = |lanes: &Lanes<'_>, lane: usize| {
        let _flush = FlushDenormals::new();
        let mut state = State::default();
        let mut values = vec![Value::default(); channels(lane).len() * shape.n * plane];
        let mut planes = values.chunks_exact_mut(plane);
        for c in channels(lane) {
            for (n, out) in (0..shape.n).zip(planes.by_ref()) {
                compute(lanes, c, n, &mut state, out);
            }
        }
        values
    };
    let store_lane = |bytes: &mut [u8], lane: usize, values: &[Value]| {
        let mut planes = values.chunks_exact(plane);
        for c in channels(lane) {
            let row = result.lane_row(c).1;
            for (n, values) in (0..shape.n).zip(planes.by_ref()) {
                store(result, bytes, n, row, values);
            }
        }
    };
    let parallel = shape.elements() >= PARALLEL_ELEMENTS;
    if operand_start_lanes
        .iter()
        .all(|start| *start == result.start_lane)
    {
        let run = |(lane, bytes): (usize, &mut [u8])| {
            if channels(lane).len() > 0 {
                let values = compute_lane(&Lanes::Own(bytes), lane);
                store_lane(bytes, lane, &values);
            }
        };
        if parallel {
            local.par_chunks_exact_mut(LANE_BYTES).enumerate().for_each(run);
        } else {
            local.chunks_exact_mut(LANE_BYTES).enumerate().for_each(run);
        }
        return;
    }
    let all = Lanes::All(local);
    let results: Vec<Vec<Value>> = if parallel {
        (0..LANE_COUNT)
            .into_par_iter()
            .map(|lane| compute_lane(&all, lane))
            .collect()
    } else {
        (0..LANE_COUNT).map(|lane| compute_lane(&all, lane)).collect()
    };
    for (lane, (bytes, values)) in local.chunks_exact_mut(LANE_BYTES).zip(&results).enumerate() {
        store_lane(bytes, lane, values);
    }
}
