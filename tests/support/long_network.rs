//! Networks of any length, lowered, for measuring how compile time grows and as a test of it.

use std::fmt::Write;
use tpuc_compiler::data::{Tensor, TensorMap};

/// What the network repeats.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A convolution and a relu.
    Chain,
    /// Two convolutions and an addition around them.
    Residual,
}

const TENSOR: &str = "tensor<1x16x32x32xf32>";
const FILTER: &str = "tensor<16x16x3x3xf32>";
const BIAS: &str = "tensor<1x16x1x1xf32>";

/// A lowered F32 program of at least `ops` operations, weights not counted, whose weights are in `weight_file`; and those.
pub fn long_network(kind: Kind, ops: usize, weight_file: &str) -> (String, TensorMap) {
    let mut text = format!(
        "module @long attributes {{module.FLOPs = 0 : i64, module.addr_mode = \"basic\", module.asymmetric = false, \
         module.chip = \"bm1684\", module.cores = 1 : i64, module.devices = 1 : i64, module.high_precision = false, \
         module.mode = \"F32\", module.platform = \"ONNX\", module.q_group_size = 0 : i64, module.q_symmetric = false, \
         module.state = \"TPU_LOWERED\", module.top_run_mode = \"STATIC\", module.weight_file = \"{weight_file}\"}} {{\n  \
         func.func @main(%arg0: {TENSOR}) -> {TENSOR} {{\n    \
         %in = \"top.Input\"(%arg0) {{do_preprocess = false}} : ({TENSOR}) -> {TENSOR} loc(\"in\")\n"
    );
    let mut weights = TensorMap::default();
    let mut count = 0;
    let mut last = "in".to_owned();
    while count < ops {
        let op = |name: &str| format!("{name}{count}");
        match kind {
            Kind::Chain => {
                let (conv, relu) = (op("conv"), op("relu"));
                convolution(&mut text, &mut weights, &last, &conv, false);
                let _ = writeln!(
                    text,
                    "    %{relu} = \"tpu.Relu\"(%{conv}) {{relu_limit = -1.000000e+00 : f64}} : ({TENSOR}) -> {TENSOR} loc(\"{relu}\")"
                );
                (last, count) = (relu, count + 2);
            }
            Kind::Residual => {
                let (first, second, sum) = (op("first"), op("second"), op("sum"));
                convolution(&mut text, &mut weights, &last, &first, true);
                convolution(&mut text, &mut weights, &first, &second, false);
                let _ = writeln!(
                    text,
                    "    %{sum} = \"tpu.Add\"(%{last}, %{second}) {{do_relu = true, is_scalar = false, relu_limit = -1.000000e+00 : f64}} : ({TENSOR}, {TENSOR}) -> {TENSOR} loc(\"{sum}\")"
                );
                (last, count) = (sum, count + 3);
            }
        }
    }
    let _ = writeln!(text, "    return %{last} : {TENSOR}\n  }}\n}}");
    (text, weights)
}

fn convolution(text: &mut String, weights: &mut TensorMap, input: &str, name: &str, relu: bool) {
    // Every weight is another one: equal ones would be stored once.
    let seed = weights.len() as f32;
    let numbers = |count: usize| -> Vec<f32> {
        (0..count)
            .map(|at| ((at as f32 * 0.7 + seed) % 5.0 - 2.5) / 100.0)
            .collect()
    };
    for (part, shape) in [("filter", vec![16, 16, 3, 3]), ("bias", vec![1, 16, 1, 1])] {
        let tensor = Tensor::from_vec(&shape, numbers(shape.iter().product()));
        weights.insert(
            format!("{name}_{part}"),
            tensor.expect("as many as the shape says"),
        );
        let ty = if part == "filter" { FILTER } else { BIAS };
        let _ = writeln!(
            text,
            "    %{name}_{part} = \"top.Weight\"() : () -> {ty} loc(\"{name}_{part}\")"
        );
    }
    let _ = writeln!(
        text,
        "    %{name} = \"tpu.Conv2D\"(%{input}, %{name}_filter, %{name}_bias) {{coeff_merged = false, dilations = [1, 1], \
         do_leaky_relu = false, do_relu = {relu}, group = 1 : i64, kernel_shape = [3, 3], kernel_zp = 0 : i64, \
         pads = [1, 1, 1, 1], quant_mode = #tpu<rq_mode MultiplierShift>, relu_limit = -1.000000e+00 : f64, \
         strides = [1, 1], use_3ic_optimize = 0 : i64, weight_is_coeff = 1 : i64, with_bias = true}} : \
         ({TENSOR}, {FILTER}, {BIAS}) -> {TENSOR} loc(\"{name}\")"
    );
}
