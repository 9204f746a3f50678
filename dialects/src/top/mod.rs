//! The `top` dialect: networks as frameworks see them, in floating point. One file for each operation.

mod abs;
mod add;
mod add_const;
mod arccos;
mod arctanh;
mod arg;
mod avg_pool;
mod batch_norm;
mod cast;
mod ceil;
mod clip;
mod compare;
mod compare_const;
mod concat;
mod constant_fill;
mod conv;
mod cos;
mod cosh;
mod cumsum;
mod deconv;
mod depth2space;
mod div;
mod div_const;
mod einsum;
mod elu;
mod erf;
mod exp;
mod expand;
mod flatten;
mod floor;
mod gather;
mod gather_elements;
mod gather_nd;
mod gelu;
mod grid_sampler;
mod group_norm;
mod gru;
mod hard_sigmoid;
mod hard_swish;
mod input;
mod instance_norm;
mod interp;
mod layer_norm;
mod leaky_relu;
mod log;
mod logical_and;
mod lrn;
mod lstm;
mod matmul;
mod max;
mod max_const;
mod max_pool;
mod min;
mod min_const;
mod mish;
mod mul;
mod mul_const;
mod none;
mod pad;
mod permute;
mod pixel_norm;
mod pow;
mod pow2;
mod pow3;
mod prelu;
mod reciprocal;
mod reduce;
mod relu;
mod reshape;
mod reverse;
mod rms_norm;
mod round;
mod rsqrt;
mod scale;
mod scatter_elements;
mod scatter_nd;
pub mod shape;
mod shape_op;
mod sigmoid;
mod sign;
mod silu;
mod sin;
mod sinh;
mod size;
mod slice;
mod softmax;
mod softplus;
mod softsign;
mod split;
mod sqrt;
mod squeeze;
mod sub;
mod sub_const;
mod swap_channel;
mod swap_dim_inner;
mod swish;
mod tan;
mod tanh;
mod tile;
mod topk;
mod trilu;
mod unpack;
mod unsqueeze;
mod upsample;
mod weight;
mod r#where;

use crate::ir::{Dialect, OpView};
pub use abs::Abs;
pub use add::Add;
pub use add_const::AddConst;
pub use arccos::Arccos;
pub use arctanh::Arctanh;
pub use arg::Arg;
pub use avg_pool::AvgPool;
pub use batch_norm::BatchNorm;
pub use cast::Cast;
pub use ceil::Ceil;
pub use clip::Clip;
pub use compare::Compare;
pub use compare_const::CompareConst;
pub use concat::Concat;
pub use constant_fill::ConstantFill;
pub use conv::Conv;
pub use cos::Cos;
pub use cosh::Cosh;
pub use cumsum::CumSum;
pub use deconv::Deconv;
pub use depth2space::Depth2Space;
pub use div::Div;
pub use div_const::DivConst;
pub use einsum::Einsum;
pub use elu::Elu;
pub use erf::Erf;
pub use exp::Exp;
pub use expand::Expand;
pub use flatten::Flatten;
pub use floor::Floor;
pub use gather::Gather;
pub use gather_elements::GatherElements;
pub use gather_nd::GatherND;
pub use gelu::GELU;
pub use grid_sampler::GridSampler;
pub use group_norm::GroupNorm;
pub use gru::GRU;
pub use hard_sigmoid::HardSigmoid;
pub use hard_swish::HardSwish;
pub use input::Input;
pub use instance_norm::InstanceNorm;
pub use interp::Interp;
pub use layer_norm::LayerNorm;
pub use leaky_relu::LeakyRelu;
pub use log::Log;
pub use logical_and::LogicalAnd;
pub use lrn::LRN;
pub use lstm::LSTM;
pub use matmul::MatMul;
pub use max::Max;
pub use max_const::MaxConst;
pub use max_pool::MaxPool;
pub use min::Min;
pub use min_const::MinConst;
pub use mish::Mish;
pub use mul::Mul;
pub use mul_const::MulConst;
pub use none::NoneOp;
pub use pad::Pad;
pub use permute::Permute;
pub use pixel_norm::PixelNorm;
pub use pow::Pow;
pub use pow2::Pow2;
pub use pow3::Pow3;
pub use prelu::PRelu;
pub use reciprocal::Reciprocal;
pub use reduce::Reduce;
pub use relu::Relu;
pub use reshape::Reshape;
pub use reverse::Reverse;
pub use rms_norm::RMSNorm;
pub use round::Round;
pub use rsqrt::Rsqrt;
pub use scale::Scale;
pub use scatter_elements::ScatterElements;
pub use scatter_nd::ScatterND;
pub use shape_op::Shape;
pub use sigmoid::Sigmoid;
pub use sign::Sign;
pub use silu::SiLU;
pub use sin::Sin;
pub use sinh::Sinh;
pub use size::Size;
pub use slice::{Range, Slice};
pub use softmax::Softmax;
pub use softplus::Softplus;
pub use softsign::Softsign;
pub use split::Split;
pub use sqrt::Sqrt;
pub use squeeze::Squeeze;
pub use sub::Sub;
pub use sub_const::SubConst;
pub use swap_channel::SwapChannel;
pub use swap_dim_inner::SwapDimInner;
pub use swish::Swish;
pub use tan::Tan;
pub use tanh::Tanh;
pub use tile::Tile;
pub use topk::TopK;
pub use trilu::Trilu;
pub use unpack::Unpack;
pub use unsqueeze::Unsqueeze;
pub use upsample::Upsample;
pub use weight::Weight;
pub use r#where::Where;

