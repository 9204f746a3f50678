//! Weights as the chip reads them (pass `weight-reorder`).
//!
//! A dense convolution reads, for each output channel, all taps row-major, and for each tap the input channels, padded
//! to 4 (8-bit) or 2 (f32). Over few channels, taps become channels ([`super::fold`]; `use_3ic_optimize` says which). The
//! reordered tensor has shape `[1, output channels, taps, padded input channels]`. Depthwise
//! weights and biases are read as they are. A matrix becomes the weights of a convolution over its depth. Where each channel of
//! a convolution has a right shift of its own, the shifts follow the filter in one weight (`coeff_merged`).

use super::address::shape_of_type;
use super::conv2d::{choose_fold, window_of};
use super::error::{Error, Result, malformed, unsupported};
use super::lay_out::{LayOut, Order};
use super::tensor::Element;
use super::window::{SHIFT_WORD_BYTES, shift_word};
use crate::data::{DType, Tensor};
use crate::program::Program;
use crate::quantization::channel_shift::{MAX_SPREAD, bias_range, rounding_excess};
use rayon::prelude::*;
use tpuc_dialects::ir::{Op, Value};

/// Weights that are yet to be laid out.
#[derive(Debug, Default)]
pub struct Pending(Vec<PendingWeight>);

#[derive(Debug)]
struct PendingWeight {
    op: Op,
    source: String,
    name: String,
    lay_out: LayOut,
}

impl Pending {
    /// Lays all out, side by side. Gives the operations whose weight is missing or damaged.
    pub fn finish(self, program: &mut Program) -> Vec<(Op, Error)> {
        let weights = &program.weights;
        let made: Vec<Result<Tensor>> = self
            .0
            .par_iter()
            .map(|weight| {
                let source = weights.read(&weight.source)?;
                weight.lay_out.of(source)
            })
            .collect();
        let mut failed = Vec::new();
        for (weight, made) in self.0.into_iter().zip(made) {
            match made {
                Ok(tensor) => program.weights.insert(&weight.name, tensor),
                Err(error) => failed.push((weight.op, error)),
            }
        }
        failed
    }
}

/// Replaces weights by their laid-out form, where the operation wants it; large ones when [`Pending::finish`] is called, and
/// then what [`finish`] does.
///
/// # Errors
/// When a weight is missing or of a type that the chip does not read.
pub fn reorder(program: &mut Program, op: Op, pending: &mut Pending) -> Result<()> {
    match program.ctx.op_name(op) {
        "tpu.Conv2D" => {
            take_padding_back(program, op);
            reorder_convolution(program, op, pending)
        }
        "tpu.Conv3D" => reorder_convolution(program, op, pending),
        "tpu.Deconv" | "tpu.Deconv3D" => reorder_transposed(program, op, pending),
        "tpu.Interp" => add_fractions(program, op),
        "tpu.Lut" => pack_tables(program, op),
        "tpu.MatMul" => reorder_matrix(program, op, pending),
        _ => Ok(()),
    }
}

/// What needs the weights laid out.
///
/// # Errors
/// When right shifts or biases are not such as the chip has.
pub fn finish(program: &mut Program, op: Op) -> Result<()> {
    match program.ctx.op_name(op) {
        "tpu.Conv2D" => merge_channel_shifts(program, op),
        _ => Ok(()),
    }
}

/// Lays out what the real `weight-reorder` leaves as it is and ours does not: matrices, and the fractions of mixed pixels. So its
/// text can go on here; a program of ours has them already.
///
/// # Errors
/// As [`reorder`], and where the real pass lays out weights in another way.
pub fn complete(program: &mut Program, op: Op, pending: &mut Pending) -> Result<()> {
    refuse_other_layouts(program, op)?;
    match program.ctx.op_name(op) {
        "tpu.MatMul" if !is_laid_out(program, op, 1) => reorder_matrix(program, op, pending),
        "tpu.Interp"
            if program
                .ctx
                .operands(op)
                .get(2)
                .is_some_and(|value| program.ctx.is_none(*value)) =>
        {
            add_fractions(program, op)
        }
        _ => Ok(()),
    }
}

