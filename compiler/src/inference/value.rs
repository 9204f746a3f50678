//! Tensors while a program runs: f32, or the bytes of a quantised type.

use super::math::byte_range;
use crate::data::{DType, Tensor};
use std::sync::Arc;

/// Element types of running tensors. Integers of other widths (shapes, indices) are held in f32, as the real
/// interpreter does; they are exact up to 2^24.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Element {
    /// Single precision.
    F32,
    /// Signed byte.
    I8,
    /// Unsigned byte.
    U8,
}

impl Element {
    /// As a data type.
    pub fn dtype(self) -> DType {
        match self {
            Self::F32 => DType::F32,
            Self::I8 => DType::I8,
            Self::U8 => DType::U8,
        }
    }
}

/// `real = (stored - zero_point) * scale`
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Quantisation {
    /// Real value of one quantum.
    pub scale: f64,
    /// The integer that stands for 0.
    pub zero_point: i64,
}

impl Quantisation {
    /// Real values of a stored tensor, by the scale rounded to f32, as the real tool's casts and dumps compute them.
    pub fn dequantise(&self, tensor: &Tensor) -> Tensor {
        let (scale, zero_point) = (self.scale as f32, self.zero_point as f32);
        Tensor::F32(tensor.to_f32().mapv(|stored| (stored - zero_point) * scale))
    }

    /// Stored integers of real values: `clamp(round(x * (1 / scale)) + zero_point)`, the reciprocal rounded to f32, halves away
    /// from zero.
    pub fn quantise(&self, element: Element, tensor: &Tensor) -> Tensor {
        let factor = (1.0 / self.scale) as f32;
        let zero_point = self.zero_point as f32;
        // A cast from f32 saturates, and makes 0 of what is not a number.
        let convert = |value: &f32| ((value * factor).round() + zero_point) as i64;
        let reals = tensor.to_f32();
        match element {
            Element::F32 => Tensor::F32(reals.mapv(|value| (value * factor).round() + zero_point)),
            Element::I8 => {
                let (low, high) = byte_range(true);
                Tensor::I8(reals.map(|value| convert(value).clamp(low, high) as i8))
            }
            Element::U8 => {
                let (low, high) = byte_range(false);
                Tensor::U8(reals.map(|value| convert(value).clamp(low, high) as u8))
            }
        }
    }
}

/// A fused `relu`, with an upper limit if there is one.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Activation {
    /// Whether there is one.
    pub relu: bool,
    /// Largest result.
    pub limit: Option<f32>,
}

impl Activation {
    /// The activation of one real number.
    #[inline(always)]
    pub fn apply(self, value: f32) -> f32 {
        if !self.relu {
            return value;
        }
        let value = value.max(0.0);
        match self.limit {
            Some(limit) => value.min(limit),
            None => value,
        }
    }

    /// The activation of what `real` makes of sums. What kind it is is asked once only, so that the loops become vector instructions.
    #[inline(always)]
    pub fn finish<T: Copy>(self, sums: &[T], real: impl Fn(T) -> f32, out: &mut [f32]) {
        let pairs = out.iter_mut().zip(sums);
        match (self.relu, self.limit) {
            (false, _) => pairs.for_each(|(out, sum)| *out = real(*sum)),
            (true, None) => pairs.for_each(|(out, sum)| *out = real(*sum).max(0.0)),
            (true, Some(limit)) => pairs.for_each(|(out, sum)| *out = real(*sum).max(0.0).min(limit)),
        }
    }

    /// The activation of many.
    #[inline(always)]
    pub fn apply_all(self, values: &mut [f32]) {
        if self.relu {
            for value in values {
                *value = self.apply(*value);
            }
        }
    }
}

/// Memory of tensors that nobody reads any more, for the next ones: fresh memory must be cleared first, by one thread. A few
/// large ones are kept.
#[derive(Default)]
pub struct Spare(Vec<Vec<f32>>);

impl Spare {
    const MOST: usize = 3;
    /// Smaller ones are had as quickly from the allocator.
    const LEAST: usize = 1 << 14;

    /// Keeps the memory of operands that nobody else has.
    pub fn keep(&mut self, args: Args) {
        for tensor in args.operands.into_iter().flatten() {
            if let Ok(Tensor::F32(array)) = Arc::try_unwrap(tensor)
                && array.len() >= Self::LEAST
            {
                self.0.push(array.into_raw_vec_and_offset().0);
            }
        }
        self.0.sort_by_key(|buffer| std::cmp::Reverse(buffer.capacity()));
        self.0.truncate(Self::MOST);
    }

    /// A buffer of this length, if one is kept that is not much larger.
    fn take(&mut self, length: usize) -> Option<Vec<f32>> {
        let fits = |buffer: &Vec<f32>| (length..=length + length / 4).contains(&buffer.capacity());
        let mut buffer = self.0.swap_remove(self.0.iter().rposition(fits)?);
        buffer.resize(length, 0.0);
        Some(buffer)
    }
}

/// The operands of one run of a kernel: `None` for `none` ones and for those that the kernel took when it was prepared.
pub struct Args {
    operands: Vec<Option<Arc<Tensor>>>,
    spare: Spare,
}

/// Results of one run of a kernel.
pub type Outputs = Vec<Tensor>;

impl Args {
    /// Of these tensors.
    pub fn new(tensors: Vec<Option<Arc<Tensor>>>) -> Self {
        Self {
            operands: tensors,
            spare: Spare::default(),
        }
    }

