//! Executes an interpreter program on whole tensors.
//!
//! f32 as the chip computes it: each operation rounds once, denormals count as zero. A float becomes an 8-bit integer by
//! adding or taking away one half, saturating, and cutting off, which is what the chip's commands for it do.

use super::program::{Arithmetic, Constant, Indices, Layer, Program};
use crate::bmodel::DataType;
use std::collections::HashMap;

/// A tensor: elements in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// Type of the elements.
    pub dtype: DataType,
    /// Sizes.
    pub shape: Vec<usize>,
    /// Bytes of the elements.
    pub data: Vec<u8>,
}

/// Reads device memory: address and bytes.
pub type Memory<'a> = &'a dyn Fn(u64, usize) -> Result<Vec<u8>, String>;

/// Why a program stopped.
#[derive(Debug, thiserror::Error)]
#[error("layer `{layer}`: {problem}")]
pub struct RunError {
    /// The layer's name and code.
    pub layer: String,
    /// What happened.
    pub problem: String,
}

/// Elements of a shape, if they take less than the chip's address range.
fn count(shape: &[usize], element: usize) -> Result<usize, String> {
    shape
        .iter()
        .try_fold(1usize, |product, size| product.checked_mul(*size))
        .filter(|elements| {
            elements
                .checked_mul(element)
                .is_some_and(|bytes| bytes <= u32::MAX as usize)
        })
        .ok_or_else(|| format!("a tensor of shape {shape:?} is larger than the chip's memory"))
}

impl Program {
    /// Runs on the inputs, in the sub-net's order; gives its outputs. `memory` reads weights.
    ///
    /// # Errors
    /// Names the layer and what does not fit.
    pub fn run(&self, inputs: Vec<Value>, memory: Memory<'_>) -> Result<Vec<Value>, RunError> {
        let mut values: HashMap<u32, Value> = self.inputs.iter().copied().zip(inputs).collect();
        for step in &self.steps {
            let made = layer(&step.layer, &values, memory).map_err(|problem| RunError {
                layer: step.name.clone(),
                problem,
            })?;
            values.insert(step.output, made);
        }
        let find = |id: &u32| {
            values.get(id).cloned().ok_or_else(|| RunError {
                layer: "output".to_owned(),
                problem: format!("tensor {id} was not made"),
            })
        };
        self.outputs.iter().map(find).collect()
    }
}

fn integers(value: &Value) -> Result<Vec<i32>, String> {
    if value.dtype != DataType::I32 {
        return Err(format!("indices of type {}; they are int32", value.dtype.name()));
    }
    let words = value.data.as_chunks::<4>().0;
    Ok(words.iter().map(|bytes| i32::from_le_bytes(*bytes)).collect())
}

fn shape_value(numbers: Vec<i32>) -> Value {
    Value {
        dtype: DataType::I32,
        shape: vec![numbers.len()],
        data: numbers.into_iter().flat_map(i32::to_le_bytes).collect(),
    }
}

