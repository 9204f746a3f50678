//! Tensors of the host, and their way to and from device memory.
//!
//! Quantisation of inputs: `y = x * scale + zero_point` in single precision, rounded half away from zero as
//! `sign(y) * floor(|y| + 0.5)`, also in single precision, then saturated. Dequantisation of outputs:
//! `(q - zero_point) * scale` in single precision. Both as TPU-MLIR's model_runner does, to the bit.

use super::Error;
use crate::bmodel::{DataType, StoreMode, Tensor};
use half::{bf16, f16};

/// Element types of host tensors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum HostType {
    F32,
    F64,
    F16,
    Bf16,
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    I64,
    U64,
    Bool,
}

impl HostType {
    const ALL: [Self; 13] = [
        Self::F32,
        Self::F64,
        Self::F16,
        Self::Bf16,
        Self::I8,
        Self::U8,
        Self::I16,
        Self::U16,
        Self::I32,
        Self::U32,
        Self::I64,
        Self::U64,
        Self::Bool,
    ];

    /// numpy's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "float32",
            Self::F64 => "float64",
            Self::F16 => "float16",
            Self::Bf16 => "bfloat16",
            Self::I8 => "int8",
            Self::U8 => "uint8",
            Self::I16 => "int16",
            Self::U16 => "uint16",
            Self::I32 => "int32",
            Self::U32 => "uint32",
            Self::I64 => "int64",
            Self::U64 => "uint64",
            Self::Bool => "bool",
        }
    }

    /// The type of a numpy name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ty| ty.name() == name)
    }

    /// Bytes of an element.
    pub fn bytes(self) -> usize {
        match self {
            Self::F64 | Self::I64 | Self::U64 => 8,
            Self::F32 | Self::I32 | Self::U32 => 4,
            Self::F16 | Self::Bf16 | Self::I16 | Self::U16 => 2,
            Self::I8 | Self::U8 | Self::Bool => 1,
        }
    }
}

/// A tensor in host memory: row-major, little endian.
#[derive(Clone, Debug, PartialEq)]
pub struct HostTensor {
    /// Name.
    pub name: String,
    /// Element type.
    pub dtype: HostType,
    /// Shape.
    pub shape: Vec<usize>,
    /// Elements.
    pub data: Vec<u8>,
}

impl HostTensor {
    /// A tensor of single-precision numbers.
    pub fn from_f32(name: impl Into<String>, shape: &[usize], values: &[f32]) -> Self {
        let data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Self {
            name: name.into(),
            dtype: HostType::F32,
            shape: shape.to_vec(),
            data,
        }
    }

    /// The elements, if they are single-precision numbers.
    pub fn as_f32(&self) -> Option<Vec<f32>> {
        (self.dtype == HostType::F32).then(|| {
            self.data
                .as_chunks::<4>()
                .0
                .iter()
                .map(|bytes| f32::from_le_bytes(*bytes))
                .collect()
        })
    }
}

/// The host type of a device type; types the BM1684 does not compute with are `None`.
pub(super) fn host_type(dtype: DataType) -> Option<HostType> {
    Some(match dtype {
        DataType::F32 => HostType::F32,
        DataType::I8 => HostType::I8,
        DataType::U8 => HostType::U8,
        DataType::I16 => HostType::I16,
        DataType::U16 => HostType::U16,
        DataType::I32 => HostType::I32,
        DataType::U32 => HostType::U32,
        DataType::F16 | DataType::Bf16 | DataType::I4 | DataType::U4 => return None,
    })
}

/// One element of any host type.
#[derive(Clone, Copy)]
enum Number {
    Single(f32),
    Double(f64),
    Integer(i64),
}

