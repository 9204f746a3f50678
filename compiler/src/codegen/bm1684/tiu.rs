//! The TIU commands that operations are made of, as functions over local tensors.

use super::emitter::{Access, Emitter, Space};
use super::error::Result;
use super::tensor::{Element, Local};
use tpuc_runtime::isa::TiuField as F;
use tpuc_runtime::isa::memory_map::local_address;
use tpuc_runtime::isa::{Precision, StrideCode, TiuCommand, TiuOp};

/// An operand: a tensor in local memory, or one value for all positions.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Operand {
    /// In local memory.
    Tensor(Local),
    /// `f32` value.
    Float(f32),
    /// Integer of a precision and signedness.
    Integer(i64, Element),
}

impl From<Local> for Operand {
    fn from(local: Local) -> Self {
        Self::Tensor(local)
    }
}

/// Geometry of a sliding window.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WindowFields {
    /// Kernel rows and columns.
    pub kernel: [usize; 2],
    /// Steps, vertical and horizontal.
    pub stride: [usize; 2],
    /// Kernel dilation, 1 for none.
    pub dilation: [usize; 2],
    /// Zeros between input rows and columns.
    pub insert: [usize; 2],
    /// Padding: top, bottom, left, right.
    pub pad: [usize; 4],
}

/// Where a window operation's weights are.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Weights {
    /// None: maximum.
    None,
    /// One value for all taps: its bits.
    Constant(u32, Element),
    /// In local memory at this byte offset, with this many bytes per lane.
    Local {
        /// Byte offset in the lane.
        address: usize,
        /// Bytes per lane.
        bytes: usize,
        /// Element type.
        element: Element,
    },
}

/// A bias in local memory: one element per channel, dense per lane.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LocalBias {
    /// Byte offset in the lane.
    pub address: usize,
    /// Element type.
    pub element: Element,
}

/// What happens to an integer accumulator.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Requantize {
    /// Rounding right shift.
    pub right_shift: u32,
    /// Saturate to the unsigned range (which also clamps at 0); otherwise to the signed one if an operand is signed.
    pub unsigned: bool,
}

fn local(offset: usize) -> u64 {
    local_address(0, offset)
}

/// A TIU command being filled; the first field that does not fit is reported when it is pushed.
pub(super) struct Builder {
    command: TiuCommand,
    failed: Option<tpuc_runtime::isa::FieldOverflow>,
    accesses: Vec<Access>,
}

impl Builder {
    pub(super) fn new(op: TiuOp, operands: u64) -> Self {
        let mut command = TiuCommand::new();
        command.set_op(op);
        let builder = Self {
            command,
            failed: None,
            accesses: Vec::new(),
        };
        builder.set(F::TskOpdNum, operands)
    }

    pub(super) fn set(mut self, field: F, value: u64) -> Self {
        if let Err(overflow) = self.command.set(field, value) {
            self.failed.get_or_insert(overflow);
        }
        self
    }

    pub(super) fn access(mut self, space: Space, start: usize, bytes: usize, write: bool) -> Self {
        self.accesses.push(Access {
            space,
            start,
            end: start + bytes,
            write,
        });
        self
    }

    pub(super) fn push(self, emitter: &mut Emitter) -> Result<()> {
        match self.failed {
            Some(overflow) => Err(overflow.into()),
            None => emitter.push_tiu(self.command, &self.accesses),
        }
    }

    /// Result tensor, with its sizes and strides.
    pub(super) fn result(self, out: &Local) -> Self {
        self.set(F::OptRes0Prec, out.precision.code())
            .set(F::Res0Addr, local(out.address))
            .set(F::Res0N, out.shape[0] as u64)
            .set(F::Res0C, out.shape[1] as u64)
            .set(F::Res0H, out.shape[2] as u64)
            .set(F::Res0W, out.shape[3] as u64)
            .access(Space::Local, out.address, out.extent_bytes(), true)
    }

    fn result_strides(self, out: &Local) -> Self {
        self.set(F::ShortRes0Str, StrideCode::Explicit.code())
            .set(F::Res0NStr, out.strides[0] as u64)
            .set(F::Res0CStr, out.strides[1] as u64)
            .set(F::Res0HStr, out.strides[2] as u64)
            .set(F::Res0WStr, out.strides[3] as u64)
    }