/// The real `weight-reorder` gives every weight a `path`. Where its layout is not ours, code would compute something else.
fn refuse_other_layouts(program: &Program, op: Op) -> Result<()> {
    let ctx = &program.ctx;
    let weights = ctx
        .operands(op)
        .iter()
        .filter_map(|value| ctx.defining_op(*value));
    let theirs: Vec<Op> = weights
        .filter(|weight| ctx.is(*weight, "top.Weight") && ctx.get_attr(*weight, "path").is_some())
        .collect();
    let differs = match ctx.op_name(op) {
        _ if theirs.is_empty() => false,
        _ if theirs
            .iter()
            .any(|weight| ctx.get_attr(*weight, "store_mode").is_some()) =>
        {
            true
        }
        "tpu.Deconv" | "tpu.Deconv3D" | "tpu.LSTM" | "tpu.GRU" => true,
        "tpu.Conv2D" => ctx.get_i64(op, "use_3ic_optimize").unwrap_or(0) != 0,
        _ => false,
    };
    if differs {
        return unsupported(
            "weights in the layout of TPU-MLIR's weight-reorder, which is another one here; take the text before that pass, and run \
             --weight-reorder here",
        );
    }
    Ok(())
}

/// Whether an operand is a weight that was laid out: its name says so, here and in TPU-MLIR.
fn is_laid_out(program: &Program, op: Op, operand: usize) -> bool {
    let ctx = &program.ctx;
    let weight = ctx
        .operands(op)
        .get(operand)
        .and_then(|value| ctx.defining_op(*value));
    weight.is_some_and(|weight| ctx.is(weight, "top.Weight") && ctx.name(weight).contains(LAID_OUT))
}

/// What the name of a laid out weight ends with.
const LAID_OUT: &str = "_reorderd";

/// A table for several batches becomes one for each byte of a word.
fn pack_tables(program: &mut Program, op: Op) -> Result<()> {
    let (table, output) = (program.ctx.operand(op, 1), program.ctx.result(op));
    let several = program
        .ctx
        .shape(output)
        .and_then(|shape| shape.first())
        .is_some_and(|batches| *batches > 1);
    let Some(tensor) = program.weight(table)?.filter(|_| several) else {
        return Ok(());
    };
    let element = element_of(tensor.dtype())?;
    if element.bytes() != 4 || tensor.len() != 256 {
        return Ok(());
    }
    let packed = super::lut::pack_tables(&tensor.to_bytes());
    insert_weight(program, op, 1, &packed, element, &[1, 1, 4, 256])
}

/// Element type of a weight and its sizes by its type in the program; the store may hold it flat. `None` if the value is no
/// weight.
fn describe(program: &Program, value: Value) -> Result<Option<(Element, Vec<usize>)>> {
    if !is_weight(program, value) {
        return Ok(None);
    }
    let (dtype, stored) = program.weights.describe(program.ctx.value_name(value))?;
    let shape = shape_of_type(&program.ctx, program.ctx.value_type(value))?;
    let elements: usize = stored.iter().product();
    if shape.iter().product::<usize>() != elements {
        return malformed(format!(
            "a weight of {elements} elements where its type says {shape:?}"
        ));
    }
    Ok(Some((element_of(dtype)?, shape)))
}

/// Whether `value` is a weight.
pub fn is_weight(program: &Program, value: Value) -> bool {
    program
        .ctx
        .defining_op(value)
        .is_some_and(|op| program.ctx.is(op, "top.Weight"))
}

/// Element type of a weight tensor.
pub fn element_of(dtype: DType) -> Result<Element> {
    Ok(match dtype {
        DType::F32 => Element::F32,
        DType::I8 => Element::I8,
        DType::U8 => Element::U8,
        DType::I16 => Element::I16,
        DType::U16 => Element::U16,
        DType::I32 => Element::I32,
        DType::U32 => Element::U32,
        other => return unsupported(format!("weights of type {other}; use f32 or 8-bit integers")),
    })
}

