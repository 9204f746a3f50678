//! The kernels: one file for each family of operations, one row of [`KERNELS`] for each operation.

pub mod active;
pub mod binary;
pub mod cast;
pub mod channel;
pub mod conv;
pub mod deconv;
pub mod detection;
pub mod einsum;
pub mod gather;
pub mod grid_sample;
pub mod gru;
pub mod interp;
pub mod lstm;
pub mod matmul;
pub mod movement;
pub mod norm;
pub mod pool;
pub mod reduce;
pub mod scatter;
pub mod select;
pub mod sequence;
pub mod softmax;

use super::node::Node;
use super::value::{Args, Outputs};
use tpuc_dialects::ir::Diagnostic;

/// An operation made ready: weights packed, sizes checked. It may run many times, also at once.
pub struct Kernel {
    run: Box<RunFn>,
    on_grid: Option<Box<OnGridMaker>>,
}

type RunFn = dyn Fn(&mut Args) -> Result<Outputs, String> + Send + Sync;

/// What an operation makes of its first operand, on an integer grid: `run(operand, scale, buffers)` gives nearly the first result
/// of the operation on `clamp(round(operand * scale), -128, 127) / scale`, in `buffers.out`.
pub type OnGrid = dyn Fn(&[f32], f32, &mut GridBuffers) -> Result<(), String> + Send + Sync;

/// Memory that runs on a grid use again.
#[derive(Default)]
pub struct GridBuffers {
    /// The rounded operand.
    pub reals: Vec<f32>,
    /// The rounded operand times the scale.
    pub integers: Vec<i16>,
    /// The result.
    pub out: Vec<f32>,
}

type OnGridMaker = dyn Fn() -> Box<OnGrid> + Send + Sync;

impl Kernel {
    /// From what one run does.
    pub fn new(run: impl Fn(&mut Args) -> Result<Outputs, String> + Send + Sync + 'static) -> Self {
        Self {
            run: Box::new(run),
            on_grid: None,
        }
    }

    /// With a faster way to run it on a rounded operand; what that needs is prepared by `make`.
    pub fn with_grid(mut self, make: impl Fn() -> Box<OnGrid> + Send + Sync + 'static) -> Self {
        self.on_grid = Some(Box::new(make));
        self
    }

    /// The faster way, if there is one.
    pub fn on_grid(&self) -> Option<Box<OnGrid>> {
        self.on_grid.as_ref().map(|make| make())
    }

    /// Runs it: the results that are not `none`, in order; or what is wrong with the operands.
    pub fn run(&self, args: &mut Args) -> Result<Outputs, String> {
        (self.run)(args)
    }
}

/// What preparation gives: a kernel, or why there is none.
pub type Prepared = Result<Kernel, Diagnostic>;