    /// Operand 0 or 1 with explicit strides.
    fn operand(self, index: usize, operand: Operand) -> Self {
        let fields = &OPERANDS[index];
        match operand {
            Operand::Tensor(tensor) => self
                .set(fields.precision, tensor.precision.code())
                .set(fields.sign, u64::from(tensor.signed))
                .set(fields.address, local(tensor.address))
                .set(fields.layout, StrideCode::Explicit.code())
                .set(fields.strides[0], tensor.strides[0] as u64)
                .set(fields.strides[1], tensor.strides[1] as u64)
                .set(fields.strides[2], tensor.strides[2] as u64)
                .set(fields.strides[3], tensor.strides[3] as u64)
                .access(Space::Local, tensor.address, tensor.extent_bytes(), false),
            Operand::Float(value) => self
                .set(fields.precision, Precision::Float32.code())
                .set(fields.sign, 1)
                .set(fields.constant, 1)
                .set(fields.address, u64::from(value.to_bits())),
            Operand::Integer(value, element) => self
                .set(fields.precision, element.precision().code())
                .set(fields.sign, u64::from(element.is_signed()))
                .set(fields.constant, 1)
                .set(fields.address, integer_bits(value, element)),
        }
    }
}

/// A constant's bits in its own width.
fn integer_bits(value: i64, element: Element) -> u64 {
    let mask = if element.bytes() == 4 {
        u64::from(u32::MAX)
    } else {
        (1 << (8 * element.bytes())) - 1
    };
    value as u64 & mask
}

/// The operation of the task for aligned f32 tensors that does the same, if there is one.
fn scalar_form(op: TiuOp, out: &Local, a: Operand, b: Operand) -> Option<TiuOp> {
    let form = match op {
        TiuOp::Mul => TiuOp::ScalarMul,
        TiuOp::Add => TiuOp::ScalarAdd,
        TiuOp::Sub => TiuOp::ScalarSub,
        _ => return None,
    };
    let plain = |tensor: &Local| tensor.precision == Precision::Float32 && tensor.is_aligned();
    let fits = |operand: Operand| match operand {
        Operand::Tensor(tensor) => plain(&tensor) && tensor.shape == out.shape,
        Operand::Float(_) => true,
        Operand::Integer(..) => false,
    };
    (plain(out) && matches!(a, Operand::Tensor(_)) && fits(a) && fits(b)).then_some(form)
}

struct OperandFields {
    precision: F,
    sign: F,
    constant: F,
    address: F,
    layout: F,
    strides: [F; 4],
}

const OPERANDS: [OperandFields; 2] = [
    OperandFields {
        precision: F::OptOpd0Prec,
        sign: F::OptOpd0Sign,
        constant: F::OptOpd0Const,
        address: F::Opd0Addr,
        layout: F::ShortOpd0Str,
        strides: [F::Opd0NStr, F::Opd0CStr, F::Opd0HStr, F::Opd0WStr],
    },
    OperandFields {
        precision: F::OptOpd1Prec,
        sign: F::OptOpd1Sign,
        constant: F::OptOpd1Const,
        address: F::Opd1Addr,
        layout: F::ShortOpd1Str,
        strides: [F::Opd1NStr, F::Opd1CStr, F::Opd1HStr, F::Opd1WStr],
    },
];

impl Emitter {
    /// `out = a op b`, element by element, for the operations of task type 3. Integers are shifted right (rounding) by
    /// `right_shift` and saturated: signed if an operand is signed. Operands may repeat rows or columns by stride 0.
    ///
    /// # Errors
    /// When a field does not fit.
    pub fn arith(
        &mut self,
        op: TiuOp,
        out: Local,
        a: impl Into<Operand>,
        b: impl Into<Operand>,
        right_shift: u32,
    ) -> Result<()> {
        let (a, b) = (a.into(), b.into());
        if let Some(cheaper) = scalar_form(op, &out, a, b) {
            return self.scalar(cheaper, out, a, b);
        }
        // Only shifts to the right of unsigned values are logical.
        let logical = op == TiuOp::Shift && matches!(a, Operand::Tensor(tensor) if !tensor.signed);
        Builder::new(op, 2)
            .set(F::OptRightShift, u64::from(right_shift))
            .set(F::OptShiftTyp, u64::from(!logical))
            .result(&out)
            .result_strides(&out)
            .operand(0, a)
            .operand(1, b)
            .push(self)
    }

