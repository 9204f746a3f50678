//! `top.Einsum` of two operands: `result[free letters] = sum over the others of left * right`, in f32, in the order of the letters.

use super::conv::sized;
use super::{Kernel, Prepared};
use crate::inference::node::Node;
use crate::inference::strided::row_major;
use crate::inference::value::tensor;
use rayon::prelude::*;

/// The kernel.
pub fn prepare(node: &Node<'_>) -> Prepared {
    let (left, right, output) = (node.input(0)?, node.input(1)?, node.output()?);
    let equation = node.str("mode", "").replace(' ', "");
    let parts = equation
        .split_once("->")
        .and_then(|(terms, result)| Some((terms.split_once(',')?, result)));
    let Some(((first, second), result)) = parts else {
        return Err(node.error(format_args!("has an equation that is not supported: {equation}")));
    };
    let mut letters: Vec<(char, usize)> = Vec::new();
    let terms = [(first, &left.shape), (second, &right.shape)];
    for (term, shape) in terms {
        if term.chars().count() != shape.len() {
            return Err(node.error(format_args!("'{term}' does not fit an operand of {shape:?}")));
        }
        for (letter, size) in term.chars().zip(shape) {
            match letters.iter().find(|(other, _)| *other == letter) {
                Some((_, known)) if known != size => {
                    return Err(node.error(format_args!("'{letter}' stands for {known} and for {size}")));
                }
                Some(_) => {}
                None => letters.push((letter, *size)),
            }
        }
    }
    let size_of = |letter: char| {
        letters
            .iter()
            .find(|(other, _)| *other == letter)
            .map(|(_, size)| *size)
    };
    let shape: Option<Vec<usize>> = result.chars().map(size_of).collect();
    if shape.as_ref().map(|shape| shape.iter().product()) != Some(output.len()) {
        return Err(node.error(format_args!("expects a result of '{result}'")));
    }
    // The letters of the result first, then those that are summed.
    let mut order: Vec<char> = result.chars().collect();
    let free = order.len();
    order.extend(
        letters
            .iter()
            .map(|(letter, _)| *letter)
            .filter(|letter| !result.contains(*letter)),
    );
    let sizes: Vec<usize> = order.iter().filter_map(|letter| size_of(*letter)).collect();
    let steps = |term: &str, shape: &[usize]| -> Vec<usize> {
        let strides = row_major(shape);
        order
            .iter()
            .map(|letter| {
                term.chars()
                    .zip(&strides)
                    .filter(|(other, _)| other == letter)
                    .map(|(_, stride)| *stride as usize)
                    .sum()
            })
            .collect()
    };
    let (left_steps, right_steps) = (steps(first, &left.shape), steps(second, &right.shape));
    let summed: usize = sizes[free..].iter().product();
    Ok(Kernel::new(move |args| {
        let a = sized(args.f32(0)?, left.len())?;
        let b = sized(args.f32(1)?, right.len())?;
        let place = |mut index: usize, dims: std::ops::Range<usize>| {
            let (mut left, mut right) = (0, 0);
            for dim in dims.rev() {
                let position = index % sizes[dim];
                index /= sizes[dim];
                left += position * left_steps[dim];
                right += position * right_steps[dim];
            }
            (left, right)
        };
        let out: Vec<f32> = (0..output.len())
            .into_par_iter()
            .map(|index| {
                let (left, right) = place(index, 0..free);
                (0..summed)
                    .map(|index| {
                        let (more_left, more_right) = place(index, free..sizes.len());
                        a[left + more_left] * b[right + more_right]
                    })
                    .sum()
            })
            .collect();
        Ok(vec![tensor(&output.shape, out)?])
    }))
}
