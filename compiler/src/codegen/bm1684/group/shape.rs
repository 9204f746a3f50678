//! A run of operations with slices: which rows of each tensor every slice has.

use super::super::tensor::Dims;
use super::Range;
use super::bands::{self, Band};
use super::flat::View;
use super::graph::Graph;
use super::seen::{Kind, Seen};
use rustc_hash::FxHashMap as HashMap;

/// A run of operations that form a group.
#[derive(Clone, Debug)]
pub struct Run {
    /// First operation.
    pub start: usize,
    /// One past the last.
    pub end: usize,
    /// Its tensors: those that it makes, in the order of their operations, then those that it reads from outside.
    pub tensors: Vec<usize>,
    /// How many it makes: one for each operation.
    pub made: usize,
    /// For each operation: places of its inputs in `tensors`.
    pub inputs: Vec<Vec<usize>>,
    /// How tensors are seen.
    pub seen: Seen,
    /// For each tensor: its sizes, as it is seen.
    pub dims: Vec<Dims>,
    /// For each operation: whether it only moves channels.
    pub moves: Vec<bool>,
    /// For each tensor: whether others read it, so that it is stored.
    pub stored: Vec<bool>,
    /// For each tensor: operations of the run between which it is in local memory, counted from the run's start. Those that it
    /// makes are there from their own operation on (or from when the first of their channels are moved there), others from the
    /// one that reads them first.
    pub uses: Vec<(usize, usize)>,
}

impl Run {
    /// The run of operations `start..end`, seen so; `None` if they cannot be in such a group:
    ///
    /// - by their own sizes, all must have rows that can be cut;
    /// - by others, all must be content with those ([`super::flat`]), and the elements go into the lanes;
    /// - as bands, windows must come first, and the rows of all tensors be divided alike ([`super::bands`]).
    pub fn new(graph: &Graph, start: usize, end: usize, kind: Kind) -> Option<Self> {
        let nodes = &graph.nodes[start..end];
        let fits = match kind {
            Kind::Own => nodes.iter().all(|node| node.rows.is_some()),
            Kind::Flat => nodes.iter().all(|node| node.flat.is_some()),
            Kind::Bands => nodes.iter().all(|node| node.rows.is_some() && node.knows_bands),
        };
        if !fits {
            return None;
        }
        let seen = match kind {
            Kind::Own => Seen::Own,
            Kind::Flat => {
                let first = graph.tensors.get(nodes.first()?.result?)?;
                let wanted = nodes.iter().filter_map(|node| node.flat);
                Seen::Flat(View::of(wanted, first.dims.iter().product())?)
            }
            Kind::Bands => Seen::Bands(bands::count(graph, nodes)?),
        };
        Self::build(graph, start, end, seen)
    }

    /// Another run of operations whose tensors are seen in the same way.
    pub fn like(&self, graph: &Graph, start: usize, end: usize) -> Option<Self> {
        Self::new(graph, start, end, self.seen.kind())
    }

