//! `top.AvgPool`: the mean of each window over 1 to 3 spatial dimensions, layout N, C, spatial dimensions. `ceil_mode` and `auto_pad` are resolved by
//! shape inference: the end pads grow so that the last window fits.
//!
//! Source: ONNX AveragePool (opset 11), GlobalAveragePool; `count_include_pad` says whether pads count in the divisor; attributes as TPU-MLIR's `top.AvgPool`.

use super::shape::spatial;
use crate::op;

op! {
    /// The mean of each window.
    pub AvgPool = "top.AvgPool", "the mean of each window";
    operands: input: One;
    results: output: One;
    attrs:
        auto_pad: (str "SAME_UPPER" "SAME_LOWER" "NOTSET" "VALID") [optional],
        ceil_mode: bool [optional],
        count_include_pad: bool [= false],
        do_relu: bool [= false],
        first_round_mode: (str "HalfAwayFromZero" "HalfUp" "HalfDown" "HalfToEven" "HalfToOdd" "HalfTowardsZero" "TowardsZero" "Up" "Down") [= "HalfAwayFromZero"],
        is_adaptive: bool [= false],
        keepdims: bool [= true],
        kernel_shape: i64s [required],
        pad_value: i64 [= 0],
        pads: i64s [required],
        relu_limit: f64 [= -1.0],
        round_mode: (str "HalfAwayFromZero" "HalfUp" "HalfDown" "HalfToEven" "HalfToOdd" "HalfTowardsZero" "TowardsZero" "Up" "Down") [= "HalfAwayFromZero"],
        strides: i64s [required];
    traits: SupportFuseRelu, Pure, Quantizable;
    verify: Some(spatial::verify_window);
    infer_shape: Some(spatial::infer_pool);
    flops: Some(spatial::pool_flops);
}