fn numbers(tensor: &HostTensor) -> impl Iterator<Item = Number> + '_ {
    let dtype = tensor.dtype;
    tensor.data.chunks_exact(dtype.bytes()).map(move |bytes| {
        let mut eight = [0; 8];
        eight[..bytes.len()].copy_from_slice(bytes);
        let raw = u64::from_le_bytes(eight);
        match dtype {
            HostType::F32 => Number::Single(f32::from_bits(raw as u32)),
            HostType::F64 => Number::Double(f64::from_bits(raw)),
            HostType::F16 => Number::Single(f16::from_bits(raw as u16).to_f32()),
            HostType::Bf16 => Number::Single(bf16::from_bits(raw as u16).to_f32()),
            HostType::I8 => Number::Integer(i64::from(raw as i8)),
            HostType::I16 => Number::Integer(i64::from(raw as i16)),
            HostType::I32 => Number::Integer(i64::from(raw as i32)),
            HostType::U8 | HostType::U16 | HostType::U32 | HostType::Bool | HostType::I64 => {
                Number::Integer(raw as i64)
            }
            HostType::U64 => Number::Integer(i64::try_from(raw).unwrap_or(i64::MAX)),
        }
    })
}

impl Number {
    /// Nearest quantum, saturated to `low ..= high`. Single precision stays single, all else is double.
    fn quantise(self, scale: f32, zero_point: i32, low: f64, high: f64) -> i64 {
        let rounded = match self {
            Self::Single(x) => {
                let y = x * scale + zero_point as f32;
                f64::from(((y.abs() + 0.5).floor()).copysign(y))
            }
            Self::Double(x) => round(x, scale, zero_point),
            Self::Integer(x) => round(x as f64, scale, zero_point),
        };
        rounded.clamp(low, high) as i64
    }

    fn to_f32(self) -> f32 {
        match self {
            Self::Single(x) => x,
            Self::Double(x) => x as f32,
            Self::Integer(x) => x as f32,
        }
    }

    /// Towards zero, saturated.
    fn to_integer(self) -> i64 {
        match self {
            Self::Single(x) => x as i64,
            Self::Double(x) => x as i64,
            Self::Integer(x) => x,
        }
    }
}

fn round(x: f64, scale: f32, zero_point: i32) -> f64 {
    let y = x * f64::from(scale) + f64::from(zero_point);
    (y.abs() + 0.5).floor().copysign(y)
}

/// Converts a host tensor to the elements of a net's input, row-major, not packed.
pub(super) fn to_elements(input: &HostTensor, tensor: &Tensor) -> Result<Vec<u8>, Error> {
    let refuse = |problem| {
        let (found, expected) = (input.dtype.name(), tensor.dtype.name());
        Err(Error::Type {
            name: tensor.name.clone(),
            found,
            expected,
            problem,
        })
    };
    let Some(target) = host_type(tensor.dtype) else {
        return refuse("the BM1684 does not compute with that type");
    };
    if input.dtype == target {
        return Ok(input.data.clone());
    }
    let numbers = numbers(input);
    let quantise = |low: i64, high: i64| {
        let (scale, zero) = (tensor.scale, tensor.zero_point);
        move |number: Number| number.quantise(scale, zero, low as f64, high as f64)
    };
    Ok(match target {
        HostType::F32 => numbers.flat_map(|number| number.to_f32().to_le_bytes()).collect(),
        HostType::I8 => numbers.map(quantise(-128, 127)).map(|q| q as i8 as u8).collect(),
        HostType::U8 => numbers.map(quantise(0, 255)).map(|q| q as u8).collect(),
        HostType::I16 | HostType::U16 => numbers
            .flat_map(|n| (n.to_integer() as u16).to_le_bytes())
            .collect(),
        HostType::I32 => {
            let saturate = |n: i64| n.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32;
            numbers
                .flat_map(|n| saturate(n.to_integer()).to_le_bytes())
                .collect()
        }
        HostType::U32 => numbers
            .flat_map(|n| (n.to_integer() as u32).to_le_bytes())
            .collect(),
        _ => return refuse("there is no conversion between them"),
    })
}

