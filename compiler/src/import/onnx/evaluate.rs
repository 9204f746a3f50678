//! Values of nodes whose inputs are constant. Arithmetic in f32 is IEEE's, one rounding for each operation; integers are 64-bit
//! and wrap as ONNX Runtime's do.

use super::constant::Constant;
use super::model::{Attribute, ElementType, Node};
use ndarray::{ArrayD, ArrayViewD, Axis, IxDyn, Slice};

/// The largest constant that folding makes, in elements: larger ones stay nodes.
const LARGEST: usize = 1 << 26;

/// The outputs of `node`, or `None` if it cannot be evaluated here.
pub fn evaluate(node: &Node, inputs: &[Option<&Constant>], opset: i64) -> Option<Vec<Constant>> {
    let input = |index: usize| inputs.get(index).copied().flatten();
    let one = |constant: Constant| Some(vec![constant]);
    match node.op_type.as_str() {
        "Constant" => one(literal(node)?),
        "Identity" | "Dropout" => one(input(0)?.clone()),
        "Cast" => {
            let from = input(0)?;
            one(match ElementType::from_number(node.int("to")?) {
                ElementType::Float => Constant::Float(from.to_float()),
                ElementType::Int => Constant::Int(from.to_int()),
                ElementType::Bool => Constant::Bool(from.to_bool()),
            })
        }
        "Size" => one(Constant::Int(ArrayD::from_elem(
            IxDyn(&[]),
            input(0)?.len() as i64,
        ))),
        "ConstantOfShape" => {
            let shape = dims(&input(0)?.ints())?;
            one(match node.attributes.get("value") {
                Some(Attribute::Tensor(Constant::Int(value))) => {
                    Constant::Int(ArrayD::from_elem(shape, *value.first()?))
                }
                Some(Attribute::Tensor(Constant::Bool(value))) => {
                    Constant::Bool(ArrayD::from_elem(shape, *value.first()?))
                }
                Some(Attribute::Tensor(Constant::Float(value))) => {
                    Constant::Float(ArrayD::from_elem(shape, *value.first()?))
                }
                _ => Constant::Float(ArrayD::from_elem(shape, 0.0)),
            })
        }
        "Range" => range(input(0)?, input(1)?, input(2)?),
        "Add" | "Sub" | "Mul" | "Div" | "Min" | "Max" | "Pow" | "Mod" if inputs.len() == 2 => {
            one(arithmetic(&node.op_type, input(0)?, input(1)?)?)
        }
        "Equal" | "Greater" | "GreaterOrEqual" | "Less" | "LessOrEqual" => {
            one(compare(&node.op_type, input(0)?, input(1)?)?)
        }
        "And" => one(Constant::Bool(broadcast(
            &input(0)?.to_bool(),
            &input(1)?.to_bool(),
            |a, b| a & b,
        )?)),
        "Or" => one(Constant::Bool(broadcast(
            &input(0)?.to_bool(),
            &input(1)?.to_bool(),
            |a, b| a | b,
        )?)),
        "Not" => one(Constant::Bool(input(0)?.to_bool().mapv(|value| !value))),
        "Where" => choose(input(0)?, input(1)?, input(2)?),
        "Neg" | "Abs" | "Floor" | "Ceil" | "Sqrt" | "Exp" | "Log" | "Reciprocal" | "Relu" | "Sin" | "Cos" => {
            one(unary(&node.op_type, input(0)?)?)
        }
        "ReduceProd" | "ReduceSum" | "ReduceMax" | "ReduceMin" => one(reduce(node, input(0)?, input(1))?),
        "Concat" => one(concat(node, inputs)?),
        "Gather" => one(gather(node, input(0)?, input(1)?)?),
        "Expand" => {
            let wanted = input(1)?.ints();
            let wanted = dims(&wanted)?;
            let shape = broadcast_shape(input(0)?.shape(), ndarray::Dimension::slice(&wanted))?;
            one(with_shape(input(0)?, &IxDyn(&shape), true)?)
        }
        _ => one(layout(node, inputs, opset)?),
    }
}

