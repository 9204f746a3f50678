//! A dense array of one of the element types that models, weights and goldens use.
//!
//! [`TensorMap`] is what an npz archive holds: tensors by name, in the archive's order.

use std::borrow::Cow;
use std::fmt;

use bytemuck::Pod;
use half::{bf16, f16};
use indexmap::IndexMap;
use ndarray::{ArrayD, CowArray, IxDyn};

use super::DataError;

/// Tensors by name, in a defined order.
pub type TensorMap = IndexMap<String, Tensor>;

/// Element type of a [`Tensor`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DType {
    /// IEEE single precision.
    F32,
    /// IEEE double precision.
    F64,
    /// IEEE half precision.
    F16,
    /// The upper half of a single-precision number. numpy has no such type: in files it is `uint16`.
    BF16,
    /// Signed 8-bit integer.
    I8,
    /// Unsigned 8-bit integer.
    U8,
    /// Signed 16-bit integer.
    I16,
    /// Unsigned 16-bit integer.
    U16,
    /// Signed 32-bit integer.
    I32,
    /// Unsigned 32-bit integer.
    U32,
    /// Signed 64-bit integer.
    I64,
    /// Unsigned 64-bit integer.
    U64,
    /// One byte per truth value.
    Bool,
}

impl DType {
    /// numpy's name of the type (`float32`, `int8`, `bool`); `bfloat16` for the one numpy does not have.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "float32",
            Self::F64 => "float64",
            Self::F16 => "float16",
            Self::BF16 => "bfloat16",
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

    /// The type of that numpy name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dtype| dtype.name() == name)
    }

    /// Every type.
    pub const ALL: [Self; 13] = [
        Self::F32,
        Self::F64,
        Self::F16,
        Self::BF16,
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

    /// Bytes per element.
    #[must_use]
    pub fn size_bytes(self) -> usize {
        match self {
            Self::I8 | Self::U8 | Self::Bool => 1,
            Self::F16 | Self::BF16 | Self::I16 | Self::U16 => 2,
            Self::F32 | Self::I32 | Self::U32 => 4,
            Self::F64 | Self::I64 | Self::U64 => 8,
        }
    }

    /// True for the four floating-point types.
    #[must_use]
    pub fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64 | Self::F16 | Self::BF16)
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A dense array. Arrays made by this module are in row-major order; [`Tensor::to_bytes`] and the like accept any.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)] // The variants are those of `DType`.
pub enum Tensor {
    F32(ArrayD<f32>),
    F64(ArrayD<f64>),
    F16(ArrayD<f16>),
    BF16(ArrayD<bf16>),
    I8(ArrayD<i8>),
    U8(ArrayD<u8>),
    I16(ArrayD<i16>),
    U16(ArrayD<u16>),
    I32(ArrayD<i32>),
    U32(ArrayD<u32>),
    I64(ArrayD<i64>),
    U64(ArrayD<u64>),
    Bool(ArrayD<bool>),
}

/// Runs an expression on the array inside, whatever its element type.
macro_rules! with_array {
    ($tensor:expr, $array:ident => $body:expr) => {
        match $tensor {
            Tensor::F32($array) => $body,
            Tensor::F64($array) => $body,
            Tensor::F16($array) => $body,
            Tensor::BF16($array) => $body,
            Tensor::I8($array) => $body,
            Tensor::U8($array) => $body,
            Tensor::I16($array) => $body,
            Tensor::U16($array) => $body,
            Tensor::I32($array) => $body,
            Tensor::U32($array) => $body,
            Tensor::I64($array) => $body,
            Tensor::U64($array) => $body,
            Tensor::Bool($array) => $body,
        }
    };
}

/// Conversions between an array and the variant of its element type.
macro_rules! conversions {
    ($($ty:ty, $variant:ident, $as_array:ident;)*) => {
        $(
            impl From<ArrayD<$ty>> for Tensor {
                fn from(array: ArrayD<$ty>) -> Self {
                    Self::$variant(array)
                }
            }
        )*
        impl Tensor {
            $(
                #[doc = concat!("The array, when the element type is `", stringify!($ty), "`.")]
                #[must_use]
                pub fn $as_array(&self) -> Option<&ArrayD<$ty>> {
                    match self {
                        Self::$variant(array) => Some(array),
                        _ => None,
                    }
                }
            )*
        }
    };
}

