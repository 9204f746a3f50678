//! `tpu.GRU`: as `top.GRU`; the tables hold sigmoid and tanh.
//!
//! Source: TPU-MLIR's operation definition `tpu.GRU`.

use crate::op;

op! {
    /// Gated recurrent unit.
    pub GRU = "tpu.GRU", "gated recurrent unit";
    operands: input: One, filter: Optional, recurrence: Optional, bias: Optional, initial_h: Optional, buffer: Optional, sigmoid_table: Optional, sigmoid_slope_table: Optional, tanh_table: Optional, tanh_slope_table: Optional;
    results: Y: Optional, Y_h: Optional;
    attrs:
        batch_first: bool [= false],
        bidirectional: bool [required],
        hidden_size: i64 [required],
        linear_before_reset: bool [= true];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
