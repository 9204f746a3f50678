//! Places in local memory for a group, and the order of its commands.

use super::super::allocate::{self, Interval};
use super::Range;
use super::estimate::{Cut, dies, slice_bytes, spans};
use super::graph::Graph;
use super::measure::Measure;
use super::shape::Run;
use tpuc_runtime::isa::memory_map::{LANE_BYTES, ROW_ALIGN_BYTES};

/// What happens next in a group's body.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Item {
    /// A tensor comes from DDR: its place in [`Run::tensors`].
    LoadTensor(usize),
    /// A weight comes from DDR: operation, and which of its weights.
    LoadWeight(usize, usize),
    /// An operation is computed.
    Compute(usize),
    /// A tensor goes to DDR.
    Store(usize),
}

/// Where everything of a group is in local memory.
#[derive(Clone, Debug)]
pub struct Placement {
    /// Rows of each tensor in each slice over rows.
    pub rows: Vec<Vec<Range>>,
    /// For each tensor of the run: byte offset and bytes of a lane. Where slices alternate, the second one follows the first.
    pub tensors: Vec<(usize, usize)>,
    /// For each operation: its buffer.
    pub buffers: Vec<(usize, usize)>,
    /// For each operation: its weights.
    pub weights: Vec<Vec<(usize, usize)>>,
    /// The body.
    pub order: Vec<Item>,
}

/// Places for a run; `None` if there is no room.
pub fn place(graph: &Graph, measure: &mut Measure<'_>, run: &Run, cut: Cut) -> Option<Placement> {
    let rows = (0..cut.row_slices)
        .map(|index| run.rows(graph, index, cut.row_slices))
        .collect::<Option<Vec<_>>>()?;
    let sizes: Vec<usize> = (0..run.tensors.len())
        .map(|tensor| {
            let most = rows.iter().map(|rows| rows[tensor].1).max().unwrap_or(0);
            slice_bytes(graph, run, tensor, cut.batches, most)
        })
        .collect();
    let mut buffers = Vec::with_capacity(run.made);
    // When the operations of the first slice would begin, if the TIU never waited.
    let mut starts = vec![0];
    for step in 0..run.made {
        let mut most = 0;
        for (slice, rows) in rows.iter().enumerate() {
            let there: Vec<Range> = run.inputs[step].iter().map(|place| rows[*place]).collect();
            if run.is_joined(step) {
                continue;
            }
            let cost = measure.operation(
                graph,
                run.seen,
                run.start + step,
                cut.batches,
                rows[step],
                &there,
                dies(run, step),
            )?;
            most = most.max(cost.buffer);
            if slice == 0 {
                starts.push(starts.last().copied().unwrap_or(0) + cost.tiu);
            }
        }
        buffers.push(most);
    }
    let mut spans = spans(run, cut, &sizes, &buffers);
    let weight_sizes: Vec<Vec<usize>> = (0..run.made)
        .map(|step| {
            let weights = run.seen.weights(&graph.nodes[run.start + step])?;
            Some(weights.iter().map(super::weights::Weight::lane_bytes).collect())
        })
        .collect::<Option<_>>()?;
    let single = cut.slices() == 1;
    let first_weight = spans.len();
    if !single {
        for &bytes in weight_sizes.iter().flatten() {
            spans.push(super::estimate::Span {
                bytes,
                first: 0,
                last: run.made.saturating_sub(1),
            });
        }
    }
    let (offsets, total) = pack(&spans);
    if total > LANE_BYTES {
        return None;
    }
    // What the tensors and buffers of each step reach up to.
    let mut tops = vec![0; run.made];
    for (span, offset) in spans.iter().zip(&offsets) {
        for top in tops.iter_mut().take(span.last + 1).skip(span.first) {
            *top = (*top).max(offset + span.bytes);
        }
    }
    let tensors: Vec<(usize, usize)> = sizes
        .iter()
        .zip(&offsets)
        .map(|(size, offset)| (*offset, *size))
        .collect();
    let places: Vec<(usize, usize)> = buffers
        .iter()
        .zip(&offsets[sizes.len()..])
        .map(|(size, offset)| (*offset, *size))
        .collect();
    let (weights, order) = if single {
        let cycles = |item: Item, measure: &mut Measure<'_>| match item {
            Item::LoadTensor(place) => measure.transfer(
                graph,
                run.seen,
                run.tensors[place],
                cut.batches,
                rows[0][place].1,
                true,
            ),
            Item::LoadWeight(step, index) => {
                let weights = run
                    .seen
                    .weights(&graph.nodes[run.start + step])
                    .unwrap_or_default();
                weights.get(index).map_or(0, |weight| measure.weight(weight))
            }
            _ => 0,
        };
        let (weights, mut loads) = streamed(run, &weight_sizes, &tops)?;
        delay(&mut loads, &starts, |item| cycles(item, measure));
        (weights, one_slice_order(run, loads))
    } else {
        let mut next = first_weight;
        let weights = weight_sizes
            .iter()
            .map(|sizes| {
                sizes
                    .iter()
                    .map(|size| {
                        next += 1;
                        (offsets[next - 1], *size)
                    })
                    .collect()
            })
            .collect();
        (weights, sliced_order(run, &weight_sizes))
    };
    Some(Placement {
        rows,
        tensors,
        buffers: places,
        weights,
        order,
    })
}