    fn build(graph: &Graph, start: usize, end: usize, seen: Seen) -> Option<Self> {
        let mut tensors = Vec::new();
        for node in &graph.nodes[start..end] {
            tensors.push(node.result?);
        }
        let made = tensors.len();
        let mut outside: HashMap<usize, usize> = HashMap::default();
        let mut inputs = Vec::with_capacity(made);
        for node in &graph.nodes[start..end] {
            let mut places = Vec::with_capacity(node.inputs.len());
            for &tensor in &node.inputs {
                let place = match graph.tensors[tensor].producer {
                    Some(producer) if producer >= start => producer - start,
                    _ => *outside.entry(tensor).or_insert_with(|| {
                        tensors.push(tensor);
                        tensors.len() - 1
                    }),
                };
                places.push(place);
            }
            inputs.push(places);
        }
        // What is folded is loaded: it was stored before.
        let made_here = |tensor: usize| {
            graph.tensors[tensor]
                .producer
                .is_some_and(|producer| producer >= start)
        };
        if tensors[made..].iter().any(|tensor| {
            graph.tensors[*tensor]
                .folded
                .is_some_and(|(source, _)| made_here(source))
        }) {
            return None;
        }
        let all = tensors.iter().map(|tensor| &graph.tensors[*tensor]);
        match seen {
            Seen::Flat(view) => {
                let elements: usize = view.dims.iter().product();
                if all
                    .clone()
                    .any(|tensor| tensor.dims.iter().product::<usize>() != elements)
                {
                    return None;
                }
            }
            // Slices over batches are the same for all.
            Seen::Own | Seen::Bands(_) => {
                let batches = graph.tensors[*tensors.first()?].dims[0];
                if all.clone().any(|tensor| tensor.dims[0] != batches) {
                    return None;
                }
            }
        }
        // Rows before a band's own, of each tensor that is read.
        let mut before: HashMap<usize, usize> = HashMap::default();
        let mut dims: Vec<Option<Dims>> = (0..tensors.len())
            .map(|place| {
                let known = place < made || !matches!(seen, Seen::Bands(_));
                known.then(|| seen.made(&graph.tensors[tensors[place]])).flatten()
            })
            .collect();
        if let Seen::Bands(bands) = seen {
            for (step, places) in inputs.iter().enumerate() {
                let node = &graph.nodes[start + step];
                let result = &graph.tensors[tensors[step]];
                for &place in places {
                    let tensor = &graph.tensors[tensors[place]];
                    // All that read a tensor must want the same rows of it; what is computed has no others than a band's own.
                    let band = Band::read(node.rows?, tensor.dims[2], result.dims[2], bands)?;
                    let read = seen.read(tensor, node, result)?;
                    if place < made && (band.before > 0 || dims[place] != Some(read))
                        || dims[place].is_some_and(|known| known != read)
                        || before
                            .insert(tensors[place], band.before)
                            .is_some_and(|known| known != band.before)
                    {
                        return None;
                    }
                    dims[place] = Some(read);
                }
                seen.weights(node)?;
            }
        }
        let dims = dims.into_iter().collect::<Option<Vec<_>>>()?;
        // Where the channels of a move's operand are there, they are moved at once.
        let mut there: Vec<usize> = (0..made).collect();
        for step in 0..made {
            if graph.nodes[start + step].is_move {
                let computed = inputs[step].iter().filter(|place| **place < made);
                there[step] = computed.map(|place| there[*place]).min().unwrap_or(step);
            }
        }
        let mut uses: Vec<(usize, usize)> = there.iter().map(|step| (*step, *step)).collect();
        uses.resize(tensors.len(), (usize::MAX, 0));
        for (step, places) in inputs.iter().enumerate() {
            for &place in places {
                let is_input = place >= made;
                let time = if graph.nodes[start + step].is_move && !is_input {
                    there[place]
                } else {
                    step
                };
                if is_input {
                    uses[place].0 = uses[place].0.min(step);
                }
                uses[place].1 = uses[place].1.max(time);
            }
        }
        // What is moved in pieces is there from the first of them to its own operation.
        for step in 0..made {
            uses[step].1 = uses[step].1.max(step);
        }
        let stored = tensors
            .iter()
            .take(made)
            .map(|&tensor| {
                let tensor = &graph.tensors[tensor];
                tensor.kept || tensor.users.is_empty() || tensor.users.last().is_some_and(|last| *last >= end)
            })
            .chain(std::iter::repeat_n(false, tensors.len() - made))
            .collect();
        Some(Self {
            start,
            end,
            tensors,
            made,
            inputs,
            seen,
            dims,
            moves: graph.nodes[start..end].iter().map(|node| node.is_move).collect(),
            stored,
            uses,
        })
    }