    /// The same for aligned f32 tensors, by the task for them: half the cycles, the same bits.
    fn scalar(&mut self, op: TiuOp, out: Local, a: Operand, b: Operand) -> Result<()> {
        let mut builder = Builder::new(op, 2)
            .set(F::OptShiftTyp, 1)
            .set(F::OptOpd0Prec, Precision::Float32.code())
            .set(F::OptOpd1Prec, Precision::Float32.code())
            .set(F::OptOpd1Sign, 1)
            .result(&out);
        for (operand, address, constant) in [
            (a, F::Opd0Addr, F::OptOpd0Const),
            (b, F::Opd1Addr, F::OptOpd1Const),
        ] {
            builder = match operand {
                Operand::Tensor(tensor) => builder.set(address, local(tensor.address)).access(
                    Space::Local,
                    tensor.address,
                    tensor.extent_bytes(),
                    false,
                ),
                Operand::Float(value) => builder.set(address, u64::from(value.to_bits())).set(constant, 1),
                Operand::Integer(value, element) => builder
                    .set(address, integer_bits(value, element))
                    .set(constant, 1),
            };
        }
        builder.push(self)
    }

    /// `out = out + a * b`, f32, rounded twice. `b` may be `out`.
    ///
    /// # Errors
    /// When a field does not fit.
    pub fn accumulate(&mut self, out: Local, a: Local, b: impl Into<Operand>) -> Result<()> {
        Builder::new(TiuOp::Mac, 2)
            .set(F::OptShiftTyp, 1)
            .set(F::OptResAddSign, 1)
            .result(&out)
            .result_strides(&out)
            .access(Space::Local, out.address, out.extent_bytes(), false)
            .operand(0, a.into())
            .operand(1, b.into())
            .push(self)
    }

    /// `out = value` where the operands are so, else 0, by `op`: the first greater, or both of the same bits. f32.
    ///
    /// # Errors
    /// When a field does not fit.
    pub fn choose(&mut self, op: TiuOp, out: Local, a: Operand, b: Operand, value: f32) -> Result<()> {
        Builder::new(op, 3)
            .set(F::OptOpd2Prec, Precision::Float32.code())
            .set(F::OptOpd2Const, 1)
            .set(F::Opd2Addr, u64::from(value.to_bits()))
            .result(&out)
            .result_strides(&out)
            .operand(0, a)
            .operand(1, b)
            .push(self)
    }

    /// `out = (a * b + (out << left_shift)) >> right_shift`, bytes into signed 16 bits.
    ///
    /// # Errors
    /// When a field does not fit.
    pub fn multiply_accumulate(
        &mut self,
        out: Local,
        a: Local,
        b: Operand,
        left_shift: u32,
        right_shift: u32,
    ) -> Result<()> {
        Builder::new(TiuOp::Mac, 2)
            .set(F::OptRightShift, u64::from(right_shift))
            .set(F::OptLeftShift, u64::from(left_shift))
            .set(F::OptShiftTyp, 1)
            .set(F::OptResAddSign, 1)
            .result(&out)
            .result_strides(&out)
            .operand(0, a.into())
            .operand(1, b)
            .push(self)
    }

    /// `out = a`.
    ///
    /// # Errors
    /// When a field does not fit.
    pub fn copy(&mut self, out: Local, a: Local) -> Result<()> {
        Builder::new(TiuOp::Copy, 1)
            .result(&out)
            .result_strides(&out)
            .operand(0, a.into())
            .push(self)
    }

    /// Element-wise function of one aligned tensor: float to integer, reciprocal square root, ...
    ///
    /// # Errors
    /// When a field does not fit.
    pub fn special(&mut self, op: TiuOp, out: Local, a: Local) -> Result<()> {
        self.special_builder(op, out, a).push(self)
    }

    fn special_builder(&self, op: TiuOp, out: Local, a: Local) -> Builder {
        Builder::new(op, 2)
            .set(F::OptShiftTyp, 1)
            .set(F::OptOpd0Sign, u64::from(a.signed))
            .result(&out)
            .set(F::OptOpd0Prec, a.precision.code())
            .set(F::OptOpd1Prec, a.precision.code())
            .set(F::Opd0Addr, local(a.address))
            .access(Space::Local, a.address, a.extent_bytes(), false)
    }

