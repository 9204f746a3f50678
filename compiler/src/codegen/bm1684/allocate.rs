//! Places tensors in one memory so that those alive at the same time do not overlap, as tightly as a few orders find.
//!
//! Each tensor goes to the lowest gap that is large enough among the ones placed before it that live at the same time. How
//! good that is depends on the order; several are tried and the best is kept. What cannot be undercut by any placement, the
//! most bytes alive at one time, is computed beside it: where it is reached, no other order is tried.
//!
//! Tensors alive at a given time are found by a tree over the starts, so that a chain of `n` tensors takes `n log n` steps.

use std::cmp::Reverse;

/// A tensor, or several that are the same memory: bytes, what its address is a multiple of, first and last operation that
/// needs it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Interval {
    /// Bytes.
    pub bytes: u64,
    /// Its address is a multiple of this.
    pub alignment: u64,
    /// First operation during which it is alive.
    pub first: usize,
    /// Last one.
    pub last: usize,
}

/// Where the intervals lie.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Placement {
    /// First byte of each.
    pub offsets: Vec<u64>,
    /// Bytes from 0 to the end of the highest.
    pub total: u64,
    /// Most bytes alive at one time: no placement takes less.
    pub bound: u64,
}

/// Rounds of moving the interval that reaches highest to the front of the order.
const REPAIRS: usize = 48;
/// Intervals times rounds beyond which no more are tried.
const REPAIR_WORK: usize = 100_000;

/// Places all intervals. The same intervals always give the same placement.
pub fn place(intervals: &[Interval]) -> Placement {
    let (bound, _) = most_alive(intervals);
    let mut best = Placement {
        offsets: vec![0; intervals.len()],
        total: u64::MAX,
        bound,
    };
    let mut best_order = Vec::new();
    let index = Overlaps::of(intervals);
    for key in ORDERS {
        let mut order: Vec<usize> = (0..intervals.len()).collect();
        order.sort_by_key(|&number| (key(&intervals[number]), number));
        if let Some(found) = in_order(intervals, &index, &order, best.total) {
            (best.offsets, best.total) = found;
            best_order = order;
        }
        if best.total == bound {
            return best;
        }
    }
    // What reaches highest was placed too late: before the others it takes a lower place.
    let mut order = best_order;
    let (mut offsets, mut total) = (best.offsets.clone(), best.total);
    for _ in 0..REPAIRS.min(REPAIR_WORK / intervals.len().max(1)) {
        let reaches = |number: usize| offsets[number] + intervals[number].bytes == total;
        let Some(position) = order.iter().rposition(|&number| reaches(number)) else {
            break;
        };
        if position == 0 {
            break;
        }
        let highest = order.remove(position);
        order.insert(0, highest);
        let Some(found) = in_order(intervals, &index, &order, u64::MAX) else {
            break;
        };
        (offsets, total) = found;
        if total < best.total {
            (best.offsets, best.total) = (offsets.clone(), total);
        }
        if total == bound {
            break;
        }
    }
    best
}

/// What is placed first: smaller keys.
type Key = (Reverse<u64>, Reverse<u64>, usize);
const ORDERS: [fn(&Interval) -> Key; 5] = [
    |it| (Reverse(it.bytes), Reverse(it.length()), it.first),
    |it| (Reverse(it.length()), Reverse(it.bytes), it.first),
    |it| {
        (
            Reverse(it.bytes.saturating_mul(it.length())),
            Reverse(it.bytes),
            it.first,
        )
    },
    |it| (Reverse(0), Reverse(0), it.first),
    |it| (Reverse(it.last as u64), Reverse(it.bytes), it.first),
];

impl Interval {
    fn length(&self) -> u64 {
        (self.last - self.first + 1) as u64
    }

    /// Whether it is alive at a time.
    pub fn is_alive(&self, time: usize) -> bool {
        self.first <= time && time <= self.last
    }

    fn meets(&self, other: &Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }
}

/// Most bytes alive at one time, and the first such time.
pub fn most_alive(intervals: &[Interval]) -> (u64, usize) {
    let mut changes: Vec<(usize, bool, u64)> = Vec::with_capacity(2 * intervals.len());
    for interval in intervals {
        changes.push((interval.first, true, interval.bytes));
        changes.push((interval.last + 1, false, interval.bytes));
    }
    // At one time, ends come before starts.
    changes.sort_unstable();
    let (mut alive, mut most) = (0, (0, 0));
    for (time, starts, bytes) in changes {
        if starts {
            alive += bytes;
            if alive > most.0 {
                most = (alive, time);
            }
        } else {
            alive -= bytes;
        }
    }
    most
}

/// Offsets and total of placing in this order; nothing if the total is not below `limit`.
fn in_order(
    intervals: &[Interval],
    index: &Overlaps,
    order: &[usize],
    limit: u64,
) -> Option<(Vec<u64>, u64)> {
    let mut placed = index.empty();
    let mut offsets = vec![0; intervals.len()];
    let mut total = 0;
    let mut found = Vec::new();
    let mut busy = Vec::new();
    for &number in order {
        let this = &intervals[number];
        if this.bytes == 0 {
            continue;
        }
        found.clear();
        index.meeting(&placed, this, &mut found);
        busy.clear();
        busy.extend(
            found
                .iter()
                .map(|&other| (offsets[other], offsets[other] + intervals[other].bytes)),
        );
        busy.sort_unstable();
        let mut offset = 0;
        for &(start, end) in &busy {
            if offset + this.bytes <= start {
                break;
            }
            offset = offset.max(end.next_multiple_of(this.alignment));
        }
        offsets[number] = offset;
        total = total.max(offset + this.bytes);
        if total >= limit {
            return None;
        }
        index.add(&mut placed, intervals, number);
    }
    Some((offsets, total))
}