/// All loads, all operations, all stores: which slice each of them works on is told by its stage.
fn sliced_order(run: &Run, weight_sizes: &[Vec<usize>]) -> Vec<Item> {
    let inputs = (run.made..run.tensors.len()).map(Item::LoadTensor);
    let weights = weight_sizes
        .iter()
        .enumerate()
        .flat_map(|(step, sizes)| (0..sizes.len()).map(move |index| Item::LoadWeight(step, index)));
    let steps = (0..run.made).map(Item::Compute);
    let stores = (0..run.made).filter(|place| run.stored[*place]).map(Item::Store);
    inputs.chain(weights).chain(steps).chain(stores).collect()
}

/// A weight in the ring: where, and the operation that reads it.
struct InRing {
    start: usize,
    end: usize,
    step: usize,
}

/// A load, and the operation before which it begins.
type TimedLoad = (usize, Item);

/// Weights go round in the memory above `tops`, what the tensors of each step reach up to; each is loaded as early as what was
/// in its place has been read.
#[allow(clippy::type_complexity)]
fn streamed(
    run: &Run,
    weight_sizes: &[Vec<usize>],
    tops: &[usize],
) -> Option<(Vec<Vec<(usize, usize)>>, Vec<TimedLoad>)> {
    let mut weights: Vec<Vec<(usize, usize)>> = vec![Vec::new(); run.made];
    let mut ring: Vec<InRing> = Vec::new();
    let mut next = 0;
    // Loads in the order in which they are wanted, each with the first operation before which it may begin.
    let mut loads: Vec<TimedLoad> = Vec::new();
    let mut earliest = 0;
    for (step, sizes) in weight_sizes.iter().enumerate() {
        for place in run.made..run.tensors.len() {
            if run.uses[place].0 == step {
                earliest = earliest.max(step.saturating_sub(1));
                loads.push((earliest, Item::LoadTensor(place)));
            }
        }
        for (index, &bytes) in sizes.iter().enumerate() {
            // From its load to its operation no tensor may lie there.
            let lowest = tops[earliest.min(step)..=step].iter().max().copied().unwrap_or(0);
            let mut start = next.max(lowest);
            if start + bytes > LANE_BYTES {
                let load;
                (load, start) = wrapped(&ring, tops, (earliest, step), bytes)?;
                earliest = earliest.max(load);
            }
            next = start + bytes;
            let mut free = 0;
            for old in ring.iter().filter(|old| old.start < next && start < old.end) {
                if old.step == step {
                    return None;
                }
                free = free.max(old.step + 1);
            }
            ring.retain(|old| old.start >= next || start >= old.end);
            ring.push(InRing {
                start,
                end: next,
                step,
            });
            earliest = earliest.max(free);
            loads.push((earliest, Item::LoadWeight(step, index)));
            weights[step].push((start, bytes));
        }
    }
    Some((weights, loads))
}

