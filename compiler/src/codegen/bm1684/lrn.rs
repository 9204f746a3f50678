//! `tpu.LRN`, f32: `x / (bias + alpha / size * sum of the squares of size neighbouring channels) ^ beta`.
//!
//! The channels lie in a lane, so that the sum is a window over columns; the power is `exp(-beta * ln(...))`.

use super::along_axis::AlongAxis;
use super::codegen::Codegen;
use super::error::{Result, unsupported};
use super::tensor::Element;
use super::tiu::{Operand, Requantize, Weights, WindowFields};
use super::transcendental::{self, Base, Range};
use tpuc_dialects::ir::Op;
use tpuc_runtime::isa::TiuOp;

/// Largest padding of a command.
const MAX_PAD: usize = 15;

/// Emits the commands.
///
/// # Errors
/// For integers, windows of more than 31 channels, and channels that do not fit local memory.
pub fn emit(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let (input, output) = (cg.operand(op, 0)?, cg.result(op)?);
    let size = cg.int(op, "size", 1).max(1) as usize;
    let (before, after) = ((size - 1) / 2, size / 2);
    if after > MAX_PAD {
        return unsupported(format!(
            "a normalisation over {size} channels; 31 fit a command's padding"
        ));
    }
    let alpha = cg.float(op, "alpha", 1e-4) as f32 / size as f32;
    let bias = Operand::Float(cg.float(op, "bias", 1.0) as f32);
    let exponent = Operand::Float(-cg.float(op, "beta", 0.75) as f32);
    let window = WindowFields {
        kernel: [1, size],
        stride: [1, 1],
        dilation: [1, 1],
        insert: [0, 0],
        pad: [0, 0, before, after],
    };
    let weight = Weights::Constant(alpha.to_bits(), Element::F32);
    let operation = AlongAxis::new(&input, &output, &[1], true, 2)?;
    operation.emit(&mut cg.emitter, &|emitter, piece| {
        if piece.is_spread() {
            return unsupported(format!("{} channels; they do not fit a lane", piece.x.shape[3]));
        }
        let (x, out) = (piece.x, piece.out);
        let [first, second] = [piece.scratch[0], piece.scratch[1]];
        emitter.arith(TiuOp::Mul, first, x, x, 0)?;
        emitter.per_channel_window(
            TiuOp::Depthwise,
            second,
            first,
            &window,
            weight,
            None,
            Requantize::default(),
        )?;
        emitter.arith(TiuOp::Add, second, second, bias, 0)?;
        transcendental::logarithm(emitter, out, second, first, Base::E)?;
        emitter.arith(TiuOp::Mul, out, out, exponent, 0)?;
        transcendental::exp(emitter, second, out, first, Range::Any)?;
        emitter.arith(TiuOp::Mul, out, x, second, 0)
    })
}
