//! A layered drawing of a network: data flows downwards, every operation below what it reads.
//!
//! The four steps of Sugiyama, Tagawa and Toda (1981): ranks by the longest way from an input, lines over several ranks cut
//! into pieces, order inside the ranks by the median of the neighbours, and places that are as near to the neighbours' as the
//! order allows (isotonic regression).

use super::data::{Edge, Graph};

const NODE: (f64, f64) = (190.0, 44.0);
const GAP: (f64, f64) = (26.0, 40.0);
/// Room that a line needs which passes a rank.
const LANE: f64 = 14.0;
const ORDER_SWEEPS: usize = 12;
const PLACE_SWEEPS: usize = 16;

/// A node, or a piece of a line that passes a rank.
struct Vertex {
    rank: usize,
    width: f64,
    above: Vec<usize>,
    below: Vec<usize>,
    x: f64,
}

/// Draws a graph of `inputs.len()` nodes; `inputs[n]` are the nodes that node `n` reads, each with a smaller number.
pub fn layout(inputs: &[Vec<usize>]) -> Graph {
    let ranks = ranks(inputs);
    let mut vertices: Vec<Vertex> = ranks
        .iter()
        .map(|rank| Vertex {
            rank: *rank,
            width: NODE.0 + GAP.0,
            above: Vec::new(),
            below: Vec::new(),
            x: 0.0,
        })
        .collect();
    let mut ways: Vec<(usize, usize, Vec<usize>)> = Vec::new();
    for (to, sources) in inputs.iter().enumerate() {
        let mut seen = Vec::new();
        for from in sources.iter().copied().filter(|from| *from < to) {
            if seen.contains(&from) {
                continue;
            }
            seen.push(from);
            let mut way = vec![from];
            for rank in ranks[from] + 1..ranks[to] {
                way.push(vertices.len());
                vertices.push(Vertex {
                    rank,
                    width: LANE,
                    above: Vec::new(),
                    below: Vec::new(),
                    x: 0.0,
                });
            }
            way.push(to);
            for pair in way.windows(2) {
                vertices[pair[0]].below.push(pair[1]);
                vertices[pair[1]].above.push(pair[0]);
            }
            ways.push((from, to, way));
        }
    }
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); ranks.iter().max().map_or(0, |rank| rank + 1)];
    for (index, vertex) in vertices.iter().enumerate() {
        rows[vertex.rank].push(index);
    }
    order(&mut rows, &vertices);
    place(&rows, &mut vertices);
    let left = vertices
        .iter()
        .map(|vertex| vertex.x - vertex.width / 2.0)
        .fold(f64::INFINITY, f64::min);
    let round = |value: f64| (value * 10.0).round() / 10.0;
    let pitch = NODE.1 + GAP.1;
    let point = |vertex: &Vertex| {
        let y = GAP.1 / 2.0 + NODE.1 / 2.0 + vertex.rank as f64 * pitch;
        (round(vertex.x - left), round(y))
    };
    let edges = ways.iter().map(|(from, to, way)| Edge {
        from: *from,
        to: *to,
        points: way.iter().map(|vertex| point(&vertices[*vertex])).collect(),
    });
    Graph {
        width: round(
            vertices
                .iter()
                .map(|vertex| vertex.x + vertex.width / 2.0 - left)
                .fold(0.0, f64::max),
        ),
        height: rows.len() as f64 * pitch,
        node: NODE,
        edges: edges.collect(),
        positions: vertices[..inputs.len()].iter().map(point).collect(),
    }
}

/// Longest way from a node without inputs; such a node is put right above its first reader.
fn ranks(inputs: &[Vec<usize>]) -> Vec<usize> {
    let mut ranks = vec![0; inputs.len()];
    for (node, sources) in inputs.iter().enumerate() {
        let above = sources.iter().filter(|source| **source < node);
        ranks[node] = above.map(|source| ranks[*source] + 1).max().unwrap_or(0);
    }
    let mut nearest = vec![usize::MAX; inputs.len()];
    for (node, sources) in inputs.iter().enumerate() {
        for source in sources {
            nearest[*source] = nearest[*source].min(ranks[node]);
        }
    }
    for node in 0..inputs.len() {
        if inputs[node].is_empty() && nearest[node] != usize::MAX {
            ranks[node] = nearest[node].saturating_sub(1);
        }
    }
    ranks
}