/// The operation before which `bytes` for operation `step` can be loaded at the earliest if they go round, and where they lie:
/// above the tensors of the steps from then on, where what is in the ring has been read.
fn wrapped(
    ring: &[InRing],
    tops: &[usize],
    (earliest, step): (usize, usize),
    bytes: usize,
) -> Option<(usize, usize)> {
    let mut best: Option<(usize, usize)> = None;
    let mut lowest = 0;
    for begin in (earliest.min(step)..=step).rev() {
        lowest = lowest.max(tops[begin]);
        if lowest + bytes > LANE_BYTES {
            break;
        }
        let free = ring
            .iter()
            .filter(|old| old.start < lowest + bytes && lowest < old.end)
            .map(|old| old.step + 1)
            .max()
            .unwrap_or(0);
        let load = free.max(begin);
        if load <= step && best.is_none_or(|(known, _)| load <= known) {
            best = Some((load, lowest));
        }
    }
    best
}

/// Cycles by which loads are early: estimates of when operations begin are not exact.
const EARLY: u64 = 20_000;

/// Lets loads begin later where they still end in time, so that moves and stores do not wait behind them. `starts`: when each
/// operation begins.
fn delay(loads: &mut [TimedLoad], starts: &[u64], mut cycles: impl FnMut(Item) -> u64) {
    let mut latest = u64::MAX;
    let mut step_limit = usize::MAX;
    for (begin, item) in loads.iter_mut().rev() {
        let wanted = match *item {
            Item::LoadWeight(step, _) => step,
            // The place of a tensor is taken from its first turn on only.
            _ => {
                step_limit = step_limit.min(*begin);
                *begin
            }
        };
        latest = latest
            .min(starts[wanted.min(starts.len() - 1)])
            .saturating_sub(cycles(*item));
        // The last operation that begins early enough.
        let step = starts
            .partition_point(|start| start + EARLY <= latest)
            .saturating_sub(1);
        step_limit = step_limit.min(step).max(*begin).min(wanted);
        *begin = step_limit;
    }
    // Their order stays.
    let mut floor = 0;
    for (begin, _) in loads {
        floor = floor.max(*begin);
        *begin = floor;
    }
}

/// Each load before its operation, each store behind the operation after the one that makes the tensor.
fn one_slice_order(run: &Run, loads: Vec<TimedLoad>) -> Vec<Item> {
    let mut order = Vec::new();
    let mut waiting = loads.into_iter().peekable();
    let mut made_before: Option<usize> = None;
    for step in 0..run.made {
        while let Some((_, item)) = waiting.next_if(|(earliest, _)| *earliest <= step) {
            order.push(item);
        }
        order.push(Item::Compute(step));
        if let Some(place) = made_before.take() {
            order.push(Item::Store(place));
        }
        if run.stored[step] {
            made_before = Some(step);
        }
    }
    if let Some(place) = made_before {
        order.push(Item::Store(place));
    }
    order
}

/// Offsets of spans that do not meet while both are alive, and the bytes in all.
pub fn pack(spans: &[super::estimate::Span]) -> (Vec<usize>, usize) {
    let intervals: Vec<Interval> = spans
        .iter()
        .map(|span| Interval {
            bytes: span.bytes as u64,
            alignment: ROW_ALIGN_BYTES as u64,
            first: span.first,
            last: span.last,
        })
        .collect();
    let placement = allocate::place(&intervals);
    let offsets = placement.offsets.iter().map(|offset| *offset as usize).collect();
    (offsets, placement.total as usize)
}

#[cfg(test)]
mod tests {
    use super::super::estimate::Span;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn spans_that_are_alive_together_do_not_overlap(
            list in proptest::collection::vec((1usize..100, 0usize..20, 0usize..5), 1..40)
        ) {
            let spans: Vec<Span> = list.iter().map(|(bytes, first, more)| Span { bytes: *bytes, first: *first, last: first + more }).collect();
            let (offsets, total) = pack(&spans);
            for (index, one) in spans.iter().enumerate() {
                prop_assert!(offsets[index] + one.bytes <= total);
                for (other, two) in spans.iter().enumerate().skip(index + 1) {
                    let together = one.first <= two.last && two.first <= one.last;
                    let apart = offsets[index] + one.bytes <= offsets[other] || offsets[other] + two.bytes <= offsets[index];
                    prop_assert!(!together || apart);
                }
            }
        }
    }
}
