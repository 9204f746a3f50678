//! `tpu.Gather`: slices of an axis.
//!
//! With indices that are weights it is copies: one for each run of indices at equal distances. Computed indices need the
//! host, which has a layer that gathers single elements: [`to_host_layer`] repeats the indices for all elements of a
//! slice, which is one copy with stride 0 on the chip, and calls that layer.

use super::address::shape_of_type;
use super::codegen::Codegen;
use super::coefficient::is_weight;
use super::error::{Error, Result, malformed, unsupported};
use super::movement::{Axis, copy_between};
use crate::data::Tensor;
use crate::program::Program;
use tpuc_dialects::ir::{Attr, AttrKind, Op, Value};

fn axis_of(program: &Program, op: Op, rank: usize) -> Result<usize> {
    let axis = program.ctx.get_i64(op, "axis").unwrap_or(0);
    let from_end = if axis < 0 { rank as i64 } else { 0 };
    usize::try_from(axis + from_end)
        .ok()
        .filter(|axis| *axis < rank)
        .ok_or_else(|| Error::Malformed(format!("axis {axis} of a tensor of rank {rank}")))
}

/// Indices within `extent`; negative ones count from the end.
fn resolved(weight: &Tensor, extent: usize) -> Result<Vec<usize>> {
    weight
        .to_f64()
        .iter()
        .map(|index| {
            let from_end = if *index < 0.0 { extent as f64 } else { 0.0 };
            let place = index + from_end;
            if place >= 0.0 && place < extent as f64 {
                Ok(place as usize)
            } else {
                malformed(format!("index {index} of an axis of {extent}"))
            }
        })
        .collect()
}

/// `tpu.Gather` with indices that are weights.
///
/// # Errors
/// When an index lies outside, or indices are computed.
pub fn emit(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let (input, output) = (cg.operand(op, 0)?, cg.result(op)?);
    let indices = cg.ctx().operand(op, 1);
    if !is_weight(cg.program, indices) {
        return unsupported("computed indices; run --processor-tpu-optimize first");
    }
    let Some(weight) = cg.program.weight(indices)? else {
        return malformed("the indices are no weight");
    };
    let axis = axis_of(cg.program, op, input.shape.len())?;
    let extent = input.shape[axis];
    let indices = resolved(&weight, extent)?;
    let outer: usize = input.shape[..axis].iter().product();
    let inner: usize = input.shape[axis + 1..].iter().product();
    if outer * indices.len() * inner != output.elements() {
        return malformed(format!(
            "{} indices along axis {axis} of {:?} do not give {:?}",
            indices.len(),
            input.shape,
            output.shape
        ));
    }
    let mut start = 0;
    while start < indices.len() {
        let (count, step) = run_at(&indices[start..]);
        let axes = [
            Axis {
                size: outer,
                source: extent * inner,
                target: indices.len() * inner,
            },
            Axis {
                size: count,
                source: step * inner,
                target: inner,
            },
            Axis {
                size: inner,
                source: 1,
                target: 1,
            },
        ];
        let source = (&input, indices[start] * inner);
        copy_between(cg, source, (&output, start * inner), &axes)?;
        start += count;
    }
    Ok(())
}

/// How many of the first indices lie at one distance, which is not negative, and that distance.
fn run_at(indices: &[usize]) -> (usize, usize) {
    let (Some(first), Some(second)) = (indices.first(), indices.get(1)) else {
        return (1, 1);
    };
    let Some(step) = second.checked_sub(*first) else {
        return (1, 1);
    };
    let same = indices
        .windows(2)
        .take_while(|pair| pair[1].checked_sub(pair[0]) == Some(step))
        .count();
    (same + 1, step)
}

