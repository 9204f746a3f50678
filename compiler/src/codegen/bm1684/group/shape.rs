//! A run of operations with slices: which rows of each tensor every slice has.

use super::super::tensor::Dims;
use super::Range;
use super::graph::{Graph, Node, flat_dims};
use super::rows::Rows;
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
    /// The sizes by which all tensors are seen, if these do not matter.
    pub flat: Option<Dims>,
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
    /// The run of operations `start..end`, all of which can be in a group; `None` if they cannot be in one.
    pub fn new(graph: &Graph, start: usize, end: usize) -> Option<Self> {
        if graph.nodes[start..end].iter().any(|node| node.rows.is_none()) {
            return None;
        }
        Self::build(graph, start, end, false)
    }

    /// The run of operations `start..end` on tensors that are seen as rows of elements: all lanes work, whatever the channels.
    /// `None` where the operations care for shapes, or the number of elements does not go into the lanes.
    pub fn flat(graph: &Graph, start: usize, end: usize) -> Option<Self> {
        if graph.nodes[start..end].iter().any(|node| !node.is_pointwise) {
            return None;
        }
        Self::build(graph, start, end, true)
    }

    /// Another run of operations whose tensors are seen in the same way.
    pub fn like(&self, graph: &Graph, start: usize, end: usize) -> Option<Self> {
        if self.flat.is_some() {
            Self::flat(graph, start, end)
        } else {
            Self::new(graph, start, end)
        }
    }

    fn build(graph: &Graph, start: usize, end: usize, is_flat: bool) -> Option<Self> {
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
        // Slices over batches are the same for all.
        let elements = |tensor: usize| graph.tensors[tensor].dims.iter().product::<usize>();
        let flat = if is_flat {
            let all = elements(*tensors.first()?);
            if tensors.iter().any(|tensor| elements(*tensor) != all) {
                return None;
            }
            Some(flat_dims(all)?)
        } else {
            None
        };
        let batches = graph.tensors[*tensors.first()?].dims[0];
        if tensors
            .iter()
            .any(|tensor| flat.is_none() && graph.tensors[*tensor].dims[0] != batches)
        {
            return None;
        }
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
            flat,
            moves: graph.nodes[start..end].iter().map(|node| node.is_move).collect(),
            stored,
            uses,
        })
    }

    /// The sizes by which a tensor is seen.
    pub fn dims(&self, graph: &Graph, tensor: usize) -> Dims {
        self.flat.unwrap_or(graph.tensors[tensor].dims)
    }

    /// How an operation's rows come about.
    fn rule(&self, node: &Node) -> Option<Rows> {
        if self.flat.is_some() {
            Some(Rows::Same)
        } else {
            node.rows
        }
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
            let tensors = self.tensors.iter();
            tensors.map(|tensor| self.dims(graph, *tensor)[2]).collect()
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
        for (place, &tensor) in self.tensors.iter().enumerate() {
            if count == 1 {
                ranges[place] = Some((0, self.dims(graph, tensor)[2]));
            } else if self.stored[place] {
                ranges[place] = Some(own_part(self.dims(graph, tensor)[2], index, count)?);
            }
        }
        if count > 1 {
            for step in (0..self.made).rev() {
                let node = &graph.nodes[self.start + step];
                let range = extended(step, ranges[step]?);
                ranges[step] = Some(range);
                let whole = self.dims(graph, self.tensors[step])[2];
                for &place in &self.inputs[step] {
                    let size = self.dims(graph, self.tensors[place])[2];
                    let needed = self.rule(node)?.needed(size, whole, range);
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
