//! Post-training quantisation: what makes an INT8 program more accurate than the thresholds alone do, and the search for
//! what must stay in floating point.

pub mod channel_classes;
pub mod equalize;
pub mod lockstep;
pub mod ranges;
pub mod refine;
pub mod rounding;

use crate::data::Tensor;
use crate::program::Program;
use crate::quantization::scale::quant_params;
use ndarray::ArrayD;
use tpuc_dialects::ir::{Context, Op, Value};

/// Real value of one quantum of a quantised value.
fn value_scale(ctx: &Context, value: Value) -> Option<f64> {
    quant_params(ctx, value).ok().map(|params| params.scale)
}

/// Real value of one unit of the sum of each output channel of a lowered convolution; `None` if it is not quantised.
fn accumulator_units(ctx: &Context, op: Op) -> Option<Vec<f64>> {
    let output = ctx.result(op);
    let scale = value_scale(ctx, output)?;
    let channels = *ctx.shape(output)?.get(1)? as usize;
    let shift = *ctx.get_i64s(op, "rshift")?.first()?;
    Some(vec![scale / (shift as f64).exp2(); channels])
}

/// Gives a weight new numbers under its name.
fn replace_weight<T>(program: &mut Program, value: Value, shape: &[usize], values: Vec<T>)
where
    Tensor: From<ArrayD<T>>,
{
    let name = program.ctx.value_name(value).to_owned();
    if let Ok(tensor) = Tensor::from_vec(shape, values) {
        program.weights.insert(&name, tensor);
    }
}
