//! `tpu.Conv2D`: dense, grouped and depthwise convolution in f32 and 8-bit integers.
//!
//! 8-bit: `saturate((sum + bias) >> rshift)` with rounding half up, in one command. With a shift for each channel the command
//! shifts by the lowest of them into 16 bits; each channel is shifted by the rest and narrowed (`quantization::channel_shift`).
//! f32: relu is a command of its own. Over few channels, taps of the kernel become channels ([`super::fold`]).

use super::address::{element_of_type, shape_of_type};
use super::codegen::{Codegen, TensorInfo, sizes_of};
use super::error::{Result, malformed, unsupported};
use super::fold::{self, Fold, Folded};
use super::group::rows::Rows;
use super::tensor::{Dims, Element, Global};
use super::tiu::WindowFields;
use super::window::{Arithmetic, Kind, MAX_PAD, SHIFT_WORD_BYTES, WeightSource, WindowOp};
use crate::program::Program;
use tpuc_dialects::ir::{Context, Op, Value};
use tpuc_runtime::isa::memory_map::DDR_BASE;

/// Emits the commands.
///
/// # Errors
/// When the convolution does not fit the chip.
pub fn emit(cg: &mut Codegen<'_>, op: Op) -> Result<()> {
    let (input, filter, output) = (cg.operand(op, 0)?, cg.operand(op, 1)?, cg.result(op)?);
    let bias = if cg.flag(op, "with_bias") {
        cg.optional_operand(op, 2)?
    } else {
        None
    };
    let fold = Fold::from_code(cg.int(op, "use_3ic_optimize", 0));
    let mut window = window_fields(cg, op)?;
    let resident = cg.resident_window(&input, &output, Some(&filter), bias.as_ref());
    if resident.is_some() {
        // It was folded when it was loaded.
        window = fold.rest(&window);
        cg.slice_padding(&mut window);
    }
    if cg.sizes(op, "inserts")?.iter().any(|zeros| *zeros != 0) {
        return unsupported("zeros inserted into a convolution's input; use a transposed convolution");
    }
    let groups = cg.int(op, "group", 1).max(1) as usize;
    let (input_view, output_view) = (input.nchw()?, output.nchw()?);
    // In a group there are no other groups of channels; bands have more channels than groups.
    let depthwise =
        groups > 1 && (resident.is_some() || groups == input_view.shape[1] && groups == output_view.shape[1]);
    let (arithmetic, channel_shifts) = match channel_shifts(cg, op, &filter, output_view.shape[1])? {
        Some((lowest, address)) => (
            arithmetic_with_shift(cg, op, output.element, lowest),
            Some(address),
        ),
        None => (arithmetic(cg, op, output.element)?, None),
    };
    let window_op = WindowOp {
        kind: if depthwise { Kind::Depthwise } else { Kind::Dense },
        groups: if depthwise { 1 } else { groups },
        input: input_view,
        output: output_view,
        window,
        weights: Some(WeightSource::Coefficient(filter.address, filter.element)),
        bias: bias.as_ref().map(|bias| (bias.address, bias.element)),
        arithmetic,
        channel_shifts,
        folded: None,
        resident,
    };
    if resident.is_some() {
        return window_op.emit(&mut cg.emitter);
    }
    window_op.folded(fold).emit(&mut cg.emitter)
}

/// How the input of a convolution is folded when it is loaded: the whole input, and sizes of what that gives. `None` if it is not.
///
/// # Errors
/// When the attributes make no sense.
pub fn folded_input(cg: &Codegen<'_>, op: Op) -> Result<Option<(Folded, Dims)>> {
    let fold = Fold::from_code(cg.int(op, "use_3ic_optimize", 0));
    if !cg.ctx().is(op, "tpu.Conv2D") || !fold.is_any() {
        return Ok(None);
    }
    let input = cg.whole(cg.weight_behind(cg.ctx().operand(op, 0)))?.nchw()?;
    let [_, _, rows, columns] = cg.whole(cg.ctx().result(op))?.nchw()?.shape;
    let folded = Folded {
        source: input,
        window: window_fields(cg, op)?,
        fold,
    };
    Ok(Some((folded, folded.folded_shape([rows, columns]))))
}

/// Which taps of a convolution over few channels shall be channels.
///
/// # Errors
/// When the convolution does not fit the chip.
pub fn choose_fold(program: &Program, op: Op, filter: Element) -> Result<Fold> {
    let ctx = &program.ctx;
    let groups = ctx.get_i64(op, "group").unwrap_or(1);
    // Commands are as expensive wherever their tensors lie.
    let tensor = |value: Value| -> Result<TensorInfo> {
        Ok(TensorInfo {
            address: DDR_BASE,
            element: element_of_type(ctx, ctx.value_type(value))?,
            shape: shape_of_type(ctx, ctx.value_type(value))?,
            scale: 1.0,
            zero_point: 0,
            resident: None,
        })
    };
    let (input, output) = (tensor(ctx.operand(op, 0))?, tensor(ctx.result(op))?);
    let window = window_of(ctx, op)?;
    let few = input
        .shape
        .get(1)
        .is_some_and(|channels| *channels <= fold::MAX_CHANNELS);
    if groups > 1 || !few || window.kernel == [1, 1] {
        return Ok(Fold::NONE);
    }
    let bias = match ctx.operands(op).get(2) {
        Some(&bias) if !ctx.is_none(bias) => Some((DDR_BASE, tensor(bias)?.element)),
        _ => None,
    };
    let arithmetic = if output.element == Element::F32 {
        Arithmetic::Float {
            relu: false,
            limit: -1.0,
        }
    } else {
        Arithmetic::Integer {
            right_shift: 0,
            relu: false,
        }
    };
    fold::choose(&WindowOp {
        kind: Kind::Dense,
        groups: 1,
        input: input.nchw()?,
        output: output.nchw()?,
        window,
        weights: Some(WeightSource::Coefficient(DDR_BASE, filter)),
        bias,
        arithmetic,
        channel_shifts: None,
        folded: None,
        resident: None,
    })
}