    /// `out = x * (c[0] + x * (c[1] + ...))` with `count` coefficients in L2 at offset `table`; aligned f32.
    ///
    /// # Errors
    /// When a field does not fit.
    pub fn taylor(&mut self, out: Local, a: Local, table: u32, count: usize) -> Result<()> {
        self.special_builder(TiuOp::Taylor, out, a)
            .set(F::Opd1Addr, u64::from(table))
            .set(F::Opd1N, count as u64)
            .access(Space::L2, table as usize, count * 4, false)
            .push(self)
    }

    /// `out = table[a & 255]`, words, aligned; `table` is the offset in L2 of 256 words.
    ///
    /// # Errors
    /// When a field does not fit.
    pub fn lookup(&mut self, out: Local, a: Local, table: u32) -> Result<()> {
        let (out, a) = (out.as_element(Element::F32), a.as_element(Element::F32));
        Builder::new(TiuOp::Lut, 2)
            .result(&out)
            .set(F::OptOpd0Prec, Precision::Float32.code())
            .set(F::OptOpd1Prec, Precision::Float32.code())
            .set(F::Opd0Addr, local(a.address))
            .set(F::Opd1Addr, u64::from(table))
            // Bits of the index.
            .set(F::Opd1H, 8)
            .access(Space::Local, a.address, a.extent_bytes(), false)
            .access(Space::L2, table as usize, 1024, false)
            .push(self)
    }

    /// `out = a > b ? c : d`, aligned f32.
    ///
    /// # Errors
    /// When a field does not fit.
    pub fn select(&mut self, out: Local, a: Local, b: f32, c: Operand, d: Operand) -> Result<()> {
        let mut builder = Builder::new(TiuOp::Select, 0)
            .result(&out)
            .set(F::Res0Addr, 0)
            .set(F::Res1Addr, local(out.address))
            .set(F::OptShiftTyp, 1)
            .set(F::OptOpd0Prec, Precision::Float32.code())
            .set(F::OptOpd1Prec, Precision::Float32.code())
            .set(F::OptOpd2Prec, Precision::Float32.code())
            .set(F::OptOpd1Sign, 1)
            .set(F::OptOpd2Sign, 1)
            .set(F::OptOpd1Const, 1)
            .set(F::Opd0Addr, local(a.address))
            .set(F::Opd1Addr, u64::from(b.to_bits()))
            .access(Space::Local, a.address, a.extent_bytes(), false);
        for (value, address, constant) in [
            (c, F::Opd2Addr, F::OptOpd2Const),
            (d, F::Opd3Addr, F::OptOpd3Const),
        ] {
            builder = match value {
                Operand::Tensor(tensor) => builder.set(address, local(tensor.address)).access(
                    Space::Local,
                    tensor.address,
                    tensor.extent_bytes(),
                    false,
                ),
                Operand::Float(value) => builder.set(address, u64::from(value.to_bits())).set(constant, 1),
                Operand::Integer(value, _) => {
                    builder.set(address, value as u64 & 0xffff_ffff).set(constant, 1)
                }
            };
        }
        builder.push(self)
    }

    /// Convolution over all channels of `input`. Weights lie tap-major, input channel innermost and padded to 4 (8-bit)
    /// or 2 (f32), one output channel per lane and row.
    ///
    /// # Errors
    /// When a field does not fit.
    pub fn conv(
        &mut self,
        out: Local,
        input: Local,
        window: &WindowFields,
        weights: Weights,
        bias: Option<LocalBias>,
        requantize: Requantize,
    ) -> Result<()> {
        let channels_per_unit = if input.precision == Precision::Float32 {
            2
        } else {
            4
        };
        let column = input.shape[1].div_ceil(channels_per_unit);
        let [kernel_h, kernel_w] = window.kernel;
        self.window_builder(TiuOp::Conv, &out, &input, window, weights, bias, requantize)
            .set(F::Opd0C, input.shape[1] as u64)
            .set(F::ShortOpd0Str, StrideCode::Explicit.code())
            .set(F::Opd0NStr, input.strides[0] as u64)
            .set(F::Opd0CStr, input.strides[1] as u64)
            .set(F::Opd0HStr, input.strides[2] as u64)
            .set(F::Opd0WStr, input.strides[3] as u64)
            .set(F::ShortOpd1Str, StrideCode::Explicit.code())
            .set(F::ShortOpd2Str, 1)
            .set(F::Opd1WStr, column as u64)
            .set(F::Opd1HStr, (kernel_w * column) as u64)
            .set(F::Opd1CStr, (kernel_h * kernel_w * column) as u64)
            .push(self)
    }