fn layer(layer: &Layer, values: &HashMap<u32, Value>, memory: Memory<'_>) -> Result<Value, String> {
    let get = |id: u32| {
        values
            .get(&id)
            .ok_or_else(|| format!("tensor {id} was not made before"))
    };
    match layer {
        Layer::Shape { input, of_shape } => {
            let input = get(*input)?;
            if *of_shape {
                return Ok(input.clone());
            }
            Ok(shape_value(input.shape.iter().map(|size| *size as i32).collect()))
        }
        Layer::ShapeSlice {
            input,
            begin,
            end,
            step,
            from_start,
            to_end,
        } => {
            let numbers = integers(get(*input)?)?;
            let size = numbers.len() as i64;
            let place = |index: i32| {
                let index = i64::from(index);
                if index < 0 { index + size } else { index }
            };
            let step = i64::from(*step);
            let forward = step > 0;
            let (first, last) = if forward { (0, size) } else { (size - 1, -1) };
            let begin = if *from_start { first } else { place(*begin) };
            let end = if *to_end { last } else { place(*end) };
            let mut picked = Vec::new();
            let mut at = begin.clamp(first.min(last), first.max(last));
            while if forward { at < end } else { at > end } {
                let Some(number) = usize::try_from(at).ok().and_then(|at| numbers.get(at)) else {
                    break;
                };
                picked.push(*number);
                at += step;
            }
            Ok(shape_value(picked))
        }
        Layer::HostToDevice { input } | Layer::Load { input } => Ok(get(*input)?.clone()),
        Layer::IndexSelect { input, axis, indices } => {
            let (indices, index_shape) = match indices {
                Indices::Weights { address, count } => {
                    let bytes = memory(*address, *count as usize * 4)?;
                    let words = bytes.as_chunks::<4>().0;
                    let numbers: Vec<i32> = words.iter().map(|bytes| i32::from_le_bytes(*bytes)).collect();
                    (numbers, vec![*count as usize])
                }
                Indices::Tensor(id) => {
                    let value = get(*id)?;
                    (integers(value)?, value.shape.clone())
                }
            };
            index_select(get(*input)?, *axis, &indices, &index_shape)
        }
        Layer::ConstantBinary { input, constant } => constant_binary(get(*input)?, constant),
        Layer::Convert { input, from, to } => convert(get(*input)?, *from, *to),
        Layer::WeightAsTensor {
            address,
            shape,
            dtype,
        } => {
            let dtype = DataType::from_code(*dtype).ok_or_else(|| format!("type {dtype} is not known"))?;
            let bytes = count(shape, dtype.bytes())? * dtype.bytes();
            Ok(Value {
                dtype,
                shape: shape.clone(),
                data: memory(*address, bytes)?,
            })
        }
    }
}

/// Slices of the axis; the indices' dimensions take its place.
fn index_select(input: &Value, axis: i32, indices: &[i32], index_shape: &[usize]) -> Result<Value, String> {
    let rank = input.shape.len() as i64;
    let from_end = if axis < 0 { rank } else { 0 };
    let axis = usize::try_from(i64::from(axis) + from_end)
        .ok()
        .filter(|axis| *axis < input.shape.len())
        .ok_or_else(|| format!("axis {axis} of a tensor of rank {rank}"))?;
    let (before, after) = (&input.shape[..axis], &input.shape[axis + 1..]);
    let shape = [before, index_shape, after].concat();
    let element = input.dtype.bytes();
    let bytes = count(&shape, element)? * element;
    let run = count(after, element)? * element;
    let extent = input.shape[axis];
    let mut data = Vec::with_capacity(bytes);
    for outer in 0..count(before, 1)? {
        for &index in indices {
            // The chip's interpreter does not count from the end: it would read something else.
            let place = usize::try_from(index).ok().filter(|index| *index < extent);
            let place = place.ok_or_else(|| format!("index {index} of an axis of {extent}"))?;
            let start = (outer * extent + place) * run;
            let slice = input.data.get(start..start + run);
            data.extend_from_slice(slice.ok_or("a tensor without data")?);
        }
    }
    Ok(Value {
        dtype: input.dtype,
        shape,
        data,
    })
}

fn flush(value: f32) -> f32 {
    if value.is_subnormal() {
        0.0_f32.copysign(value)
    } else {
        value
    }
}

fn floats(value: &Value) -> Result<impl Iterator<Item = f32>, String> {
    if value.dtype != DataType::F32 {
        return Err(format!(
            "a {} tensor where float32 is expected",
            value.dtype.name()
        ));
    }
    let words = value.data.as_chunks::<4>().0;
    Ok(words.iter().map(|bytes| flush(f32::from_le_bytes(*bytes))))
}

