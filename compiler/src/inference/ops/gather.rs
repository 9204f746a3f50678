//! Reading by computed indices: Gather, GatherElements; and the shape of a tensor as a tensor.

use super::conv::sized;
use super::{Kernel, Prepared};
use crate::for_each_element_type;
use crate::inference::node::Node;
use crate::inference::value::{tensor, to_integers};

/// Indices within `extent`; negative ones count from the end.
fn resolve(indices: Vec<i64>, extent: usize) -> Result<Vec<usize>, String> {
    indices
        .into_iter()
        .map(|index| {
            let resolved = if index < 0 { index + extent as i64 } else { index };
            usize::try_from(resolved)
                .ok()
                .filter(|index| *index < extent)
                .ok_or_else(|| format!("has an index of {index} along an axis of {extent}"))
        })
        .collect()
}

/// `top.Gather`, `tpu.Gather`: whole slices along an axis.
pub fn prepare(node: &Node<'_>) -> Prepared {
    let (input, indices, output) = (node.input(0)?, node.input(1)?, node.output()?);
    let axis = node.axis("axis", 0, input.shape.len())?;
    let extent = input.shape[axis];
    let inner: usize = input.shape[axis + 1..].iter().product();
    let outer: usize = input.shape[..axis].iter().product();
    if outer * indices.len() * inner != output.len() || input.element != output.element {
        return Err(node.error("expects a result with the indices in the place of the axis"));
    }
    Ok(Kernel::new(move |args| {
        let chosen = resolve(to_integers(args.get(1)?), extent)?;
        let out = for_each_element_type!(args.get(0)?, &output.shape, data => {
            let data = sized(data, input.len())?;
            let mut out = Vec::with_capacity(output.len());
            for block in 0..outer {
                for index in &chosen {
                    out.extend_from_slice(&data[(block * extent + index) * inner..][..inner]);
                }
            }
            out
        })?;
        Ok(vec![out])
    }))
}

/// `top.GatherElements` and the host function of the same purpose: one element for each index.
pub fn prepare_elements(node: &Node<'_>) -> Prepared {
    let (input, indices, output) = (node.input(0)?, node.input(1)?, node.output()?);
    let rank = input.shape.len();
    let axis = match node.field_i64("param", "axis") {
        Some(axis) => node.resolve_axis("axis", axis, rank)?,
        None => node.axis("axis", 0, rank)?,
    };
    let fits = indices.shape.len() == rank
        && (0..rank).all(|dim| dim == axis || indices.shape[dim] <= input.shape[dim]);
    if !fits || indices.len() != output.len() || input.element != output.element {
        return Err(node.error("expects indices of the result's shape"));
    }
    let strides = crate::inference::strided::row_major(&input.shape);
    Ok(Kernel::new(move |args| {
        let chosen = resolve(to_integers(args.get(1)?), input.shape[axis])?;
        sized(&chosen, output.len())?;
        let out = for_each_element_type!(args.get(0)?, &output.shape, data => {
            let data = sized(data, input.len())?;
            let mut out = Vec::with_capacity(output.len());
            for (position, index) in chosen.iter().enumerate() {
                let (mut rest, mut source) = (position, 0);
                for dim in (0..rank).rev() {
                    let place = if dim == axis { *index } else { rest % indices.shape[dim] };
                    source += place * strides[dim] as usize;
                    rest /= indices.shape[dim];
                }
                out.push(data[source]);
            }
            out
        })?;
        Ok(vec![out])
    }))
}

/// `tpu.GenericCpu`: functions that BM1684 leaves to the host.
pub fn prepare_generic_cpu(node: &Node<'_>) -> Prepared {
    match node.str("cpu_op_name", "") {
        "gatherelements_pt" => prepare_elements(node),
        "gathernd_tf" => super::scatter::prepare_gather_nd(node),
        other => Err(node.error(format_args!(
            "calls the host function '{other}', which inference does not have"
        ))),
    }
}

/// `top.Shape`, `tpu.Shape`: the extents of the operand.
pub fn prepare_shape(node: &Node<'_>) -> Prepared {
    let (input, output) = (node.input(0)?, node.output()?);
    let rank = input.shape.len() as i64;
    let clamp = |value: i64| (if value < 0 { value + rank } else { value }).clamp(0, rank) as usize;
    let start = clamp(node.i64("start", 0));
    let end = clamp(node.i64("end", rank)).max(start);
    let extents: Vec<f32> = input.shape[start..end].iter().map(|dim| *dim as f32).collect();
    if extents.len() != output.len() {
        return Err(node.error(format_args!("expects a result of {} elements", extents.len())));
    }
    Ok(Kernel::new(move |_| {
        Ok(vec![tensor(&output.shape, extents.clone())?])
    }))
}