/// The elements of a net's output as a host tensor: 8-bit types become units unless `fixed`.
pub(super) fn from_elements(elements: Vec<u8>, tensor: &Tensor, fixed: bool) -> Result<HostTensor, Error> {
    let Some(dtype) = host_type(tensor.dtype) else {
        let message = format!(
            "output `{}` is {}, which the BM1684 does not have",
            tensor.name,
            tensor.dtype.name()
        );
        return Err(Error::Unsupported(message));
    };
    let shape = tensor.shape().iter().map(|dim| *dim as usize).collect();
    let name = tensor.name.clone();
    let convert = !fixed && tensor.scale != 0.0;
    let to_units = |q: i32| ((q as f32 - tensor.zero_point as f32) * tensor.scale).to_le_bytes();
    let units: Vec<u8> = match dtype {
        HostType::I8 if convert => elements
            .iter()
            .flat_map(|q| to_units(i32::from(*q as i8)))
            .collect(),
        HostType::U8 if convert => elements.iter().flat_map(|q| to_units(i32::from(*q))).collect(),
        _ => {
            return Ok(HostTensor {
                name,
                dtype,
                shape,
                data: elements,
            });
        }
    };
    Ok(HostTensor {
        name,
        dtype: HostType::F32,
        shape,
        data: units,
    })
}

/// Number of batches and bytes per batch of a tensor. The first dim is the batch; a tensor without dims is one batch.
fn batches(shape: &[u64], element_bytes: usize) -> Option<(usize, usize)> {
    let batch = usize::try_from(shape.first().copied().unwrap_or(1)).ok()?;
    let inner = shape
        .iter()
        .skip(1)
        .try_fold(1u64, |product, dim| product.checked_mul(*dim))?;
    let inner = usize::try_from(inner).ok()?;
    batch.checked_mul(inner)?.checked_mul(element_bytes)?;
    Some((batch, inner))
}

/// Bytes a tensor takes in device memory; `None` on overflow.
pub(super) fn device_bytes(tensor: &Tensor) -> Option<usize> {
    let element = tensor.dtype.bytes();
    let (batch, inner) = batches(tensor.shape(), element)?;
    batch
        .checked_next_multiple_of(tensor.store_mode.batches())?
        .checked_mul(inner)?
        .checked_mul(element)
}

/// Row-major elements to device memory: batches that share a word are interleaved, unused places are zero.
pub(super) fn pack(elements: &[u8], tensor: &Tensor) -> Vec<u8> {
    let group = tensor.store_mode.batches();
    let element = tensor.dtype.bytes();
    let (Some((batch, inner)), Some(total)) = (batches(tensor.shape(), element), device_bytes(tensor)) else {
        return Vec::new();
    };
    if tensor.store_mode == StoreMode::N1 {
        return elements.to_vec();
    }
    let mut packed = vec![0; total];
    for n in 0..batch {
        for i in 0..inner {
            let to = ((n / group * inner + i) * group + n % group) * element;
            let from = (n * inner + i) * element;
            packed[to..to + element].copy_from_slice(&elements[from..from + element]);
        }
    }
    packed
}

