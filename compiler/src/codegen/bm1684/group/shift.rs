//! Moves the cuts between groups to where less is handed on.
//!
//! The search minimises cycles. Often a cut some operations further costs about the same, and what it hands on through DDR is a
//! fraction: behind a convolution with a step of 2 it is a quarter. That is memory that the network does not need.

use super::graph::Graph;
use super::measure::Measure;
use super::search::{Segment, WORTH, Wanted, best_cut};
use super::shape::Run;

/// How far a cut is moved.
const FARTHEST: usize = 8;

/// Bytes that a run stores for other operations.
fn stored_bytes(graph: &Graph, run: &Run) -> usize {
    (0..run.made)
        .filter(|place| run.stored[*place])
        .map(|place| &graph.tensors[run.tensors[place]])
        .filter(|tensor| !tensor.kept)
        .map(|tensor| tensor.dims.iter().product::<usize>() * tensor.element.bytes())
        .sum()
}

/// The same two groups with another cut between them: at most half of the bytes, and at most [`WORTH`] hundredths more cycles.
fn moved(
    graph: &Graph,
    measure: &mut Measure<'_>,
    wanted: Wanted,
    pair: [&Segment; 2],
) -> Option<[Segment; 2]> {
    let [Segment::Group(before, _, one), Segment::Group(behind, _, two)] = pair else {
        return None;
    };
    let bytes = stored_bytes(graph, before) + stored_bytes(graph, behind);
    let most = (one.cycles + two.cycles) / 100 * (100 + WORTH);
    let ends = before.end.saturating_sub(FARTHEST).max(before.start + 1)
        ..=(before.end + FARTHEST).min(behind.end - 1);
    let mut cuts: Vec<(usize, Run, Run)> = ends
        .filter(|end| *end != before.end)
        .filter_map(|end| {
            let (first, second) = (
                before.like(graph, before.start, end)?,
                behind.like(graph, end, behind.end)?,
            );
            let bytes = stored_bytes(graph, &first) + stored_bytes(graph, &second);
            Some((bytes, first, second))
        })
        .filter(|(less, ..)| *less <= bytes / 2)
        .collect();
    cuts.sort_by_key(|(bytes, first, _)| (*bytes, first.end));
    cuts.into_iter().find_map(|(_, first, second)| {
        let (_, one, cycles) = best_cut(graph, measure, &first, 0, wanted)?;
        let (_, two, more) = best_cut(graph, measure, &second, 0, wanted)?;
        (cycles.cycles + more.cycles <= most).then_some([
            Segment::Group(first, one, cycles),
            Segment::Group(second, two, more),
        ])
    })
}

/// Moves the cuts, from the front to the back.
pub fn shifted(
    graph: &Graph,
    measure: &mut Measure<'_>,
    wanted: Wanted,
    mut segments: Vec<Segment>,
) -> Vec<Segment> {
    for index in 1..segments.len() {
        if let Some([before, behind]) =
            moved(graph, measure, wanted, [&segments[index - 1], &segments[index]])
        {
            segments[index - 1] = before;
            segments[index] = behind;
        }
    }
    segments
}