fn reorder_convolution(program: &mut Program, op: Op, pending: &mut Pending) -> Result<()> {
    let filter = program.ctx.operand(op, 1);
    let Some((element, shape)) = describe(program, filter)? else {
        return unsupported("a convolution whose filter is computed; make the filter a constant");
    };
    let &[outputs, inputs, ref kernel @ ..] = shape.as_slice() else {
        return malformed("a filter of rank below 2");
    };
    let group = program.ctx.get_i64(op, "group").unwrap_or(1);
    if inputs == 1 && group as usize == outputs && group > 1 {
        return Ok(());
    }
    let taps: usize = kernel.iter().product();
    let mut sizes = [outputs, taps, inputs];
    let mut order = Order::of_filter(sizes, false);
    if program.ctx.is(op, "tpu.Conv2D") {
        let window = window_of(&program.ctx, op)?.kernel;
        let fold = choose_fold(program, op, element)?;
        let code = program.ctx.i64_attr(fold.code());
        program.ctx.rewriter().set_attr(op, "use_3ic_optimize", code);
        if fold.is_any() {
            if window[0] * window[1] != taps {
                return malformed(format!("a filter of {taps} taps where the kernel is {window:?}"));
            }
            let [rows, columns] = fold.taps(window);
            sizes = [outputs, taps / (rows * columns), inputs * rows * columns];
            order = Order::Folded { fold, window, inputs };
        }
    }
    replace_weight(
        program,
        op,
        LayOut {
            element,
            sizes,
            order,
        },
        pending,
    )
}

/// The rows of padding that `processor-tpu-optimize` put in front of the first convolution are its own again: zeros are
/// written where rows are loaded, which costs less than a copy of the tensor.
fn take_padding_back(program: &mut Program, op: Op) {
    let ctx = &mut program.ctx;
    let padded = ctx.operand(op, 0);
    let Some(pad) = ctx.defining_op(padded).filter(|pad| ctx.is(*pad, "tpu.Pad")) else {
        return;
    };
    let list = |op: Op, name: &str| ctx.get_i64s(op, name).unwrap_or_default();
    let (pads, paddings) = (list(op, "pads"), list(pad, "paddings"));
    let zeros = matches!(ctx.get_str(pad, "mode"), None | Some("constant"))
        && ctx.get_f64(pad, "val").unwrap_or(0.0) == 0.0
        && !ctx.get_bool(pad, "with_insert_zero").unwrap_or(false);
    let (&[top, left, bottom, right], &[0, 0, above, before, 0, 0, below, after]) =
        (pads.as_slice(), paddings.as_slice())
    else {
        return;
    };
    let more = [above, before, below, after];
    let marked = ctx.get_i64(op, "use_3ic_optimize") == Some(1);
    if !zeros || !marked || ctx.uses(padded).len() != 1 || more.iter().any(|rows| *rows < 0) {
        return;
    }
    let input = ctx.operand(pad, 0);
    let pads = ctx.i64_array_attr(&[top + above, left + before, bottom + below, right + after]);
    let mut rewriter = ctx.rewriter();
    rewriter.set_operand(op, 0, input);
    rewriter.set_attr(op, "pads", pads);
    rewriter.erase_op(pad);
}

/// A convolution with a right shift for each channel finds them behind its filter, less the lowest, which the convolution does
/// itself; its bias has what makes the two shifts round as one (`quantization::channel_shift`).
fn merge_channel_shifts(program: &mut Program, op: Op) -> Result<()> {
    let shifts = program.ctx.get_i64s(op, "rshift").unwrap_or_default();
    let (Some(&lowest), Some(&highest)) = (shifts.iter().min(), shifts.iter().max()) else {
        return Ok(());
    };
    if lowest == highest {
        return Ok(());
    }
    let output = program.ctx.result(op);
    let channels = shape_of_type(&program.ctx, program.ctx.value_type(output))?;
    let channels = channels.get(1).copied().unwrap_or(1);
    if shifts.len() != channels {
        return malformed(format!("{} right shifts for {channels} channels", shifts.len()));
    }
    if lowest < 0 || highest - lowest > MAX_SPREAD {
        return unsupported(format!(
            "channels with right shifts from {lowest} to {highest}; at most {MAX_SPREAD} apart are possible"
        ));
    }
    let bias = program.ctx.operands(op).get(2).copied();
    let bias = bias.filter(|bias| is_weight(program, *bias));
    let values: Vec<i64> = match bias {
        Some(bias) => match program.weight(bias)? {
            Some(tensor) => tensor.to_f64().iter().map(|value| *value as i64).collect(),
            None => return malformed("a bias without its weight"),
        },
        None => vec![0; channels],
    };
    if values.len() != channels {
        return malformed(format!("{} biases for {channels} channels", values.len()));
    }
    let mut bytes = Vec::with_capacity(2 * channels);
    for (channel, (value, shift)) in values.iter().zip(&shifts).enumerate() {
        let (low, high) = bias_range(*shift, lowest);
        if !(low..=high).contains(value) {
            return unsupported(format!(
                "the bias {value} of channel {channel} with right shift {shift} where the lowest is {lowest}; {low} to {high} fit"
            ));
        }
        bytes.extend(((value + rounding_excess(*shift, lowest)) as i16).to_le_bytes());
    }
    match bias {
        Some(_) => insert_weight(program, op, 2, &bytes, Element::I16, &[channels])?,
        None => add_bias(program, op, &bytes, channels)?,
    }
    let filter = program.ctx.operand(op, 1);
    let Some(tensor) = program.weight(filter)? else {
        return malformed("a filter without its weight");
    };
    let mut merged = tensor.to_bytes();
    merged.resize(merged.len().next_multiple_of(SHIFT_WORD_BYTES), 0);
    merged.extend(shifts.iter().flat_map(|shift| shift_word(shift - lowest)));
    let element = element_of(tensor.dtype())?;
    if !element.is_byte() {
        return malformed("right shifts of a convolution that is not 8-bit");
    }
    insert_weight(program, op, 1, &merged, element, &[1, 1, 1, merged.len()])?;
    let merged = program.ctx.bool_attr(true);
    program.ctx.rewriter().set_attr(op, "coeff_merged", merged);
    Ok(())
}