/// Prepares the kernel of an operation.
pub type PrepareFn = fn(&Node<'_>) -> Prepared;

/// Every operation that inference executes.
pub const KERNELS: &[(&str, PrepareFn)] = &[
    ("top.Abs", active::prepare_named),
    ("top.Add", binary::prepare),
    ("top.AddConst", active::prepare_constant),
    ("top.Arccos", active::prepare_named),
    ("top.Arctanh", active::prepare_named),
    ("top.Arg", reduce::prepare_arg),
    ("top.AvgPool", pool::prepare),
    ("top.BatchNorm", channel::prepare_batch_norm),
    ("top.Cast", select::prepare_cast),
    ("top.Ceil", active::prepare_named),
    ("top.Clip", active::prepare_clip),
    ("top.Compare", binary::prepare_compare),
    ("top.CompareConst", binary::prepare_compare),
    ("top.Concat", movement::prepare_concat),
    ("top.ConstantFill", select::prepare_fill),
    ("top.Conv", conv::prepare),
    ("top.Cos", active::prepare_named),
    ("top.Cosh", active::prepare_named),
    ("top.CumSum", sequence::prepare_cumsum),
    ("top.Deconv", deconv::prepare),
    ("top.Depth2Space", movement::prepare_depth_to_space),
    ("top.DetectionOutput", detection::prepare_detection_output),
    ("top.Div", binary::prepare),
    ("top.DivConst", active::prepare_constant),
    ("top.Einsum", einsum::prepare),
    ("top.Elu", active::prepare_named),
    ("top.Erf", active::prepare_named),
    ("top.Exp", active::prepare_named),
    ("top.Expand", movement::prepare_expand),
    ("top.Flatten", movement::prepare_reshape),
    ("top.Floor", active::prepare_named),
    ("top.GELU", active::prepare_named),
    ("top.GRU", gru::prepare),
    ("top.Gather", gather::prepare),
    ("top.GatherElements", gather::prepare_elements),
    ("top.GatherND", scatter::prepare_gather_nd),
    ("top.GridSampler", grid_sample::prepare),
    ("top.GroupNorm", norm::prepare_group_norm),
    ("top.HardSigmoid", active::prepare_named),
    ("top.HardSwish", active::prepare_named),
    ("top.InstanceNorm", norm::prepare_group_norm),
    ("top.Interp", interp::prepare),
    ("top.LRN", norm::prepare_lrn),
    ("top.LSTM", lstm::prepare),
    ("top.LayerNorm", norm::prepare_layer_norm),
    ("top.LeakyRelu", active::prepare_leaky_relu),
    ("top.Log", active::prepare_named),
    ("top.LogicalAnd", select::prepare_pair),
    ("top.MatMul", matmul::prepare),
    ("top.Max", binary::prepare),
    ("top.MaxConst", active::prepare_constant),
    ("top.MaxPool", pool::prepare),
    ("top.Min", binary::prepare),
    ("top.MinConst", active::prepare_constant),
    ("top.Mish", active::prepare_named),
    ("top.Mul", binary::prepare),
    ("top.MulConst", active::prepare_constant),
    ("top.Nms", detection::prepare_nms),
    ("top.PRelu", channel::prepare_prelu),
    ("top.Pad", movement::prepare_pad),
    ("top.Permute", movement::prepare_permute),
    ("top.PixelNorm", norm::prepare_pixel_norm),
    ("top.Pow", active::prepare_pow),
    ("top.Pow2", select::prepare_pow2),
    ("top.Pow3", select::prepare_pair),
    ("top.RMSNorm", norm::prepare_rms_norm),
    ("top.Reciprocal", active::prepare_constant),
    ("top.Reduce", reduce::prepare),
    ("top.Relu", active::prepare_relu),
    ("top.Reshape", movement::prepare_reshape),
    ("top.Reverse", sequence::prepare_reverse),
    ("top.Round", active::prepare_named),
    ("top.Rsqrt", active::prepare_named),
    ("top.Scale", channel::prepare_scale),
    ("top.ScatterElements", scatter::prepare_scatter_elements),
    ("top.ScatterND", scatter::prepare_scatter_nd),
    ("top.Shape", gather::prepare_shape),
    ("top.SiLU", active::prepare_named),
    ("top.Sigmoid", active::prepare_named),
    ("top.Sign", active::prepare_named),
    ("top.Sin", active::prepare_named),
    ("top.Sinh", active::prepare_named),
    ("top.Slice", movement::prepare_slice),
    ("top.Softmax", softmax::prepare),
    ("top.Softplus", active::prepare_named),
    ("top.Softsign", active::prepare_named),
    ("top.Sqrt", active::prepare_named),
    ("top.Squeeze", movement::prepare_reshape),
    ("top.Sub", binary::prepare),
    ("top.SubConst", active::prepare_constant),
    ("top.SwapDimInner", movement::prepare_swap_dim_inner),
    ("top.Swish", active::prepare_named),
    ("top.Tan", active::prepare_named),
    ("top.Tanh", active::prepare_named),
    ("top.Tile", movement::prepare_tile),
    ("top.TopK", sequence::prepare_topk),
    ("top.Trilu", sequence::prepare_trilu),
    ("top.Unsqueeze", movement::prepare_reshape),
    ("top.Upsample", pool::prepare_upsample),
    ("top.Where", select::prepare_where),
    ("top.YoloDetection", detection::prepare_yolo),
    ("tpu.Active", active::prepare_active),
    ("tpu.Add", binary::prepare),
    ("tpu.AddConst", active::prepare_constant),
    ("tpu.Arg", reduce::prepare_arg),
    ("tpu.Cast", cast::prepare),
    ("tpu.Clip", active::prepare_clip),
    ("tpu.Compare", binary::prepare_compare),
    ("tpu.CompareConst", binary::prepare_compare),
    ("tpu.Concat", movement::prepare_concat),
    ("tpu.Conv2D", conv::prepare),
    ("tpu.Conv3D", conv::prepare),
    ("tpu.Deconv", deconv::prepare),
    ("tpu.Deconv3D", deconv::prepare),
    ("tpu.Depth2Space", movement::prepare_depth_to_space),
    ("tpu.Device2Host", movement::prepare_reshape),
    ("tpu.Div", binary::prepare),
    ("tpu.GRU", gru::prepare),
    ("tpu.Gather", gather::prepare),
    ("tpu.GenericCpu", gather::prepare_generic_cpu),
    ("tpu.GroupNorm", norm::prepare_group_norm),
    ("tpu.Host2Device", movement::prepare_reshape),
    ("tpu.InstanceNorm", norm::prepare_group_norm),
    ("tpu.Interp", interp::prepare),
    ("tpu.LRN", norm::prepare_lrn),
    ("tpu.LSTM", lstm::prepare),
    ("tpu.LayerNorm", norm::prepare_layer_norm),
    ("tpu.LeakyRelu", active::prepare_leaky_relu),
    ("tpu.Lut", active::prepare_lut),
    ("tpu.MatMul", matmul::prepare),
    ("tpu.Max", binary::prepare),
    ("tpu.MaxConst", active::prepare_constant),
    ("tpu.Min", binary::prepare),
    ("tpu.MinConst", active::prepare_constant),
    ("tpu.Mul", binary::prepare),
    ("tpu.MulConst", active::prepare_constant),
    ("tpu.MulShift", active::prepare_mul_shift),
    ("tpu.PReluOp", channel::prepare_prelu),
    ("tpu.Pad", movement::prepare_pad),
    ("tpu.Permute", movement::prepare_permute),
    ("tpu.PixelNorm", norm::prepare_pixel_norm),
    ("tpu.Pool1D", pool::prepare),
    ("tpu.Pool2D", pool::prepare),
    ("tpu.Pool3D", pool::prepare),
    ("tpu.RMSNorm", norm::prepare_rms_norm),
    ("tpu.Reciprocal", active::prepare_constant),
    ("tpu.Reduce", reduce::prepare),
    ("tpu.Relu", active::prepare_relu),
    ("tpu.Reshape", movement::prepare_reshape),
    ("tpu.Scale", channel::prepare_scale),
    ("tpu.Shape", gather::prepare_shape),
    ("tpu.ShapeSlice", movement::prepare_slice),
    ("tpu.ShuffleChannel", movement::prepare_shuffle_channel),
    ("tpu.Slice", movement::prepare_slice),
    ("tpu.Softmax", softmax::prepare),
    ("tpu.Squeeze", movement::prepare_reshape),
    ("tpu.Sub", binary::prepare),
    ("tpu.SubConst", active::prepare_constant),
    ("tpu.SwapDimInner", movement::prepare_swap_dim_inner),
    ("tpu.Tile", movement::prepare_tile),
    ("tpu.Unsqueeze", movement::prepare_reshape),
    ("tpu.Upsample", pool::prepare_upsample),
    ("tpu.Weight2Activation", movement::prepare_reshape),
];

/// How to prepare an operation of this name.
pub fn find(name: &str) -> Option<PrepareFn> {
    KERNELS
        .iter()
        .find(|(kind, _)| *kind == name)
        .map(|(_, prepare)| *prepare)
}

#[cfg(test)]
mod tests {
    use super::KERNELS;

    #[test]
    fn the_table_is_sorted() {
        assert!(KERNELS.is_sorted_by_key(|(name, _)| *name));
    }

    #[test]
    fn every_kernel_is_of_a_declared_operation() {
        let ctx = tpuc_dialects::ir::Context::default();
        for (name, _) in KERNELS {
            assert!(ctx.info_of(name).is_some(), "{name} is not declared");
        }
    }
}
