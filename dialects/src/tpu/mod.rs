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
mod conv2d;
mod conv3d;
mod deconv;
mod deconv3d;
mod depth2space;
mod dequant_int;
mod device2host;
mod div;
mod gather;
mod generic_cpu;
mod group;
mod group_norm;
mod host2device;
mod interp;
mod layer_norm;
mod leaky_relu;
mod load;
mod lrn;
mod lstm;
mod lut;
mod matmul;
mod max;
mod max_const;
mod min;
mod min_const;
mod mul;
mod mul_const;
mod mul_shift;
mod pad;
mod permute;
mod pool1d;
mod pool2d;
mod pool3d;
mod prelu;
mod reciprocal;
mod reduce;
mod relu;
mod requant_fp;
mod requant_int;
mod reshape;
mod scale;
mod shape;
mod shape_slice;
mod shuffle_channel;
mod slice;
mod softmax;
mod space2batch;
mod squeeze;
mod store;
mod sub;
mod sub_const;
mod swap_dim_inner;
mod tile;
mod unsqueeze;
mod upsample;
mod weight2activation;
mod r#where;
mod r#yield;

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
pub use conv2d::Conv2D;
pub use conv3d::Conv3D;
pub use deconv::Deconv;
pub use deconv3d::Deconv3D;
pub use depth2space::Depth2Space;
pub use dequant_int::DequantInt;
pub use device2host::Device2Host;
pub use div::Div;
pub use gather::Gather;
pub use generic_cpu::GenericCpu;
pub use group::Group;
pub use group_norm::GroupNorm;
pub use host2device::Host2Device;
pub use interp::Interp;
pub use layer_norm::LayerNorm;
pub use leaky_relu::LeakyRelu;
pub use load::Load;
pub use lrn::Lrn;
pub use lstm::Lstm;
pub use lut::Lut;
pub use matmul::MatMul;
pub use max::Max;
pub use max_const::MaxConst;
pub use min::Min;
pub use min_const::MinConst;
pub use mul::Mul;
pub use mul_const::MulConst;
pub use mul_shift::MulShift;
pub use pad::Pad;
pub use permute::Permute;
pub use pool1d::Pool1D;
pub use pool2d::Pool2D;
pub use pool3d::Pool3D;
pub use prelu::PRelu;
pub use reciprocal::Reciprocal;
pub use reduce::Reduce;
pub use relu::Relu;
pub use requant_fp::RequantFp;
pub use requant_int::RequantInt;
pub use reshape::Reshape;
pub use scale::Scale;
pub use shape::Shape;
pub use shape_slice::ShapeSlice;
pub use shuffle_channel::ShuffleChannel;
pub use slice::Slice;
pub use softmax::Softmax;
pub use space2batch::Space2Batch;
pub use squeeze::Squeeze;
pub use store::Store;
pub use sub::Sub;
pub use sub_const::SubConst;
pub use swap_dim_inner::SwapDimInner;
pub use tile::Tile;
pub use unsqueeze::Unsqueeze;
pub use upsample::Upsample;
pub use weight2activation::Weight2Activation;
pub use r#where::Where;
pub use r#yield::Yield;

/// `tpu`
pub const DIALECT: Dialect = Dialect {
    name: "tpu",
    ops: &[
        Active::INFO,
        Add::INFO,
        AddConst::INFO,
        Arg::INFO,
        Batch2Space::INFO,
        Buffer::INFO,
        Cast::INFO,
        Clip::INFO,
        Compare::INFO,
        CompareConst::INFO,
        Concat::INFO,
        Conv2D::INFO,
        Conv3D::INFO,
        Deconv::INFO,
        Deconv3D::INFO,
        Depth2Space::INFO,
        DequantInt::INFO,
        Device2Host::INFO,
        Div::INFO,
        Gather::INFO,
        GenericCpu::INFO,
        Group::INFO,
        GroupNorm::INFO,
        Host2Device::INFO,
        Interp::INFO,
        LayerNorm::INFO,
        LeakyRelu::INFO,
        Load::INFO,
        Lrn::INFO,
        Lstm::INFO,
        Lut::INFO,
        MatMul::INFO,
        Max::INFO,
        MaxConst::INFO,
        Min::INFO,
        MinConst::INFO,
        Mul::INFO,
        MulConst::INFO,
        MulShift::INFO,
        Pad::INFO,
        Permute::INFO,
        Pool1D::INFO,
        Pool2D::INFO,
        Pool3D::INFO,
        PRelu::INFO,
        Reciprocal::INFO,
        Reduce::INFO,
        Relu::INFO,
        RequantFp::INFO,
        RequantInt::INFO,
        Reshape::INFO,
        Scale::INFO,
        Shape::INFO,
        ShapeSlice::INFO,
        ShuffleChannel::INFO,
        Slice::INFO,
        Softmax::INFO,
        Space2Batch::INFO,
        Squeeze::INFO,
        Store::INFO,
        Sub::INFO,
        SubConst::INFO,
        SwapDimInner::INFO,
        Tile::INFO,
        Unsqueeze::INFO,
        Upsample::INFO,
        Weight2Activation::INFO,
        Where::INFO,
        Yield::INFO,
    ],
};

/// Windows: 1 to 3 dimensions, a stride for each, a pad for each side.
fn check_window(
    ctx: &Context,
    op: Op,
    kernel: &[i64],
    strides: &[i64],
    pads: &[i64],
    found: &mut Vec<Diagnostic>,
) {
    let dims = kernel.len();
    if !(1..=3).contains(&dims) {
        found.push(op_error(
            ctx,
            op,
            format_args!("expects 1 to 3 spatial dimensions, found {dims}"),
        ));
    }
    for (name, length, wanted) in [("strides", strides.len(), dims), ("pads", pads.len(), 2 * dims)] {
        if length != wanted {
            found.push(op_error(
                ctx,
                op,
                format_args!("expects {wanted} values in '{name}', found {length}"),
            ));
        }
    }
}
