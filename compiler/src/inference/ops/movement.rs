//! Operations that move elements and compute nothing; any element type.
//!
//! Permute, Reshape and its relatives, Concat, Slice, Tile, Pad, Depth2Space, SwapDimInner, ShuffleChannel.

use super::active::relu_in_place;
use super::conv::sized;
use super::{Kernel, Prepared};
use crate::for_each_element_type;
use crate::inference::node::Node;
use crate::inference::strided::{View, row_major};
use crate::inference::value::{Element, tensor};

/// Reshape, Squeeze, Unsqueeze, Flatten, Identity, Weight2Activation, Host2Device, Device2Host: the same elements in another shape.
pub fn prepare_reshape(node: &Node<'_>) -> Prepared {
    let (input, output) = (node.input(0)?, node.output()?);
    node.same_len(&input, &output)?;
    if input.element != output.element {
        return Err(node.error("expects input and output of one type"));
    }
    Ok(Kernel::new(move |args| {
        let tensor = args.take(0)?;
        let tensor = tensor.reshape(&output.shape).map_err(|error| error.to_string())?;
        Ok(vec![tensor])
    }))
}

/// A kernel that reads its operand through a view.
fn viewed(node: &Node<'_>, view: View) -> Prepared {
    let (input, output) = (node.input(0)?, node.output()?);
    if view.len() != output.len() {
        return Err(node.error(format_args!(
            "makes {} elements, but its result has {:?}",
            view.len(),
            output.shape
        )));
    }
    if !view.stays_inside(input.len()) {
        return Err(node.error("reads beyond its operand"));
    }
    Ok(Kernel::new(move |args| {
        let out = for_each_element_type!(args.get(0)?, &output.shape, data => view.gather(data)?)?;
        Ok(vec![out])
    }))
}

/// `top.Permute`, `tpu.Permute`
pub fn prepare_permute(node: &Node<'_>) -> Prepared {
    let input = node.input(0)?;
    let order = node.sizes("order", &[], 0)?;
    let mut sorted = order.clone();
    sorted.sort_unstable();
    if sorted != (0..input.shape.len()).collect::<Vec<_>>() {
        return Err(node.error(format_args!(
            "expects 'order' to be a permutation of {} axes, found {order:?}",
            input.shape.len()
        )));
    }
    viewed(node, View::permute(&input.shape, &order))
}

/// `top.Slice`, `tpu.Slice`, `tpu.ShapeSlice`: elements from `offset` in `steps`, as many as the result has.
pub fn prepare_slice(node: &Node<'_>) -> Prepared {
    let (input, output) = (node.input(0)?, node.output()?);
    let rank = input.shape.len();
    if (1..node.input_count()).any(|index| node.has_input(index)) {
        return Err(node.error("has offsets or steps that are computed, which inference does not support"));
    }
    let (offsets, steps) = (
        node.i64s("offset").unwrap_or_default(),
        node.i64s("steps").unwrap_or_default(),
    );
    let axes = node.i64s("axes").unwrap_or_default();
    let (mut offset, mut step) = (vec![0; rank], vec![1; rank]);
    if axes.is_empty() || axes.len() != offsets.len() {
        if offsets.len() != rank || steps.len() != rank {
            return Err(node.error(format_args!("expects {rank} values in 'offset' and 'steps'")));
        }
        (offset, step) = (offsets, steps);
    } else {
        for (index, axis) in axes.iter().enumerate() {
            let axis = node.resolve_axis("axes", *axis, rank)?;
            offset[axis] = offsets[index];
            step[axis] = *steps.get(index).unwrap_or(&1);
        }
    }
    if output.shape.len() != rank {
        return Err(node.error(format_args!("expects a result of rank {rank}")));
    }
    let strides = row_major(&input.shape);
    let mut view = View {
        shape: output.shape.clone(),
        strides: vec![0; rank],
        offset: 0,
    };
    for dim in 0..rank {
        let extent = input.shape[dim] as i64;
        let last = if step[dim] < 0 { extent - 1 } else { extent };
        let start = if offset[dim] < 0 {
            offset[dim].saturating_add(extent)
        } else {
            offset[dim]
        };
        let start = start.clamp(0, last.max(0));
        let count = output.shape[dim] as i64;
        let end = (count - 1)
            .max(0)
            .checked_mul(step[dim])
            .and_then(|way| way.checked_add(start));
        if count > 0 && !end.is_some_and(|end| (0..extent).contains(&end)) {
            return Err(node.error(format_args!("reads beyond its operand along axis {dim}")));
        }
        view.offset += start as usize * strides[dim] as usize;
        view.strides[dim] = if count > 1 {
            strides[dim] * step[dim] as isize
        } else {
            0
        };
    }
    if view.is_empty() {
        view.offset = 0;
    }
    viewed(node, view)
}