/// Finds placed intervals that meet another one: a tree over the intervals in the order of their starts, whose nodes hold the
/// latest end of what was placed below them.
struct Overlaps {
    /// Numbers of the intervals, by start.
    by_first: Vec<usize>,
    /// Start of each of `by_first`.
    firsts: Vec<usize>,
    /// Position of each interval in `by_first`.
    position: Vec<usize>,
    /// Leaves of the tree: a power of two.
    leaves: usize,
}

/// Latest end plus 1 below each node, 0 if nothing was placed there.
type Ends = Vec<usize>;

impl Overlaps {
    fn of(intervals: &[Interval]) -> Self {
        let mut by_first: Vec<usize> = (0..intervals.len()).collect();
        by_first.sort_by_key(|&number| (intervals[number].first, number));
        let mut position = vec![0; intervals.len()];
        for (at, &number) in by_first.iter().enumerate() {
            position[number] = at;
        }
        Self {
            firsts: by_first.iter().map(|&number| intervals[number].first).collect(),
            leaves: intervals.len().next_power_of_two(),
            by_first,
            position,
        }
    }

    fn empty(&self) -> Ends {
        vec![0; 2 * self.leaves]
    }

    fn add(&self, ends: &mut Ends, intervals: &[Interval], number: usize) {
        let end = intervals[number].last + 1;
        let mut node = self.leaves + self.position[number];
        while node > 0 {
            ends[node] = ends[node].max(end);
            node /= 2;
        }
    }

    /// Appends the placed intervals that meet `this`.
    fn meeting(&self, ends: &Ends, this: &Interval, found: &mut Vec<usize>) {
        // Those that start up to its end are the leaves before `stop`.
        let stop = self.firsts.partition_point(|first| *first <= this.last);
        let mut stack = vec![(1, 0, self.leaves)];
        while let Some((node, start, size)) = stack.pop() {
            if start >= stop || ends[node] <= this.first {
                continue;
            }
            if size == 1 {
                found.push(self.by_first[start]);
                continue;
            }
            let half = size / 2;
            stack.push((2 * node + 1, start + half, half));
            stack.push((2 * node, start, half));
        }
    }
}

/// Whether no two intervals that are alive together overlap: for tests and assertions.
pub fn is_valid(intervals: &[Interval], placement: &Placement) -> bool {
    (0..intervals.len()).all(|a| {
        (0..a).all(|b| {
            let (first, second) = (&intervals[a], &intervals[b]);
            let apart = placement.offsets[a] + first.bytes <= placement.offsets[b]
                || placement.offsets[b] + second.bytes <= placement.offsets[a];
            apart || !first.meets(second) || first.bytes == 0 || second.bytes == 0
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(bytes: u64, first: usize, last: usize) -> Interval {
        Interval {
            bytes,
            alignment: 1,
            first,
            last,
        }
    }

    #[test]
    fn tensors_alive_together_do_not_overlap() {
        let intervals = [
            interval(100, 0, 1),
            interval(50, 1, 2),
            interval(100, 2, 3),
            interval(10, 0, 3),
        ];
        let placement = place(&intervals);
        assert!(is_valid(&intervals, &placement), "{placement:?}");
        assert_eq!((placement.total, placement.bound), (160, 160));
        assert_eq!(place(&[]).total, 0);
    }

    #[test]
    fn addresses_are_aligned() {
        let mut intervals = [interval(100, 0, 1), interval(70, 0, 1), interval(50, 0, 1)];
        intervals[1].alignment = 64;
        intervals[2].alignment = 32;
        let placement = place(&intervals);
        assert!(is_valid(&intervals, &placement));
        assert_eq!(placement.offsets[1] % 64, 0);
        assert_eq!(placement.offsets[2] % 32, 0);
        assert_eq!(placement.bound, 220);
    }

    /// Made from a seed: valid, near the bound, and the same each time.
    #[test]
    fn made_up_lifetimes_are_placed_near_the_bound() {
        let mut state = 1_u64;
        let mut next = |end: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % end
        };
        for _ in 0..50 {
            let intervals: Vec<Interval> = (0..60)
                .map(|_| {
                    let first = next(100) as usize;
                    interval(next(1000), first, first + next(12) as usize)
                })
                .collect();
            let placement = place(&intervals);
            assert!(is_valid(&intervals, &placement));
            assert!(placement.bound <= placement.total);
            assert!(
                placement.total <= placement.bound * 5 / 4,
                "{} for {}",
                placement.total,
                placement.bound
            );
            assert_eq!(place(&intervals), placement);
        }
    }

    /// A chain needs two neighbours at a time, and finding that takes no search through all of them.
    #[test]
    fn a_long_chain_is_placed_at_once() {
        let chain: Vec<Interval> = (0..200_000)
            .map(|at| interval(4096 * (1 + at as u64 % 7), at, at + 1))
            .collect();
        let start = std::time::Instant::now();
        let placement = place(&chain);
        assert!(placement.total >= placement.bound && placement.total <= placement.bound * 2);
        // Quadratic steps would be minutes.
        assert!(start.elapsed().as_secs() < 20);
    }
}