conversions! {
    f32, F32, as_f32;
    f64, F64, as_f64;
    f16, F16, as_f16;
    bf16, BF16, as_bf16;
    i8, I8, as_i8;
    u8, U8, as_u8;
    i16, I16, as_i16;
    u16, U16, as_u16;
    i32, I32, as_i32;
    u32, U32, as_u32;
    i64, I64, as_i64;
    u64, U64, as_u64;
    bool, Bool, as_bool;
}

impl Tensor {
    /// A tensor of `shape` whose elements are `data` in row-major order.
    ///
    /// # Errors
    /// When the number of elements is not the product of `shape`.
    pub fn from_vec<T>(shape: &[usize], data: Vec<T>) -> Result<Self, DataError>
    where
        Self: From<ArrayD<T>>,
    {
        let length = data.len();
        ArrayD::from_shape_vec(IxDyn(shape), data)
            .map(Self::from)
            .map_err(|_| {
                DataError::Tensor(format!(
                    "{length} elements do not make a tensor of shape {shape:?}"
                ))
            })
    }

    /// A tensor from the little-endian bytes of its elements in row-major order. A truth value is true when not 0.
    ///
    /// # Errors
    /// When the number of bytes is not what `dtype` and `shape` need.
    pub fn from_bytes(dtype: DType, shape: &[usize], bytes: &[u8]) -> Result<Self, DataError> {
        fn numbers<T: Pod>(bytes: &[u8], read: impl Fn(&[u8]) -> T) -> Vec<T> {
            bytes.chunks_exact(size_of::<T>()).map(read).collect()
        }
        macro_rules! little_endian {
            ($ty:ty) => {
                Self::from_vec(
                    shape,
                    numbers(bytes, |b| {
                        <$ty>::from_le_bytes(b.try_into().expect("whole chunk"))
                    }),
                )
            };
        }
        let needed = byte_length(dtype, shape);
        if needed != Some(bytes.len()) {
            return Err(DataError::Tensor(format!(
                "{} bytes do not make a {dtype} tensor of shape {shape:?}",
                bytes.len()
            )));
        }
        match dtype {
            DType::F32 => little_endian!(f32),
            DType::F64 => little_endian!(f64),
            DType::F16 => little_endian!(f16),
            DType::BF16 => little_endian!(bf16),
            DType::I8 => Self::from_vec(shape, bytemuck::cast_slice::<u8, i8>(bytes).to_vec()),
            DType::U8 => Self::from_vec(shape, bytes.to_vec()),
            DType::I16 => little_endian!(i16),
            DType::U16 => little_endian!(u16),
            DType::I32 => little_endian!(i32),
            DType::U32 => little_endian!(u32),
            DType::I64 => little_endian!(i64),
            DType::U64 => little_endian!(u64),
            DType::Bool => Self::from_vec(shape, bytes.iter().map(|&byte| byte != 0).collect()),
        }
    }

