//! Constant tensors while a model is read: three element types are enough for ONNX's graph arithmetic. Every weight becomes
//! f32 at the end, as TPU-MLIR keeps them.

use super::schema::{TensorProto, tensor_proto::DataLocation};
use bytes_of::elements;
use half::{bf16, f16};
use ndarray::{ArrayD, IxDyn};
use std::path::Path;

/// A constant tensor.
#[derive(Clone, Debug, PartialEq)]
pub enum Constant {
    /// float16, bfloat16, float, double.
    Float(ArrayD<f32>),
    /// All integers.
    Int(ArrayD<i64>),
    /// bool.
    Bool(ArrayD<bool>),
}

impl Constant {
    /// Dimensions; empty for a scalar.
    pub fn shape(&self) -> &[usize] {
        match self {
            Self::Float(array) => array.shape(),
            Self::Int(array) => array.shape(),
            Self::Bool(array) => array.shape(),
        }
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.shape().iter().product()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// As f32.
    pub fn to_float(&self) -> ArrayD<f32> {
        match self {
            Self::Float(array) => array.clone(),
            Self::Int(array) => array.mapv(|value| value as f32),
            Self::Bool(array) => array.mapv(|value| f32::from(u8::from(value))),
        }
    }

    /// As integers; floats are cut towards zero.
    pub fn to_int(&self) -> ArrayD<i64> {
        match self {
            Self::Float(array) => array.mapv(|value| value as i64),
            Self::Int(array) => array.clone(),
            Self::Bool(array) => array.mapv(i64::from),
        }
    }

    /// As truth values.
    pub fn to_bool(&self) -> ArrayD<bool> {
        match self {
            Self::Float(array) => array.mapv(|value| value != 0.0),
            Self::Int(array) => array.mapv(|value| value != 0),
            Self::Bool(array) => array.clone(),
        }
    }

    /// The elements as integers, in row-major order.
    pub fn ints(&self) -> Vec<i64> {
        self.to_int().iter().copied().collect()
    }

    /// A vector of integers.
    pub fn from_ints(values: Vec<i64>) -> Self {
        Self::Int(ArrayD::from_shape_vec(IxDyn(&[values.len()]), values).expect("one dimension"))
    }
}

/// Reads a tensor of the file. `folder` is where external data files are.
pub fn read(tensor: &TensorProto, folder: &Path) -> Result<Constant, String> {
    let name = tensor.name();
    let fail = |message: String| format!("tensor '{name}': {message}");
    let mut count: usize = 1;
    let mut shape = Vec::with_capacity(tensor.dims.len());
    for dim in &tensor.dims {
        let dim = usize::try_from(*dim).map_err(|_| fail(format!("has a negative dimension {dim}")))?;
        count = count
            .checked_mul(dim)
            .filter(|count| *count < 1 << 40)
            .ok_or_else(|| fail(format!("is too large: {:?}", tensor.dims)))?;
        shape.push(dim);
    }
    let external = if tensor.data_location() == DataLocation::External {
        Some(read_external(tensor, folder).map_err(&fail)?)
    } else {
        None
    };
    let raw: Option<&[u8]> = external.as_deref().or(tensor.raw_data.as_deref());
    let wrong_size = |found: usize| {
        fail(format!(
            "expects {count} elements for {:?}, found {found}",
            tensor.dims
        ))
    };
    macro_rules! data {
        ($ty:ty, $field:expr, $convert:expr) => {{
            match raw {
                Some(raw) => {
                    let size = size_of::<$ty>();
                    if raw.len() != count * size {
                        return Err(wrong_size(raw.len() / size));
                    }
                    elements(raw).map($convert).collect::<Vec<_>>()
                }
                None => {
                    let values = $field;
                    if values.len() != count {
                        return Err(wrong_size(values.len()));
                    }
                    values
                }
            }
        }};
    }
    let floats = |values: Vec<f32>| {
        Constant::Float(ArrayD::from_shape_vec(IxDyn(&shape), values).expect("count was checked"))
    };
    let ints = |values: Vec<i64>| {
        Constant::Int(ArrayD::from_shape_vec(IxDyn(&shape), values).expect("count was checked"))
    };
    let from_i32 = || {
        tensor
            .int32_data
            .iter()
            .map(|value| i64::from(*value))
            .collect::<Vec<i64>>()
    };
    Ok(match tensor.data_type() {
        1 => floats(data!(f32, tensor.float_data.clone(), f32::from_le_bytes)),
        2 => ints(data!(u8, from_i32(), |[byte]: [u8; 1]| i64::from(byte))),
        3 => ints(data!(i8, from_i32(), |bytes| i64::from(i8::from_le_bytes(bytes)))),
        4 => ints(data!(u16, from_i32(), |bytes| i64::from(u16::from_le_bytes(
            bytes
        )))),
        5 => ints(data!(i16, from_i32(), |bytes| i64::from(i16::from_le_bytes(
            bytes
        )))),
        6 => ints(data!(i32, from_i32(), |bytes| i64::from(i32::from_le_bytes(
            bytes
        )))),
        7 => ints(data!(i64, tensor.int64_data.clone(), i64::from_le_bytes)),
        9 => {
            let values = data!(u8, from_i32(), |[byte]: [u8; 1]| i64::from(byte));
            let values = values.into_iter().map(|value| value != 0).collect();
            Constant::Bool(ArrayD::from_shape_vec(IxDyn(&shape), values).expect("count was checked"))
        }
        10 => {
            let stored = || {
                tensor
                    .int32_data
                    .iter()
                    .map(|bits| f16::from_bits(*bits as u16).to_f32())
                    .collect::<Vec<_>>()
            };
            floats(data!(f16, stored(), |bytes| f16::from_le_bytes(bytes).to_f32()))
        }
        11 => {
            let stored = || {
                tensor
                    .double_data
                    .iter()
                    .map(|value| *value as f32)
                    .collect::<Vec<_>>()
            };
            floats(data!(f64, stored(), |bytes| f64::from_le_bytes(bytes) as f32))
        }
        12 => {
            let stored = || {
                tensor
                    .uint64_data
                    .iter()
                    .map(|value| *value as i64)
                    .collect::<Vec<_>>()
            };
            ints(data!(u32, stored(), |bytes| i64::from(u32::from_le_bytes(bytes))))
        }
        13 => {
            let stored = || {
                tensor
                    .uint64_data
                    .iter()
                    .map(|value| *value as i64)
                    .collect::<Vec<_>>()
            };
            ints(data!(u64, stored(), |bytes| u64::from_le_bytes(bytes) as i64))
        }
        16 => {
            let stored = || {
                tensor
                    .int32_data
                    .iter()
                    .map(|bits| bf16::from_bits(*bits as u16).to_f32())
                    .collect::<Vec<_>>()
            };
            floats(data!(bf16, stored(), |bytes| bf16::from_le_bytes(bytes).to_f32()))
        }
        other => {
            return Err(fail(format!(
                "has element type {other}, which is not supported (strings, complex numbers, 8-bit floats)"
            )));
        }
    })
}

fn read_external(tensor: &TensorProto, folder: &Path) -> Result<Vec<u8>, String> {
    use std::io::{Read, Seek, SeekFrom};
    let entry = |key: &str| {
        tensor
            .external_data
            .iter()
            .find(|entry| entry.key() == key)
            .map(|entry| entry.value())
    };
    let location = entry("location").ok_or("has external data without a location")?;
    let relative = Path::new(location);
    if relative.components().any(|part| {
        !matches!(
            part,
            std::path::Component::Normal(_) | std::path::Component::CurDir
        )
    }) {
        return Err(format!(
            "has external data outside the model's folder: {location}"
        ));
    }
    let path = folder.join(relative);
    let number = |key: &str| match entry(key) {
        None => Ok(None),
        Some(text) => text
            .parse::<u64>()
            .map(Some)
            .map_err(|_| format!("has an external {key} '{text}'")),
    };
    let (offset, length) = (number("offset")?.unwrap_or(0), number("length")?);
    let problem = |error: std::io::Error| {
        format!(
            "its external data file {} cannot be read: {error}",
            path.display()
        )
    };
    let mut file = std::fs::File::open(&path).map_err(problem)?;
    let size = file.metadata().map_err(problem)?.len();
    let length = length.unwrap_or_else(|| size.saturating_sub(offset));
    if offset.checked_add(length).is_none_or(|end| end > size) {
        return Err(format!(
            "wants bytes {offset} to {} of {}, which has {size}: the file is truncated",
            offset.saturating_add(length),
            path.display()
        ));
    }
    file.seek(SeekFrom::Start(offset)).map_err(problem)?;
    let mut bytes = vec![0; usize::try_from(length).map_err(|_| "is too large")?];
    file.read_exact(&mut bytes).map_err(problem)?;
    Ok(bytes)
}

mod bytes_of {
    /// The chunks of `N` bytes.
    pub fn elements<const N: usize>(raw: &[u8]) -> impl Iterator<Item = [u8; N]> {
        raw.chunks_exact(N)
            .map(|chunk| chunk.try_into().expect("chunks are exact"))
    }
}

/// Reads a file that holds one tensor, as the data sets of ONNX's own tests do.
///
/// # Errors
/// When the file cannot be read or does not hold a tensor.
pub fn read_tensor_file(path: &Path) -> Result<Constant, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let tensor = <TensorProto as prost::Message>::decode(prost::bytes::Bytes::from(bytes))
        .map_err(|error| format!("{}: holds no tensor: {error}", path.display()))?;
    read(&tensor, path.parent().unwrap_or(Path::new(".")))
}