fn literal(node: &Node) -> Option<Constant> {
    let floats = |values: Vec<f32>, shape: &[usize]| {
        ArrayD::from_shape_vec(IxDyn(shape), values)
            .ok()
            .map(Constant::Float)
    };
    match (node.attributes.first()?.0.as_str(), node.attributes.first()?.1) {
        ("value", Attribute::Tensor(tensor)) => Some(tensor.clone()),
        ("value_float", Attribute::Float(value)) => floats(vec![*value], &[]),
        ("value_floats", Attribute::Floats(values)) => floats(values.clone(), &[values.len()]),
        ("value_int", Attribute::Int(value)) => Some(Constant::Int(ArrayD::from_elem(IxDyn(&[]), *value))),
        ("value_ints", Attribute::Ints(values)) => Some(Constant::from_ints(values.clone())),
        _ => None,
    }
}

/// Dimensions that are not negative and whose product is bounded.
fn dims(values: &[i64]) -> Option<IxDyn> {
    let mut total: usize = 1;
    let mut shape = Vec::with_capacity(values.len());
    for value in values {
        let dim = usize::try_from(*value).ok()?;
        total = total.checked_mul(dim).filter(|total| *total <= LARGEST)?;
        shape.push(dim);
    }
    Some(IxDyn(&shape))
}

fn broadcast_shape(left: &[usize], right: &[usize]) -> Option<Vec<usize>> {
    let rank = left.len().max(right.len());
    let at = |shape: &[usize], index: usize| {
        let missing = rank - shape.len();
        if index < missing {
            1
        } else {
            shape[index - missing]
        }
    };
    let mut result = Vec::with_capacity(rank);
    let mut total: usize = 1;
    for index in 0..rank {
        let dim = match (at(left, index), at(right, index)) {
            (a, b) if a == b => a,
            (1, b) => b,
            (a, 1) => a,
            _ => return None,
        };
        total = total.checked_mul(dim).filter(|total| *total <= LARGEST)?;
        result.push(dim);
    }
    Some(result)
}

fn broadcast<A: Copy, B: Copy, R>(
    left: &ArrayD<A>,
    right: &ArrayD<B>,
    f: impl Fn(A, B) -> R,
) -> Option<ArrayD<R>> {
    let shape = broadcast_shape(left.shape(), right.shape())?;
    let (left, right) = (left.broadcast(IxDyn(&shape))?, right.broadcast(IxDyn(&shape))?);
    let values = left.iter().zip(right.iter()).map(|(a, b)| f(*a, *b)).collect();
    ArrayD::from_shape_vec(IxDyn(&shape), values).ok()
}

fn arithmetic(op: &str, left: &Constant, right: &Constant) -> Option<Constant> {
    if let (Constant::Int(left), Constant::Int(right)) = (left, right) {
        if matches!(op, "Div" | "Mod") && right.iter().any(|value| *value == 0) {
            return None;
        }
        let f: fn(i64, i64) -> i64 = match op {
            "Add" => i64::wrapping_add,
            "Sub" => i64::wrapping_sub,
            "Mul" => i64::wrapping_mul,
            "Div" => i64::wrapping_div,
            "Mod" => |a, b| (a.wrapping_rem(b).wrapping_add(b)).wrapping_rem(b),
            "Min" => |a, b| a.min(b),
            "Max" => |a, b| a.max(b),
            _ => return None,
        };
        return broadcast(left, right, f).map(Constant::Int);
    }
    let (Constant::Float(left), right) = (left, right.to_float()) else {
        return None;
    };
    let f: fn(f32, f32) -> f32 = match op {
        "Add" => |a, b| a + b,
        "Sub" => |a, b| a - b,
        "Mul" => |a, b| a * b,
        "Div" => |a, b| a / b,
        "Min" => f32::min,
        "Max" => f32::max,
        "Pow" => f32::powf,
        _ => return None,
    };
    broadcast(left, &right, f).map(Constant::Float)
}

fn compare(op: &str, left: &Constant, right: &Constant) -> Option<Constant> {
    fn order<T: PartialOrd>(op: &str, a: T, b: T) -> bool {
        match op {
            "Equal" => a == b,
            "Greater" => a > b,
            "GreaterOrEqual" => a >= b,
            "Less" => a < b,
            _ => a <= b,
        }
    }
    match (left, right) {
        (Constant::Float(left), Constant::Float(right)) => broadcast(left, right, |a, b| order(op, a, b)),
        _ => broadcast(&left.to_int(), &right.to_int(), |a, b| order(op, a, b)),
    }
    .map(Constant::Bool)
}