/// Rows of the input come from the window; only convolutions that one command can do are in groups.
///
/// # Errors
/// When the attributes make no sense.
pub fn rows(cg: &Codegen<'_>, op: Op) -> Result<Option<Rows>> {
    let (input, output) = (cg.whole(cg.ctx().operand(op, 0))?, cg.whole(cg.ctx().result(op))?);
    let (input, output) = (input.nchw()?, output.nchw()?);
    let groups = cg.int(op, "group", 1).max(1) as usize;
    let depthwise = groups > 1 && groups == input.shape[1] && groups == output.shape[1];
    let kind = if depthwise { Kind::Depthwise } else { Kind::Dense };
    let (mut input, mut window) = (input, window_fields(cg, op)?);
    if let Some((folded, shape)) = folded_input(cg, op)? {
        window = folded.fold.rest(&window);
        input.shape = shape;
    }
    let no_zeros = cg.sizes(op, "inserts")?.iter().all(|zeros| *zeros == 0);
    Ok((no_zeros && (groups == 1 || depthwise))
        .then(|| window_rows(kind, window, input, output))
        .flatten())
}

/// The rule of a window, if its commands can be made for any slice of rows.
pub fn window_rows(kind: Kind, window: WindowFields, input: Global, output: Global) -> Option<Rows> {
    let whole = WindowOp {
        kind,
        groups: 1,
        input,
        output,
        window,
        weights: None,
        bias: None,
        arithmetic: Arithmetic::Float {
            relu: false,
            limit: 0.0,
        },
        channel_shifts: None,
        folded: None,
        resident: None,
    };
    (whole.fits_command() && window.pad.iter().all(|pad| *pad <= MAX_PAD)).then_some(Rows::Window(window))
}

/// The lowest of several right shifts, and the address of what is left for each channel.
fn channel_shifts(
    cg: &Codegen<'_>,
    op: Op,
    filter: &TensorInfo,
    channels: usize,
) -> Result<Option<(u32, u64)>> {
    let shifts = cg.sizes(op, "rshift")?;
    let Some(lowest) = shifts
        .iter()
        .min()
        .filter(|lowest| shifts.iter().any(|other| other != *lowest))
    else {
        return Ok(None);
    };
    let bytes = channels * SHIFT_WORD_BYTES;
    let behind = filter.elements().checked_sub(bytes);
    let Some(behind) = behind.filter(|_| cg.flag(op, "coeff_merged")) else {
        return malformed("a filter without the shifts of its channels; run --weight-reorder first");
    };
    Ok(Some((*lowest as u32, filter.address + behind as u64)))
}

/// Relu, limit and shift of an operation with one right shift for all channels.
///
/// # Errors
/// When channels have shifts of their own.
pub fn arithmetic(cg: &Codegen<'_>, op: Op, output: Element) -> Result<Arithmetic> {
    match cg.sizes(op, "rshift")?.as_slice() {
        [] => Ok(arithmetic_with_shift(cg, op, output, 0)),
        [shift, rest @ ..] if rest.iter().all(|other| other == shift) => {
            Ok(arithmetic_with_shift(cg, op, output, *shift as u32))
        }
        _ => unsupported("a shift for each channel; quantise with one shift per tensor"),
    }
}

/// Relu and limit of an operation, and the right shift of its integers.
pub fn arithmetic_with_shift(cg: &Codegen<'_>, op: Op, output: Element, right_shift: u32) -> Arithmetic {
    let relu = cg.flag(op, "do_relu");
    if output == Element::F32 {
        let limit = cg.float(op, "relu_limit", -1.0);
        Arithmetic::Float { relu, limit }
    } else {
        Arithmetic::Integer { right_shift, relu }
    }
}

/// Kernel, steps, dilation and padding from the attributes, for one or two spatial dimensions.
///
/// # Errors
/// When their lengths do not match.
pub fn window_fields(cg: &Codegen<'_>, op: Op) -> Result<WindowFields> {
    window_of(cg.ctx(), op)
}

/// The same without a code generator.
///
/// # Errors
/// When their lengths do not match.
pub fn window_of(ctx: &Context, op: Op) -> Result<WindowFields> {
    let pair = |name: &str, default: usize| -> Result<[usize; 2]> {
        match sizes_of(ctx, op, name)?.as_slice() {
            [] => Ok([default; 2]),
            [rows] => Ok([*rows, 1]),
            [rows, columns] => Ok([*rows, *columns]),
            more => unsupported(format!("{} spatial dimensions; use two", more.len())),
        }
    };
    let kernel = pair("kernel_shape", 1)?;
    let pad = match sizes_of(ctx, op, "pads")?.as_slice() {
        [] => [0; 4],
        [before, after] => [*before, *after, 0, 0],
        [top, left, bottom, right] => [*top, *bottom, *left, *right],
        _ => return malformed("'pads' of neither 2 nor 4 numbers"),
    };
    Ok(WindowFields {
        kernel,
        stride: pair("strides", 1)?,
        dilation: pair("dilations", 1)?,
        insert: [0; 2],
        pad,
    })
}
