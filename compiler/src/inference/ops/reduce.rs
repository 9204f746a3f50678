//! `Reduce` and `Arg` of both dialects, in f32.

use super::conv::sized;
use super::{Kernel, Prepared};
use crate::inference::node::Node;
use crate::inference::strided::View;
use crate::inference::value::tensor;
use rayon::prelude::*;

/// How a row of numbers becomes one.
fn reduction(mode: &str) -> Option<fn(&[f32]) -> f32> {
    Some(match mode {
        "ReduceMean" => |row| row.iter().sum::<f32>() * (1.0 / row.len() as f64) as f32,
        "ReduceSum" => |row| row.iter().sum(),
        "ReduceMax" => |row| row.iter().copied().fold(f32::NEG_INFINITY, f32::max),
        "ReduceMin" => |row| row.iter().copied().fold(f32::INFINITY, f32::min),
        "ReduceProd" => |row| row.iter().product(),
        "ReduceL1" => |row| row.iter().map(|value| value.abs()).sum(),
        "ReduceL2" => |row| row.iter().map(|value| value * value).sum::<f32>().sqrt(),
        "ReduceSumSquare" => |row| row.iter().map(|value| value * value).sum(),
        "ReduceLogSum" => |row| row.iter().sum::<f32>().ln(),
        "ReduceLogSumExp" => |row| {
            let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            largest + row.iter().map(|value| (value - largest).exp()).sum::<f32>().ln()
        },
        _ => return None,
    })
}

/// `top.Reduce`, `tpu.Reduce`
pub fn prepare(node: &Node<'_>) -> Prepared {
    let (input, output) = (node.input(0)?, node.output()?);
    if !input.is_real() || !output.is_real() {
        return Err(node.error("is supported on real numbers only; BM1684 computes it in f32"));
    }
    let rank = input.shape.len();
    let axes: Vec<usize> = node
        .i64s("axes")
        .unwrap_or_default()
        .into_iter()
        .map(|axis| node.resolve_axis("axes", axis, rank))
        .collect::<Result<_, _>>()?;
    let mode = node.str("mode", "");
    let reduce =
        reduction(mode).ok_or_else(|| node.error(format_args!("has a mode that is not known: {mode}")))?;
    // The reduced axes last, so that rows are contiguous.
    let kept = (0..rank).filter(|dim| !axes.contains(dim));
    let order: Vec<usize> = kept.chain((0..rank).filter(|dim| axes.contains(dim))).collect();
    let row: usize = axes.iter().map(|axis| input.shape[*axis]).product();
    if row == 0 || input.len() / row != output.len() {
        return Err(node.error(format_args!(
            "expects a result of {} elements",
            input.len().checked_div(row).unwrap_or(0)
        )));
    }
    let view = View::permute(&input.shape, &order);
    Ok(Kernel::new(move |args| {
        let rows = view.gather(sized(args.f32(0)?, input.len())?)?;
        let out: Vec<f32> = rows.par_chunks_exact(row).map(reduce).collect();
        Ok(vec![tensor(&output.shape, out)?])
    }))
}

/// `top.Arg`, `tpu.Arg`: index of the largest or smallest element along an axis, and the element if it is wanted.
pub fn prepare_arg(node: &Node<'_>) -> Prepared {
    let input = node.input(0)?;
    if !input.is_real() {
        return Err(node.error("is supported on real numbers only; BM1684 computes it in f32"));
    }
    let axis = node.axis("axis", 0, input.shape.len())?;
    let largest = match node.str("mode", "ArgMax") {
        "ArgMax" => true,
        "ArgMin" => false,
        other => return Err(node.error(format_args!("has a mode that is not known: {other}"))),
    };
    let last = node.bool("select_last_index", false);
    let extent = input.shape[axis];
    let inner: usize = input.shape[axis + 1..].iter().product();
    let outputs: Vec<_> = (0..2)
        .map(|index| node.has_output(index).then(|| node.output_at(index)).transpose())
        .collect::<Result<_, _>>()?;
    if extent == 0
        || outputs
            .iter()
            .flatten()
            .any(|output| output.len() != input.len() / extent)
    {
        return Err(node.error("expects results without the reduced axis"));
    }
    Ok(Kernel::new(move |args| {
        let values = sized(args.f32(0)?, input.len())?;
        let (mut indices, mut found) = (Vec::new(), Vec::new());
        for block in values.chunks_exact((extent * inner).max(1)) {
            for column in 0..inner {
                let (mut best, mut best_index) = (block[column], 0);
                for index in 1..extent {
                    let value = block[index * inner + column];
                    let better = if largest { value > best } else { value < best };
                    if better || (last && value == best) {
                        (best, best_index) = (value, index);
                    }
                }
                indices.push(best_index as f32);
                found.push(best);
            }
        }
        let mut results = Vec::new();
        for (output, data) in outputs.iter().zip([indices, found]) {
            if let Some(output) = output {
                results.push(tensor(&output.shape, data)?);
            }
        }
        Ok(results)
    }))
}
