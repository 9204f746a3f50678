//! How long a group takes, and whether its tensors fit local memory.

use super::super::tensor::{Element, aligned_bytes};
use super::Range;
use super::graph::Graph;
use super::measure::{Cost, Measure};
use super::pipeline;
use super::seen::Seen;
use super::shape::Run;
use tpuc_runtime::isa::memory_map::{LANE_BYTES, ROW_ALIGN_BYTES};

/// How a group's tensors are cut.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cut {
    /// Batches of a slice.
    pub batches: usize,
    /// Slices over batches.
    pub batch_slices: usize,
    /// Slices over rows.
    pub row_slices: usize,
}

impl Cut {
    /// One slice of everything.
    pub fn whole(batches: usize) -> Self {
        Self {
            batches,
            batch_slices: 1,
            row_slices: 1,
        }
    }

    /// Number of slices.
    pub fn slices(&self) -> usize {
        self.batch_slices * self.row_slices
    }
}

/// What a group takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Estimate {
    /// From the first load to the last store.
    pub cycles: u64,
    /// In which the TIU computes, issue included.
    pub tiu: u64,
    /// In which GDMA loads.
    pub load: u64,
    /// In which GDMA stores.
    pub store: u64,
}

/// A span of steps in which bytes of local memory are taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// Bytes of a lane.
    pub bytes: usize,
    /// First step.
    pub first: usize,
    /// Last step.
    pub last: usize,
}

/// Bytes of a lane for a slice of `rows` rows of a tensor.
pub fn slice_bytes(graph: &Graph, run: &Run, place: usize, batches: usize, rows: usize) -> usize {
    if run.joined_in(place).is_some() {
        return 0;
    }
    let info = &graph.tensors[run.tensors[place]];
    let [_, c, _, w] = run.dims[place];
    aligned_bytes(info.element, [batches, c, rows, w]).next_multiple_of(ROW_ALIGN_BYTES)
}

/// Local memory that a run takes: of its tensors, then of its operations' buffers, in this order. Weights come besides.
pub fn spans(run: &Run, cut: Cut, sizes: &[usize], buffers: &[usize]) -> Vec<Span> {
    let last_step = run.made.saturating_sub(1);
    let single = cut.slices() == 1;
    let mut spans: Vec<Span> = sizes
        .iter()
        .enumerate()
        .map(|(place, &bytes)| {
            let (first, last) = run.uses[place];
            let is_input = place >= run.made || run.is_joined(place);
            if single {
                Span {
                    bytes,
                    // What comes from outside is loaded while the operation before is computed; what goes out is stored while
                    // the next one is.
                    first: if is_input { first.saturating_sub(1) } else { first },
                    last: if run.stored[place] {
                        last.max(place + 1)
                    } else {
                        last
                    },
                }
            } else if is_input || run.stored[place] {
                // One is loaded or stored while the other is computed.
                Span {
                    bytes: 2 * bytes,
                    first: 0,
                    last: last_step,
                }
            } else if run.is_early(place) {
                // It is moved while the slice before is still computed.
                Span {
                    bytes,
                    first: 0,
                    last: last_step,
                }
            } else {
                Span { bytes, first, last }
            }
        })
        .collect();
    spans.extend(buffers.iter().enumerate().map(|(step, &bytes)| Span {
        bytes: bytes.next_multiple_of(ROW_ALIGN_BYTES),
        first: step,
        last: step,
    }));
    spans
}

/// Bytes that are taken in each step.
fn alive(spans: &[Span], steps: usize) -> Vec<usize> {
    let mut change = vec![0i64; steps + 3];
    for span in spans {
        change[span.first.min(steps)] += span.bytes as i64;
        change[(span.last + 1).min(steps + 2)] -= span.bytes as i64;
    }
    let mut now = 0;
    let sums = change.iter().take(steps.max(1)).map(|bytes| {
        now += bytes;
        now as usize
    });
    sums.collect()
}

/// Whether spans and weights fit a lane: those of the operation at hand where there is one slice, otherwise all of them.
fn fits(spans: &[Span], weight_bytes: &[usize], single: bool) -> bool {
    let all: usize = weight_bytes.iter().sum();
    let alive = alive(spans, weight_bytes.len());
    let most = alive.iter().zip(weight_bytes);
    let most = most
        .map(|(bytes, weights)| bytes + if single { *weights } else { all })
        .max();
    most.unwrap_or(0) <= LANE_BYTES
}

