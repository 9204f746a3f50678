//! `top.Softmax`, `tpu.Softmax`: `exp(x - max) / sum`, or its logarithm, along one axis, in f32.

use super::conv::sized;
use super::{Kernel, Prepared};
use crate::inference::node::Node;
use crate::inference::value::tensor;
use rayon::prelude::*;

/// The kernel of a softmax.
pub fn prepare(node: &Node<'_>) -> Prepared {
    let (input, output) = (node.input(0)?, node.output()?);
    node.same_len(&input, &output)?;
    if !input.is_real() || !output.is_real() {
        return Err(node.error("is supported on real numbers only; BM1684 computes it in f32"));
    }
    let axis = node.axis("axis", 1, input.shape.len())?;
    let beta = node.f64("beta", 1.0) as f32;
    let log = node.bool("log", false);
    let extent = input.shape[axis];
    let inner: usize = input.shape[axis + 1..].iter().product();
    Ok(Kernel::new(move |args| {
        let values = sized(args.f32(0)?, output.len())?;
        let mut out = vec![0.0_f32; output.len()];
        if out.is_empty() {
            return Ok(vec![tensor(&output.shape, out)?]);
        }
        let block = extent * inner;
        out.par_chunks_exact_mut(block)
            .zip(values.par_chunks_exact(block))
            .for_each(|(out, values)| {
                let mut largest = vec![f32::NEG_INFINITY; inner];
                for line in values.chunks_exact(inner) {
                    for (largest, value) in largest.iter_mut().zip(line) {
                        *largest = largest.max(*value);
                    }
                }
                let mut sums = vec![0.0_f32; inner];
                for (out, line) in out.chunks_exact_mut(inner).zip(values.chunks_exact(inner)) {
                    for (index, (out, value)) in out.iter_mut().zip(line).enumerate() {
                        let difference = beta * (value - largest[index]);
                        let power = difference.exp();
                        sums[index] += power;
                        *out = if log { difference } else { power };
                    }
                }
                for out in out.chunks_exact_mut(inner) {
                    for (out, sum) in out.iter_mut().zip(&sums) {
                        *out = if log { *out - sum.ln() } else { *out / sum };
                    }
                }
            });
        Ok(vec![tensor(&output.shape, out)?])
    }))
}
