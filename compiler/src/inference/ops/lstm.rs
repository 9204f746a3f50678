//! `top.LSTM`, `tpu.LSTM`: ONNX LSTM (opset 7 and on) in f32, gates in the order input, output, forget, cell.
//!
//! Operands: input, filter `[directions, 4 * hidden, size]`, recurrence `[directions, 4 * hidden, hidden]`, bias
//! `[directions, 8 * hidden]`, initial h, initial c.

use super::active::sigmoid;
use super::conv::sized;
use super::{Kernel, Prepared};
use crate::inference::node::Node;
use crate::inference::value::tensor;

/// `out[b][r] += sum over k of matrix[r][k] * x[b][k]`
fn accumulate(matrix: &[f32], x: &[f32], depth: usize, rows: usize, out: &mut [f32]) {
    for (x, out) in x.chunks_exact(depth).zip(out.chunks_exact_mut(rows)) {
        for (row, out) in matrix.chunks_exact(depth).zip(out) {
            *out += row.iter().zip(x).map(|(a, b)| a * b).sum::<f32>();
        }
    }
}

/// The kernel of an LSTM.
pub fn prepare(node: &Node<'_>) -> Prepared {
    let input = node.input(0)?;
    let &[first, second, size] = input.shape.as_slice() else {
        return Err(node.error("expects an input of rank 3"));
    };
    if node.bool("batch_first", false) {
        return Err(node.error("has batch_first, which inference does not support"));
    }
    if node.has_input(6) && node.kind() == "top.LSTM" {
        return Err(node.error("has sequence lengths, which inference does not support"));
    }
    let (length, batch) = (first, second);
    let hidden = usize::try_from(node.i64("hidden_size", 0)).unwrap_or(0);
    let directions = if node.bool("bidirectional", false) { 2 } else { 1 };
    if hidden == 0 || size == 0 {
        return Err(node.error("expects a positive 'hidden_size'"));
    }
    let mut outputs = Vec::new();
    let state = directions * batch * hidden;
    for (index, wanted) in [length * state, state, state].into_iter().enumerate() {
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
        let filter = sized(args.f32(1)?, directions * 4 * hidden * size)?;
        let recurrence = sized(args.f32(2)?, directions * 4 * hidden * hidden)?;
        let optional = |index: usize, wanted: usize| -> Result<Vec<f32>, String> {
            match args.find_f32(index)? {
                Some(values) => Ok(sized(values, wanted)?.to_vec()),
                None => Ok(vec![0.0; wanted]),
            }
        };
        let bias = optional(3, directions * 8 * hidden)?;
        let (mut all_h, mut all_c) = (optional(4, state)?, optional(5, state)?);
        let mut y = vec![0.0_f32; if outputs[0].is_some() { length * state } else { 0 }];
        let gates = 4 * hidden;
        for direction in 0..directions {
            let filter = &filter[direction * gates * size..][..gates * size];
            let recurrence = &recurrence[direction * gates * hidden..][..gates * hidden];
            let bias = &bias[direction * 2 * gates..][..2 * gates];
            let h = &mut all_h[direction * batch * hidden..][..batch * hidden];
            let c = &mut all_c[direction * batch * hidden..][..batch * hidden];
            for step in 0..length {
                let time = if direction == 0 { step } else { length - 1 - step };
                let mut sums: Vec<f32> = Vec::with_capacity(batch * gates);
                for _ in 0..batch {
                    sums.extend((0..gates).map(|gate| bias[gate] + bias[gates + gate]));
                }
                accumulate(
                    filter,
                    &x[time * batch * size..][..batch * size],
                    size,
                    gates,
                    &mut sums,
                );
                accumulate(recurrence, h, hidden, gates, &mut sums);
                for image in 0..batch {
                    let sums = &sums[image * gates..][..gates];
                    for unit in 0..hidden {
                        let place = image * hidden + unit;
                        let (i, o) = (sigmoid(sums[unit]), sigmoid(sums[hidden + unit]));
                        let f = sigmoid(sums[2 * hidden + unit]);
                        c[place] = f * c[place] + i * sums[3 * hidden + unit].tanh();
                        h[place] = o * c[place].tanh();
                    }
                }
                if !y.is_empty() {
                    let place = (time * directions + direction) * batch * hidden;
                    y[place..place + batch * hidden].copy_from_slice(h);
                }
            }
        }
        let mut results = Vec::new();
        for (output, data) in outputs.iter().zip([y, all_h, all_c]) {
            if let Some(output) = output {
                results.push(tensor(&output.shape, data)?);
            }
        }
        Ok(results)
    }))
}
