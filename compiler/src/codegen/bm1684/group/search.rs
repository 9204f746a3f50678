//! Cuts the program into groups: dynamic programming over the operations in their order.

use super::estimate::{Cut, Estimate, batch_choices, estimate};
use super::graph::Graph;
use super::measure::Measure;
use super::seen::{Kind, Seen};
use super::shape::Run;
use super::shift::shifted;
use rayon::prelude::*;

/// A piece of the program.
#[derive(Clone, Debug)]
pub enum Segment {
    /// An operation for itself.
    Alone(usize),
    /// A group.
    Group(Run, Cut, Estimate),
}

/// Cycles of what must not be chosen if there is another way.
const DEAR: u64 = 1 << 40;
/// Longest group.
const LONGEST_JOINED: usize = 600;
/// Numbers of slices over rows that are tried.
const ROW_SLICES: [usize; 22] = [
    1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 64, 80, 96, 128,
];
/// How hard the search tries: `--opt`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effort {
    /// Every operation for itself.
    None,
    /// Groups of one slice, and of as few slices as fit.
    Quick,
    /// Several numbers of slices.
    Normal,
    /// Longer runs and more numbers of slices.
    Thorough,
}

impl Effort {
    /// All, by the level of `--opt`; 0 for none.
    pub const LEVELS: [Self; 4] = [Self::None, Self::Quick, Self::Normal, Self::Thorough];

    /// The level of `--opt`; 0 for none.
    pub fn level(self) -> usize {
        self as usize
    }

    fn limits(self) -> Limits {
        match self {
            Self::None | Self::Quick | Self::Normal => Limits {
                longest: 48,
                longest_sliced: 24,
                more: if self == Self::Normal { 3 } else { 0 },
                misses: 2,
            },
            Self::Thorough => Limits {
                longest: 96,
                longest_sliced: 48,
                more: 6,
                misses: 3,
            },
        }
    }
}

/// How far a search goes.
struct Limits {
    /// Longest run that is tried at once; longer groups come about by joining.
    longest: usize,
    /// Longest run with several slices: halos grow with each operation.
    longest_sliced: usize,
    /// More slices than the fewest that fit are tried so often: shorter ones overlap better.
    more: usize,
    /// Longer runs are not tried after so many that do not fit.
    misses: usize,
}

/// Numbers of slices over rows to try for a run, with their places in [`ROW_SLICES`], from place `from` on. `least`: the fewest
/// that are wanted, where the results have as many rows.
fn row_slices(run: &Run, from: usize, least: usize) -> Vec<(usize, usize)> {
    if matches!(run.seen, Seen::Flat(view) if view.along) {
        return vec![(0, 1)];
    }
    let stored = (0..run.made).filter(|place| run.stored[*place]);
    let rows = stored.map(|place| run.dims[place][2]).min();
    let least = least.min(rows.unwrap_or(1)).max(1);
    let at = ROW_SLICES.partition_point(|count| *count < least);
    let exact = (at >= from && ROW_SLICES.get(at) != Some(&least)).then_some((at, least));
    let more = ROW_SLICES.iter().copied().enumerate().skip(at.max(from));
    exact.into_iter().chain(more).collect()
}