/// Orders every row by the medians of the neighbours above and below in turn; keeps the order with the fewest crossings.
fn order(rows: &mut Vec<Vec<usize>>, vertices: &[Vertex]) {
    let mut best = rows.clone();
    let mut fewest = crossings(rows, vertices);
    let mut position = vec![0; vertices.len()];
    let number = |row: &[usize], position: &mut Vec<usize>| {
        for (index, vertex) in row.iter().enumerate() {
            position[*vertex] = index;
        }
    };
    for row in rows.iter() {
        number(row, &mut position);
    }
    for sweep in 0..ORDER_SWEEPS {
        if fewest == 0 {
            break;
        }
        let downwards = sweep % 2 == 0;
        let count = rows.len();
        for step in 0..count {
            let row = if downwards { step } else { count - 1 - step };
            let mut keys: Vec<(f64, usize)> = rows[row]
                .iter()
                .map(|vertex| {
                    let vertex_ref = &vertices[*vertex];
                    let neighbours = if downwards {
                        &vertex_ref.above
                    } else {
                        &vertex_ref.below
                    };
                    let places = neighbours.iter().map(|other| position[*other] as f64).collect();
                    (median(places).unwrap_or(position[*vertex] as f64), *vertex)
                })
                .collect();
            // A stable sort: equal medians keep their order.
            keys.sort_by(|a, b| a.0.total_cmp(&b.0));
            rows[row] = keys.into_iter().map(|(_, vertex)| vertex).collect();
            number(&rows[row], &mut position);
        }
        let found = crossings(rows, vertices);
        if found < fewest {
            fewest = found;
            best.clone_from(rows);
        }
    }
    *rows = best;
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len().checked_sub(1)? / 2;
    Some((values[middle] + values[values.len() / 2]) / 2.0)
}

/// Pairs of lines between neighbouring rows that cross: inversions, counted with a tree of sums.
fn crossings(rows: &[Vec<usize>], vertices: &[Vertex]) -> usize {
    let mut position = vec![0; vertices.len()];
    for row in rows {
        for (index, vertex) in row.iter().enumerate() {
            position[*vertex] = index;
        }
    }
    let mut total = 0;
    for pair in rows.windows(2) {
        let mut sums = vec![0_usize; pair[1].len() + 1];
        let mut seen = 0;
        for vertex in &pair[0] {
            let mut ends: Vec<usize> = vertices[*vertex].below.iter().map(|to| position[*to]).collect();
            ends.sort_unstable();
            for end in &ends {
                let (mut not_after, mut index) = (0, end + 1);
                while index > 0 {
                    not_after += sums[index];
                    index &= index - 1;
                }
                total += seen - not_after;
            }
            for end in ends {
                let mut index = end + 1;
                while index < sums.len() {
                    sums[index] += 1;
                    index += index & index.wrapping_neg();
                }
                seen += 1;
            }
        }
    }
    total
}

/// Horizontal places: each row as near to its neighbours' as its order and the widths allow.
fn place(rows: &[Vec<usize>], vertices: &mut [Vertex]) {
    for row in rows {
        let whole: f64 = row.iter().map(|vertex| vertices[*vertex].width).sum();
        let mut x = -whole / 2.0;
        for vertex in row {
            vertices[*vertex].x = x + vertices[*vertex].width / 2.0;
            x += vertices[*vertex].width;
        }
    }
    for sweep in 0..PLACE_SWEEPS {
        let count = rows.len();
        for step in 0..count {
            let row = &rows[if sweep % 2 == 0 { step } else { count - 1 - step }];
            let last = sweep + 2 >= PLACE_SWEEPS;
            let wanted: Vec<f64> = row
                .iter()
                .map(|vertex| {
                    let vertex = &vertices[*vertex];
                    let (near, far) = if sweep % 2 == 0 {
                        (&vertex.above, &vertex.below)
                    } else {
                        (&vertex.below, &vertex.above)
                    };
                    let both = near.iter().chain(far.iter().filter(|_| last || near.is_empty()));
                    let places = both.map(|other| vertices[*other].x).collect();
                    median(places).unwrap_or(vertex.x)
                })
                .collect();
            let widths: Vec<f64> = row.iter().map(|vertex| vertices[*vertex].width).collect();
            for (vertex, x) in row.iter().zip(spread(&wanted, &widths)) {
                vertices[*vertex].x = x;
            }
        }
    }
}