fn choose(condition: &Constant, yes: &Constant, no: &Constant) -> Option<Vec<Constant>> {
    let condition = condition.to_bool();
    let pair = match (yes, no) {
        (Constant::Float(yes), Constant::Float(no)) => {
            let both = broadcast(yes, no, |a, b| (a, b))?;
            Constant::Float(broadcast(&condition, &both, |c, (a, b)| if c { a } else { b })?)
        }
        (Constant::Int(yes), Constant::Int(no)) => {
            let both = broadcast(yes, no, |a, b| (a, b))?;
            Constant::Int(broadcast(&condition, &both, |c, (a, b)| if c { a } else { b })?)
        }
        _ => return None,
    };
    Some(vec![pair])
}

fn unary(op: &str, input: &Constant) -> Option<Constant> {
    if let Constant::Int(array) = input {
        return match op {
            "Neg" => Some(Constant::Int(array.mapv(i64::wrapping_neg))),
            "Abs" => Some(Constant::Int(array.mapv(i64::wrapping_abs))),
            _ => None,
        };
    }
    let f: fn(f32) -> f32 = match op {
        "Neg" => |x| -x,
        "Abs" => f32::abs,
        "Floor" => f32::floor,
        "Ceil" => f32::ceil,
        "Sqrt" => f32::sqrt,
        "Exp" => f32::exp,
        "Log" => f32::ln,
        "Sin" => f32::sin,
        "Cos" => f32::cos,
        "Reciprocal" => f32::recip,
        "Relu" => |x| x.max(0.0),
        _ => return None,
    };
    Some(Constant::Float(input.to_float().mapv(f)))
}

fn range(start: &Constant, limit: &Constant, delta: &Constant) -> Option<Vec<Constant>> {
    let (Constant::Int(start), Constant::Int(limit), Constant::Int(delta)) = (start, limit, delta) else {
        let first = |constant: &Constant| constant.to_float().first().copied();
        let (start, limit, delta) = (first(start)?, first(limit)?, first(delta)?);
        let count = ((f64::from(limit) - f64::from(start)) / f64::from(delta))
            .ceil()
            .max(0.0);
        if !count.is_finite() || count > LARGEST as f64 {
            return None;
        }
        let values: Vec<f32> = (0..count as usize)
            .map(|index| start + index as f32 * delta)
            .collect();
        return Some(vec![Constant::Float(
            ArrayD::from_shape_vec(IxDyn(&[values.len()]), values).ok()?,
        )]);
    };
    let (start, limit, delta) = (*start.first()?, *limit.first()?, *delta.first()?);
    if delta == 0 {
        return None;
    }
    let mut values = Vec::new();
    let mut value = start;
    while (delta > 0 && value < limit) || (delta < 0 && value > limit) {
        if values.len() >= LARGEST {
            return None;
        }
        values.push(value);
        value = value.checked_add(delta)?;
    }
    Some(vec![Constant::from_ints(values)])
}

fn reduce(node: &Node, input: &Constant, axes: Option<&Constant>) -> Option<Constant> {
    let Constant::Int(array) = input else { return None };
    let axes = axes
        .map(Constant::ints)
        .or_else(|| node.ints("axes").map(<[i64]>::to_vec))
        .unwrap_or_default();
    let keep = node.int("keepdims").unwrap_or(1) != 0;
    let rank = array.ndim();
    let mut wanted = axes
        .iter()
        .map(|value| axis(*value, rank))
        .collect::<Option<Vec<_>>>()?;
    if wanted.is_empty() {
        wanted = (0..rank).collect();
    }
    wanted.sort_unstable();
    let f: fn(i64, i64) -> i64 = match node.op_type.as_str() {
        "ReduceProd" => i64::wrapping_mul,
        "ReduceSum" => i64::wrapping_add,
        "ReduceMax" => |a, b| a.max(b),
        _ => |a, b| a.min(b),
    };
    let mut result = array.clone();
    for axis in wanted.into_iter().rev() {
        let mut lanes = result.axis_iter(Axis(axis));
        let mut folded = lanes.next()?.to_owned();
        for lane in lanes {
            folded.zip_mut_with(&lane, |a, b| *a = f(*a, *b));
        }
        result = if keep {
            folded.insert_axis(Axis(axis))
        } else {
            folded
        };
    }
    Some(Constant::Int(result))
}

