//! `top.GRU`, `tpu.GRU`: ONNX GRU (opset 7 and on) in f32, gates in the order update, reset, hidden.
//!
//! Operands: input, filter `[directions, 3 * hidden, size]`, recurrence `[directions, 3 * hidden, hidden]`, bias
//! `[directions, 6 * hidden]`, initial h.

use super::active::sigmoid;
use super::conv::sized;
use super::{Kernel, Prepared};
use crate::inference::node::Node;
use crate::inference::value::tensor;

/// `sum over k of row[k] * x[k]`
fn dot(row: &[f32], x: &[f32]) -> f32 {
    row.iter().zip(x).map(|(a, b)| a * b).sum()
}

/// The kernel of a GRU.
pub fn prepare(node: &Node<'_>) -> Prepared {
    let input = node.input(0)?;
    let &[length, batch, size] = input.shape.as_slice() else {
        return Err(node.error("expects an input of rank 3"));
    };
    if node.bool("batch_first", false) {
        return Err(node.error("has batch_first, which inference does not support"));
    }
    let after = node.bool("linear_before_reset", true);
    let hidden = usize::try_from(node.i64("hidden_size", 0)).unwrap_or(0);
    let directions = if node.bool("bidirectional", false) { 2 } else { 1 };
    if hidden == 0 || size == 0 {
        return Err(node.error("expects a positive 'hidden_size'"));
    }
    let state = directions * batch * hidden;
    let mut outputs = Vec::new();
    for (index, wanted) in [length * state, state].into_iter().enumerate() {
        let output = node
            .has_output(index)
            .then(|| node.output_at(index))
            .transpose()?;
        if output.as_ref().is_some_and(|output| output.len() != wanted) {
            return Err(node.error(format_args!("expects result #{index} to have {wanted} elements")));
        }
        outputs.push(output);
    }
    Ok(Kernel::new(move |args| {
        let x = sized(args.f32(0)?, length * batch * size)?;
        let filter = sized(args.f32(1)?, directions * 3 * hidden * size)?;
        let recurrence = sized(args.f32(2)?, directions * 3 * hidden * hidden)?;
        let optional = |index: usize, wanted: usize| -> Result<Vec<f32>, String> {
            match args.find_f32(index)? {
                Some(values) => Ok(sized(values, wanted)?.to_vec()),
                None => Ok(vec![0.0; wanted]),
            }
        };
        let bias = optional(3, directions * 6 * hidden)?;
        let mut all_h = optional(4, state)?;
        let mut y = vec![0.0_f32; if outputs[0].is_some() { length * state } else { 0 }];
        let gates = 3 * hidden;
        for direction in 0..directions {
            let filter = &filter[direction * gates * size..][..gates * size];
            let recurrence = &recurrence[direction * gates * hidden..][..gates * hidden];
            let bias = &bias[direction * 2 * gates..][..2 * gates];
            let from_input = |gate: usize, unit: usize, x: &[f32]| {
                let row = gate * hidden + unit;
                dot(&filter[row * size..][..size], x) + bias[row]
            };
            let from_state = |gate: usize, unit: usize, h: &[f32]| {
                let row = gate * hidden + unit;
                dot(&recurrence[row * hidden..][..hidden], h)
            };
            for step in 0..length {
                let time = if direction == 0 { step } else { length - 1 - step };
                for image in 0..batch {
                    let x = &x[(time * batch + image) * size..][..size];
                    let h = &mut all_h[(direction * batch + image) * hidden..][..hidden];
                    let gate = |index: usize, unit: usize, h: &[f32]| {
                        let bias = bias[gates + index * hidden + unit];
                        sigmoid(from_input(index, unit, x) + from_state(index, unit, h) + bias)
                    };
                    let update: Vec<f32> = (0..hidden).map(|unit| gate(0, unit, h)).collect();
                    let reset: Vec<f32> = (0..hidden).map(|unit| gate(1, unit, h)).collect();
                    let kept: Vec<f32> = h.iter().zip(&reset).map(|(h, reset)| h * reset).collect();
                    let next: Vec<f32> = (0..hidden)
                        .map(|unit| {
                            let bias = bias[gates + 2 * hidden + unit];
                            let recurrent = if after {
                                reset[unit] * (from_state(2, unit, h) + bias)
                            } else {
                                from_state(2, unit, &kept) + bias
                            };
                            let new = (from_input(2, unit, x) + recurrent).tanh();
                            (1.0 - update[unit]) * new + update[unit] * h[unit]
                        })
                        .collect();
                    h.copy_from_slice(&next);
                    if !y.is_empty() {
                        let place = ((time * directions + direction) * batch + image) * hidden;
                        y[place..place + hidden].copy_from_slice(h);
                    }
                }
            }
        }
        let mut results = Vec::new();
        for (output, data) in outputs.iter().zip([y, all_h]) {
            if let Some(output) = output {
                results.push(tensor(&output.shape, data)?);
            }
        }
        Ok(results)
    }))
}