    /// Sum of products per channel (depthwise convolution, average) or maximum per channel, by `op`. All aligned.
    ///
    /// # Errors
    /// When a field does not fit.
    #[allow(clippy::too_many_arguments)]
    pub fn per_channel_window(
        &mut self,
        op: TiuOp,
        out: Local,
        input: Local,
        window: &WindowFields,
        weights: Weights,
        bias: Option<LocalBias>,
        requantize: Requantize,
    ) -> Result<()> {
        self.window_builder(op, &out, &input, window, weights, bias, requantize)
            .push(self)
    }

    #[allow(clippy::too_many_arguments)]
    fn window_builder(
        &self,
        op: TiuOp,
        out: &Local,
        input: &Local,
        window: &WindowFields,
        weights: Weights,
        bias: Option<LocalBias>,
        requantize: Requantize,
    ) -> Builder {
        let operands = match (weights, bias) {
            (Weights::None, _) => 1,
            (_, None) => 2,
            (_, Some(_)) => 3,
        };
        let precision = input.precision.code();
        let mut builder = Builder::new(op, operands)
            .set(F::OptRightShift, u64::from(requantize.right_shift))
            .set(F::OptShiftTyp, 1)
            .set(F::OptRelu, u64::from(requantize.unsigned))
            .result(out)
            .set(F::OptOpd0Prec, precision)
            .set(F::OptOpd0Sign, u64::from(input.signed))
            .set(F::Opd0Addr, local(input.address))
            .set(F::Opd0H, input.shape[2] as u64)
            .set(F::Opd0W, input.shape[3] as u64)
            .access(Space::Local, input.address, input.extent_bytes(), false)
            .set(F::Opd1H, window.kernel[0] as u64)
            .set(F::Opd1W, window.kernel[1] as u64)
            .set(F::ResOpYStr, window.stride[0] as u64)
            .set(F::ResOpXStr, window.stride[1] as u64)
            .set(F::Opd1YIns0, window.dilation[0] as u64 - 1)
            .set(F::Opd1XIns0, window.dilation[1] as u64 - 1)
            .set(F::Opd0YIns0, window.insert[0] as u64)
            .set(F::Opd0XIns0, window.insert[1] as u64)
            .set(F::Opd0UpPad, window.pad[0] as u64)
            .set(F::Opd0DnPad, window.pad[1] as u64)
            .set(F::Opd0LfPad, window.pad[2] as u64)
            .set(F::Opd0RtPad, window.pad[3] as u64);
        builder = match weights {
            Weights::None => builder.set(F::OptOpd1Prec, precision),
            Weights::Constant(bits, element) => builder
                .set(F::OptOpd1Prec, element.precision().code())
                .set(F::OptOpd1Sign, u64::from(element.is_signed()))
                .set(F::OptOpd1Const, 1)
                .set(F::Opd1Addr, u64::from(bits)),
            Weights::Local {
                address,
                bytes,
                element,
            } => builder
                .set(F::OptOpd1Prec, element.precision().code())
                .set(F::OptOpd1Sign, u64::from(element.is_signed()))
                .set(F::Opd1Addr, local(address))
                .access(Space::Local, address, bytes, false),
        };
        match bias {
            None => builder.set(F::OptOpd2Prec, precision),
            Some(bias) => builder
                .set(F::OptOpd2Prec, bias.element.precision().code())
                .set(F::OptOpd2Sign, u64::from(bias.element.is_signed()))
                .set(F::Opd2Addr, local(bias.address))
                .access(
                    Space::Local,
                    bias.address,
                    super::tensor::lane_rows(out.shape[1]) * bias.element.bytes(),
                    false,
                ),
        }
    }
}