/// `top.Tile`, `tpu.Tile`
pub fn prepare_tile(node: &Node<'_>) -> Prepared {
    let (input, output) = (node.input(0)?, node.output()?);
    let tile = node.sizes("tile", &[], 0)?;
    let rank = input.shape.len();
    if tile.len() != rank || output.shape.len() != rank {
        return Err(node.error(format_args!("expects {rank} values in 'tile'")));
    }
    let strides = row_major(&input.shape);
    let mut view = View {
        shape: Vec::new(),
        strides: Vec::new(),
        offset: 0,
    };
    for dim in 0..rank {
        view.shape.extend([tile[dim], input.shape[dim]]);
        view.strides.extend([0, strides[dim]]);
    }
    viewed(node, view)
}

/// `top.Expand`: broadcasting to the result's shape.
pub fn prepare_expand(node: &Node<'_>) -> Prepared {
    let (input, output) = (node.input(0)?, node.output()?);
    let view = View::broadcast(&input.shape, &output.shape)
        .ok_or_else(|| node.error("expects an operand that can be broadcast to the result"))?;
    viewed(node, view)
}

/// `tpu.ShuffleChannel`: channels of `group` groups interleaved.
pub fn prepare_shuffle_channel(node: &Node<'_>) -> Prepared {
    let input = node.input(0)?;
    let group = usize::try_from(node.i64("group", 1)).unwrap_or(0);
    if input.shape.len() < 2 || group == 0 || input.shape[1] % group != 0 {
        return Err(node.error("expects a 'group' that divides the channels"));
    }
    let plane = input.shape[2..].iter().product();
    let split = [input.shape[0], group, input.shape[1] / group, plane];
    viewed(node, View::permute(&split, &[0, 2, 1, 3]))
}

/// `tpu.SwapDimInner`: along each axis with an offset, the part from it on comes first.
pub fn prepare_swap_dim_inner(node: &Node<'_>) -> Prepared {
    let (input, output) = (node.input(0)?, node.output()?);
    node.same_len(&input, &output)?;
    let offsets = node.sizes("offset", &[], 0)?;
    if offsets.len() != input.shape.len() || offsets.iter().zip(&input.shape).any(|(o, d)| o > d) {
        return Err(node.error("expects an offset within each axis"));
    }
    let shape = input.shape;
    Ok(Kernel::new(move |args| {
        let out = for_each_element_type!(args.get(0)?, &output.shape, data => {
            let mut data = sized(data, output.len())?.to_vec();
            for (axis, offset) in offsets.iter().enumerate() {
                let inner: usize = shape[axis + 1..].iter().product();
                if *offset != 0 && inner != 0 {
                    for block in data.chunks_exact_mut(shape[axis] * inner) {
                        block.rotate_left(offset * inner);
                    }
                }
            }
            data
        })?;
        Ok(vec![out])
    }))
}

