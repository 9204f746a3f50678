//! Brings two tensors to one element type and one shape before they are compared.

use std::borrow::Cow;

use half::bf16;
use ndarray::{ArrayD, Slice};

use crate::data::Tensor;

/// Two runs of numbers of equal type, in row-major order.
pub(super) enum Pair<'a> {
    F32(Cow<'a, [f32]>, Cow<'a, [f32]>),
    I32(Vec<i32>, Vec<i32>),
    I8(Vec<i8>, Vec<i8>),
}

/// What came of aligning: the pair and the target's shape, or nothing when the shapes cannot be brought together.
pub(super) struct Aligned<'a> {
    pub(super) pair: Option<Pair<'a>>,
    pub(super) shape: Vec<usize>,
    pub(super) notes: Vec<String>,
}

/// int8 when one of them is, else int32 when one of them is, else f32. `uint16` holds bf16 numbers.
/// Shapes may differ when the number of elements agrees, or when one contains the other in every extent: then the
/// larger is cropped. For NonMaxSuppression, whose first extent is only an upper bound in some stages, that extent
/// is cropped first.
pub(super) fn align<'a>(name: &str, target: &'a Tensor, reference: &'a Tensor) -> Aligned<'a> {
    let (mut target, mut reference) = (Cow::Borrowed(target), Cow::Borrowed(reference));
    let mut notes = Vec::new();
    if name.contains("NonMaxSuppression")
        && let (Some(&a), Some(&b)) = (target.shape().first(), reference.shape().first())
    {
        target = crop(target, &[a.min(b)]);
        reference = crop(reference, &[a.min(b)]);
    }
    if target.len() != reference.len() {
        let (a, b) = (target.shape().to_vec(), reference.shape().to_vec());
        let shapes = format!(
            "{} v.s. {}",
            super::text::python_tuple(&a),
            super::text::python_tuple(&b)
        );
        notes.push(format!("WARRING: not the same shape  {shapes}"));
        let contains = |outer: &[usize], inner: &[usize]| {
            outer.len() == inner.len() && outer.iter().zip(inner).all(|(outer, inner)| outer >= inner)
        };
        if contains(&a, &b) {
            target = crop(target, &b);
        } else if contains(&b, &a) {
            reference = crop(reference, &a);
        } else {
            notes.push(format!(
                "Error: {name} in two npz file is not same shape. {shapes}"
            ));
            return Aligned {
                pair: None,
                shape: a,
                notes,
            };
        }
    }
    let shape = target.shape().to_vec();
    let either = |is: fn(&Tensor) -> bool| is(&target) || is(&reference);
    let pair = if either(|tensor| matches!(tensor, Tensor::I8(_))) {
        let narrow = |tensor: &Tensor| to_i32(tensor).iter().map(|&value| value as i8).collect();
        Pair::I8(narrow(&target), narrow(&reference))
    } else if either(|tensor| matches!(tensor, Tensor::I32(_))) {
        Pair::I32(to_i32(&target), to_i32(&reference))
    } else {
        Pair::F32(to_f32(target), to_f32(reference))
    };
    Aligned {
        pair: Some(pair),
        shape,
        notes,
    }
}

/// The first `extents` of each axis; axes beyond them whole.
fn crop<'a>(tensor: Cow<'a, Tensor>, extents: &[usize]) -> Cow<'a, Tensor> {
    if tensor
        .shape()
        .iter()
        .zip(extents)
        .all(|(have, want)| have == want)
    {
        return tensor;
    }
    fn part<T: Clone>(array: &ArrayD<T>, extents: &[usize]) -> ArrayD<T> {
        array
            .slice_each_axis(|axis| {
                Slice::from(
                    ..extents
                        .get(axis.axis.index())
                        .copied()
                        .unwrap_or(axis.len)
                        .min(axis.len),
                )
            })
            .as_standard_layout()
            .into_owned()
    }
    Cow::Owned(match &*tensor {
        Tensor::I8(array) => Tensor::I8(part(array, extents)),
        Tensor::I32(array) => Tensor::I32(part(array, extents)),
        Tensor::U16(array) => Tensor::U16(part(array, extents)),
        other => Tensor::F32(part(&other.to_f32().into_owned(), extents)),
    })
}

fn to_f32(tensor: Cow<'_, Tensor>) -> Cow<'_, [f32]> {
    match tensor {
        Cow::Borrowed(Tensor::F32(array)) => match array.as_slice() {
            Some(slice) => Cow::Borrowed(slice),
            None => Cow::Owned(array.iter().copied().collect()),
        },
        Cow::Borrowed(Tensor::U16(array)) => {
            Cow::Owned(array.iter().map(|&bits| bf16::from_bits(bits).to_f32()).collect())
        }
        Cow::Owned(Tensor::U16(array)) => {
            Cow::Owned(array.iter().map(|&bits| bf16::from_bits(bits).to_f32()).collect())
        }
        other => Cow::Owned(other.to_f32().iter().copied().collect()),
    }
}

/// numpy's `astype(int32)` on x86: floats are cut off, what does not fit becomes the smallest number.
fn to_i32(tensor: &Tensor) -> Vec<i32> {
    fn cut(value: f64) -> i32 {
        let whole = value.trunc();
        if whole >= f64::from(i32::MIN) && whole <= f64::from(i32::MAX) {
            whole as i32
        } else {
            i32::MIN
        }
    }
    match tensor {
        Tensor::I8(array) => array.iter().map(|&value| i32::from(value)).collect(),
        Tensor::I32(array) => array.iter().copied().collect(),
        Tensor::I64(array) => array.iter().map(|&value| value as i32).collect(),
        Tensor::U32(array) => array.iter().map(|&value| value as i32).collect(),
        Tensor::U64(array) => array.iter().map(|&value| value as i32).collect(),
        Tensor::U16(array) => array
            .iter()
            .map(|&bits| cut(bf16::from_bits(bits).to_f64()))
            .collect(),
        Tensor::F64(array) => array.iter().map(|&value| cut(value)).collect(),
        other => other
            .to_f32()
            .iter()
            .map(|&value| cut(f64::from(value)))
            .collect(),
    }
}