/// The best cut of a run, and its place in [`ROW_SLICES`].
pub fn best_cut(
    graph: &Graph,
    measure: &mut Measure<'_>,
    run: &Run,
    from: usize,
    wanted: Wanted,
) -> Option<(usize, Cut, Estimate)> {
    let limits = wanted.effort.limits();
    let all = run.dims.first()?[0];
    let mut best: Option<(usize, Cut, Estimate)> = None;
    for batches in batch_choices(graph, run) {
        let mut fitting = 0;
        for (index, row_slices) in row_slices(run, from, wanted.row_slices) {
            if row_slices > 1 && run.made > limits.longest_sliced {
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
                    if fitting > limits.more {
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

/// What is looked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// How hard to try.
    pub effort: Effort,
    /// Fewest slices over rows of each group, where its tensors have as many rows. With more than one, operations that can be in a
    /// group are, whatever it costs: for tests.
    pub row_slices: usize,
    /// What can be in a group of this kind is, whatever it costs: for tests.
    pub prefer: Option<Kind>,
}

/// What can be done from an operation on.
struct Ways {
    /// Cycles of it alone; `None` where it cannot be compiled.
    alone: Option<u64>,
    groups: Vec<Candidate>,
}

/// A group that begins there.
struct Candidate {
    end: usize,
    kind: Kind,
    cut: Cut,
    cycles: u64,
}

/// How the cheapest way to an operation ends.
#[derive(Clone, Copy)]
enum Last {
    Alone(usize),
    Group { start: usize, kind: Kind, cut: Cut },
}

/// What can be done from operation `start` on. It depends on nothing that was decided before.
fn ways_from(graph: &Graph, measure: &mut Measure<'_>, start: usize, wanted: Wanted) -> Ways {
    let limits = wanted.effort.limits();
    let mut groups = Vec::new();
    let alone = measure.alone(graph.nodes[start].op);
    if wanted.effort == Effort::None {
        return Ways { alone, groups };
    }
    for kind in Kind::ALL {
        let (mut fewest, mut misses) = (0, 0);
        let unwanted = wanted.prefer.is_some_and(|wanted| wanted != kind);
        for end in start + 1..=graph.nodes.len().min(start + limits.longest) {
            let Some(run) = Run::new(graph, start, end, kind) else {
                break;
            };
            let Some((index, cut, found)) = best_cut(graph, measure, &run, fewest, wanted) else {
                misses += 1;
                if misses > limits.misses {
                    break;
                }
                continue;
            };
            misses = 0;
            fewest = index.saturating_sub(limits.more.max(3)).max(fewest);
            let dear = if unwanted { (end - start) as u64 * DEAR } else { 0 };
            groups.push(Candidate {
                end,
                kind,
                cut,
                cycles: found.cycles + dear,
            });
        }
    }
    Ways { alone, groups }
}

/// Fewest and most neighbouring operations that one thread looks at: neighbours measure much the same, and what was found is
/// kept until all before it is decided.
const PORTION: [usize; 2] = [24, 256];

/// Cuts the program where it costs least. `tick` is called for each operation.
pub fn search(
    graph: &Graph,
    measure: &mut Measure<'_>,
    wanted: Wanted,
    tick: &mut dyn FnMut(),
) -> Vec<Segment> {
    let count = graph.nodes.len();
    let mut cost = vec![u64::MAX; count + 1];
    let mut last: Vec<Option<Last>> = vec![None; count + 1];
    cost[0] = 0;
    // More portions than threads: some take longer.
    let portions = 2 * rayon::current_num_threads();
    let portion = count.div_ceil(portions).clamp(PORTION[0], PORTION[1]);
    let mut measures: Vec<Measure<'_>> = (0..portions).map(|_| measure.fresh()).collect();
    for block in (0..count).step_by(portion * portions) {
        let found: Vec<Vec<Ways>> = measures
            .par_iter_mut()
            .enumerate()
            .map(|(number, measure)| {
                let first = block + number * portion;
                (first..(first + portion).min(count))
                    .map(|start| ways_from(graph, measure, start, wanted))
                    .collect()
            })
            .collect();
        for (start, ways) in (block..).zip(found.into_iter().flatten()) {
            tick();
            let base = cost[start];
            // What cannot be compiled is reported later.
            let node = &graph.nodes[start];
            let preferred = |kind| Run::new(graph, start, start + 1, kind).is_some();
            let forced = wanted.row_slices > 1 && (node.rows.is_some() || node.flat.is_some())
                || wanted.prefer.is_some_and(preferred);
            let alone = base + ways.alone.filter(|_| !forced).unwrap_or(DEAR);
            if alone < cost[start + 1] {
                cost[start + 1] = alone;
                last[start + 1] = Some(Last::Alone(start));
            }
            for group in ways.groups {
                let Candidate {
                    end,
                    kind,
                    cut,
                    cycles,
                } = group;
                if base + cycles < cost[end] {
                    cost[end] = base + cycles;
                    last[end] = Some(Last::Group { start, kind, cut });
                }
            }
        }
    }
    for other in measures {
        measure.absorb(other);
    }
    let mut segments = Vec::new();
    let mut end = count;
    while let Some(ending) = last[end] {
        let (start, segment) = match ending {
            Last::Alone(index) => (index, Some(Segment::Alone(index))),
            Last::Group { start, kind, cut } => {
                let group = Run::new(graph, start, end, kind).and_then(|run| {
                    let found = estimate(graph, measure, &run, cut)?;
                    Some(Segment::Group(run, cut, found))
                });
                (start, group)
            }
        };
        segments.extend(segment);
        end = start;
    }
    segments.reverse();
    let segments = joined(graph, measure, segments);
    shifted(graph, measure, wanted, segments)
}

/// Hundredths of its cycles that a group may cost more than its halves: what they hand on needs no memory in DDR.
pub const WORTH: u64 = 3;

/// Joins neighbours into groups of one slice where that costs about as much.
fn joined(graph: &Graph, measure: &mut Measure<'_>, segments: Vec<Segment>) -> Vec<Segment> {
    let mut result: Vec<Segment> = Vec::new();
    for segment in segments {
        if let (Some(Segment::Group(before, first, one)), Segment::Group(run, second, two)) =
            (result.last(), &segment)
            && (first.batches, first.batch_slices) == (second.batches, 1)
            && run.end - before.start <= LONGEST_JOINED
            && let Some(both) = before.like(graph, before.start, run.end)
            && let cut = Cut::whole(first.batches)
            && both.dims[0][0] == cut.batches
            && let Some(found) = estimate(graph, measure, &both, cut)
            && found.cycles <= (one.cycles + two.cycles) / 100 * (100 + WORTH)
        {
            result.pop();
            result.push(Segment::Group(both, cut, found));
            continue;
        }
        result.push(segment);
    }
    result
}