/// `top.Depth2Space`, `tpu.Depth2Space`: channels become blocks of pixels, or pixels channels (`is_inversed`).
pub fn prepare_depth_to_space(node: &Node<'_>) -> Prepared {
    let (input, output) = (node.input(0)?, node.output()?);
    node.same_len(&input, &output)?;
    let size = |name: &str| usize::try_from(node.i64(name, 1)).unwrap_or(0).max(1);
    let (block_h, block_w) = (size("block_h"), size("block_w"));
    let (crd, inversed, swap) = (
        node.bool("is_CRD", true),
        node.bool("is_inversed", false),
        node.bool("swap_cr", false),
    );
    // Extents n, c, h, w and their strides, whatever the layout.
    let layout = |shape: &[usize], planar: bool| {
        let strides = row_major(shape);
        let order = if planar { [0, 1, 2, 3] } else { [0, 3, 1, 2] };
        (
            order.map(|dim| shape[dim]),
            order.map(|dim| strides[dim] as usize),
        )
    };
    if input.shape.len() != 4 || output.shape.len() != 4 {
        return Err(node.error("expects tensors of rank 4"));
    }
    let mut deep = layout(&input.shape, node.bool("in_is_NCHW", true));
    let mut wide = layout(&output.shape, node.bool("out_is_NCHW", true));
    if inversed {
        std::mem::swap(&mut deep, &mut wide);
    }
    let ((deep, deep_strides), (wide, wide_strides)) = (deep, wide);
    let block = block_h * block_w;
    let fits = deep[0] == wide[0]
        && deep[1] == wide[1] * block
        && deep[2] * block_h == wide[2]
        && deep[3] * block_w == wide[3];
    if !fits {
        return Err(node.error(format_args!(
            "expects shapes that differ by blocks of {block_h} x {block_w}"
        )));
    }
    // For each element of the result, the index of its source.
    let mut source = vec![0_u32; output.len()];
    if output.len() > u32::MAX as usize {
        return Err(node.error("is too large"));
    }
    for n in 0..deep[0] {
        for c in 0..deep[1] {
            let (new_c, left) = if crd {
                (c / block, c % block)
            } else {
                (c % wide[1], c / wide[1])
            };
            let from_c = if swap {
                let swapped = left % block_w * block_h + left / block_w;
                if crd {
                    new_c * block + swapped
                } else {
                    swapped * wide[1] + new_c
                }
            } else {
                c
            };
            for h in 0..deep[2] {
                for w in 0..deep[3] {
                    let (new_h, new_w) = (h * block_h + left / block_w, w * block_w + left % block_w);
                    let dot = |at: [usize; 4], strides: [usize; 4]| -> usize {
                        at.iter().zip(strides).map(|(index, stride)| index * stride).sum()
                    };
                    let in_deep = dot([n, from_c, h, w], deep_strides);
                    let in_wide = dot([n, new_c, new_h, new_w], wide_strides);
                    if inversed {
                        source[in_deep] = in_wide as u32;
                    } else {
                        source[in_wide] = in_deep as u32;
                    }
                }
            }
        }
    }
    Ok(Kernel::new(move |args| {
        let out = for_each_element_type!(args.get(0)?, &output.shape, data => {
            let data = sized(data, source.len())?;
            source.iter().map(|index| data[*index as usize]).collect::<Vec<_>>()
        })?;
        Ok(vec![out])
    }))
}

/// `top.Concat`, `tpu.Concat`
pub fn prepare_concat(node: &Node<'_>) -> Prepared {
    let (inputs, output) = (node.inputs()?, node.output()?);
    let axis = node.axis("axis", 1, output.shape.len())?;
    let outer: usize = output.shape[..axis].iter().product();
    let inner: usize = output.shape[axis + 1..].iter().product();
    let mut pieces = Vec::with_capacity(inputs.len());
    for input in &inputs {
        if input.shape.len() != output.shape.len() || input.element != output.element {
            return Err(node.error("expects operands of the result's rank and type"));
        }
        pieces.push(input.shape[axis] * inner);
    }
    if inputs.iter().map(|input| input.len()).sum::<usize>() != output.len()
        || pieces.iter().sum::<usize>() * outer != output.len()
    {
        return Err(node.error(format_args!(
            "expects operands that fill {:?} along axis {axis}",
            output.shape
        )));
    }
    for name in ["multipliers", "rshifts"] {
        let neutral = i64::from(name == "multipliers");
        if node
            .i64s(name)
            .is_some_and(|values| values.iter().any(|value| *value != neutral))
        {
            return Err(node.error(format_args!(
                "requantises with '{name}', which BM1684 does not do"
            )));
        }
    }
    let activation = node.activation();
    macro_rules! concatenate {
        ($args:expr, $ty:ty) => {{
            let mut sources: Vec<&[$ty]> = Vec::with_capacity(pieces.len());
            for (operand, piece) in $args.all().zip(&pieces) {
                let slice = <$ty as super::conv::Bytes>::slice(operand)?;
                sources.push(sized(slice, piece * outer)?);
            }
            if sources.len() != pieces.len() {
                return Err("an operand is missing".to_owned());
            }
            let mut out = Vec::with_capacity(output.len());
            for index in 0..outer {
                for (source, piece) in sources.iter().zip(&pieces) {
                    out.extend_from_slice(&source[index * piece..][..*piece]);
                }
            }
            tensor(&output.shape, out)?
        }};
    }
    Ok(Kernel::new(move |args| {
        let out = match output.element {
            Element::F32 => concatenate!(args, f32),
            Element::I8 => concatenate!(args, i8),
            Element::U8 => concatenate!(args, u8),
        };
        Ok(vec![relu_in_place(out, activation)])
    }))
}