/// Gives a convolution a 16-bit bias of its own.
fn add_bias(program: &mut Program, op: Op, bytes: &[u8], channels: usize) -> Result<()> {
    let tensor = Tensor::from_bytes(DType::I16, &[channels], bytes)
        .map_err(|error| Error::Malformed(error.to_string()))?;
    let name = format!("{}_rounding", program.ctx.name(op));
    let name = program.weights.unique_name(&name);
    program.weights.insert(&name, tensor);
    let element = program.ctx.int_type(16);
    let ty = program.ctx.tensor_type(&[channels as i64], element);
    let with_bias = program.ctx.bool_attr(true);
    let mut rewriter = program.ctx.rewriter_before(op);
    let weight = rewriter.build("top.Weight").result(ty).named(&name).finish();
    let weight = rewriter.result(weight);
    rewriter.set_operand(op, 2, weight);
    rewriter.set_attr(op, "with_bias", with_bias);
    Ok(())
}

/// A transposed convolution is a convolution over the input with zeros between, and the kernel turned by 180 degrees.
/// Its filter is `[output channels, input channels of the group, (depth,) rows, columns]` here, too.
fn reorder_transposed(program: &mut Program, op: Op, pending: &mut Pending) -> Result<()> {
    let filter = program.ctx.operand(op, 1);
    let Some((element, filter_shape)) = describe(program, filter)? else {
        return unsupported("a transposed convolution whose filter is computed; make the filter a constant");
    };
    let &[outer, inner, ref kernel @ ..] = filter_shape.as_slice() else {
        return malformed("a transposed filter of rank below 2");
    };
    let group = program.ctx.get_i64(op, "group").unwrap_or(1).max(1) as usize;
    let shape = |value: Value| program.ctx.shape(value).map(<[i64]>::to_vec).unwrap_or_default();
    let (input, output) = (shape(program.ctx.operand(op, 0)), shape(program.ctx.result(op)));
    let (inputs, outputs) = match (input.get(1), output.get(1)) {
        (Some(&inputs), Some(&outputs)) => (inputs as usize / group, outputs as usize),
        _ => return malformed("a transposed convolution on tensors of rank below 2"),
    };
    if outer * inner != inputs * outputs {
        return malformed("a transposed filter that does not match its channels");
    }
    let taps: usize = kernel.iter().product();
    if group > 1 && group == outputs && inputs == 1 {
        let Some(tensor) = program.weight(filter)? else {
            return malformed("a filter without its weight");
        };
        let source = tensor.bytes();
        let size = element.bytes();
        let turned: Vec<u8> = (0..outputs * taps)
            .flat_map(|index| {
                let from = index / taps * taps + (taps - 1 - index % taps);
                source[from * size..(from + 1) * size].iter().copied()
            })
            .collect();
        return insert_weight(program, op, 1, &turned, element, &[1, outputs, 1, taps]);
    }
    let sizes = [outputs, taps, inputs];
    let order = Order::of_filter(sizes, true);
    replace_weight(
        program,
        op,
        LayOut {
            element,
            sizes,
            order,
        },
        pending,
    )
}

