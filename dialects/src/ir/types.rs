//! Types. Interned: equal types have equal [`Type`] ids.

use super::{Attr, Str, Type};
use smallvec::SmallVec;

/// Dimensions of a tensor; [`DYNAMIC`] stands for `?`.
pub type Shape = SmallVec<[i64; 6]>;

/// A dimension that is not known.
pub const DYNAMIC: i64 = i64::MIN;

/// Signedness of an integer type: `i8`, `si8`, `ui8`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Signedness {
    /// `i8`
    Signless,
    /// `si8`
    Signed,
    /// `ui8`
    Unsigned,
}

/// Floating point formats that occur in TPU-MLIR's text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum FloatKind {
    F16,
    BF16,
    F32,
    F64,
    F8E4M3FN,
    F8E5M2,
}

/// An `f64` compared and hashed by its bits, so that types and attributes can be interned.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct F64(u64);

impl F64 {
    /// The number.
    pub fn get(self) -> f64 {
        f64::from_bits(self.0)
    }
}

impl From<f64> for F64 {
    fn from(value: f64) -> Self {
        Self(value.to_bits())
    }
}

impl std::fmt::Debug for F64 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.get().fmt(f)
    }
}

/// `!quant.uniform<STORAGE<min:max>:EXPRESSED, scale:zero_point>`: what is common to the per-layer and per-axis forms.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct QuantStorage {
    /// Signed storage (`i8`) or unsigned (`u8`).
    pub signed: bool,
    /// Width of the storage integer in bits.
    pub bits: u32,
    /// Smallest stored integer; the text shows the range only where it is not the storage type's own.
    pub min: i64,
    /// Largest stored integer.
    pub max: i64,
    /// The type that is approximated, `f32`.
    pub expressed: Type,
}

impl QuantStorage {
    /// Full-range storage of `bits` bits.
    pub fn full(signed: bool, bits: u32, expressed: Type) -> Self {
        let (min, max) = Self::range(signed, bits);
        Self {
            signed,
            bits,
            min,
            max,
            expressed,
        }
    }

    /// The full range of an integer of `bits` bits.
    pub fn range(signed: bool, bits: u32) -> (i64, i64) {
        let bits = bits.min(63);
        if signed {
            (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
        } else {
            (0, (1 << bits) - 1)
        }
    }
}

/// What a [`Type`] is.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum TypeKind {
    /// `none`
    None,
    /// `index`
    Index,
    /// `i32`, `si8`, `ui8`, ...
    Integer {
        /// Width in bits.
        width: u32,
        /// `i`, `si` or `ui`.
        signedness: Signedness,
    },
    /// `f32`, `bf16`, ...
    Float(FloatKind),
    /// `tensor<1x3x224x224xf32, ENCODING>`
    Tensor {
        /// Dimensions.
        shape: Shape,
        /// Element type: a number or a quantised type.
        element: Type,
        /// After lowering: the global memory address (`4379926528 : i64`).
        encoding: Option<Attr>,
    },
    /// `tensor<*xf32>`
    UnrankedTensor {
        /// Element type.
        element: Type,
    },
    /// `(A, B) -> C`
    Function {
        /// Argument types.
        inputs: SmallVec<[Type; 2]>,
        /// Result types.
        results: SmallVec<[Type; 2]>,
    },
    /// `!quant.calibrated<f32<min:max>>`
    Calibrated {
        /// The type whose range was measured.
        expressed: Type,
        /// Lower bound.
        min: F64,
        /// Upper bound.
        max: F64,
    },
    /// `!quant.uniform<i8:f32, scale:zero_point>`
    Uniform {
        /// Storage and range.
        storage: QuantStorage,
        /// Real value of one quantum.
        scale: F64,
        /// The integer that stands for 0.
        zero_point: i64,
    },
    /// `!quant.uniform<i8:f32:axis, {s0:z0, s1, ...}>`
    UniformPerAxis {
        /// Storage and range.
        storage: QuantStorage,
        /// The dimension that the scales belong to.
        axis: i32,
        /// One scale for each index of the axis.
        scales: Vec<F64>,
        /// One zero point for each index of the axis.
        zero_points: Vec<i64>,
    },
    /// A type of a dialect that is not known here, kept as text: `!dialect.body`.
    Opaque {
        /// Everything after the `!`.
        text: Str,
    },
}