/// Rewrites a `tpu.Gather` with computed indices: a copy of the data as (outer, axis, inner), `Tile` of the indices to
/// (outer, number, inner), the host's gather of elements, a copy of it in the result's shape. True if it did.
///
/// # Errors
/// When indices are no integers, or shapes do not fit.
pub fn to_host_layer(program: &mut Program, op: Op) -> Result<bool> {
    let ctx = &program.ctx;
    if !ctx.is(op, "tpu.Gather") || is_weight(program, ctx.operand(op, 1)) {
        return Ok(false);
    }
    let (data, indices, result) = (ctx.operand(op, 0), ctx.operand(op, 1), ctx.result(op));
    let shape = |value: Value| shape_of_type(ctx, ctx.value_type(value));
    let (data_shape, indices_shape, result_shape) = (shape(data)?, shape(indices)?, shape(result)?);
    let axis = axis_of(program, op, data_shape.len())?;
    let sizes = |sizes: [usize; 3]| sizes.map(|size| size as i64);
    let outer: usize = data_shape[..axis].iter().product();
    let inner: usize = data_shape[axis + 1..].iter().product();
    let extent = data_shape[axis];
    let count: usize = indices_shape.iter().product();
    let name = ctx.name(op).to_owned();
    let (Some(element), Some(index_element)) = (ctx.element(data), ctx.element(indices)) else {
        return malformed("an operand that is no tensor");
    };
    let result_type = ctx.value_type(result);
    let location = ctx.op_loc(op);
    let ctx = &mut program.ctx;
    let [wide_type, flat, tiled] = [
        (sizes([outer, extent, inner]), element),
        (sizes([1, count, 1]), index_element),
        (sizes([outer, count, inner]), index_element),
    ]
    .map(|(shape, element)| ctx.tensor_type(&shape, element));
    let gathered = ctx.tensor_type(&sizes([outer, count, inner]), element);
    let axis_attr: Attr = ctx.i64_attr(1);
    let axis_name = ctx.str("axis");
    let param = ctx.attr(AttrKind::Dictionary(vec![(axis_name, axis_attr)]));
    let span = ctx.op_span(op);
    let same_result = result_shape == [outer, count, inner];
    let same_data = data_shape == [outer, extent, inner];
    let mut rw = ctx.rewriter_before(op);
    // The host finds tensors by their names, so what it reads and writes is made by commands in that very shape.
    let wide = if same_data {
        data
    } else {
        let build = rw
            .build("tpu.Reshape")
            .named(&format!("{name}_shaped_data"))
            .operand(data)
            .result(wide_type);
        let shaped = build.finish();
        let shaped = rw.results(shaped)[0];
        let build = rw
            .build("tpu.Tile")
            .named(&format!("{name}_data"))
            .operand(shaped)
            .result(wide_type)
            .i64s("tile", &[1, 1, 1]);
        let copied = build.finish();
        rw.results(copied)[0]
    };
    let build = rw
        .build("tpu.Reshape")
        .named(&format!("{name}_flat_indices"))
        .operand(indices)
        .result(flat);
    let flat = build.finish();
    let flat = rw.results(flat)[0];
    let build = rw
        .build("tpu.Tile")
        .named(&format!("{name}_indices"))
        .operand(flat)
        .result(tiled)
        .i64s("tile", &[outer as i64, 1, inner as i64]);
    let tiled = build.finish();
    let tiled = rw.results(tiled)[0];
    let build = rw
        .build("tpu.GenericCpu")
        .operands(&[wide, tiled])
        .str("cpu_op_name", "gatherelements_pt")
        .attr("param", param);
    let build = if same_result {
        build.loc(location).span(span).result(result_type)
    } else {
        build.named(&format!("{name}_gathered")).result(gathered)
    };
    let made = build.finish();
    let mut value = rw.results(made)[0];
    if !same_result {
        let build = rw
            .build("tpu.Reshape")
            .named(&format!("{name}_shaped"))
            .operand(value)
            .result(result_type);
        let shaped = build.finish();
        let shaped = rw.results(shaped)[0];
        let build = rw
            .build("tpu.Tile")
            .loc(location)
            .span(span)
            .operand(shaped)
            .result(result_type)
            .i64s("tile", &vec![1; result_shape.len()]);
        let copied = build.finish();
        value = rw.results(copied)[0];
    }
    rw.replace_op(op, &[value]);
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::run_at;

    #[test]
    fn runs_are_at_equal_distances() {
        assert_eq!(run_at(&[3, 4, 5, 9]), (3, 1));
        assert_eq!(run_at(&[2, 5, 8]), (3, 3));
        assert_eq!(run_at(&[5, 4, 3]), (1, 1));
        assert_eq!(run_at(&[7, 7, 7, 8]), (3, 0));
        assert_eq!(run_at(&[7]), (1, 1));
    }
}
