//! The `tpu` dialect: networks as the chip computes them, in floating point or in quantised integers, and the grouping that
//! decides what stays in local memory. One file for each operation.

mod active;
mod add;
mod add_const;
mod arg;
mod batch2space;
mod buffer;
mod cast;
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
mod cumsum;
mod custom;
mod deconv;
mod deform_gather;
mod depth2space;
mod dequant_int;
mod detection_output;
mod device2host;
mod div;
mod gather;
mod gather_elements;
mod gather_nd;
mod generic_cpu;
mod grid_sampler;
mod group;
mod group_norm;
mod gru;
mod host2device;
mod instance_norm;
mod interp;
mod layer_norm;
mod leaky_relu;
mod load;
mod logical_and;
mod lrn;
mod lstm;
mod lut;
mod masked_fill;
mod matmul;
mod max;
mod max_const;
mod mean_std_scale;
mod min;
mod min_const;
mod r#move;
mod mul;
mod mul_const;
mod mul_shift;
mod nms;
mod non_zero;
mod out_buffer;
mod pad;
mod permute;
mod pixel_norm;
mod pool;
mod prelu;
mod preprocess;
mod randn_like;
mod range;
mod reciprocal;
mod reduce;
mod relu;
mod requant_axis;
mod requant_fp;
mod requant_int;
mod reshape;
mod reverse;
mod rms_norm;
mod roi_align;
mod roi_extractor;
mod scale;
mod scale_lut;
mod scatter;
mod selective_scan;
mod shape;
mod shape_slice;
mod shape_values;
mod shuffle_channel;
mod slice;
mod slice_merge;
mod softmax;
mod sort;
mod space2batch;
mod squeeze;
mod store;
mod strided_slice;
mod sub;
mod sub_const;
mod swap_dim_inner;
mod tile;
mod topk;
mod trilu;
mod unsqueeze;
mod upsample;
mod weight2activation;
mod r#where;
mod r#yield;
mod yolo_detection;

use crate::ir::{Context, Diagnostic, Dialect, Op, OpView, op_error};
pub use active::Active;
pub use add::Add;
pub use add_const::AddConst;
pub use arg::Arg;
pub use batch2space::Batch2Space;
pub use buffer::Buffer;
pub use cast::Cast;
pub use clip::Clip;
pub use compare::Compare;
pub use compare_const::CompareConst;
pub use concat::Concat;
pub use concat_volume::ConcatVolume;
pub use constant_fill::ConstantFill;
pub use control::{AutoIncrease, D2D, Identity, If, Loop};
pub use conv::{Conv2D, Conv3D};
pub use copy::Copy;
pub use correlation::Correlation;
pub use cumsum::CumSum;
pub use custom::Custom;
pub use deconv::{Deconv, Deconv3D};
pub use deform_gather::DeformGather;
pub use depth2space::Depth2Space;
pub use dequant_int::DequantInt;
pub use detection_output::DetectionOutput;
pub use device2host::Device2Host;
pub use div::Div;
pub use gather::Gather;
pub use gather_elements::GatherElements;
pub use gather_nd::GatherND;
pub use generic_cpu::GenericCpu;
pub use grid_sampler::GridSampler;
pub use group::Group;
pub use group_norm::GroupNorm;
pub use gru::GRU;
pub use host2device::Host2Device;
pub use instance_norm::InstanceNorm;
pub use interp::Interp;
pub use layer_norm::LayerNorm;
pub use leaky_relu::LeakyRelu;
pub use load::Load;
pub use logical_and::LogicalAnd;
pub use lrn::Lrn;
pub use lstm::Lstm;
pub use lut::Lut;
pub use masked_fill::MaskedFill;
pub use matmul::MatMul;
pub use max::Max;
pub use max_const::MaxConst;
pub use mean_std_scale::MeanStdScale;
pub use min::Min;
pub use min_const::MinConst;
pub use r#move::Move;
pub use mul::Mul;
pub use mul_const::MulConst;
pub use mul_shift::MulShift;
pub use nms::Nms;
pub use non_zero::NonZero;
pub use out_buffer::OutBuffer;
pub use pad::Pad;
pub use permute::Permute;
pub use pixel_norm::PixelNorm;
pub use pool::{Pool1D, Pool2D, Pool3D};
pub use prelu::PRelu;
pub use preprocess::Preprocess;
pub use randn_like::RandnLike;
pub use range::RangeOp;
pub use reciprocal::Reciprocal;
pub use reduce::Reduce;
pub use relu::Relu;
pub use requant_axis::{DequantIntAxis, RequantFpAxis, RequantIntAxis};
pub use requant_fp::RequantFp;
pub use requant_int::RequantInt;
pub use reshape::Reshape;
pub use reverse::Reverse;
pub use rms_norm::RMSNorm;
pub use roi_align::RoiAlign;
pub use roi_extractor::RoiExtractor;
pub use scale::Scale;
pub use scale_lut::ScaleLut;
pub use scatter::{ScatterElements, ScatterND};
pub use selective_scan::SelectiveScan;
pub use shape::Shape;
pub use shape_slice::ShapeSlice;
pub use shape_values::{
    ShapeArith, ShapeAssign, ShapeCast, ShapeClip, ShapePack, ShapePow, ShapeReduce, ShapeReshape,
    ShapeReverse, ShapeScatterElements, ShapeSqueeze, ShapeTile, ShapeTranspose, ShapeUnsqueeze,
};
pub use shuffle_channel::ShuffleChannel;
pub use slice::Slice;
pub use slice_merge::SliceMerge;
pub use softmax::Softmax;
pub use sort::Sort;
pub use space2batch::Space2Batch;
pub use squeeze::Squeeze;
pub use store::Store;
pub use strided_slice::StridedSlice;
pub use sub::Sub;
pub use sub_const::SubConst;
pub use swap_dim_inner::SwapDimInner;
pub use tile::Tile;
pub use topk::TopK;
pub use trilu::Trilu;
pub use unsqueeze::Unsqueeze;
pub use upsample::Upsample;
pub use weight2activation::Weight2Activation;
pub use r#where::Where;
pub use r#yield::Yield;
pub use yolo_detection::YoloDetection;