fn constant_binary(input: &Value, constant: &Constant) -> Result<Value, String> {
    let same = |dtype: DataType, data: Vec<u8>| Value {
        dtype,
        shape: input.shape.clone(),
        data,
    };
    if matches!(input.dtype, DataType::I8 | DataType::U8) {
        let shift = u32::try_from(constant.shift)
            .ok()
            .filter(|shift| *shift < 32)
            .ok_or("a left shift")?;
        let half = (1_i64 << shift) >> 1;
        let signed = input.dtype == DataType::I8;
        let one = |byte: &u8| {
            let value = if signed {
                i64::from(*byte as i8)
            } else {
                i64::from(*byte)
            };
            let scaled = (value * i64::from(constant.multiplier) + half) >> shift;
            match (constant.relu, signed) {
                (false, true) => scaled.clamp(-128, 127) as u8,
                _ => scaled.clamp(0, 255) as u8,
            }
        };
        let dtype = if signed && !constant.relu {
            DataType::I8
        } else {
            DataType::U8
        };
        return Ok(same(dtype, input.data.iter().map(one).collect()));
    }
    let value = flush(constant.value);
    let one = |x: f32| {
        let mut y = flush(match (constant.arithmetic, constant.inversed) {
            (Arithmetic::Add, _) => x + value,
            (Arithmetic::Subtract, false) => x - value,
            (Arithmetic::Subtract, true) => value - x,
            (Arithmetic::Multiply, _) => x * value,
        });
        if constant.relu {
            y = if y > 0.0 { y } else { 0.0 };
            if constant.limit > 0.0 && y > constant.limit {
                y = constant.limit;
            }
        }
        y
    };
    let data = floats(input)?.flat_map(|x| one(x).to_le_bytes()).collect();
    Ok(same(DataType::F32, data))
}

fn convert(input: &Value, from: u32, to: u32) -> Result<Value, String> {
    let (Some(from), Some(to)) = (DataType::from_code(from), DataType::from_code(to)) else {
        return Err(format!("types {from} and {to} are not known"));
    };
    if from != input.dtype {
        return Err(format!(
            "a {} tensor where {} is expected",
            input.dtype.name(),
            from.name()
        ));
    }
    let data = match (from, to) {
        (DataType::F32, DataType::I8 | DataType::U8) => {
            let (low, high) = if to == DataType::I8 {
                (-128.0, 127.0)
            } else {
                (0.0, 255.0)
            };
            let one = |x: f32| {
                let moved = if x > 0.0 { x + 0.5 } else { x - 0.5 };
                moved.clamp(low, high) as i32 as u8
            };
            floats(input)?.map(one).collect()
        }
        (DataType::I8, DataType::F32) => {
            let one = |byte: &u8| f32::from(*byte as i8).to_le_bytes();
            input.data.iter().flat_map(one).collect()
        }
        (DataType::U8, DataType::F32) => {
            let one = |byte: &u8| f32::from(*byte).to_le_bytes();
            input.data.iter().flat_map(one).collect()
        }
        _ => return Err(format!("from {} to {}", from.name(), to.name())),
    };
    Ok(Value {
        dtype: to,
        shape: input.shape.clone(),
        data,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(numbers: &[f32], shape: &[usize]) -> Value {
        Value {
            dtype: DataType::F32,
            shape: shape.to_vec(),
            data: numbers.iter().flat_map(|number| number.to_le_bytes()).collect(),
        }
    }

    #[test]
    fn selects_slices_and_refuses_what_lies_outside() {
        let input = value(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0], &[2, 3]);
        let picked = index_select(&input, 1, &[2, 0], &[1, 2]).unwrap();
        assert_eq!(picked, value(&[2.0, 0.0, 5.0, 3.0], &[2, 1, 2]));
        let rows = index_select(&input, -2, &[1], &[1]).unwrap();
        assert_eq!(rows, value(&[3.0, 4.0, 5.0], &[1, 3]));
        assert!(
            index_select(&input, 1, &[-1], &[1])
                .unwrap_err()
                .contains("index -1")
        );
        assert!(index_select(&input, 2, &[0], &[1]).is_err());
    }

    #[test]
    fn halves_are_rounded_away_from_zero() {
        let input = value(&[0.5, -0.5, 1.49, 200.0, -200.0], &[5]);
        let bytes = convert(&input, 0, 2).unwrap();
        assert_eq!(bytes.data, [1_u8, 255, 1, 127, 128]);
    }
}