    /// With memory for the results.
    pub fn with_spare(mut self, spare: Spare) -> Self {
        self.spare = spare;
        self
    }

    /// The memory that was not used.
    pub fn take_spare(&mut self) -> Spare {
        std::mem::take(&mut self.spare)
    }

    /// Memory for a result of `length` elements. What is in it does not matter: every element is to be written.
    pub fn buffer(&mut self, length: usize) -> Vec<f32> {
        self.spare.take(length).unwrap_or_else(|| vec![0.0; length])
    }

    /// The elements of operand `index`, if it is an f32 tensor of this shape that nobody else has.
    pub fn take_own_f32(&mut self, index: usize, shape: &[usize]) -> Option<Vec<f32>> {
        let operand = self.operands.get_mut(index)?;
        let suits = operand.as_mut().and_then(Arc::get_mut).is_some_and(|tensor| {
            matches!(tensor, Tensor::F32(array) if array.is_standard_layout() && array.shape() == shape)
        });
        if !suits {
            return None;
        }
        self.take_f32(index).ok()
    }

    /// Operand `index`.
    pub fn get(&self, index: usize) -> Result<&Tensor, String> {
        self.operands
            .get(index)
            .and_then(Option::as_deref)
            .ok_or_else(|| format!("operand #{index} is missing"))
    }

    /// Operands that are there, in order.
    pub fn all(&self) -> impl Iterator<Item = &Tensor> {
        self.operands.iter().filter_map(Option::as_deref)
    }

    /// Operand `index` as f32.
    pub fn f32(&self, index: usize) -> Result<&[f32], String> {
        f32_slice(self.get(index)?)
    }

    /// Operand `index` as f32 if it is there.
    pub fn find_f32(&self, index: usize) -> Result<Option<&[f32]>, String> {
        match self.operands.get(index) {
            Some(Some(tensor)) => f32_slice(tensor).map(Some),
            _ => Ok(None),
        }
    }

    /// Operand `index` as a tensor of its own: not copied where this was the last user.
    pub fn take(&mut self, index: usize) -> Result<Tensor, String> {
        let tensor = self
            .operands
            .get_mut(index)
            .and_then(Option::take)
            .ok_or_else(|| format!("operand #{index} is missing"))?;
        Ok(Arc::try_unwrap(tensor).unwrap_or_else(|shared| (*shared).clone()))
    }

    /// As [`Args::take`], the f32 elements alone.
    pub fn take_f32(&mut self, index: usize) -> Result<Vec<f32>, String> {
        match self.take(index)? {
            Tensor::F32(array) if array.is_standard_layout() => Ok(array.into_raw_vec_and_offset().0),
            other => Err(wrong_type(&other, "float32")),
        }
    }
}

/// The elements of an f32 tensor.
pub fn f32_slice(tensor: &Tensor) -> Result<&[f32], String> {
    match tensor {
        Tensor::F32(array) => array
            .as_slice()
            .ok_or_else(|| "not in row-major order".to_owned()),
        other => Err(wrong_type(other, "float32")),
    }
}

/// The message for a tensor of a type that was not expected.
pub fn wrong_type(tensor: &Tensor, wanted: &str) -> String {
    format!("needs an operand of type {wanted}, found {}", tensor.dtype())
}

/// A tensor of one of the running types; the sizes agree by construction.
pub fn tensor<T>(shape: &[usize], data: Vec<T>) -> Result<Tensor, String>
where
    Tensor: From<ndarray::ArrayD<T>>,
{
    Tensor::from_vec(shape, data).map_err(|error| error.to_string())
}

/// A weight or an input in one of the running types, row-major.
pub fn normalise(tensor: Arc<Tensor>) -> Arc<Tensor> {
    let standard = match &*tensor {
        Tensor::F32(array) => array.is_standard_layout(),
        Tensor::I8(array) => array.is_standard_layout(),
        Tensor::U8(array) => array.is_standard_layout(),
        _ => false,
    };
    if standard {
        return tensor;
    }
    let copied = match &*tensor {
        Tensor::I8(array) => Tensor::I8(array.as_standard_layout().into_owned()),
        Tensor::U8(array) => Tensor::U8(array.as_standard_layout().into_owned()),
        other => Tensor::F32(other.to_f32().as_standard_layout().into_owned()),
    };
    Arc::new(copied)
}

/// Whole numbers of any running tensor.
pub fn to_integers(tensor: &Tensor) -> Vec<i64> {
    tensor.to_f32().iter().map(|value| *value as i64).collect()
}

/// Runs an expression on the elements of a running tensor, whatever their type, and makes a tensor of the `Vec` it gives.
#[macro_export]
#[doc(hidden)]
macro_rules! for_each_element_type {
    ($tensor:expr, $shape:expr, $data:ident => $body:expr) => {
        match $tensor {
            $crate::data::Tensor::F32(array) => {
                let $data = array.as_slice().ok_or("not in row-major order")?;
                $crate::inference::value::tensor($shape, $body)
            }
            $crate::data::Tensor::I8(array) => {
                let $data = array.as_slice().ok_or("not in row-major order")?;
                $crate::inference::value::tensor($shape, $body)
            }
            $crate::data::Tensor::U8(array) => {
                let $data = array.as_slice().ok_or("not in row-major order")?;
                $crate::inference::value::tensor($shape, $body)
            }
            other => Err($crate::inference::value::wrong_type(
                other,
                "float32, int8 or uint8",
            )),
        }
    };
}