    /// The elements as little-endian bytes in row-major order.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.len() * self.dtype().size_bytes());
        self.for_each_chunk(|chunk| {
            bytes.extend_from_slice(chunk);
            Ok::<(), std::convert::Infallible>(())
        })
        .unwrap_or_else(|never| match never {});
        bytes
    }

    /// Hands out the little-endian bytes of the elements in row-major order, piece by piece, without copying the
    /// tensor as a whole.
    ///
    /// # Errors
    /// The first error of `consume`.
    pub fn for_each_chunk<Error>(
        &self,
        mut consume: impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        macro_rules! chunks {
            ($array:expr) => {{
                let array = $array.as_standard_layout();
                let slice = array.as_slice().expect("standard layout");
                if cfg!(target_endian = "little") {
                    return consume(bytemuck::cast_slice(slice));
                }
                for part in slice.chunks(1 << 16) {
                    let bytes: Vec<u8> = part.iter().flat_map(|value| value.to_le_bytes()).collect();
                    consume(&bytes)?;
                }
                Ok(())
            }};
        }
        match self {
            Self::F32(array) => chunks!(array),
            Self::F64(array) => chunks!(array),
            Self::F16(array) => chunks!(array),
            Self::BF16(array) => chunks!(array),
            Self::I8(array) => chunks!(array),
            Self::U8(array) => chunks!(array),
            Self::I16(array) => chunks!(array),
            Self::U16(array) => chunks!(array),
            Self::I32(array) => chunks!(array),
            Self::U32(array) => chunks!(array),
            Self::I64(array) => chunks!(array),
            Self::U64(array) => chunks!(array),
            Self::Bool(array) => {
                let bytes: Vec<u8> = array.iter().map(|&value| u8::from(value)).collect();
                consume(&bytes)
            }
        }
    }

    /// The little-endian bytes of the elements in row-major order, borrowed where they lie that way in memory.
    #[must_use]
    pub fn bytes(&self) -> Cow<'_, [u8]> {
        if cfg!(target_endian = "little") {
            let borrowed: Option<&[u8]> =
                with_array!(self, array => array.as_slice().map(bytemuck::cast_slice));
            if let Some(bytes) = borrowed {
                return Cow::Borrowed(bytes);
            }
        }
        Cow::Owned(self.to_bytes())
    }

    /// Element type.
    #[must_use]
    pub fn dtype(&self) -> DType {
        match self {
            Self::F32(_) => DType::F32,
            Self::F64(_) => DType::F64,
            Self::F16(_) => DType::F16,
            Self::BF16(_) => DType::BF16,
            Self::I8(_) => DType::I8,
            Self::U8(_) => DType::U8,
            Self::I16(_) => DType::I16,
            Self::U16(_) => DType::U16,
            Self::I32(_) => DType::I32,
            Self::U32(_) => DType::U32,
            Self::I64(_) => DType::I64,
            Self::U64(_) => DType::U64,
            Self::Bool(_) => DType::Bool,
        }
    }

    /// Extents, outermost first; empty for a scalar.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        with_array!(self, array => array.shape())
    }

    /// Number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        with_array!(self, array => array.len())
    }

    /// True when there is no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The same elements in row-major order under another shape.
    ///
    /// # Errors
    /// When the number of elements differs.
    pub fn reshape(self, shape: &[usize]) -> Result<Self, DataError> {
        let from = self.shape().to_vec();
        with_array!(self, array => {
            let array = if array.is_standard_layout() { array } else { array.as_standard_layout().into_owned() };
            array.into_shape_with_order(IxDyn(shape)).map(Self::from)
        })
        .map_err(|_| DataError::Tensor(format!("a tensor of shape {from:?} cannot be reshaped to {shape:?}")))
    }

    /// The tensor with its axes in another order, in row-major layout.
    ///
    /// # Errors
    /// When `order` is not a permutation of the axes.
    pub fn permute(&self, order: &[usize]) -> Result<Self, DataError> {
        let mut sorted = order.to_vec();
        sorted.sort_unstable();
        if !sorted.into_iter().eq(0..self.shape().len()) {
            return Err(DataError::Tensor(format!(
                "{order:?} is not an order of the axes of a tensor of shape {:?}",
                self.shape()
            )));
        }
        Ok(with_array!(self, array => {
            Self::from(array.view().permuted_axes(IxDyn(order)).as_standard_layout().into_owned())
        }))
    }

    /// The elements as f32: borrowed when they are, else converted (rounded to nearest).
    #[must_use]
    pub fn to_f32(&self) -> CowArray<'_, f32, IxDyn> {
        match self {
            Self::F32(array) => CowArray::from(array.view()),
            Self::F64(array) => CowArray::from(array.mapv(|value| value as f32)),
            Self::F16(array) => CowArray::from(array.mapv(f16::to_f32)),
            Self::BF16(array) => CowArray::from(array.mapv(bf16::to_f32)),
            Self::I8(array) => CowArray::from(array.mapv(f32::from)),
            Self::U8(array) => CowArray::from(array.mapv(f32::from)),
            Self::I16(array) => CowArray::from(array.mapv(f32::from)),
            Self::U16(array) => CowArray::from(array.mapv(f32::from)),
            Self::I32(array) => CowArray::from(array.mapv(|value| value as f32)),
            Self::U32(array) => CowArray::from(array.mapv(|value| value as f32)),
            Self::I64(array) => CowArray::from(array.mapv(|value| value as f32)),
            Self::U64(array) => CowArray::from(array.mapv(|value| value as f32)),
            Self::Bool(array) => CowArray::from(array.mapv(|value| f32::from(u8::from(value)))),
        }
    }

    /// The elements as f32, giving up the tensor.
    #[must_use]
    pub fn into_f32(self) -> ArrayD<f32> {
        match self {
            Self::F32(array) => array,
            other => other.to_f32().into_owned(),
        }
    }

    /// The elements as f64. Exact but for 64-bit integers above 2^53.
    #[must_use]
    pub fn to_f64(&self) -> ArrayD<f64> {
        match self {
            Self::F64(array) => array.clone(),
            Self::I32(array) => array.mapv(f64::from),
            Self::U32(array) => array.mapv(f64::from),
            Self::I64(array) => array.mapv(|value| value as f64),
            Self::U64(array) => array.mapv(|value| value as f64),
            other => other.to_f32().mapv(f64::from),
        }
    }

    /// The `uint16` elements of an archive seen as the bf16 numbers they stand for; other tensors unchanged.
    #[must_use]
    pub fn u16_as_bf16(self) -> Self {
        match self {
            Self::U16(array) => Self::BF16(array.mapv(bf16::from_bits)),
            other => other,
        }
    }

    /// The `uint16` elements of an archive seen as the half-precision numbers they stand for (weights of F16 models
    /// are stored that way); other tensors unchanged.
    #[must_use]
    pub fn u16_as_f16(self) -> Self {
        match self {
            Self::U16(array) => Self::F16(array.mapv(f16::from_bits)),
            other => other,
        }
    }

    /// The bits of a 16-bit floating-point tensor as `uint16`; other tensors unchanged.
    #[must_use]
    pub fn half_as_u16(self) -> Self {
        match self {
            Self::F16(array) => Self::U16(array.mapv(f16::to_bits)),
            Self::BF16(array) => Self::U16(array.mapv(bf16::to_bits)),
            other => other,
        }
    }
}