/// Numbers of one slice.
pub(super) struct Slice {
    /// How many slices are like this one.
    times: u64,
    /// Of each operation.
    pub(super) costs: Vec<Cost>,
    /// Of each tensor that is loaded.
    pub(super) loads: Vec<u64>,
    /// Of each result.
    pub(super) stores: Vec<u64>,
}

impl Slice {
    fn tiu(&self) -> u64 {
        self.costs.iter().map(|cost| cost.tiu).sum()
    }

    /// Cycles in which GDMA works for operation `step`: those that pass while the TIU computes something else, and those for
    /// which it waits. Of what is moved in several pieces it waits for the last one.
    fn own_moves(&self, run: &Run, step: usize) -> (u64, u64) {
        let all = self.costs[step].dma;
        if !run.moves[step] {
            return (all, 0);
        }
        let exposed = all / run.inputs[step].len().max(1) as u64;
        (all - exposed, exposed)
    }
}

/// What slice `rows` of a run costs.
fn slice(
    graph: &Graph,
    measure: &mut Measure<'_>,
    run: &Run,
    cut: Cut,
    rows: &[Range],
    index: usize,
) -> Option<Slice> {
    let mut costs = Vec::with_capacity(run.made);
    let mut there = Vec::new();
    for step in 0..run.made {
        there.clear();
        there.extend(run.inputs[step].iter().map(|place| rows[*place]));
        if run.is_joined(step) {
            costs.push(Cost::default());
            continue;
        }
        let dies = dies(run, step);
        costs.push(measure.operation(
            graph,
            run.seen,
            run.start + step,
            cut.batches,
            rows[step],
            &there,
            dies,
        )?);
    }
    let loads = (run.made..run.tensors.len())
        .map(|place| {
            measure.transfer(
                graph,
                run.seen,
                run.tensors[place],
                cut.batches,
                rows[place].1,
                true,
            )
        })
        .collect();
    let stores = (0..run.made)
        .map(|place| {
            if !run.stored[place] {
                return Some(0);
            }
            let tensor = run.tensors[place];
            let (_, len) = super::shape::own_part(run.dims[place][2], index, cut.row_slices)?;
            Some(measure.transfer(graph, run.seen, tensor, cut.batches, len, false))
        })
        .collect::<Option<_>>()?;
    Some(Slice {
        times: 1,
        costs,
        loads,
        stores,
    })
}

/// Whether nothing reads the inputs of operation `step` after it.
pub fn dies(run: &Run, step: usize) -> bool {
    run.inputs[step]
        .iter()
        .all(|&place| run.uses[place].1 == step && !run.stored[place])
}

/// Whether any tensor of the run has bytes, of which four batches share a word.
pub fn has_bytes(graph: &Graph, run: &Run) -> bool {
    run.tensors
        .iter()
        .any(|tensor| graph.tensors[*tensor].element.is_byte())
}

/// What the group takes; `None` if it cannot be, or does not fit local memory.
pub fn estimate(graph: &Graph, measure: &mut Measure<'_>, run: &Run, cut: Cut) -> Option<Estimate> {
    // The first slice, one for all inner ones, the last: with how often they come.
    let representative: Vec<(usize, usize)> = match cut.row_slices {
        1 => vec![(0, 1)],
        2 => vec![(0, 1), (1, 1)],
        count => vec![(0, 1), (count / 2, count - 2), (count - 1, 1)],
    };
    let mut rows = Vec::with_capacity(representative.len());
    for (index, _) in &representative {
        rows.push(run.rows(graph, *index, cut.row_slices)?);
    }
    let sizes: Vec<usize> = (0..run.tensors.len())
        .map(|place| {
            let most = rows.iter().map(|rows| rows[place].1).max().unwrap_or(0);
            slice_bytes(graph, run, place, cut.batches, most)
        })
        .collect();
    // What takes no buffer may be too much already.
    let none = vec![0; run.made];
    let single = cut.slices() == 1;
    let weights: Vec<(usize, u64)> = (run.start..run.end)
        .map(|number| measure.weights_of(graph, number, run.seen))
        .collect();
    let weight_bytes: Vec<usize> = weights.iter().map(|(bytes, _)| *bytes).collect();
    let weight_cycles: Vec<u64> = weights.iter().map(|(_, cycles)| *cycles).collect();
    if !fits(&spans(run, cut, &sizes, &none), &weight_bytes, single) {
        return None;
    }
    let mut slices = Vec::new();
    for (rows, (index, times)) in rows.iter().zip(representative) {
        let slice = slice(graph, measure, run, cut, rows, index)?;
        slices.push(Slice {
            times: (times * cut.batch_slices) as u64,
            ..slice
        });
    }
    let buffers: Vec<usize> = (0..run.made)
        .map(|step| {
            slices
                .iter()
                .map(|slice| slice.costs[step].buffer)
                .max()
                .unwrap_or(0)
        })
        .collect();
    let spans = spans(run, cut, &sizes, &buffers);
    if !fits(&spans, &weight_bytes, single) {
        return None;
    }
    Some(if single {
        one_slice(
            run,
            &slices[0],
            &weight_bytes,
            &weight_cycles,
            &alive(&spans, run.made),
        )
    } else {
        several_slices(run, cut, &slices, &weight_cycles)
    })
}