/// The places nearest to the wanted ones, by the sum of squares, at which neighbours keep half of both widths apart: the
/// distances are taken away, neighbours in the wrong order are joined at their mean, and the distances are added again.
fn spread(wanted: &[f64], widths: &[f64]) -> Vec<f64> {
    let mut offsets = Vec::with_capacity(wanted.len());
    let mut offset = 0.0;
    for index in 0..wanted.len() {
        if index > 0 {
            offset += (widths[index - 1] + widths[index]) / 2.0;
        }
        offsets.push(offset);
    }
    // Sum and number of each block.
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    for (wanted, offset) in wanted.iter().zip(&offsets) {
        let mut block = (wanted - offset, 1);
        while let Some((sum, count)) = blocks.last().copied()
            && sum / count as f64 > block.0 / block.1 as f64
        {
            block = (block.0 + sum, block.1 + count);
            blocks.pop();
        }
        blocks.push(block);
    }
    let means = blocks
        .into_iter()
        .flat_map(|(sum, count)| std::iter::repeat_n(sum / count as f64, count));
    means.zip(offsets).map(|(mean, offset)| mean + offset).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No two nodes lie over each other, and every node is below what it reads.
    fn check(inputs: &[Vec<usize>]) -> Graph {
        let graph = layout(inputs);
        for (a, first) in graph.positions.iter().enumerate() {
            for second in &graph.positions[a + 1..] {
                let apart = (first.0 - second.0).abs() >= NODE.0 || (first.1 - second.1).abs() >= NODE.1;
                assert!(apart, "{first:?} {second:?}");
            }
            for input in &inputs[a] {
                assert!(graph.positions[*input].1 < first.1);
            }
            assert!(first.0 >= NODE.0 / 2.0 && first.0 <= graph.width - NODE.0 / 2.0);
        }
        graph
    }

    #[test]
    fn a_chain_is_a_straight_line() {
        let graph = check(&[vec![], vec![0], vec![1], vec![2]]);
        assert!(graph.positions.iter().all(|(x, _)| *x == graph.positions[0].0));
        assert_eq!(graph.edges.len(), 3);
    }

    #[test]
    fn lines_over_several_ranks_have_points_between() {
        let graph = check(&[vec![], vec![0], vec![1], vec![2, 0]]);
        let long = graph
            .edges
            .iter()
            .find(|edge| (edge.from, edge.to) == (0, 3))
            .unwrap();
        assert_eq!(long.points.len(), 4);
        // It goes around the nodes between.
        assert!((long.points[1].0 - graph.positions[1].0).abs() >= NODE.0 / 2.0);
    }

    #[test]
    fn two_branches_do_not_cross() {
        // Two chains whose ends are joined in the other order.
        let inputs = [vec![], vec![0], vec![0], vec![2], vec![1], vec![3, 4]];
        let graph = check(&inputs);
        let side = |node: usize| graph.positions[node].0 < graph.positions[0].0;
        assert_eq!(side(1), side(4));
        assert_eq!(side(2), side(3));
    }

    #[test]
    fn a_large_network_is_drawn_in_time() {
        // 3000 operations in blocks of four branches with shortcuts.
        let inputs: Vec<Vec<usize>> = (0..3000_usize)
            .map(|node| match node % 6 {
                0 => node
                    .checked_sub(1)
                    .into_iter()
                    .chain(node.checked_sub(6))
                    .collect(),
                5 => (1..5).map(|back| node - back).collect(),
                branch => vec![node - branch],
            })
            .collect();
        let start = std::time::Instant::now();
        let graph = layout(&inputs);
        assert_eq!(graph.positions.len(), 3000);
        assert!(start.elapsed().as_secs() < 20);
    }

    #[test]
    fn spreading_keeps_order_and_distance() {
        assert_eq!(spread(&[0.0, 0.0], &[10.0, 10.0]), [-5.0, 5.0]);
        assert_eq!(spread(&[0.0, 100.0], &[10.0, 10.0]), [0.0, 100.0]);
        let crowded = spread(&[5.0, 0.0, 2.0], &[2.0, 2.0, 2.0]);
        let steps = crowded.windows(2).map(|pair| pair[1] - pair[0]);
        assert!(
            steps.into_iter().all(|step| (step - 2.0).abs() < 1e-9),
            "{crowded:?}"
        );
    }
}
