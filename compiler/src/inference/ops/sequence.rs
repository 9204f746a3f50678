//! Operations along one axis: running sums, reversal, the largest elements, triangles of matrices.

use super::conv::sized;
use super::{Kernel, Prepared};
use crate::inference::node::Node;
use crate::inference::value::tensor;

/// `top.CumSum`: `y[i] = x[0] + ... + x[i]`
pub fn prepare_cumsum(node: &Node<'_>) -> Prepared {
    let (input, output) = (node.input(0)?, node.output()?);
    node.same_len(&input, &output)?;
    if !input.is_real() {
        return Err(node.error("is supported on real numbers only"));
    }
    let axis = node.axis("axis", 0, input.shape.len())?;
    let inner: usize = input.shape[axis + 1..].iter().product();
    let block = inner * input.shape[axis];
    Ok(Kernel::new(move |args| {
        let mut data = args.take_f32(0)?;
        sized(&data, input.len())?;
        for block in data.chunks_exact_mut(block.max(1)) {
            for index in inner..block.len() {
                block[index] += block[index - inner];
            }
        }
        Ok(vec![tensor(&output.shape, data)?])
    }))
}

/// `top.Reverse`: the other way round along an axis.
pub fn prepare_reverse(node: &Node<'_>) -> Prepared {
    let (input, output) = (node.input(0)?, node.output()?);
    node.same_len(&input, &output)?;
    if !input.is_real() {
        return Err(node.error("is supported on real numbers only"));
    }
    let axis = node.axis("axis", 0, input.shape.len())?;
    let inner: usize = input.shape[axis + 1..].iter().product();
    let block = inner * input.shape[axis];
    Ok(Kernel::new(move |args| {
        let data = sized(args.f32(0)?, input.len())?;
        let mut out = Vec::with_capacity(data.len());
        for block in data.chunks_exact(block.max(1)) {
            for row in block.chunks_exact(inner.max(1)).rev() {
                out.extend_from_slice(row);
            }
        }
        Ok(vec![tensor(&output.shape, out)?])
    }))
}

/// `top.TopK`: the largest (or smallest) elements in order, and their positions. Of equal ones the first comes first.
pub fn prepare_topk(node: &Node<'_>) -> Prepared {
    let input = node.input(0)?;
    let axis = node.axis("axis", -1, input.shape.len())?;
    let extent = input.shape[axis];
    let inner: usize = input.shape[axis + 1..].iter().product();
    let count = usize::try_from(node.i64("K", -1)).unwrap_or(0);
    if !input.is_real() || count == 0 || count > extent || node.has_input(1) {
        return Err(node.error("expects a constant 'K' within the axis, and real numbers"));
    }
    let largest = node.bool("largest", true);
    let outputs: Vec<_> = (0..2)
        .map(|index| node.has_output(index).then(|| node.output_at(index)).transpose())
        .collect::<Result<_, _>>()?;
    Ok(Kernel::new(move |args| {
        let data = sized(args.f32(0)?, input.len())?;
        let length = data.len() / extent * count;
        let (mut values, mut places) = (vec![0.0; length], vec![0.0; length]);
        for (index, block) in data.chunks_exact((extent * inner).max(1)).enumerate() {
            for column in 0..inner {
                let mut order: Vec<usize> = (0..extent).collect();
                order.sort_by(|a, b| {
                    let (a, b) = (block[a * inner + column], block[b * inner + column]);
                    if largest { b.total_cmp(&a) } else { a.total_cmp(&b) }
                });
                for (rank, place) in order[..count].iter().enumerate() {
                    let to = (index * count + rank) * inner + column;
                    values[to] = block[place * inner + column];
                    places[to] = *place as f32;
                }
            }
        }
        let mut results = Vec::new();
        for (output, data) in outputs.iter().zip([values, places]) {
            if let Some(output) = output {
                results.push(tensor(&output.shape, data)?);
            }
        }
        Ok(results)
    }))
}

/// `top.Trilu`: the upper or lower triangle of matrices, 0 elsewhere.
pub fn prepare_trilu(node: &Node<'_>) -> Prepared {
    let (input, output) = (node.input(0)?, node.output()?);
    node.same_len(&input, &output)?;
    let &[.., rows, columns] = &input.shape[..] else {
        return Err(node.error("expects matrices"));
    };
    if !input.is_real() {
        return Err(node.error("is supported on real numbers only"));
    }
    let (upper, diagonal) = (node.i64("upper", 1) != 0, node.i64("diagonal", 0));
    Ok(Kernel::new(move |args| {
        let mut data = args.take_f32(0)?;
        sized(&data, input.len())?;
        for matrix in data.chunks_exact_mut((rows * columns).max(1)) {
            for (row, values) in matrix.chunks_exact_mut(columns.max(1)).enumerate() {
                for (column, value) in values.iter_mut().enumerate() {
                    let offset = column as i64 - row as i64;
                    let kept = if upper {
                        offset >= diagonal
                    } else {
                        offset <= diagonal
                    };
                    if !kept {
                        *value = 0.0;
                    }
                }
            }
        }
        Ok(vec![tensor(&output.shape, data)?])
    }))
}