/// Weights come as early as there is room beside the `alive` bytes of each step.
fn one_slice(
    run: &Run,
    slice: &Slice,
    weight_bytes: &[usize],
    weight_cycles: &[u64],
    alive: &[usize],
) -> Estimate {
    let mut input_cycles = vec![0; run.made];
    for place in run.made..run.tensors.len() {
        input_cycles[run.uses[place].0.min(run.made - 1)] += slice.loads[place - run.made];
    }
    let mut ends = vec![0u64; run.made + 1];
    let (mut dma, mut taken, mut freed, mut free_step) = (0u64, 0usize, 0usize, 0usize);
    for step in 0..run.made {
        // Where the ring is full, a load waits for the operation whose weights it overwrites.
        taken += weight_bytes[step];
        let room = |free_step: usize| {
            let most = alive[free_step..=step].iter().max().copied().unwrap_or(0);
            LANE_BYTES.saturating_sub(most)
        };
        while taken > freed + room(free_step) && free_step < step {
            freed += weight_bytes[free_step];
            free_step += 1;
            dma = dma.max(ends[free_step]);
        }
        let loads = weight_cycles[step] + input_cycles[step];
        let (early, exposed) = slice.own_moves(run, step);
        dma += loads + early;
        if exposed > 0 {
            dma = dma.max(ends[step]) + exposed;
        }
        let ready = if loads + early + exposed > 0 { dma } else { 0 };
        ends[step + 1] = ends[step].max(ready) + slice.costs[step].tiu;
        if slice.stores[step] > 0 && step + 1 < run.made {
            // It waits behind the loads that are under way.
            dma += slice.stores[step];
        }
    }
    let last = slice.stores[run.made - 1];
    let cycles = if last > 0 {
        dma.max(ends[run.made]) + last
    } else {
        dma.max(ends[run.made])
    };
    Estimate {
        cycles,
        tiu: slice.tiu(),
        load: weight_cycles.iter().sum::<u64>() + slice.loads.iter().sum::<u64>(),
        store: slice.stores.iter().sum(),
    }
}

/// Weights stay; one slice is loaded and one is stored while another one is computed.
fn several_slices(run: &Run, cut: Cut, slices: &[Slice], weight_cycles: &[u64]) -> Estimate {
    let all = |number: &dyn Fn(&Slice) -> u64| {
        slices
            .iter()
            .map(|slice| slice.times * number(slice))
            .sum::<u64>()
    };
    let tiu = all(&|slice| slice.tiu());
    let own = all(&|slice| slice.costs.iter().map(|cost| cost.dma).sum());
    let inputs = all(&|slice| slice.loads.iter().sum());
    let store = all(&|slice| slice.stores.iter().sum());
    let weights: u64 = weight_cycles.iter().sum();
    let rows = cut.row_slices;
    let slice_at = |index: usize| {
        let row = index % rows;
        match row {
            0 => &slices[0],
            _ if row + 1 == rows => &slices[slices.len() - 1],
            _ => &slices[1],
        }
    };
    Estimate {
        cycles: pipeline::cycles(run, cut.slices(), weight_cycles, slice_at),
        tiu,
        load: inputs + weights + own,
        store,
    }
}

/// Whether bytes of four batches share words.
pub fn batch_choices(graph: &Graph, run: &Run) -> Vec<usize> {
    let batches = run.dims.first().map_or(1, |dims| dims[0]);
    if matches!(run.seen, Seen::Flat(_)) {
        return vec![1];
    }
    if has_bytes(graph, run) {
        return vec![batches.min(Element::I8.precision().batches_per_word())];
    }
    if batches == 1 { vec![1] } else { vec![batches, 1] }
}