/// Puts the fractions of mixed pixels, which the shapes and modes say, where the operation has its buffer.
fn add_fractions(program: &mut Program, op: Op) -> Result<()> {
    let Some(fractions) = super::interp::fractions(program, op)? else {
        return Ok(());
    };
    let name = format!("{}_fractions", program.ctx.name(op));
    let name = program.weights.unique_name(&name);
    let count = fractions.len();
    let tensor =
        Tensor::from_vec(&[count], fractions).map_err(|error| Error::Malformed(error.to_string()))?;
    program.weights.insert(&name, tensor);
    let element_type = program.ctx.f32_type();
    let ty = program.ctx.tensor_type(&[count as i64], element_type);
    let mut rewriter = program.ctx.rewriter_before(op);
    let weight = rewriter.build("top.Weight").result(ty).named(&name).finish();
    let weight = rewriter.result(weight);
    rewriter.set_operand(op, 2, weight);
    Ok(())
}

fn reorder_matrix(program: &mut Program, op: Op, pending: &mut Pending) -> Result<()> {
    let right = program.ctx.operand(op, 1);
    let Some((element, shape)) = describe(program, right)? else {
        return Ok(());
    };
    let transposed = program.ctx.get_bool(op, "right_transpose").unwrap_or(false);
    let (matrices, rows, columns) = match shape.as_slice() {
        [rows, columns] => (1, *rows, *columns),
        [outer @ .., rows, columns] => (outer.iter().product(), *rows, *columns),
        _ => return malformed("a matrix of rank below 2"),
    };
    let (depth, outputs) = if transposed {
        (columns, rows)
    } else {
        (rows, columns)
    };
    let sizes = [matrices * outputs, 1, depth];
    let (output_step, input_step) = if transposed { (depth, 1) } else { (1, outputs) };
    let order = Order::Even {
        outputs,
        output_steps: [output_step, depth * outputs],
        tap_step: 1,
        turned: false,
        input_step,
    };
    replace_weight(
        program,
        op,
        LayOut {
            element,
            sizes,
            order,
        },
        pending,
    )
}

/// Puts a new weight in place of operand 1, whose elements come later.
fn replace_weight(program: &mut Program, op: Op, lay_out: LayOut, pending: &mut Pending) -> Result<()> {
    let source = program.ctx.value_name(program.ctx.operand(op, 1)).to_owned();
    let name = program.weights.reserve_name(&format!("{source}{LAID_OUT}"));
    put_weight(program, op, 1, &name, &lay_out.shape())?;
    pending.0.push(PendingWeight {
        op,
        source,
        name,
        lay_out,
    });
    Ok(())
}

/// Puts a new weight in place of operand `operand`.
fn insert_weight(
    program: &mut Program,
    op: Op,
    operand: usize,
    bytes: &[u8],
    element: Element,
    shape: &[usize],
) -> Result<()> {
    let dtype = match element {
        Element::F32 => DType::F32,
        Element::I8 => DType::I8,
        Element::U8 => DType::U8,
        Element::I16 => DType::I16,
        Element::U16 => DType::U16,
        Element::I32 => DType::I32,
        Element::U32 => DType::U32,
    };
    let tensor =
        Tensor::from_bytes(dtype, shape, bytes).map_err(|error| Error::Malformed(error.to_string()))?;
    let name = format!(
        "{}{LAID_OUT}",
        program.ctx.value_name(program.ctx.operand(op, operand))
    );
    let name = program.weights.unique_name(&name);
    program.weights.insert(&name, tensor);
    put_weight(program, op, operand, &name, shape)
}

/// Makes a weight of the store operand `operand`; the old one goes when nothing else uses it.
fn put_weight(program: &mut Program, op: Op, operand: usize, name: &str, shape: &[usize]) -> Result<()> {
    let old = program.ctx.operand(op, operand);
    let Some(old_op) = program.ctx.defining_op(old) else {
        return malformed("a weight that no operation defines");
    };
    let element_type = match program.ctx.element(old) {
        Some(ty) => ty,
        None => return malformed("a weight without a tensor type"),
    };
    let sizes: Vec<i64> = shape.iter().map(|size| *size as i64).collect();
    let ty = program.ctx.tensor_type(&sizes, element_type);
    let mut rewriter = program.ctx.rewriter_before(old_op);
    let new = rewriter.build("top.Weight").result(ty).named(name).finish();
    let new = rewriter.result(new);
    rewriter.set_operand(op, operand, new);
    if rewriter.uses(old).is_empty() {
        rewriter.erase_op(old_op);
    }
    Ok(())
}
