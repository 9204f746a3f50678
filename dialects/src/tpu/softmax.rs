//! `tpu.Softmax`: softmax or log-softmax along one axis.
//!
//! `y = exp(beta * (x - max)) / sum(exp(beta * (x - max)))`, its logarithm if `log`. F32 on BM1684. The four
//! tables belong to other chips.
//!
//! Source: TPU-MLIR's operation definition `tpu.Softmax`.

use crate::op;

op! {
    /// Softmax or log-softmax along one axis.
    pub Softmax = "tpu.Softmax", "softmax or log-softmax along one axis";
    operands: input: One, table: Optional, slope_table: Optional, reciprocal_table: Optional, reciprocal_mantissa_table: Optional, buffer: Optional;
    results: output: One;
    attrs:
        axis: si32 [required],
        beta: f64 [= 1.0],
        log: bool [= false],
        round_mode: (tpu "round_mode" "HalfAwayFromZero" "HalfUp" "HalfDown" "HalfToEven" "HalfToOdd"
            "HalfTowardsZero" "TowardsZero" "Up" "Down") [= "HalfAwayFromZero"];
    traits: Pure, LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}