/// `top`
pub const DIALECT: Dialect = Dialect {
    name: "top",
    ops: &[
        Abs::INFO,
        Add::INFO,
        AddConst::INFO,
        Arccos::INFO,
        Arctanh::INFO,
        Arg::INFO,
        AvgPool::INFO,
        BatchNorm::INFO,
        Cast::INFO,
        Ceil::INFO,
        Clip::INFO,
        Compare::INFO,
        CompareConst::INFO,
        Concat::INFO,
        ConstantFill::INFO,
        Conv::INFO,
        Cos::INFO,
        Cosh::INFO,
        CumSum::INFO,
        Deconv::INFO,
        Depth2Space::INFO,
        Div::INFO,
        DivConst::INFO,
        Einsum::INFO,
        Elu::INFO,
        Erf::INFO,
        Exp::INFO,
        Expand::INFO,
        Flatten::INFO,
        Floor::INFO,
        GELU::INFO,
        GRU::INFO,
        Gather::INFO,
        GatherElements::INFO,
        GatherND::INFO,
        GridSampler::INFO,
        GroupNorm::INFO,
        HardSigmoid::INFO,
        HardSwish::INFO,
        Input::INFO,
        InstanceNorm::INFO,
        Interp::INFO,
        LRN::INFO,
        LSTM::INFO,
        LayerNorm::INFO,
        LeakyRelu::INFO,
        Log::INFO,
        LogicalAnd::INFO,
        MatMul::INFO,
        Max::INFO,
        MaxConst::INFO,
        MaxPool::INFO,
        Min::INFO,
        MinConst::INFO,
        Mish::INFO,
        Mul::INFO,
        MulConst::INFO,
        NoneOp::INFO,
        PRelu::INFO,
        Pad::INFO,
        Permute::INFO,
        PixelNorm::INFO,
        Pow::INFO,
        Pow2::INFO,
        Pow3::INFO,
        RMSNorm::INFO,
        Reciprocal::INFO,
        Reduce::INFO,
        Relu::INFO,
        Reshape::INFO,
        Reverse::INFO,
        Round::INFO,
        Rsqrt::INFO,
        Scale::INFO,
        ScatterElements::INFO,
        ScatterND::INFO,
        Shape::INFO,
        SiLU::INFO,
        Sigmoid::INFO,
        Sign::INFO,
        Sin::INFO,
        Sinh::INFO,
        Size::INFO,
        Slice::INFO,
        Softmax::INFO,
        Softplus::INFO,
        Softsign::INFO,
        Split::INFO,
        Sqrt::INFO,
        Squeeze::INFO,
        Sub::INFO,
        SubConst::INFO,
        SwapChannel::INFO,
        SwapDimInner::INFO,
        Swish::INFO,
        Tan::INFO,
        Tanh::INFO,
        Tile::INFO,
        TopK::INFO,
        Trilu::INFO,
        Unpack::INFO,
        Unsqueeze::INFO,
        Upsample::INFO,
        Weight::INFO,
        Where::INFO,
    ],
};

#[cfg(test)]
mod tests {
    use crate::ir::DialectRegistry;
    use std::collections::BTreeSet;

    #[test]
    fn every_operation_is_registered_once_and_lists_its_attributes_in_order() {
        let mut names = BTreeSet::new();
        let mut problems = Vec::new();
        for info in DialectRegistry::all().ops() {
            if !names.insert(info.name) {
                problems.push(format!("{} is registered twice", info.name));
            }
            if !info.attrs.is_sorted_by(|a, b| a.name < b.name) {
                problems.push(format!(
                    "attributes of {} are not in alphabetical order",
                    info.name
                ));
            }
        }
        assert!(problems.is_empty(), "{}", problems.join("\n"));
    }
}