fn axis(value: i64, rank: usize) -> Option<usize> {
    usize::try_from(if value < 0 { value + rank as i64 } else { value })
        .ok()
        .filter(|axis| *axis < rank)
}

fn concat(node: &Node, inputs: &[Option<&Constant>]) -> Option<Constant> {
    fn join<T: Copy>(arrays: &[ArrayD<T>], at: i64) -> Option<ArrayD<T>> {
        let views: Vec<ArrayViewD<'_, T>> = arrays.iter().map(|array| array.view()).collect();
        let at = axis(at, views.first()?.ndim())?;
        ndarray::concatenate(Axis(at), &views).ok()
    }
    let inputs: Vec<&Constant> = inputs.iter().copied().collect::<Option<_>>()?;
    let at = node.int("axis").unwrap_or(1);
    if inputs.iter().all(|input| matches!(input, Constant::Int(_))) {
        let arrays: Vec<_> = inputs.iter().map(|input| input.to_int()).collect();
        return join(&arrays, at).map(Constant::Int);
    }
    if inputs.iter().all(|input| matches!(input, Constant::Float(_))) {
        let arrays: Vec<_> = inputs.iter().map(|input| input.to_float()).collect();
        return join(&arrays, at).map(Constant::Float);
    }
    None
}

fn gather(node: &Node, data: &Constant, indices: &Constant) -> Option<Constant> {
    fn take<T: Copy>(data: &ArrayD<T>, indices: &ArrayD<i64>, at: i64) -> Option<ArrayD<T>> {
        let at = axis(at, data.ndim())?;
        let size = data.shape()[at];
        let places = indices
            .iter()
            .map(|index| axis(*index, size))
            .collect::<Option<Vec<_>>>()?;
        let picked = data.select(Axis(at), &places);
        let mut shape = data.shape()[..at].to_vec();
        shape.extend_from_slice(indices.shape());
        shape.extend_from_slice(&data.shape()[at + 1..]);
        picked
            .as_standard_layout()
            .into_owned()
            .into_shape_with_order(IxDyn(&shape))
            .ok()
    }
    let at = node.int("axis").unwrap_or(0);
    let indices = indices.to_int();
    Some(match data {
        Constant::Float(data) => Constant::Float(take(data, &indices, at)?),
        Constant::Int(data) => Constant::Int(take(data, &indices, at)?),
        Constant::Bool(data) => Constant::Bool(take(data, &indices, at)?),
    })
}

/// The same tensor in another shape: `broadcast` repeats elements, otherwise their number stays.
fn with_shape(input: &Constant, wanted: &IxDyn, broadcast: bool) -> Option<Constant> {
    fn apply<T: Clone>(array: &ArrayD<T>, wanted: &IxDyn, broadcast: bool) -> Option<ArrayD<T>> {
        if broadcast {
            return Some(array.broadcast(wanted.clone())?.as_standard_layout().into_owned());
        }
        array
            .as_standard_layout()
            .into_owned()
            .into_shape_with_order(wanted.clone())
            .ok()
    }
    Some(match input {
        Constant::Float(array) => Constant::Float(apply(array, wanted, broadcast)?),
        Constant::Int(array) => Constant::Int(apply(array, wanted, broadcast)?),
        Constant::Bool(array) => Constant::Bool(apply(array, wanted, broadcast)?),
    })
}