/// Bytes of a tensor; nothing when the number does not fit.
pub(crate) fn byte_length(dtype: DType, shape: &[usize]) -> Option<usize> {
    // An extent of 0 makes the product 0 whatever the others are, but the others must still be a legal array.
    let extents: usize =
        shape
            .iter()
            .filter(|&&extent| extent != 0)
            .try_fold(1_usize, |product, &extent| {
                product
                    .checked_mul(extent)
                    .filter(|&product| product <= isize::MAX as usize / 8)
            })?;
    let elements = if shape.contains(&0) { 0 } else { extents };
    elements.checked_mul(dtype.size_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_round_trip_for_every_type() {
        let bytes: Vec<u8> = (0..48).map(|index| index % 2).collect();
        for dtype in DType::ALL {
            let shape = [48 / dtype.size_bytes() / 2, 2];
            let tensor = Tensor::from_bytes(dtype, &shape, &bytes).unwrap();
            assert_eq!(tensor.dtype(), dtype);
            assert_eq!(tensor.shape(), shape);
            assert_eq!(tensor.to_bytes(), bytes, "{dtype}");
            assert!(matches!(tensor.bytes(), Cow::Borrowed(borrowed) if borrowed == bytes));
            assert_eq!(DType::from_name(dtype.name()), Some(dtype));
        }
    }

    #[test]
    fn permuted_arrays_are_written_row_major() {
        let tensor = Tensor::from_vec(&[2, 3], vec![0_u8, 1, 2, 3, 4, 5]).unwrap();
        let turned = tensor.permute(&[1, 0]).unwrap();
        assert_eq!(turned.shape(), [3, 2]);
        assert_eq!(turned.to_bytes(), [0, 3, 1, 4, 2, 5]);
        let Tensor::U8(array) = tensor else { unreachable!() };
        let reversed = Tensor::U8(array.reversed_axes());
        assert_eq!(reversed.to_bytes(), [0, 3, 1, 4, 2, 5]);
        assert_eq!(*reversed.bytes(), [0, 3, 1, 4, 2, 5]);
        assert!(turned.permute(&[0, 0]).is_err());
    }

    #[test]
    fn wrong_sizes_are_errors() {
        assert!(Tensor::from_vec(&[2, 2], vec![1_f32]).is_err());
        assert!(Tensor::from_bytes(DType::F32, &[2], &[0; 7]).is_err());
        assert!(Tensor::from_bytes(DType::F32, &[usize::MAX, usize::MAX], &[]).is_err());
        assert!(Tensor::from_bytes(DType::F32, &[usize::MAX, 0, usize::MAX], &[]).is_err());
        assert_eq!(Tensor::from_bytes(DType::F32, &[3, 0], &[]).unwrap().len(), 0);
        let tensor = Tensor::from_vec(&[4], vec![1_f32; 4]).unwrap();
        assert!(tensor.clone().reshape(&[3]).is_err());
        assert_eq!(tensor.reshape(&[2, 2]).unwrap().shape(), [2, 2]);
    }

    #[test]
    fn halves_keep_their_bits() {
        let stored = Tensor::from_vec(&[2], vec![0x3fc0_u16, 0xbf80]).unwrap();
        let numbers = stored.clone().u16_as_bf16();
        assert_eq!(numbers.to_f32().as_slice().unwrap(), [1.5, -1.0]);
        assert_eq!(numbers.half_as_u16(), stored);
    }
}
