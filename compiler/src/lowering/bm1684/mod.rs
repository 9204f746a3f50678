//! Lowering of each `top` operation for BM1684. A row for each operation; the functions replace one operation.

mod active;
mod add;
mod compare;
mod concat;
mod constant_binary;
pub mod context;
mod conv;
mod deconv;
mod gather;
mod layer_norm;
mod leaky_relu;
mod matmul;
mod mul;
mod pad;
mod plain;
mod pool;
mod reduce;
mod scale;

use crate::inference::ops::active::erf;
use crate::quantization::Precision;
use context::Lowering;
use tpuc_dialects::ir::{Diagnostic, Op};

/// Replaces one `top` operation in the precision asked for (or in F32 where that is all BM1684 has).
pub type LowerFn = fn(&mut Lowering, Op, Precision) -> Result<(), Diagnostic>;

/// The operations that can be lowered.
pub const LOWERINGS: &[(&str, LowerFn)] = &[
    ("top.Abs", active::lower_abs),
    ("top.Add", add::lower),
    ("top.AddConst", constant_binary::lower_add),
    ("top.Arccos", active::lower_arccos),
    ("top.Arctanh", active::lower_arctanh),
    ("top.Arg", compare::lower_arg),
    ("top.AvgPool", pool::lower_average),
    ("top.Ceil", |low, op, p| {
        active::either(low, op, p, "CEIL", f64::ceil)
    }),
    ("top.Clip", active::lower_clip),
    ("top.Compare", compare::lower),
    ("top.CompareConst", compare::lower_const),
    ("top.Concat", concat::lower),
    ("top.Conv", conv::lower),
    ("top.Cos", |low, op, p| {
        active::either(low, op, p, "COS", f64::cos)
    }),
    ("top.Cosh", |low, op, p| {
        active::either(low, op, p, "COSH", f64::cosh)
    }),
    ("top.Deconv", deconv::lower),
    ("top.Depth2Space", |low, op, p| {
        plain::moves(low, op, p, "tpu.Depth2Space", 0)
    }),
    ("top.Div", |low, op, _| plain::floats(low, op, "tpu.Div", 0)),
    ("top.Elu", active::lower_elu),
    ("top.Erf", |low, op, p| active::either(low, op, p, "ERF", erf)),
    ("top.Exp", active::lower_exp),
    ("top.Floor", |low, op, p| {
        active::either(low, op, p, "FLOOR", f64::floor)
    }),
    ("top.GELU", active::lower_gelu),
    ("top.GRU", |low, op, _| {
        plain::lower_recurrent(low, op, "tpu.GRU", 10)
    }),
    ("top.Gather", gather::lower),
    ("top.GatherElements", gather::lower_elements),
    ("top.GatherND", gather::lower_nd),
    ("top.GroupNorm", |low, op, _| {
        plain::floats(low, op, "tpu.GroupNorm", 5)
    }),
    ("top.HardSigmoid", active::lower_hard_sigmoid),
    ("top.HardSwish", active::lower_hard_swish),
    ("top.InstanceNorm", |low, op, _| {
        plain::floats(low, op, "tpu.InstanceNorm", 5)
    }),
    ("top.Interp", plain::lower_interp),
    ("top.LRN", |low, op, _| plain::floats(low, op, "tpu.LRN", 3)),
    ("top.LSTM", |low, op, _| {
        plain::lower_recurrent(low, op, "tpu.LSTM", 12)
    }),
    ("top.LayerNorm", layer_norm::lower),
    ("top.LeakyRelu", leaky_relu::lower),
    ("top.Log", active::lower_log),
    ("top.MatMul", matmul::lower),
    ("top.Max", |low, op, p| plain::moves(low, op, p, "tpu.Max", 0)),
    ("top.MaxConst", constant_binary::lower_max),
    ("top.MaxPool", pool::lower_max),
    ("top.Min", |low, op, p| plain::moves(low, op, p, "tpu.Min", 0)),
    ("top.MinConst", constant_binary::lower_min),
    ("top.Mish", |low, op, p| {
        active::either(low, op, p, "MISH", |x| x * x.exp().ln_1p().tanh())
    }),
    ("top.Mul", mul::lower),
    ("top.MulConst", constant_binary::lower_mul),
    ("top.PRelu", leaky_relu::lower_prelu),
    ("top.Pad", pad::lower),
    ("top.Permute", |low, op, p| {
        plain::moves(low, op, p, "tpu.Permute", 2)
    }),
    ("top.PixelNorm", |low, op, _| {
        plain::floats(low, op, "tpu.PixelNorm", 5)
    }),
    ("top.Pow", active::lower_pow),
    ("top.Pow2", active::lower_pow2),
    ("top.RMSNorm", |low, op, _| {
        plain::floats(low, op, "tpu.RMSNorm", 2)
    }),
    ("top.Reciprocal", active::lower_reciprocal),
    ("top.Reduce", reduce::lower),
    ("top.Relu", constant_binary::lower_relu),
    ("top.Reshape", |low, op, p| {
        plain::moves(low, op, p, "tpu.Reshape", 2)
    }),
    ("top.Round", |low, op, p| {
        active::either(low, op, p, "ROUND", f64::round_ties_even)
    }),
    ("top.Rsqrt", |low, op, p| {
        active::either(low, op, p, "RSQRT", |x| 1.0 / x.sqrt())
    }),
    ("top.Scale", scale::lower),
    ("top.ShuffleChannel", |low, op, p| {
        plain::moves(low, op, p, "tpu.ShuffleChannel", 0)
    }),
    ("top.SiLU", active::lower_silu),
    ("top.Sigmoid", active::lower_sigmoid),
    ("top.Sign", |low, op, p| {
        active::either(low, op, p, "SIGN", |x| if x == 0.0 { 0.0 } else { x.signum() })
    }),
    ("top.Sin", |low, op, p| {
        active::either(low, op, p, "SIN", f64::sin)
    }),
    ("top.Sinh", |low, op, p| {
        active::either(low, op, p, "SINH", f64::sinh)
    }),
    ("top.Slice", |low, op, p| plain::moves(low, op, p, "tpu.Slice", 5)),
    ("top.Softmax", |low, op, _| {
        plain::floats(low, op, "tpu.Softmax", 6)
    }),
    ("top.Softplus", |low, op, p| {
        active::either(low, op, p, "SOFT_PLUS", |x| x.max(0.0) + (-x.abs()).exp().ln_1p())
    }),
    ("top.Softsign", |low, op, p| {
        active::either(low, op, p, "SOFT_SIGN", |x| x / (1.0 + x.abs()))
    }),
    ("top.Sqrt", active::lower_sqrt),
    ("top.Squeeze", plain::lower_to_reshape),
    ("top.Sub", add::lower_sub),
    ("top.SubConst", constant_binary::lower_sub),
    ("top.SwapDimInner", |low, op, p| {
        plain::moves(low, op, p, "tpu.SwapDimInner", 0)
    }),
    ("top.Swish", active::lower_swish),
    ("top.Tan", |low, op, p| {
        active::either(low, op, p, "TAN", f64::tan)
    }),
    ("top.Tanh", active::lower_tanh),
    ("top.Tile", |low, op, p| plain::moves(low, op, p, "tpu.Tile", 2)),
    ("top.Unsqueeze", plain::lower_to_reshape),
    ("top.Upsample", |low, op, p| {
        plain::moves(low, op, p, "tpu.Upsample", 2)
    }),
];

/// The lowering of an operation of this full name.
pub fn lowering(name: &str) -> Option<LowerFn> {
    LOWERINGS
        .iter()
        .find(|(candidate, _)| *candidate == name)
        .map(|(_, lower)| *lower)
}