/// `tpu`
pub const DIALECT: Dialect = Dialect {
    name: "tpu",
    ops: &[
        Active::INFO,
        Add::INFO,
        AddConst::INFO,
        Arg::INFO,
        AutoIncrease::INFO,
        Batch2Space::INFO,
        Buffer::INFO,
        Cast::INFO,
        Clip::INFO,
        Compare::INFO,
        CompareConst::INFO,
        Concat::INFO,
        ConcatVolume::INFO,
        ConstantFill::INFO,
        Conv2D::INFO,
        Conv3D::INFO,
        Copy::INFO,
        Correlation::INFO,
        CumSum::INFO,
        Custom::INFO,
        D2D::INFO,
        Deconv::INFO,
        Deconv3D::INFO,
        DeformGather::INFO,
        Depth2Space::INFO,
        DequantInt::INFO,
        DequantIntAxis::INFO,
        DetectionOutput::INFO,
        Device2Host::INFO,
        Div::INFO,
        GRU::INFO,
        Gather::INFO,
        GatherElements::INFO,
        GatherND::INFO,
        GenericCpu::INFO,
        GridSampler::INFO,
        Group::INFO,
        GroupNorm::INFO,
        Host2Device::INFO,
        Identity::INFO,
        If::INFO,
        InstanceNorm::INFO,
        Interp::INFO,
        LayerNorm::INFO,
        LeakyRelu::INFO,
        Load::INFO,
        LogicalAnd::INFO,
        Loop::INFO,
        Lrn::INFO,
        Lstm::INFO,
        Lut::INFO,
        MaskedFill::INFO,
        MatMul::INFO,
        Max::INFO,
        MaxConst::INFO,
        MeanStdScale::INFO,
        Min::INFO,
        MinConst::INFO,
        Move::INFO,
        Mul::INFO,
        MulConst::INFO,
        MulShift::INFO,
        Nms::INFO,
        NonZero::INFO,
        OutBuffer::INFO,
        PRelu::INFO,
        Pad::INFO,
        Permute::INFO,
        PixelNorm::INFO,
        Pool1D::INFO,
        Pool2D::INFO,
        Pool3D::INFO,
        Preprocess::INFO,
        RMSNorm::INFO,
        RandnLike::INFO,
        RangeOp::INFO,
        Reciprocal::INFO,
        Reduce::INFO,
        Relu::INFO,
        RequantFp::INFO,
        RequantFpAxis::INFO,
        RequantInt::INFO,
        RequantIntAxis::INFO,
        Reshape::INFO,
        Reverse::INFO,
        RoiAlign::INFO,
        RoiExtractor::INFO,
        Scale::INFO,
        ScaleLut::INFO,
        ScatterElements::INFO,
        ScatterND::INFO,
        SelectiveScan::INFO,
        Shape::INFO,
        ShapeArith::INFO,
        ShapeAssign::INFO,
        ShapeCast::INFO,
        ShapeClip::INFO,
        ShapePack::INFO,
        ShapePow::INFO,
        ShapeReduce::INFO,
        ShapeReshape::INFO,
        ShapeReverse::INFO,
        ShapeScatterElements::INFO,
        ShapeSlice::INFO,
        ShapeSqueeze::INFO,
        ShapeTile::INFO,
        ShapeTranspose::INFO,
        ShapeUnsqueeze::INFO,
        ShuffleChannel::INFO,
        Slice::INFO,
        SliceMerge::INFO,
        Softmax::INFO,
        Sort::INFO,
        Space2Batch::INFO,
        Squeeze::INFO,
        Store::INFO,
        StridedSlice::INFO,
        Sub::INFO,
        SubConst::INFO,
        SwapDimInner::INFO,
        Tile::INFO,
        TopK::INFO,
        Trilu::INFO,
        Unsqueeze::INFO,
        Upsample::INFO,
        Weight2Activation::INFO,
        Where::INFO,
        Yield::INFO,
        YoloDetection::INFO,
    ],
};

/// Windows: `kernel_shape` of 1 to 3 dimensions, a stride for each, a pad for each side.
fn check_window(ctx: &Context, op: Op, found: &mut Vec<Diagnostic>) {
    let length = |name: &str| ctx.get_i64s(op, name).unwrap_or_default().len();
    let dims = length("kernel_shape");
    if !(1..=3).contains(&dims) {
        found.push(op_error(
            ctx,
            op,
            format_args!("expects 1 to 3 spatial dimensions, found {dims}"),
        ));
    }
    for (name, wanted) in [("strides", dims), ("pads", 2 * dims)] {
        if length(name) != wanted {
            found.push(op_error(
                ctx,
                op,
                format_args!("expects {wanted} values in '{name}', found {}", length(name)),
            ));
        }
    }
}

/// As [`check_window`], and a positive number of groups.
fn check_convolution(ctx: &Context, op: Op, found: &mut Vec<Diagnostic>) {
    check_window(ctx, op, found);
    let group = ctx.get_i64(op, "group").unwrap_or(1);
    if group < 1 {
        found.push(op_error(
            ctx,
            op,
            format_args!("expects a positive 'group', found {group}"),
        ));
    }
}
