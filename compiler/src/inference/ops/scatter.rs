//! Reading and writing by computed positions: GatherND, ScatterND, ScatterElements.

use super::conv::sized;
use super::{Kernel, Prepared};
use crate::inference::node::Node;
use crate::inference::strided::row_major;
use crate::inference::value::{tensor, to_integers};

/// Place of an index tuple; negative indices count from the end.
fn place(tuple: &[i64], shape: &[usize], strides: &[isize]) -> Result<usize, String> {
    let mut place = 0;
    for ((index, size), stride) in tuple.iter().zip(shape).zip(strides) {
        let resolved = if *index < 0 { index + *size as i64 } else { *index };
        let resolved = usize::try_from(resolved)
            .ok()
            .filter(|resolved| resolved < size)
            .ok_or_else(|| format!("has an index of {index} along an axis of {size}"))?;
        place += resolved * *stride as usize;
    }
    Ok(place)
}

/// `top.GatherND` and the host function of the same purpose: slices by index tuples, ONNX GatherND.
pub fn prepare_gather_nd(node: &Node<'_>) -> Prepared {
    let (input, indices, output) = (node.input(0)?, node.input(1)?, node.output()?);
    let batch_dims = match node.field_i64("param", "batch_dims") {
        Some(batch_dims) => batch_dims,
        None => node.i64("batch_dims", 0),
    };
    let batch_dims = usize::try_from(batch_dims).unwrap_or(usize::MAX);
    let tuple = indices.shape.last().copied().unwrap_or(0);
    let rank = input.shape.len();
    if !input.is_real() || tuple == 0 || batch_dims >= indices.shape.len() || batch_dims + tuple > rank {
        return Err(node.error("expects index tuples that fit the shape of real numbers"));
    }
    let batch: usize = input.shape[..batch_dims].iter().product();
    let slice: usize = input.shape[batch_dims + tuple..].iter().product();
    let count = indices.len() / tuple;
    if batch == 0 || count * slice != output.len() || indices.shape[..batch_dims] != input.shape[..batch_dims]
    {
        return Err(node.error(format_args!("expects a result of {} elements", count * slice)));
    }
    let strides = row_major(&input.shape);
    Ok(Kernel::new(move |args| {
        let data = sized(args.f32(0)?, input.len())?;
        let positions = to_integers(args.get(1)?);
        sized(&positions, count * tuple)?;
        let mut out = Vec::with_capacity(output.len());
        let (per_batch, batch_size) = (count / batch, input.len() / batch);
        for (index, tuple) in positions.chunks_exact(tuple).enumerate() {
            let inside = place(tuple, &input.shape[batch_dims..], &strides[batch_dims..])?;
            let start = index / per_batch.max(1) * batch_size + inside;
            out.extend_from_slice(&data[start..][..slice]);
        }
        Ok(vec![tensor(&output.shape, out)?])
    }))
}

/// `top.ScatterND`: slices are replaced at index tuples, in order, ONNX ScatterND without a reduction.
pub fn prepare_scatter_nd(node: &Node<'_>) -> Prepared {
    let (input, indices, updates) = (node.input(0)?, node.input(1)?, node.input(2)?);
    let tuple = indices.shape.last().copied().unwrap_or(0);
    let rank = input.shape.len();
    if !input.is_real() || !updates.is_real() || tuple == 0 || tuple > rank || node.i64("reduction", 0) != 0 {
        return Err(node.error("is supported on real numbers without a reduction only"));
    }
    let slice: usize = input.shape[tuple..].iter().product();
    let count = indices.len() / tuple;
    if count * slice != updates.len() {
        return Err(node.error(format_args!("expects {} elements of updates", count * slice)));
    }
    let strides = row_major(&input.shape);
    Ok(Kernel::new(move |args| {
        let positions = to_integers(args.get(1)?);
        sized(&positions, count * tuple)?;
        let updates = sized(args.f32(2)?, count * slice)?.to_vec();
        let mut data = args.take_f32(0)?;
        sized(&data, input.len())?;
        for (index, tuple) in positions.chunks_exact(tuple).enumerate() {
            let start = place(tuple, &input.shape, &strides)?;
            data[start..start + slice].copy_from_slice(&updates[index * slice..][..slice]);
        }
        Ok(vec![tensor(&input.shape, data)?])
    }))
}

/// `top.ScatterElements`: elements are replaced at indices along an axis, ONNX ScatterElements without a reduction.
pub fn prepare_scatter_elements(node: &Node<'_>) -> Prepared {
    let (input, indices, updates) = (node.input(0)?, node.input(1)?, node.input(2)?);
    let rank = input.shape.len();
    let axis = node.axis("axis", 0, rank)?;
    let fits = indices.shape.len() == rank
        && indices.shape == updates.shape
        && (0..rank).all(|dim| dim == axis || indices.shape[dim] <= input.shape[dim]);
    if !input.is_real() || !updates.is_real() || !fits || node.i64("reduction", 0) != 0 {
        return Err(node.error("expects indices and updates of one shape, real numbers and no reduction"));
    }
    let strides = row_major(&input.shape);
    Ok(Kernel::new(move |args| {
        let positions = to_integers(args.get(1)?);
        sized(&positions, indices.len())?;
        let updates = sized(args.f32(2)?, indices.len())?.to_vec();
        let mut data = args.take_f32(0)?;
        sized(&data, input.len())?;
        let mut tuple = vec![0_i64; rank];
        for (index, (position, update)) in positions.iter().zip(updates).enumerate() {
            let mut rest = index;
            for dim in (0..rank).rev() {
                tuple[dim] = (rest % indices.shape[dim]) as i64;
                rest /= indices.shape[dim];
            }
            tuple[axis] = *position;
            data[place(&tuple, &input.shape, &strides)?] = update;
        }
        Ok(vec![tensor(&input.shape, data)?])
    }))
}