/// Operators that only move elements.
fn layout(node: &Node, inputs: &[Option<&Constant>], _opset: i64) -> Option<Constant> {
    let input = inputs.first().copied().flatten()?;
    let shape = input.shape().to_vec();
    let rank = shape.len();
    let list = |index: usize, name: &str| {
        inputs
            .get(index)
            .copied()
            .flatten()
            .map(Constant::ints)
            .or_else(|| node.ints(name).map(<[i64]>::to_vec))
    };
    match node.op_type.as_str() {
        "Reshape" => {
            let wanted = list(1, "shape")?;
            let mut target: Vec<i64> = wanted
                .iter()
                .enumerate()
                .map(|(index, dim)| {
                    if *dim == 0 {
                        shape.get(index).map(|dim| *dim as i64)
                    } else {
                        Some(*dim)
                    }
                })
                .collect::<Option<_>>()?;
            let total = input.len() as i64;
            if let Some(open) = target.iter().position(|dim| *dim == -1) {
                let known: i64 = target.iter().filter(|dim| **dim != -1).product();
                target[open] = if known > 0 && total % known == 0 {
                    total / known
                } else {
                    return None;
                };
            }
            with_shape(input, &dims(&target)?, false)
        }
        "Flatten" => {
            let at = node.int("axis").unwrap_or(1);
            let at = usize::try_from(if at < 0 { at + rank as i64 } else { at })
                .ok()
                .filter(|at| *at <= rank)?;
            let target = [
                shape[..at].iter().product::<usize>(),
                shape[at..].iter().product(),
            ];
            with_shape(input, &IxDyn(&target), false)
        }
        "Unsqueeze" => {
            let axes = list(1, "axes")?;
            let mut axes = axes
                .iter()
                .map(|value| axis(*value, rank + axes.len()))
                .collect::<Option<Vec<_>>>()?;
            axes.sort_unstable();
            let mut target = shape;
            for at in axes {
                target.insert(at.min(target.len()), 1);
            }
            with_shape(input, &IxDyn(&target), false)
        }
        "Squeeze" => {
            let axes = list(1, "axes").unwrap_or_default();
            let axes = axes
                .iter()
                .map(|value| axis(*value, rank))
                .collect::<Option<Vec<_>>>()?;
            let target: Vec<usize> = shape
                .iter()
                .enumerate()
                .filter(|(index, dim)| {
                    if axes.is_empty() {
                        **dim != 1
                    } else {
                        !axes.contains(index)
                    }
                })
                .map(|(_, dim)| *dim)
                .collect();
            with_shape(input, &IxDyn(&target), false)
        }
        "Transpose" => {
            let order: Vec<usize> = match node.ints("perm") {
                Some(order) => order
                    .iter()
                    .map(|value| axis(*value, rank))
                    .collect::<Option<_>>()?,
                None => (0..rank).rev().collect(),
            };
            let mut sorted = order.clone();
            sorted.sort_unstable();
            if sorted.into_iter().ne(0..rank) {
                return None;
            }
            Some(match input {
                Constant::Float(array) => Constant::Float(
                    array
                        .clone()
                        .permuted_axes(order)
                        .as_standard_layout()
                        .into_owned(),
                ),
                Constant::Int(array) => Constant::Int(
                    array
                        .clone()
                        .permuted_axes(order)
                        .as_standard_layout()
                        .into_owned(),
                ),
                Constant::Bool(array) => Constant::Bool(
                    array
                        .clone()
                        .permuted_axes(order)
                        .as_standard_layout()
                        .into_owned(),
                ),
            })
        }
        "Slice" => {
            let (starts, ends) = (list(1, "starts")?, list(2, "ends")?);
            let axes = list(3, "axes").unwrap_or_else(|| (0..starts.len() as i64).collect());
            let steps = list(4, "steps").unwrap_or_else(|| vec![1; starts.len()]);
            if ends.len() != starts.len() || axes.len() != starts.len() || steps.len() != starts.len() {
                return None;
            }
            let mut result = input.clone();
            for index in 0..starts.len() {
                let at = axis(axes[index], rank)?;
                let size = result.shape()[at] as i64;
                let place = |value: i64| {
                    if value < 0 {
                        value.saturating_add(size)
                    } else {
                        value
                    }
                };
                let step = isize::try_from(steps[index]).ok().filter(|step| *step != 0)?;
                let (low, high) = if step > 0 {
                    let start = place(starts[index]).clamp(0, size);
                    (start, place(ends[index]).clamp(start, size))
                } else {
                    // The positions from the start down to, but not including, the end; ndarray steps back from the last.
                    let start = place(starts[index]).clamp(-1, size - 1);
                    (place(ends[index]).clamp(-1, start) + 1, start + 1)
                };
                let slice = Slice::new(low as isize, Some(high as isize), step);
                result = match result {
                    Constant::Float(array) => Constant::Float(array.slice_axis(Axis(at), slice).to_owned()),
                    Constant::Int(array) => Constant::Int(array.slice_axis(Axis(at), slice).to_owned()),
                    Constant::Bool(array) => Constant::Bool(array.slice_axis(Axis(at), slice).to_owned()),
                };
            }
            Some(result)
        }
        _ => None,
    }
}
