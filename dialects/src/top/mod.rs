//! The `top` dialect: networks as frameworks see them, in floating point. One file for each operation.

mod abs;
mod adaptive_avg_pool;
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
mod concat_volume;
mod constant_fill;
mod control;
mod conv;
mod copy;
mod correlation;
mod cos;
mod cosh;
mod cumsum;
mod custom;
mod deconv;
mod deform_conv2d;
mod depth2space;
mod dequant_int;
mod dequantize_linear;
mod detection_output;
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
mod insert;
mod instance_norm;
mod interp;
mod layer_norm;
mod leaky_relu;
mod log;
mod logical_and;
mod lrn;
mod lstm;
mod lut;
mod masked_fill;
mod matmul;
mod max;
mod max_const;
mod max_pool;
mod mean_std_scale;
mod min;
mod min_const;
mod mish;
mod modulo;
mod mul;
mod mul_const;
mod nms;
mod non_zero;
mod none;
mod pack;
mod pad;
mod permute;
mod pixel_norm;
mod pow;
mod pow2;
mod pow3;
mod prelu;
mod preprocess;
mod quantize_linear;
mod randn_like;
mod range;
mod reciprocal;
mod reduce;
mod relu;
mod remainder;
mod requant_fp;
mod requant_int;
mod reshape;
mod reverse;
mod rms_norm;
mod roi_align;
mod roi_extractor;
mod round;
mod rsqrt;
mod scale;
mod scale_lut;
mod scatter_elements;
mod scatter_nd;
mod selective_scan;
pub mod shape;
mod shape_op;
mod shuffle_channel;
mod sigmoid;
mod sign;
mod silu;
mod sin;
mod sinh;
mod size;
mod slice;
mod slice_axis;
mod softmax;
mod softplus;
mod softsign;
mod sort;
mod split;
mod sqrt;
mod squeeze;
mod strided_slice;
mod sub;
mod sub_const;
mod swap_channel;
mod swap_dim_inner;
mod swish;
mod tan;
mod tanh;
mod tile;
mod topk;
mod transpose;
mod trilu;
mod unpack;
mod unsqueeze;
mod upsample;
mod variance;
mod weight;
mod r#where;
mod yolo_detection;

use crate::ir::{Dialect, OpView};
pub use abs::Abs;
pub use adaptive_avg_pool::AdaptiveAvgPool;
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
pub use concat_volume::ConcatVolume;
pub use constant_fill::ConstantFill;
pub use control::{If, Loop, Yield};
pub use conv::Conv;
pub use copy::Copy;
pub use correlation::Correlation;
pub use cos::Cos;
pub use cosh::Cosh;
pub use cumsum::CumSum;
pub use custom::Custom;
pub use deconv::Deconv;
pub use deform_conv2d::DeformConv2D;
pub use depth2space::Depth2Space;
pub use dequant_int::DequantInt;
pub use dequantize_linear::DequantizeLinear;
pub use detection_output::DetectionOutput;
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
pub use insert::Insert;
pub use instance_norm::InstanceNorm;
pub use interp::Interp;
pub use layer_norm::LayerNorm;
pub use leaky_relu::LeakyRelu;
pub use log::Log;
pub use logical_and::LogicalAnd;
pub use lrn::LRN;
pub use lstm::LSTM;
pub use lut::Lut;
pub use masked_fill::MaskedFill;
pub use matmul::MatMul;
pub use max::Max;
pub use max_const::MaxConst;
pub use max_pool::MaxPool;
pub use mean_std_scale::MeanStdScale;
pub use min::Min;
pub use min_const::MinConst;
pub use mish::Mish;
pub use modulo::Mod;
pub use mul::Mul;
pub use mul_const::MulConst;
pub use nms::Nms;
pub use non_zero::NonZero;
pub use none::NoneOp;
pub use pack::Pack;
pub use pad::Pad;
pub use permute::Permute;
pub use pixel_norm::PixelNorm;
pub use pow::Pow;
pub use pow2::Pow2;
pub use pow3::Pow3;
pub use prelu::PRelu;
pub use preprocess::Preprocess;
pub use quantize_linear::QuantizeLinear;
pub use randn_like::RandnLike;
pub use range::RangeOp;
pub use reciprocal::Reciprocal;
pub use reduce::Reduce;
pub use relu::Relu;
pub use remainder::Remainder;
pub use requant_fp::RequantFp;
pub use requant_int::RequantInt;
pub use reshape::Reshape;
pub use reverse::Reverse;
pub use rms_norm::RMSNorm;
pub use roi_align::RoiAlign;
pub use roi_extractor::RoiExtractor;
pub use round::Round;
pub use rsqrt::Rsqrt;
pub use scale::Scale;
pub use scale_lut::ScaleLut;
pub use scatter_elements::ScatterElements;
pub use scatter_nd::ScatterND;
pub use selective_scan::SelectiveScan;
pub use shape_op::Shape;
pub use shuffle_channel::ShuffleChannel;
pub use sigmoid::Sigmoid;
pub use sign::Sign;
pub use silu::SiLU;
pub use sin::Sin;
pub use sinh::Sinh;
pub use size::Size;
pub use slice::{Range, Slice};
pub use slice_axis::SliceAxis;
pub use softmax::Softmax;
pub use softplus::Softplus;
pub use softsign::Softsign;
pub use sort::Sort;
pub use split::Split;
pub use sqrt::Sqrt;
pub use squeeze::Squeeze;
pub use strided_slice::StridedSlice;
pub use sub::Sub;
pub use sub_const::SubConst;
pub use swap_channel::SwapChannel;
pub use swap_dim_inner::SwapDimInner;
pub use swish::Swish;
pub use tan::Tan;
pub use tanh::Tanh;
pub use tile::Tile;
pub use topk::TopK;
pub use transpose::Transpose;
pub use trilu::Trilu;
pub use unpack::Unpack;
pub use unsqueeze::Unsqueeze;
pub use upsample::Upsample;
pub use variance::Variance;
pub use weight::Weight;
pub use r#where::Where;
pub use yolo_detection::YoloDetection;