    /// Whether an operation only moves channels of what was loaded, and no other moves take channels of that: with several slices it
    /// is done before the next slice is loaded, while the slice before is still computed.
    pub fn is_early(&self, step: usize) -> bool {
        self.moves[step]
            && self.inputs[step].iter().all(|place| *place >= self.made)
            && !(0..self.made).any(|other| self.moves[other] && self.inputs[other].contains(&step))
    }

    /// Whether an operation joins tensors that are loaded for nothing else: they are loaded into its place. Not if it is stored: the next
    /// slice but one would be loaded over it before.
    pub fn is_joined(&self, step: usize) -> bool {
        let users = |place: usize| {
            self.inputs
                .iter()
                .flatten()
                .filter(|other| **other == place)
                .count()
        };
        self.seen == Seen::Own
            && self.inputs[step].len() > 1
            && self.is_early(step)
            && !self.stored[step]
            && self.inputs[step].iter().all(|place| users(*place) == 1)
    }

    /// The operation in whose place a tensor is loaded, if not in one of its own.
    pub fn joined_in(&self, place: usize) -> Option<usize> {
        let reader = self.uses[place].0;
        (place >= self.made && self.is_joined(reader)).then_some(reader)
    }

    /// Rows of each tensor in slice `index` of `count`: `None` where a result has fewer rows than slices.
    ///
    /// Rows that nothing reads are in some slice, too: every row of every tensor is computed.
    pub fn rows(&self, graph: &Graph, index: usize, count: usize) -> Option<Vec<Range>> {
        // The first row of the slice behind this one.
        let ends: Vec<usize> = if index + 1 < count {
            let next = self.needed(graph, index + 1, count, None)?;
            next.iter().map(|range| range.0).collect()
        } else {
            self.dims.iter().map(|dims| dims[2]).collect()
        };
        self.needed(graph, index, count, Some(&ends))
    }

    /// Rows that slice `index` needs of each tensor, and those before `ends`.
    fn needed(
        &self,
        graph: &Graph,
        index: usize,
        count: usize,
        ends: Option<&[usize]>,
    ) -> Option<Vec<Range>> {
        let extended = |place: usize, (start, len): Range| {
            let end = ends.map_or(0, |ends| ends[place]).max(start + len);
            (start, end - start)
        };
        let mut ranges: Vec<Option<Range>> = vec![None; self.tensors.len()];
        for (place, dims) in self.dims.iter().enumerate() {
            if count == 1 {
                ranges[place] = Some((0, dims[2]));
            } else if self.stored[place] {
                ranges[place] = Some(own_part(dims[2], index, count)?);
            }
        }
        if count > 1 {
            for step in (0..self.made).rev() {
                let node = &graph.nodes[self.start + step];
                let rule = self.seen.rule(node.rows)?;
                let range = extended(step, ranges[step]?);
                ranges[step] = Some(range);
                let whole = self.dims[step][2];
                for &place in &self.inputs[step] {
                    let size = self.dims[place][2];
                    let needed = rule.needed(size, whole, range);
                    ranges[place] = Some(hull(ranges[place], (needed.start, needed.len)));
                }
            }
        }
        ranges.into_iter().collect()
    }
}

/// The part of `rows` rows that slice `index` of `count` stores.
pub fn own_part(rows: usize, index: usize, count: usize) -> Option<Range> {
    let (start, end) = (rows * index / count, rows * (index + 1) / count);
    (end > start).then_some((start, end - start))
}

fn hull(known: Option<Range>, more: Range) -> Range {
    let Some((start, len)) = known else { return more };
    let first = start.min(more.0);
    (first, (start + len).max(more.0 + more.1) - first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_all_rows() {
        for rows in 1..20 {
            for count in 1..=rows {
                let mut next = 0;
                for index in 0..count {
                    let (start, len) = own_part(rows, index, count).unwrap();
                    assert_eq!(start, next);
                    next += len;
                }
                assert_eq!(next, rows);
            }
        }
        assert_eq!(own_part(2, 0, 3), None);
    }
}
