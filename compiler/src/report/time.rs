//! The time line of the commands: sums of each layer, and segments that are few enough to be drawn.

use super::data::{Layer, Segment, Timeline};
use super::network::Owners;
use std::collections::HashMap;
use tpuc_runtime::isa::Engine;
use tpuc_runtime::isa::cost::{CLOCK_HZ, seconds};
use tpuc_runtime::profile::{Profile, Slice};

/// Segments of each engine, at most about.
const SEGMENTS: u64 = 2500;

/// Adds the commands' sums to their layers and gives the time line. Commands are named where the profile names them.
pub fn add_times(layers: &mut [Layer], profile: &Profile, owners: &Owners) -> Timeline {
    let mut operations: Vec<(String, Option<usize>)> = Vec::new();
    let mut number: HashMap<&str, usize> = HashMap::new();
    let mut frontier = 0;
    let named = profile.slices.iter().any(|slice| slice.operation.is_some());
    if named {
        for layer in layers.iter_mut() {
            (layer.tiu_cycles, layer.dma_cycles) = (Some(0), Some(0));
            (layer.macs, layer.bytes, layer.microseconds) = (Some(0), Some(0), Some(0.0));
        }
    }
    for slice in &profile.slices {
        let Some(operation) = &slice.operation else {
            continue;
        };
        let index = *number.entry(operation).or_insert_with(|| {
            // "tpu.Conv2D name"
            let name = operation
                .split_once(' ')
                .map_or(operation.as_str(), |(_, name)| name);
            operations.push((operation.clone(), owners.get(name)));
            operations.len() - 1
        });
        let advance = slice.end.saturating_sub(frontier);
        frontier = frontier.max(slice.end);
        let Some(layer) = operations[index].1.map(|layer| &mut layers[layer]) else {
            continue;
        };
        let add = |sum: &mut Option<u64>, value: u64| *sum = Some(sum.unwrap_or(0).saturating_add(value));
        match slice.engine {
            Engine::Tiu => add(&mut layer.tiu_cycles, slice.end - slice.start),
            Engine::Dma => add(&mut layer.dma_cycles, slice.end - slice.start),
        }
        add(&mut layer.macs, slice.macs);
        add(&mut layer.bytes, slice.bytes);
        layer.microseconds = Some(layer.microseconds.unwrap_or(0.0) + seconds(advance) * 1e6);
    }
    let of_slice = |slice: &Slice| {
        let operation = slice.operation.as_deref()?;
        number.get(operation).copied()
    };
    let segments = |engine: Engine| {
        let slices = profile.slices.iter().filter(|slice| slice.engine == engine);
        compress(
            slices.map(|slice| (slice.start, slice.end, of_slice(slice))),
            profile.totals.cycles,
        )
    };
    Timeline {
        cycles: profile.totals.cycles,
        clock: CLOCK_HZ,
        commands: profile.totals.tiu_commands + profile.totals.dma_commands,
        tiu: segments(Engine::Tiu),
        gdma: segments(Engine::Dma),
        operations,
    }
}

/// Joins neighbours of one operation; then, where there are still too many, short neighbours: such a segment bears the
/// operation that it works longest for.
fn compress(slices: impl Iterator<Item = (u64, u64, Option<usize>)>, cycles: u64) -> Vec<Segment> {
    let mut joined: Vec<Segment> = Vec::new();
    for (start, end, operation) in slices {
        let operation = operation.map_or(-1, |index| index as i64);
        match joined.last_mut() {
            // Commands without names are joined later, where they are short.
            Some(last) if last.2 == operation && operation >= 0 => {
                (last.1, last.3, last.4) = (end, last.3 + 1, last.4 + (end - start));
            }
            _ => joined.push(Segment(start, end, operation, 1, end - start)),
        }
    }
    if joined.len() as u64 <= SEGMENTS {
        return joined;
    }
    let shortest = cycles.div_ceil(SEGMENTS);
    let mut result: Vec<Segment> = Vec::new();
    let mut longest = 0;
    for segment in joined {
        match result.last_mut() {
            Some(last) if segment.1.saturating_sub(last.0) <= shortest => {
                if segment.4 > longest {
                    (longest, last.2) = (segment.4, segment.2);
                }
                (last.1, last.3, last.4) = (segment.1, last.3 + segment.3, last.4 + segment.4);
            }
            _ => {
                longest = segment.4;
                result.push(segment);
            }
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_of_one_operation_are_one_segment() {
        let slices = [(0, 5, Some(0)), (7, 9, Some(0)), (9, 12, Some(1)), (12, 13, None)];
        assert_eq!(
            compress(slices.into_iter(), 13),
            [
                Segment(0, 9, 0, 2, 7),
                Segment(9, 12, 1, 1, 3),
                Segment(12, 13, -1, 1, 1)
            ]
        );
    }

    #[test]
    fn there_are_not_too_many_segments_and_no_work_is_lost() {
        let slices = (0..50_000_u64).map(|index| (index * 10, index * 10 + 4, Some((index % 7) as usize)));
        let segments = compress(slices, 500_000);
        assert!(segments.len() as u64 <= 2 * SEGMENTS, "{}", segments.len());
        assert_eq!(segments.iter().map(|segment| segment.4).sum::<u64>(), 200_000);
        assert_eq!(segments.iter().map(|segment| segment.3).sum::<u64>(), 50_000);
        assert!(segments.windows(2).all(|pair| pair[0].1 <= pair[1].0));
    }
}