/// `top`
pub const DIALECT: Dialect = Dialect {
    name: "top",
    ops: &[
        Abs::INFO,
        AdaptiveAvgPool::INFO,
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
        ConcatVolume::INFO,
        ConstantFill::INFO,
        Conv::INFO,
        Copy::INFO,
        Correlation::INFO,
        Cos::INFO,
        Cosh::INFO,
        CumSum::INFO,
        Custom::INFO,
        Deconv::INFO,
        DeformConv2D::INFO,
        Depth2Space::INFO,
        DequantInt::INFO,
        DequantizeLinear::INFO,
        DetectionOutput::INFO,
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
        If::INFO,
        Input::INFO,
        Insert::INFO,
        InstanceNorm::INFO,
        Interp::INFO,
        LRN::INFO,
        LSTM::INFO,
        LayerNorm::INFO,
        LeakyRelu::INFO,
        Log::INFO,
        LogicalAnd::INFO,
        Loop::INFO,
        Lut::INFO,
        MaskedFill::INFO,
        MatMul::INFO,
        Max::INFO,
        MaxConst::INFO,
        MaxPool::INFO,
        MeanStdScale::INFO,
        Min::INFO,
        MinConst::INFO,
        Mish::INFO,
        Mod::INFO,
        Mul::INFO,
        MulConst::INFO,
        Nms::INFO,
        NonZero::INFO,
        NoneOp::INFO,
        PRelu::INFO,
        Pack::INFO,
        Pad::INFO,
        Permute::INFO,
        PixelNorm::INFO,
        Pow::INFO,
        Pow2::INFO,
        Pow3::INFO,
        Preprocess::INFO,
        QuantizeLinear::INFO,
        RMSNorm::INFO,
        RandnLike::INFO,
        RangeOp::INFO,
        Reciprocal::INFO,
        Reduce::INFO,
        Relu::INFO,
        Remainder::INFO,
        RequantFp::INFO,
        RequantInt::INFO,
        Reshape::INFO,
        Reverse::INFO,
        RoiAlign::INFO,
        RoiExtractor::INFO,
        Round::INFO,
        Rsqrt::INFO,
        Scale::INFO,
        ScaleLut::INFO,
        ScatterElements::INFO,
        ScatterND::INFO,
        SelectiveScan::INFO,
        Shape::INFO,
        ShuffleChannel::INFO,
        SiLU::INFO,
        Sigmoid::INFO,
        Sign::INFO,
        Sin::INFO,
        Sinh::INFO,
        Size::INFO,
        Slice::INFO,
        SliceAxis::INFO,
        Softmax::INFO,
        Softplus::INFO,
        Softsign::INFO,
        Sort::INFO,
        Split::INFO,
        Sqrt::INFO,
        Squeeze::INFO,
        StridedSlice::INFO,
        Sub::INFO,
        SubConst::INFO,
        SwapChannel::INFO,
        SwapDimInner::INFO,
        Swish::INFO,
        Tan::INFO,
        Tanh::INFO,
        Tile::INFO,
        TopK::INFO,
        Transpose::INFO,
        Trilu::INFO,
        Unpack::INFO,
        Unsqueeze::INFO,
        Upsample::INFO,
        Variance::INFO,
        Weight::INFO,
        Where::INFO,
        Yield::INFO,
        YoloDetection::INFO,
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