/// The inverse of [`pack`].
pub(super) fn unpack(packed: &[u8], tensor: &Tensor) -> Vec<u8> {
    let group = tensor.store_mode.batches();
    let element = tensor.dtype.bytes();
    let Some((batch, inner)) = batches(tensor.shape(), element) else {
        return Vec::new();
    };
    if tensor.store_mode == StoreMode::N1 {
        return packed.to_vec();
    }
    let mut elements = vec![0; batch * inner * element];
    for n in 0..batch {
        for i in 0..inner {
            let from = ((n / group * inner + i) * group + n % group) * element;
            let to = (n * inner + i) * element;
            elements[to..to + element].copy_from_slice(&packed[from..from + element]);
        }
    }
    elements
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(dtype: DataType, store_mode: StoreMode, shape: &[u64], scale: f32) -> Tensor {
        Tensor {
            dtype,
            store_mode,
            shapes: vec![shape.to_vec()],
            scale,
            ..Tensor::default()
        }
    }

    #[test]
    fn inputs_are_rounded_half_away_from_zero_and_saturated() {
        let target = tensor(DataType::I8, StoreMode::N4, &[8], 10.0);
        let values = [0.05, -0.05, 0.15, -0.25, 12.65, 20.0, -20.0, f32::NAN];
        let input = HostTensor::from_f32("x", &[8], &values);
        let q: Vec<i8> = to_elements(&input, &target)
            .unwrap()
            .iter()
            .map(|q| *q as i8)
            .collect();
        assert_eq!(q, [1, -1, 2, -3, 127, 127, -128, 0]);
        let unsigned = tensor(DataType::U8, StoreMode::N4, &[8], 10.0);
        assert_eq!(
            to_elements(&input, &unsigned).unwrap(),
            [1, 0, 2, 0, 127, 200, 0, 0]
        );
        // The largest float below one half: adding 0.5 in single precision rounds up to 1.
        let edge = HostTensor::from_f32("x", &[1], &[0.499_999_97]);
        assert_eq!(
            to_elements(&edge, &tensor(DataType::I8, StoreMode::N4, &[1], 1.0)).unwrap(),
            [1]
        );
        // In double precision it stays below.
        let data = 0.499_999_97f64.to_le_bytes().to_vec();
        let edge = HostTensor {
            dtype: HostType::F64,
            data,
            ..edge
        };
        assert_eq!(
            to_elements(&edge, &tensor(DataType::I8, StoreMode::N4, &[1], 1.0)).unwrap(),
            [0]
        );
    }

    #[test]
    fn equal_types_are_not_touched_and_integers_are_cut() {
        let input = HostTensor {
            name: "x".into(),
            dtype: HostType::I8,
            shape: vec![2],
            data: vec![5, 250],
        };
        assert_eq!(
            to_elements(&input, &tensor(DataType::I8, StoreMode::N4, &[2], 9.0)).unwrap(),
            [5, 250]
        );
        let floats = HostTensor::from_f32("x", &[2], &[-1.9, 3e10]);
        let ints = to_elements(&floats, &tensor(DataType::I32, StoreMode::N1, &[2], 9.0)).unwrap();
        assert_eq!(ints, [(-1i32).to_le_bytes(), i32::MAX.to_le_bytes()].concat());
        let error = to_elements(&floats, &tensor(DataType::F16, StoreMode::N1, &[2], 9.0))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("is float32, the net needs float16: the BM1684 does not compute"),
            "{error}"
        );
    }

    #[test]
    fn outputs_are_scaled_unless_fixed() {
        let source = Tensor {
            zero_point: -1,
            ..tensor(DataType::I8, StoreMode::N4, &[1, 2], 0.5)
        };
        let units = from_elements(vec![3, 255], &source, false).unwrap();
        assert_eq!(units.as_f32().unwrap(), [2.0, 0.0]);
        let fixed = from_elements(vec![3, 255], &source, true).unwrap();
        assert_eq!((fixed.dtype, fixed.data), (HostType::I8, vec![3, 255]));
    }

    #[test]
    fn four_batches_share_a_word() {
        let packed_tensor = tensor(DataType::I8, StoreMode::N4, &[5, 2], 1.0);
        let elements: Vec<u8> = (1..=10).collect();
        let packed = pack(&elements, &packed_tensor);
        assert_eq!(packed, [1, 3, 5, 7, 2, 4, 6, 8, 9, 0, 0, 0, 10, 0, 0, 0]);
        assert_eq!(device_bytes(&packed_tensor), Some(16));
        assert_eq!(unpack(&packed, &packed_tensor), elements);
        let halves = tensor(DataType::I16, StoreMode::N2, &[3, 1], 1.0);
        let elements = [1, 0, 2, 0, 3, 0];
        assert_eq!(pack(&elements, &halves), [1, 0, 2, 0, 3, 0, 0, 0]);
        assert_eq!(unpack(&pack(&elements, &halves), &halves), elements);
        assert_eq!(
            device_bytes(&tensor(DataType::F32, StoreMode::N1, &[u64::MAX, 2], 1.0)),
            None
        );
    }
}