/// `top.Pad`, `tpu.Pad`: constant, reflected or repeated borders; negative pads cut.
pub fn prepare_pad(node: &Node<'_>) -> Prepared {
    let (input, output) = (node.input(0)?, node.output()?);
    let rank = input.shape.len();
    let pads = node.i64s("paddings").unwrap_or_default();
    if pads.len() != 2 * rank || output.shape.len() != rank {
        return Err(node.error(format_args!("expects {} values in 'paddings'", 2 * rank)));
    }
    if (1..node.input_count()).any(|index| node.has_input(index)) {
        return Err(node.error("has paddings that are computed, which inference does not support"));
    }
    let mode = node.case("mode").unwrap_or("constant");
    // For each axis and result index, the index in the operand, or none for a constant.
    let mut sources: Vec<Vec<Option<usize>>> = Vec::with_capacity(rank);
    for dim in 0..rank {
        let extent = input.shape[dim] as i64;
        if extent + pads[dim] + pads[rank + dim] != output.shape[dim] as i64 {
            return Err(node.error(format_args!("expects a result that is padded by {pads:?}")));
        }
        let source = |index: i64| -> Result<Option<usize>, String> {
            let place = index - pads[dim];
            let place = if (0..extent).contains(&place) {
                place
            } else {
                match mode {
                    "constant" => return Ok(None),
                    "edge" => place.clamp(0, extent - 1),
                    "reflect" if place < 0 => -place,
                    "reflect" => 2 * (extent - 1) - place,
                    "symmetric" if place < 0 => -1 - place,
                    "symmetric" => 2 * extent - 1 - place,
                    other => return Err(format!("has a pad mode that is not known: {other}")),
                }
            };
            if (0..extent).contains(&place) {
                Ok(Some(place as usize))
            } else {
                Err("has a border that is wider than its operand".to_owned())
            }
        };
        let line: Result<Vec<_>, String> = (0..output.shape[dim] as i64).map(source).collect();
        sources.push(line.map_err(|error| node.error(error))?);
    }
    let value = node.f64("val", 0.0);
    let strides = row_major(&input.shape);
    macro_rules! pad {
        ($args:expr, $ty:ty, $value:expr) => {{
            let data = sized(<$ty as super::conv::Bytes>::slice($args.get(0)?)?, input.len())?;
            let value: $ty = $value;
            let mut out = vec![value; output.len()];
            let line = sources.last().map_or(1, Vec::len);
            for (row, out) in out.chunks_exact_mut(line.max(1)).enumerate() {
                let (mut rest, mut base) = (row, Some(0_usize));
                for dim in (0..rank.saturating_sub(1)).rev() {
                    let source = sources[dim][rest % output.shape[dim]];
                    base = base
                        .zip(source)
                        .map(|(base, index)| base + index * strides[dim] as usize);
                    rest /= output.shape[dim];
                }
                let Some(base) = base else { continue };
                match sources.last() {
                    Some(sources) => {
                        for (out, source) in out.iter_mut().zip(sources) {
                            if let Some(source) = source {
                                *out = data[base + source];
                            }
                        }
                    }
                    None => out[0] = data[0],
                }
            }
            tensor(&output.shape, out)?
        }};
    }
    Ok(Kernel::new(move |args| {
        Ok(vec![match output.element {
            Element::F32 => pad!(args, f32, value as f32),
            Element::I8 => pad!(args, i8, value as i8),
            Element::U8 => pad!(args, u8, value as u8),
        }])
    }))
}
