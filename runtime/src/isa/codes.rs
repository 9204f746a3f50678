//! What the numbers in coded fields mean.

/// Element type of a TIU operand or result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Precision {
    /// 8-bit integer; four batches share a 4-byte word ("4N").
    Int8,
    /// IEEE single precision; denormals count as zero.
    Float32,
    /// 16-bit integer; two batches share a word ("2N").
    Int16,
    /// 32-bit integer.
    Int32,
}

impl Precision {
    /// The field code.
    #[must_use]
    pub const fn code(self) -> u64 {
        match self {
            Precision::Int8 => 0,
            Precision::Float32 => 2,
            Precision::Int16 => 3,
            Precision::Int32 => 4,
        }
    }

    /// Reads a field code; `None` for codes that name no element type.
    #[must_use]
    pub const fn from_code(code: u64) -> Option<Self> {
        match code {
            0 => Some(Precision::Int8),
            2 => Some(Precision::Float32),
            3 => Some(Precision::Int16),
            4 => Some(Precision::Int32),
            _ => None,
        }
    }

    /// Bytes per element.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Precision::Int8 => 1,
            Precision::Int16 => 2,
            Precision::Float32 | Precision::Int32 => 4,
        }
    }

    /// Batches that share a 4-byte word: 4, 2 or 1.
    #[must_use]
    pub const fn batches_per_word(self) -> usize {
        4 / self.bytes()
    }

    /// Short name used in listings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Precision::Int8 => "i8",
            Precision::Float32 => "f32",
            Precision::Int16 => "i16",
            Precision::Int32 => "i32",
        }
    }
}

/// Layout of a TIU operand in local memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StrideCode {
    /// Row width 1, `h` stride `w`, channel rows aligned to 32 words, batches follow the rows.
    Aligned,
    /// Strides come from the command's stride fields.
    Explicit,
}

impl StrideCode {
    /// The code compiled models use.
    #[must_use]
    pub const fn code(self) -> u64 {
        match self {
            StrideCode::Aligned => 0,
            StrideCode::Explicit => 3,
        }
    }

    /// Reads a field code: 0 is aligned, everything else explicit.
    #[must_use]
    pub const fn from_code(code: u64) -> Self {
        if code == 0 {
            StrideCode::Aligned
        } else {
            StrideCode::Explicit
        }
    }
}

macro_rules! tiu_ops {
    ($( $variant:ident $task:literal $eu:literal $mnemonic:literal $meaning:literal; )+) => {
        /// A TIU operation: task type and operation code together.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum TiuOp { $( #[doc = $meaning] $variant ),+ }

        impl TiuOp {
            /// Every operation.
            pub const ALL: &'static [TiuOp] = &[ $( TiuOp::$variant ),+ ];

            /// Task type and operation code.
            #[must_use]
            pub const fn codes(self) -> (u64, u64) {
                match self { $( TiuOp::$variant => ($task, $eu) ),+ }
            }

            /// Reads task type and operation code; `None` for pairs that name no operation.
            #[must_use]
            pub const fn from_codes(task: u64, eu: u64) -> Option<Self> {
                // Convolution, matrix product and look-up do not look at the operation code.
                let eu = if matches!(task, 0 | 2 | 6) { 0 } else { eu };
                match (task, eu) { $( ($task, $eu) => Some(TiuOp::$variant), )+ _ => None }
            }

            /// Name used in listings.
            #[must_use]
            pub const fn mnemonic(self) -> &'static str {
                match self { $( TiuOp::$variant => $mnemonic ),+ }
            }
        }
    };
}

tiu_ops! {
    Conv 0 0 "conv" "Convolution over all input channels.";
    Depthwise 1 1 "depthwise" "Sum of products per channel: depthwise convolution, average pooling, sums.";
    MaxPool 1 4 "max_pool" "Maximum of a window per channel.";
    MatMul 2 0 "matmul" "Matrix product.";
    Mul 3 0 "mul" "Product.";
    Mac 3 1 "mac" "Product added to the old result.";
    Add 3 2 "add" "Sum.";
    Sub 3 3 "sub" "Difference.";
    Max 3 4 "max" "Maximum.";
    Min 3 5 "min" "Minimum.";
    Shift 3 6 "shift" "Shift by a signed amount: positive left, negative right, no rounding.";
    And 3 7 "and" "Bitwise and.";
    Or 3 8 "or" "Bitwise or.";
    Xor 3 9 "xor" "Bitwise exclusive or.";
    SelectGreater 3 10 "select_gt" "Immediate where operand 0 > operand 1, else 0.";
    SelectEqual 3 11 "select_eq" "Immediate where the bits of both operands are equal, else 0.";
    Divide 3 12 "divide" "Product with the approximate reciprocal.";
    Copy 3 19 "copy" "Copy of operand 0.";
    Lut 6 0 "lut" "Look-up in a table of 256 words in L2.";
    ScalarMul 8 0 "scalar_mul" "f32 product, aligned layout.";
    ScalarAdd 8 2 "scalar_add" "f32 sum, aligned layout.";
    ScalarSub 8 3 "scalar_sub" "f32 difference, aligned layout.";
    ScalarDivide 8 12 "scalar_divide" "f32 product with the approximate reciprocal, aligned layout.";
    Taylor 9 13 "taylor" "Polynomial without constant term, coefficients in L2.";
    FloatToInt 9 14 "f32_to_i32" "Truncation of f32 to i32.";
    IntNormalize 9 15 "int_normalize" "Biased exponent, rounded up above 4/3.";
    FloatNormalize 9 16 "f32_normalize" "The power of two that belongs to int_normalize.";
    Rsqrt 9 17 "rsqrt" "Approximate reciprocal square root.";
    LinearMac 10 1 "linear_mac" "Operand 0 times operand 2 plus operand 1, the latter two per channel.";
    LinearSumSquare 10 20 "linear_sum_square" "Square of (operand 0 + operand 1), the latter per channel.";
    LinearDifferenceSquare 10 21 "linear_difference_square" "Square of (operand 0 - operand 1), the latter per channel.";
    Compare 13 22 "compare" "Maximum of two tensors.";
    Select 13 23 "select" "Operand 2 where operand 0 > operand 1, else operand 3.";
    CompareSelect 13 24 "compare_select" "Maximum and select in one.";
    OuterMul 14 0 "outer_mul" "Product of every element of one f32 vector with every element of another.";
    OuterAdd 14 2 "outer_add" "Sum of every element of one vector and every element of another.";
    OuterSub 14 3 "outer_sub" "Difference of every element of one vector and every element of another.";
    OuterMax 14 4 "outer_max" "Maximum of every element of one vector and every element of another.";
    OuterMin 14 5 "outer_min" "Minimum of every element of one vector and every element of another.";
    OuterDivide 14 12 "outer_divide" "Quotient of every element of one vector and every element of another.";
}

