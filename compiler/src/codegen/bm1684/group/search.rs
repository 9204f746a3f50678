//! Cuts the program into groups: dynamic programming over the operations in their order.

use super::estimate::{Cut, Estimate, batch_choices, estimate};
use super::graph::Graph;
use super::measure::Measure;
use super::shape::Run;

/// A piece of the program.
#[derive(Clone, Debug)]
pub enum Segment {
    /// An operation for itself.
    Alone(usize),
    /// A group.
    Group(Run, Cut, Estimate),
}

/// Longest run that is tried at once; longer groups come about by joining.
const LONGEST: usize = 48;
/// Longest run with several slices: halos grow with each operation.
const LONGEST_SLICED: usize = 24;
/// Longest group.
const LONGEST_JOINED: usize = 600;
/// Numbers of slices over rows that are tried.
const ROW_SLICES: [usize; 22] = [
    1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 64, 80, 96, 128,
];
/// More slices than the fewest that fit are tried so often: shorter ones overlap better.
const MORE: usize = 3;

/// How hard the search tries: `--opt`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effort {
    /// Every operation for itself.
    None,
    /// Groups of one slice, and of as few slices as fit.
    Quick,
    /// Several numbers of slices.
    Normal,
}

impl Effort {
    /// The level of `--opt`; 0 for none.
    pub fn level(self) -> u32 {
        match self {
            Self::None => 0,
            Self::Quick => 1,
            Self::Normal => 2,
        }
    }
}

/// The best cut of a run, and its place in [`ROW_SLICES`].
fn best_cut(
    graph: &Graph,
    measure: &mut Measure<'_>,
    run: &Run,
    from: usize,
    effort: Effort,
) -> Option<(usize, Cut, Estimate)> {
    let all = graph.tensors[*run.tensors.first()?].dims[0];
    let mut best: Option<(usize, Cut, Estimate)> = None;
    for batches in batch_choices(graph, run) {
        let mut fitting = 0;
        for (index, &row_slices) in ROW_SLICES.iter().enumerate().skip(from) {
            if row_slices > 1 && run.made > LONGEST_SLICED {
                break;
            }
            let cut = Cut {
                batches,
                batch_slices: all.div_ceil(batches),
                row_slices,
            };
            match estimate(graph, measure, run, cut) {
                Some(found) => {
                    if best
                        .as_ref()
                        .is_none_or(|(_, _, best)| found.cycles < best.cycles)
                    {
                        best = Some((index, cut, found));
                    }
                    fitting += 1;
                    // A group that fits whole seldom gains from slices.
                    if fitting > MORE || effort == Effort::Quick {
                        break;
                    }
                }
                // Too many slices for the rows: more will not do either.
                None if run.rows(graph, 0, row_slices).is_none() => break,
                None => {}
            }
        }
    }
    best
}

/// Cuts the program where it costs least.
pub fn search(
    graph: &Graph,
    measure: &mut Measure<'_>,
    effort: Effort,
    tick: &mut dyn FnMut(),
) -> Vec<Segment> {
    let count = graph.nodes.len();
    let mut cost = vec![u64::MAX; count + 1];
    let mut from: Vec<Option<Segment>> = vec![None; count + 1];
    cost[0] = 0;
    for start in 0..count {
        tick();
        let base = cost[start];
        // What cannot be compiled is reported later.
        let alone = base + measure.alone(graph.nodes[start].op).unwrap_or(1 << 40);
        if alone < cost[start + 1] {
            cost[start + 1] = alone;
            from[start + 1] = Some(Segment::Alone(start));
        }
        if effort == Effort::None {
            continue;
        }
        let (mut fewest, mut misses) = (0, 0);
        for end in start + 1..=count.min(start + LONGEST) {
            if graph.nodes[end - 1].rows.is_none() {
                break;
            }
            let Some(run) = Run::new(graph, start, end) else {
                break;
            };
            let Some((index, cut, found)) = best_cut(graph, measure, &run, fewest, effort) else {
                misses += 1;
                if misses > 2 {
                    break;
                }
                continue;
            };
            misses = 0;
            fewest = index.saturating_sub(MORE).max(fewest);
            if base + found.cycles < cost[end] {
                cost[end] = base + found.cycles;
                from[end] = Some(Segment::Group(run, cut, found));
            }
        }
    }
    let mut segments = Vec::new();
    let mut end = count;
    while end > 0 {
        let Some(segment) = from[end].take() else { break };
        end = match &segment {
            Segment::Alone(index) => *index,
            Segment::Group(run, ..) => run.start,
        };
        segments.push(segment);
    }
    segments.reverse();
    joined(graph, measure, segments)
}

/// Joins neighbours of one slice where that costs less.
fn joined(graph: &Graph, measure: &mut Measure<'_>, segments: Vec<Segment>) -> Vec<Segment> {
    let mut result: Vec<Segment> = Vec::new();
    for segment in segments {
        if let (Some(Segment::Group(before, first, one)), Segment::Group(run, second, two)) =
            (result.last(), &segment)
            && first == second
            && first.slices() == 1
            && run.end - before.start <= LONGEST_JOINED
            && let Some(both) = Run::new(graph, before.start, run.end)
            && let Some(found) = estimate(graph, measure, &both, *first)
            && found.cycles < one.cycles + two.cycles
        {
            let cut = *first;
            result.pop();
            result.push(Segment::Group(both, cut, found));
            continue;
        }
        result.push(segment);
    }
    result
}