/// Element format of one side of a GDMA command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DmaFormat {
    /// IEEE single precision, or any 32-bit type when only moved.
    Float32,
    /// 16-bit integer.
    Int16,
    /// Unsigned 8-bit integer.
    UInt8,
    /// Signed 8-bit integer.
    Int8,
    /// 16-bit float, see `emulator::half_float`.
    Float16,
}

impl DmaFormat {
    /// The field code.
    #[must_use]
    pub const fn code(self) -> u64 {
        match self {
            DmaFormat::Float32 => 0,
            DmaFormat::Int16 => 1,
            DmaFormat::UInt8 => 2,
            DmaFormat::Int8 => 3,
            DmaFormat::Float16 => 4,
        }
    }

    /// Reads a field code; `None` for unknown ones.
    #[must_use]
    pub const fn from_code(code: u64) -> Option<Self> {
        match code {
            0 => Some(DmaFormat::Float32),
            1 => Some(DmaFormat::Int16),
            2 => Some(DmaFormat::UInt8),
            3 => Some(DmaFormat::Int8),
            4 => Some(DmaFormat::Float16),
            _ => None,
        }
    }

    /// Bytes per element.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            DmaFormat::Float32 => 4,
            DmaFormat::Int16 | DmaFormat::Float16 => 2,
            DmaFormat::UInt8 | DmaFormat::Int8 => 1,
        }
    }

    /// Short name used in listings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            DmaFormat::Float32 => "f32",
            DmaFormat::Int16 => "i16",
            DmaFormat::UInt8 => "u8",
            DmaFormat::Int8 => "i8",
            DmaFormat::Float16 => "f16",
        }
    }
}

/// Kinds of memory of a GDMA command's two sides. L2 counts as DDR; the address tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// DDR or L2 to local memory.
    DdrToLocal,
    /// Local memory to DDR or L2.
    LocalToDdr,
    /// DDR or L2 to DDR or L2.
    DdrToDdr,
    /// Local memory to local memory.
    LocalToLocal,
}

impl Direction {
    /// The field code.
    #[must_use]
    pub const fn code(self) -> u64 {
        match self {
            Direction::DdrToLocal => 0,
            Direction::LocalToDdr => 1,
            Direction::DdrToDdr => 2,
            Direction::LocalToLocal => 3,
        }
    }

    /// Reads the two-bit field code; higher bits are ignored.
    #[must_use]
    pub const fn from_code(code: u64) -> Self {
        match code & 3 {
            0 => Direction::DdrToLocal,
            1 => Direction::LocalToDdr,
            2 => Direction::DdrToDdr,
            _ => Direction::LocalToLocal,
        }
    }
}

/// What a GDMA command does to the data on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DmaFunction {
    /// Nothing: elements in source order, written in destination order.
    Copy,
    /// Batches and channels change places.
    TransposeNc,
    /// Move for local response normalisation; usually accumulating.
    LrnShift,
    /// Conversion between f32, f16 and 8-bit integers.
    Convert,
    /// A constant is written; there is no source.
    Constant,
    /// Channels and columns change places, for batch 0 and row 0.
    TransposeCw,
}

impl DmaFunction {
    /// The field code.
    #[must_use]
    pub const fn code(self) -> u64 {
        match self {
            DmaFunction::Copy => 0,
            DmaFunction::TransposeNc => 1,
            DmaFunction::LrnShift => 2,
            DmaFunction::Convert => 3,
            DmaFunction::Constant => 4,
            DmaFunction::TransposeCw => 5,
        }
    }

    /// Reads a field code; `None` for Winograd (6) and filter (7), which no compiled model uses.
    #[must_use]
    pub const fn from_code(code: u64) -> Option<Self> {
        match code {
            0 => Some(DmaFunction::Copy),
            1 => Some(DmaFunction::TransposeNc),
            2 => Some(DmaFunction::LrnShift),
            3 => Some(DmaFunction::Convert),
            4 => Some(DmaFunction::Constant),
            5 => Some(DmaFunction::TransposeCw),
            _ => None,
        }
    }

    /// Name used in listings.
    #[must_use]
    pub const fn mnemonic(self) -> &'static str {
        match self {
            DmaFunction::Copy => "copy",
            DmaFunction::TransposeNc => "transpose_nc",
            DmaFunction::LrnShift => "lrn_shift",
            DmaFunction::Convert => "convert",
            DmaFunction::Constant => "constant",
            DmaFunction::TransposeCw => "transpose_cw",
        }
    }
}
